"""A source, looked at before it is used."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult

from screens import theme
from screens.keys import bindings
from screens.screens.base import ConsoleScreen
from screens.widgets.source_preview import SourcePreview


class PreviewScreen(ConsoleScreen[None]):
    """Columns with statistics, problems of the first rows."""

    PLACE = "preview"
    CSS_PATH = theme.sheets("forms")
    HEADING = "Source"
    BINDINGS = bindings("preview")
    AUTO_FOCUS = "RecordTable"

    def __init__(self, spec: str, base: Path | None = None) -> None:
        super().__init__()
        self._spec = spec
        self._base = base

    def body(self) -> ComposeResult:
        """The preview."""
        yield SourcePreview()

    def on_mount(self) -> None:
        """Read it."""
        super().on_mount()

        async def read() -> None:
            await self.query_one(SourcePreview).read(self._spec, self._base, self.session)

        self.work(read, group="preview")
