"""Step 5: where people come from, looked at before it is used."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Input

from screens.screens.setup.step import Step, field
from screens.suggesting import absolute
from screens.widgets.source_preview import SourcePreview


class SourceStep(Step):
    """A file; Enter reads it, Enter once more goes on."""

    TITLE = "Source"
    INTRO = "A file of people, or a URL. Enter looks at it; Enter once more goes on."

    def __init__(self) -> None:
        super().__init__()
        self._read = ""

    def fields(self) -> ComposeResult:
        """The path, the preview."""
        yield field("setup-source", "people.csv")
        yield SourcePreview(id="setup-preview")

    def enter(self) -> None:
        """Offer the demo's people."""
        box = self.query_one("#setup-source", Input)
        if self.console.demo is not None and not box.value:
            box.value = str(self.console.demo.people)
        box.focus()

    async def commit(self) -> bool:
        """Look at it first; then keep it."""
        spec = self.query_one("#setup-source", Input).value.strip()
        if not spec:
            self.complain("Name a file, such as people.csv.")
            return False
        if spec == self._read:
            self.state.source = absolute(spec)
            return True
        self.say("")
        try:
            await self.query_one(SourcePreview).read(spec, Path.cwd(), self.session)
        except Exception as error:  # noqa: BLE001 - what is wrong with a source is said in its words
            self._read = ""
            self.complain(error)
            return False
        self._read = spec
        self.say("✓ It can be read. Enter goes on.", "$success")
        return False
