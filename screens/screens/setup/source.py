"""Step 5: where people come from, looked at before it is used."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from screens.literal import literal, row
from screens.screens.setup.step import Step
from screens.suggesting import absolute
from screens.widgets.panel import Line
from screens.widgets.path_input import path_input
from screens.widgets.source_preview import SourcePreview

SAMPLES = 25
"""People of the sample file that is made for a HubSpot account."""


class SourceStep(Step):
    """A file; Enter reads it, Enter once more goes on."""

    TITLE = "Source"
    INTRO = "A file of people (CSV, JSON lines, LDIF, Excel), or a URL. Enter looks at it; Enter once more goes on."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "sample", "Sample people", key_display="F4", priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._read = ""

    def fields(self) -> ComposeResult:
        """The path, the preview."""
        yield path_input("setup-source", "people.csv, ~/exports/people.csv, ldaps://..., scim+https://...")
        yield Line(
            row(
                ("→", "$accent"), (" completes the path   ", "$muted"), ("F4", "$accent"), (" sample people", "$muted")
            ),
            id="setup-source-keys",
        )
        yield SourcePreview(id="setup-preview")

    def enter(self) -> None:
        """Offer what was chosen before, or the demo's people."""
        box = self.query_one("#setup-source", Input)
        if not box.value:
            box.value = self.state.source or (str(self.console.demo.people) if self.console.demo is not None else "")
        box.focus()
        box.cursor_position = len(box.value)

    def action_sample(self) -> None:
        """A file of people who do not exist."""
        self.setup.work(self._sample, group="sample", failed=self.complain)

    async def _sample(self) -> None:
        box = self.query_one("#setup-source", Input)
        if self.console.demo is not None:
            box.value = str(self.console.demo.people)
        else:
            from console.sample_people import write_samples

            box.value = str(await asyncio.to_thread(write_samples, self.console.paths, SAMPLES))
            self.say("People who do not exist, at example.com: look at their plan; do not approve it.", "$warning")
        box.cursor_position = len(box.value)
        box.focus()

    def on_input_changed(self) -> None:
        """Another one was not looked at."""
        if self.query_one("#setup-source", Input).value.strip() != self._read and self._read:
            self._read = ""
            self.say("")

    async def commit(self) -> bool:
        """Look at it first; then keep it."""
        spec = self.query_one("#setup-source", Input).value.strip()
        if not spec:
            self.complain("Name a file, such as people.csv; F4 makes one with sample people.")
            return False
        if spec == self._read:
            self.state.source = absolute(spec)
            return True
        self.say(literal("▶ Looking …", "$primary"))
        try:
            await self.query_one(SourcePreview).read(spec, Path.cwd(), self.session)
        except Exception as error:  # noqa: BLE001 - what is wrong with a source is said in its words
            self._read = ""
            self.complain(error)
            return False
        self._read = spec
        self.say("✓ It can be read. Enter goes on.", "$success")
        return False
