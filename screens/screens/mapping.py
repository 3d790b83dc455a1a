"""Mappings: a list, an editor, and what is wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll

from console.settings.errors import SettingsError
from screens import theme
from screens.keys import bindings
from screens.literal import literal
from screens.screens.base import ConsoleScreen
from screens.widgets.choices import Choice, Choices
from screens.widgets.editor import Editor
from screens.widgets.panel import Line
from screens.widgets.problems import problem_rows

if TYPE_CHECKING:
    from console.hubspot.model import PropertyDefinition
    from console.session import Session


class MappingScreen(ConsoleScreen[None]):
    """Choose on the left, edit on the right, read below what a check found."""

    PLACE = "mapping"
    CSS_PATH = theme.sheets("widgets", "forms")
    HEADING = "Mappings"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("mapping"),
        Binding("ctrl+s", "save", "Save and check", key_display="^s", priority=True),
    ]
    AUTO_FOCUS = "Choices"

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self._chosen = name
        self._saved = ""

    def body(self) -> ComposeResult:
        """List, editor, problems."""
        with Horizontal(id="mapping-top"):
            with VerticalScroll(id="mapping-list", classes="panel", can_focus=False) as box:
                box.border_title = "Mappings"
                yield Choices(id="mapping-names", empty="None yet: n")
            with Vertical(id="mapping-right"):
                editor = Editor(id="mapping-text")
                editor.border_title = "Nothing chosen"
                editor.add_class("panel")
                yield editor
        with VerticalScroll(id="mapping-problems", classes="panel", can_focus=False) as below:
            below.border_title = "Check"
            yield Line(literal("Choose a mapping with Enter.", "$muted"), id="mapping-verdict")

    def session_opened(self, session: Session) -> None:
        """List them; show the first."""
        self.work(lambda: self._list(session), group="mappings")

    async def _list(self, session: Session) -> None:
        mappings = await session.mappings
        names = await asyncio.to_thread(mappings.names)
        self.query_one(Choices).offer([Choice(name, name) for name in names])
        wanted = self._chosen or (names[0] if names else "")
        if wanted:
            await self._open(session, wanted)

    async def _open(self, session: Session, name: str) -> None:
        mappings = await session.mappings
        text = await asyncio.to_thread(lambda: mappings.path(name).read_text(encoding="utf-8", errors="replace"))
        self._chosen, self._saved = name, text
        editor = self.query_one(Editor)
        editor.text = text
        editor.border_title = literal(f"{name}.toml")
        await self._check(session)

    async def _check(self, session: Session) -> bool:
        """Judge what the editor holds, with HubSpot's schema where HubSpot can be asked."""
        verdict = self.query_one("#mapping-verdict", Line)
        verdict.show(literal("Checking …", "$muted"))
        mappings = await session.mappings
        text = self.query_one(Editor).text
        path = mappings.path(self._chosen)
        schema = await self._schema(session)
        problems = await asyncio.to_thread(lambda: mappings.check_text(text, path, schema=schema))
        told = literal("✓ No problems.", "$success")
        if schema is None:
            told = literal("✓ No problems, but HubSpot's properties could not be asked.", "$warning")
        verdict.show(problem_rows(problems) if problems else told)
        return not problems

    async def _schema(self, session: Session) -> dict[str, PropertyDefinition] | None:
        from console.hubspot.errors import HubSpotError

        object_class = "company" if 'target = "company"' in self.query_one(Editor).text else "contact"
        try:
            return await (await session.connector).schema(object_class)
        except (HubSpotError, SettingsError):
            return None

    def on_choices_picked(self, message: Choices.Picked) -> None:
        """Open it, unless typed changes would be lost."""
        session = self.session
        if session is None:
            return
        if self._changed():
            self.console.say("Save first (^s), or press Escape to leave without saving.", severity="warning")
            return
        self.work(lambda: self._open(session, message.choice.value), group="mappings")

    def on_text_area_changed(self) -> None:
        """Say whether it is saved."""
        self.query_one(Editor).border_subtitle = "not saved" if self._changed() else ""

    def _changed(self) -> bool:
        return bool(self._chosen) and self.query_one(Editor).text != self._saved

    def action_save(self) -> None:
        """Write the file and check it."""
        session, text = self.session, self.query_one(Editor).text
        if session is None or not self._chosen:
            return

        async def save() -> None:
            mappings = await session.mappings
            await self._check(session)
            await asyncio.to_thread(mappings.write, self._chosen, text)
            self._saved = text
            self.query_one(Editor).border_subtitle = ""
            self.console.say(f"Saved: {self._chosen}")

        self.work(save, group="mappings", failed=self._not_saved)

    def _not_saved(self, error: BaseException) -> None:
        """A text that is no mapping is not written: the problems say why."""
        problems = getattr(error, "problems", ())
        if problems:
            self.query_one("#mapping-verdict", Line).show(problem_rows(problems))
            self.console.say("Not saved: mend the problems first.", severity="warning")
        else:
            self.console.trouble(error)

    def do_mapping_check(self) -> None:
        """Check what the editor holds."""
        session = self.session
        if session is not None and self._chosen:
            self.work(lambda: self._judge(session), group="mappings")

    async def _judge(self, session: Session) -> None:
        await self._check(session)

    def do_mapping_suggest(self) -> None:
        """Ask for a source, suggest a mapping, open it."""
        from screens.screens.dialogs import Ask

        session = self.session
        if session is None:
            return

        def answered(source: str | None) -> None:
            if source:
                self.work(lambda: self._suggest(session, source), group="mappings")

        self.app.push_screen(
            Ask("Suggest a mapping", "Which source?", label="people.csv", check=_source_wrong), answered
        )

    async def _suggest(self, session: Session, source: str) -> None:
        from screens.suggesting import free_name, suggest

        text, name = await suggest(session, source)
        mappings = await session.mappings
        name = await asyncio.to_thread(free_name, mappings, name)
        await asyncio.to_thread(mappings.write, name, text)
        self._chosen = name
        await self._list(session)

    def do_source_preview(self) -> None:
        """Look at the source of this mapping."""
        session = self.session
        if session is None or not self._chosen:
            return

        async def look() -> None:
            from screens.screens.preview import PreviewScreen

            mappings = await session.mappings
            mapping = await asyncio.to_thread(mappings.load, self._chosen)
            self.app.push_screen(PreviewScreen(mapping.source, mappings.path(self._chosen).parent))

        self.work(look, group="preview")

    def do_plan(self) -> None:
        """A plan with this mapping."""
        self._plan(apply=False)

    def do_provision(self) -> None:
        """A plan with this mapping, to be approved at once."""
        self._plan(apply=True)

    def _plan(self, *, apply: bool) -> None:
        from screens.screens.new_plan import NewPlanScreen

        self.app.push_screen(NewPlanScreen(apply, self._chosen))

    def do_back(self) -> None:
        """From the editor to the list; ask before typed changes are lost."""
        if isinstance(self.focused, Editor):
            self.query_one(Choices).focus()
            return
        if not self._changed():
            self.console.do_back()
            return
        from screens.screens.dialogs import Confirm

        def answered(yes: bool | None) -> None:
            if yes:
                self.console.do_back()

        self.app.push_screen(Confirm("Leave without saving?", "What you typed is lost.", "Leave", "Stay"), answered)


def _source_wrong(value: str) -> str:
    return "" if value.strip() else "Name a file, such as people.csv."
