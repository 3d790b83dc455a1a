"""A table to read: nothing opens behind its rows."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.widgets.record_table import RecordTable


class ReadTable(RecordTable):
    """Enter does nothing, and is not shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Open", show=False)]
