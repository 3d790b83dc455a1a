"""A field for a query filter: completes names and operators, and shows with a caret where the text is wrong."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input

from console.connector.filter import FilterError
from console.connector.filter_completion import complete
from console.connector.filter_types import Schema
from screens.literal import literal
from screens.terminal.survive import SurvivingPump
from screens.widgets.panel import Line


class FilterSuggester(Suggester):
    """Completes what is being written: an attribute, an operator, a value that is one of a few, `and` or `or`."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.schema = schema

    async def get_suggestion(self, value: str) -> str | None:
        """The whole text with the first offer in it; None where nothing is begun or nothing fits."""
        found = complete(value, len(value), self.schema)
        typed = value[found.start :]
        for offer in found.offers:
            if typed and offer.text.startswith(typed) and offer.text != typed:
                return value[: found.start] + offer.text
        return None


class FilterField(SurvivingPump, Vertical):
    """The field and a line below it. `check` raises FilterError for a text that will not do."""

    def __init__(
        self,
        placeholder: str,
        check: Callable[[str], object],
        schema: Schema | None = None,
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self._placeholder = placeholder
        self._check = check
        self._suggester = FilterSuggester(schema or {})

    def compose(self) -> ComposeResult:
        """Field, and what is wrong."""
        field = Input(placeholder=self._placeholder, suggester=self._suggester, compact=True)
        field.cursor_blink = False
        yield field
        wrong = Line("", classes="filter-wrong")
        wrong.display = False
        yield wrong

    @property
    def input(self) -> Input:
        """The field itself."""
        return self.query_one(Input)

    @property
    def value(self) -> str:
        """What was typed."""
        return self.input.value.strip()

    def knows(self, schema: Schema) -> None:
        """The attributes that can be asked for."""
        self._suggester.schema = schema

    def on_input_changed(self) -> None:
        """Say quietly what is still missing."""
        self.is_right(loudly=False)

    def is_right(self, *, loudly: bool = True) -> bool:
        """Whether the text will do; shows what is wrong below it."""
        line = self.query_one(".filter-wrong", Line)
        error = self._error()
        line.display = error is not None
        if error is not None:
            # inside the field a cell of padding comes first
            shown = caret_line(error, max(20, self.size.width - 2), "$error" if loudly else "$muted")
            line.show(shown)
        return error is None

    def _error(self) -> FilterError | None:
        if not self.value:
            return None
        try:
            self._check(self.input.value)
        except FilterError as error:
            return error
        return None


def caret_line(error: FilterError, width: int, style: str) -> Content:
    """A caret under the place, and the reason beside it on the side where there is room."""
    place = min(error.position + 1, width - 1)
    message = f"{error}"
    if place + 3 + len(message) <= width or place < len(message) + 2:
        return literal(" " * place + "^ " + message, style, limit=max(width, place + 24))
    return literal(f"{message} ^".rjust(place + 1), style)
