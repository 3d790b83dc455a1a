"""Which columns are shown, in which order: chosen from every property of the class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from screens import theme
from screens.literal import literal, row
from screens.screens.browse.filter_box import SearchBox
from screens.screens.browse.showing import Schema
from screens.terminal.survive import SurvivingModal
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

MOST_COLUMNS = 30


class Property(NamedTuple):
    """One line: a property, and its place among the columns; 0 for one that is none."""

    name: str
    label: str
    type: str
    place: int


class ColumnTable(RecordTable):
    """Space shows or hides, J and K move."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "flip", "Show, hide"),
        Binding("shift+down,J", "shift(1)", "Later", show=False),
        Binding("shift+up,K", "shift(-1)", "Earlier", show=False),
    ]

    def action_flip(self) -> None:
        """Show or hide what the cursor stands on."""
        if isinstance(self.screen, ColumnsScreen):
            self.screen.toggle()

    def action_shift(self, by: int) -> None:
        """Earlier or later."""
        if isinstance(self.screen, ColumnsScreen):
            self.screen.shift(by)


class ColumnsScreen(SurvivingModal["tuple[str, ...] | None"]):
    """Answers the columns; empty for the usual ones, None when nothing is to change."""

    CSS_PATH = theme.sheets("widgets", "browse")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel"),
        Binding("slash", "find", "Find"),
        Binding("u", "usual", "Usual ones"),
    ]
    AUTO_FOCUS = "ColumnTable"

    def __init__(self, object_class: str, columns: Sequence[str], schema: Schema) -> None:
        super().__init__()
        self._class = object_class
        self.columns = list(columns)
        self._schema = schema

    def compose(self) -> ComposeResult:
        """A field to find by, the properties, the keys."""
        with Vertical(classes="dialog panel browse-dialog") as box:
            box.border_title = literal(f"Columns of {self._class}")
            yield SearchBox("find a property", id="columns-text")
            yield ColumnTable(
                Column("", 3, right=True), Column("Property", 24, 1), Column("Label", 18, 1), Column("Type", 11),
                empty="No property is called that.", id="columns-table",
            )  # fmt: skip
            yield Line("", id="columns-wrong")
            yield Line(
                row(
                    (" space ", "$accent bold"), ("show, hide", "$muted"), ("  J K ", "$accent bold"),
                    ("later, earlier", "$muted"), ("  / ", "$accent bold"), ("find", "$muted"),
                    ("  u ", "$accent bold"), ("usual ones", "$muted"), ("  ⏎ ", "$accent bold"), ("take", "$muted"),
                    ("  esc ", "$accent bold"), ("cancel", "$muted"),
                ),
                classes="dialog-keys",
            )  # fmt: skip

    def on_mount(self) -> None:
        """The columns first, then the rest."""
        self._list()

    @property
    def _table(self) -> ColumnTable:
        return self.query_one(ColumnTable)

    def _list(self, keep: str = "") -> None:
        wanted = self.query_one("#columns-text", Input).value.strip().lower()
        names = [*self.columns, *sorted(name for name in self._schema if name not in self.columns)]
        found = [self._property(name) for name in names]
        shown = [one for one in found if wanted in one.name or wanted in one.label.lower()]
        if wanted:  # what begins with it first
            shown.sort(key=lambda one: not one.name.startswith(wanted))
        self._table.show(PagedRows.of(shown, _row))
        place = next((index for index, one in enumerate(shown) if one.name == keep), 0)
        if place:
            self._table.cursor = place

    def _property(self, name: str) -> Property:
        definition = self._schema.get(name)
        place = self.columns.index(name) + 1 if name in self.columns else 0
        if definition is None:
            return Property(name, "", "", place)
        return Property(name, definition.label, definition.type, place)

    def toggle(self) -> None:
        """Show or hide what the cursor stands on."""
        current: Property | None = self._table.current()
        if current is None:
            return
        wrong = ""
        if current.place:
            self.columns.remove(current.name)
        elif len(self.columns) >= MOST_COLUMNS:
            wrong = f"✗ At most {MOST_COLUMNS} columns."
        else:
            self.columns.append(current.name)
        self.query_one("#columns-wrong", Line).show(literal(wrong, "$error"))
        index = self._table.cursor
        self._list(current.name if not current.place else "")
        if current.place:
            self._table.cursor = min(index, max(0, self._table.rows.count() - 1))

    def shift(self, by: int) -> None:
        """Move the column under the cursor."""
        current: Property | None = self._table.current()
        if current is None or not current.place:
            return
        place = max(0, min(len(self.columns) - 1, current.place - 1 + by))
        self.columns.remove(current.name)
        self.columns.insert(place, current.name)
        self._list(current.name)

    def on_input_changed(self) -> None:
        """Find as one types."""
        self._list()

    def on_input_submitted(self) -> None:
        """To the list."""
        self._table.focus()

    def on_search_box_left(self) -> None:
        """To the list."""
        self._table.focus()

    def on_record_table_chosen(self) -> None:
        """Take them."""
        if self.columns:
            self.dismiss(tuple(self.columns))
        else:
            self.query_one("#columns-wrong", Line).show(literal("✗ Show at least one.", "$error"))

    def action_find(self) -> None:
        """Find a property by its name."""
        self.query_one("#columns-text", Input).focus()

    def action_usual(self) -> None:
        """The usual columns."""
        self.dismiss(())

    def action_give_up(self) -> None:
        """Out of the field first; then nothing changes."""
        field = self.query_one("#columns-text", Input)
        if self.focused is field:
            field.value = ""
            self._table.focus()
        else:
            self.dismiss(None)


def _row(one: Property) -> Row:
    return Row((f"●{one.place}" if one.place else "", one.name, one.label, one.type), "" if one.place else "muted")
