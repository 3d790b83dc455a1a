"""Step 6: how a person becomes a contact: suggested, edited, checked."""

from __future__ import annotations

import asyncio

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from screens.literal import literal
from screens.screens.setup.step import Step
from screens.widgets.editor import Editor
from screens.widgets.panel import Line
from screens.widgets.problems import problem_rows


class MappingStep(Step):
    """The suggestion in an editor; ^n checks it and goes on when nothing is wrong."""

    TITLE = "Mapping"
    INTRO = "A suggestion from the source's columns. Edit it as you like; ^n checks it and goes on."

    def __init__(self) -> None:
        super().__init__()
        self._source = ""

    def fields(self) -> ComposeResult:
        """The editor, what a check found."""
        yield Editor(id="setup-mapping")
        with VerticalScroll(id="setup-problems", can_focus=False):
            yield Line("", id="setup-check")

    def enter(self) -> None:
        """Suggest, unless the source is the one before."""
        self.query_one(Editor).focus()
        if self._source != self.state.source:
            self.setup.work(self._suggest, group="suggest", failed=self.complain)

    async def _suggest(self) -> None:
        from screens.suggesting import free_name, suggest

        session = self.session
        if session is None:
            return
        editor, check = self.query_one(Editor), self.query_one("#setup-check", Line)
        check.show(literal("▶ Reading HubSpot's properties and the source …", "$primary"))
        text, name = await suggest(session, self.state.source)
        mappings = await session.mappings
        self.state.mapping = await asyncio.to_thread(free_name, mappings, name)
        editor.text = text.replace(f'name = "{name}"', f'name = "{self.state.mapping}"')
        self._source = self.state.source
        await self._check()

    async def _check(self) -> bool:
        session = self.session
        if session is None:
            return False
        mappings = await session.mappings
        schema = await (await session.connector).schema("contact")
        text = self.query_one(Editor).text
        path = mappings.path(self.state.mapping)
        problems = await asyncio.to_thread(lambda: mappings.check_text(text, path, schema=schema))
        told = problem_rows(problems) if problems else literal("✓ No problems. ^n goes on.", "$success")
        self.query_one("#setup-check", Line).show(told)
        return not problems

    async def commit(self) -> bool:
        """Check and write it."""
        session = self.session
        if session is None or not self.state.mapping:
            return False
        if not await self._check():
            return False
        mappings = await session.mappings
        try:
            await asyncio.to_thread(mappings.write, self.state.mapping, self.query_one(Editor).text)
        except Exception as error:  # noqa: BLE001 - what is wrong with it is said in its words
            self.complain(error)
            return False
        return True
