"""The options of a property: one to pick or several to tick, found as one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.record_table import Column, RecordTable

BLANK = "(blank)"


class Pick(NamedTuple):
    """One option; `known` is False for a value that the schema does not have."""

    value: str
    label: str = ""
    known: bool = True


class OptionTable(RecordTable):
    """One of them: Enter takes what the cursor stands on. The first row is the blank one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Take", key_display="⏎")]
    BLANK_ROW = True

    def __init__(self, picks: Sequence[Pick], chosen: Sequence[str]) -> None:
        super().__init__(Column("", 2), Column("Option", 24, grow=1), Column("Name", 20, grow=1), empty="None matches.")
        known = {pick.value for pick in picks}
        self._picks = [
            *picks,
            *(Pick(value, "not in the schema", known=False) for value in chosen if value not in known),
        ]
        self._chosen = list(dict.fromkeys(chosen))
        self._words = ""

    def on_mount(self) -> None:
        """The cursor stands on what is chosen."""
        self.filter("")
        shown = [pick.value for pick in self._matching()]
        if self._chosen and self._chosen[0] in shown:
            self.cursor = shown.index(self._chosen[0])

    @property
    def value(self) -> str:
        """What is chosen, as HubSpot writes it."""
        return ";".join(self._chosen)

    def filter(self, words: str) -> None:
        """Show the options whose value or name holds every word."""
        self._words = words
        self.show(PagedRows.of(self._matching(), self._row))

    def _matching(self) -> list[Pick]:
        wanted = self._words.casefold().split()
        found = [
            pick for pick in self._picks if all(word in f"{pick.value} {pick.label}".casefold() for word in wanted)
        ]
        return [Pick("", BLANK), *found] if self.BLANK_ROW and not wanted else found

    def _row(self, pick: Pick) -> Row:
        here = pick.value in self._chosen or (not pick.value and not self._chosen)
        label = pick.label if pick.label != pick.value else ""
        return Row(
            (self._mark(here), pick.value or pick.label, label if pick.value else ""), "" if pick.known else "warning"
        )

    def _mark(self, here: bool) -> str:
        return "●" if here else "○"

    def take(self) -> None:
        """Choose what the cursor stands on."""
        pick: Pick | None = self.current()
        if pick is not None:
            self._chosen = [pick.value] if pick.value else []
            self.refresh()


class CheckTable(OptionTable):
    """Several of them: Space ticks what the cursor stands on, Enter goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Tick"),
        Binding("enter", "select", "Go on", key_display="⏎"),
    ]
    BLANK_ROW = False

    def _mark(self, here: bool) -> str:
        return "✓" if here else "·"

    def action_tick(self) -> None:
        """Tick it, or take the tick off."""
        pick: Pick | None = self.current()
        if pick is None:
            return
        if pick.value in self._chosen:
            self._chosen.remove(pick.value)
        else:
            self._chosen.append(pick.value)
        self.refresh()
        self.post_message(self.Moved(self, self.cursor))
