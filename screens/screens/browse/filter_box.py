"""The field of the query filter, with what may stand next, and a caret under a mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from console.connector.filter import FilterError
from console.connector.filter_completion import Completion, Offer, at_end, complete, unfinished, wrong
from screens.literal import literal, row, stack
from screens.screens.browse.showing import Schema
from screens.terminal.survive import SurvivingPump
from screens.widgets.panel import Line

_NONE = Completion(0, 0, ())
_TITLES = {"attribute": "property", "operator": "operator", "value": "value", "joint": ""}


class SearchBox(SurvivingPump, Input):
    """A quiet field; down leads to the records."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "leave", "Records", show=False)]

    class Left(Message):
        """To the records."""

    def __init__(self, placeholder: str, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(placeholder=placeholder, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def action_leave(self) -> None:
        """To the records."""
        self.post_message(self.Left())


class FilterBox(SearchBox):
    """Tab takes the offer that is chosen by up and down; without one Tab and down go on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "take", "Complete", show=False, priority=True),
        Binding("down", "offer(1)", "Next offer", show=False),
        Binding("up", "offer(-1)", "Offer before", show=False),
    ]

    class Offered(Message):
        """Other offers, or another one chosen."""

    def __init__(self, placeholder: str, *, id: str) -> None:  # noqa: A002 - as above
        super().__init__(placeholder, id=id)
        self.object_class = "contact"
        self.schema: Schema = {}
        self.check: Callable[[str], FilterError | None] | None = None
        """What else may be wrong with a filter: of a snapshot, that it lacks a property."""
        self._found = _NONE
        self._chosen = 0

    @property
    def error(self) -> FilterError | None:
        """What is wrong with what is typed; None also for nothing."""
        if not self.value.strip():
            return None
        if self.check is not None:
            return unfinished(self.value) or self.check(self.value)
        return wrong(self.object_class, self.value, self.schema)

    def knows(
        self, object_class: str, schema: Schema, check: Callable[[str], FilterError | None] | None = None
    ) -> None:
        """The properties that there are."""
        self.object_class, self.schema, self.check = object_class, schema, check
        self._look()

    def watch_selection(self) -> None:
        """Other things may stand elsewhere."""
        self._look()

    def watch_value(self) -> None:
        """What is typed decides what may follow."""
        self._look()

    def on_focus(self) -> None:
        """Offer at once."""
        self._look()

    def _look(self) -> None:
        self._found = complete(self.value, self.cursor_position, self.schema) if self.schema else _NONE
        self._chosen = 0
        self.post_message(self.Offered())

    @property
    def _offer(self) -> Offer | None:
        found = self._found
        typed = self.value[found.start : self.cursor_position]
        offers = found.offers
        if not offers or (len(offers) == 1 and offers[0].text == typed):
            return None
        return offers[min(self._chosen, len(offers) - 1)]

    def action_take(self) -> None:
        """Write what is offered, where something was begun or is chosen; else to the next field."""
        offer = self._offer
        begun = self.cursor_position > self._found.start or self._chosen or self.value
        if offer is None or not begun:
            self.screen.focus_next()
            return
        text, place = self._found.taken(self.value, offer)
        self.value = text
        self.cursor_position = place

    def action_offer(self, by: int) -> None:
        """Choose another offer; without one to the records."""
        if self._offer is None:
            if by > 0:
                self.action_leave()
            return
        self._chosen = max(0, min(len(self._found.offers) - 1, self._chosen + by))
        self.post_message(self.Offered())

    # ---- below the field

    def below(self, width: int, origin: int) -> Content:
        """What stands below the field: a caret and why, or what may stand next. `origin` is the column of the line."""
        error = self.error
        if error is not None and not at_end(error):
            return stack(
                literal(" " * self._column(error.position, origin, width) + "^", "$error bold"), self._why(error)
            )
        return self._offers(width)

    def _column(self, position: int, origin: int, width: int) -> int:
        from rich.cells import cell_len

        inside = cell_len(self.value[:position]) - round(self.scroll_offset.x)
        return max(0, min(width - 1, self.content_region.x + inside - origin))

    @staticmethod
    def _why(error: FilterError) -> Content:
        return row(("✗ ", "$error"), literal(error.message, "$error", limit=300))

    def _offers(self, width: int) -> Content:
        offers = self._found.offers
        if self._offer is None:
            return literal("")
        parts: list[Content] = []
        used = 8
        for place in range(self._chosen, len(offers)):
            offer = offers[place]
            here = place == self._chosen
            part = row(
                ("▸" if here else " ", "$accent bold"),
                literal(offer.text, "$primary bold" if here else "", limit=40),
                literal(f" {offer.note}" if offer.note and offer.note != offer.text else "", "$muted", limit=30),
            )
            used += part.cell_length + 2
            if used > width and parts:
                break
            parts.append(part)
        more = len(offers) - self._chosen - len(parts)
        return row(("⇥ ", "$accent bold"), Content("  ").join(parts), (f"  +{more}" if more else "", "$muted"))


def below_line() -> Line:
    """The line below the fields, hidden until there is something to say."""
    line = Line("", id="browse-below")
    line.display = False
    return line
