"""One source, looked at: the statistics of its columns, and its first rows."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from screens import theme
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.panel import Line
from screens.widgets.source_preview import SourcePreview


class SourceScreen(ConsoleScreen[None]):
    """Tab goes from the columns to the rows and back."""

    PLACE = "source"
    CSS_PATH = theme.sheets("forms", "sources")
    HEADING = "Source"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("source"),
        Binding("tab", "turn", "Columns / rows", key_display="⇥", priority=True),
        Binding("ctrl+r", "again", "Read again", key_display="^r"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, spec: str, base: Path | None = None) -> None:
        super().__init__()
        self._spec = spec
        self._base = base

    def body(self) -> ComposeResult:
        """The preview, and what is wrong."""
        yield SourcePreview()
        yield Line("", id="source-wrong")

    def on_mount(self) -> None:
        """Read it."""
        self.action_again()

    def action_again(self) -> None:
        """Read it, again."""
        self.work(self._read, group="preview", failed=self._failed)

    async def _read(self) -> None:
        self.query_one("#source-wrong", Line).show("")
        await self.query_one(SourcePreview).read(self._spec, self._base, self.session)

    def _failed(self, error: BaseException) -> None:
        message, remedy = getattr(error, "message", ""), getattr(error, "remedy", "")
        if not isinstance(message, str) or not message:
            self.console.trouble(error)
            return
        rows = [literal(f"✗ {message}", "$error bold"), *([row(("→ ", "$accent"), (remedy, ""))] if remedy else [])]
        self.query_one("#source-wrong", Line).show(stack(*rows, literal("^r reads again.", "$muted")))

    async def action_turn(self) -> None:
        """The other view."""
        await self.query_one(SourcePreview).turn()
