"""Saving and taking back: never over a file that changed on disk, and never unasked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from screens.literal import lines, literal, stack
from screens.screens.dialogs import Ask, Confirm
from screens.screens.mapping.dialogs import Pick
from screens.screens.mapping.draft_screen import ROWS, TEXT, DraftScreen
from screens.widgets.choices import Choice
from screens.widgets.editor import ExpressionEditor
from screens.widgets.problems import at_home

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.provisioning.mapping_draft import Draft
    from console.session import Session

_SHOWN = 14
"""Lines of a difference that a question shows."""


class Saving(DraftScreen):
    """What the editor does with its draft as a whole."""

    def action_undo(self) -> None:
        """Take the last change back."""
        self._back_and_forth(lambda draft: draft.undo(), "Taken back", "Nothing to take back.")

    def action_redo(self) -> None:
        """Do it again."""
        self._back_and_forth(lambda draft: draft.redo(), "Done again", "Nothing to do again.")

    def _back_and_forth(self, move: Callable[[Draft], str], done: str, nothing: str) -> None:
        if self.bench is not None:
            what = move(self.bench.draft)
            self.console.say(f"{done}: {what}" if what else nothing)
            self.renew_soon()

    def do_mapping_save(self) -> None:
        """Write the file."""
        if self.bench is None or self.query_one(ExpressionEditor).display:
            return
        self.take_text()
        self.work(self._save, group="save", failed=self._not_saved)

    async def _save(self) -> None:
        assert self.bench is not None
        draft = self.bench.draft
        if not draft.changed:
            self.console.say("There is nothing to save.")
            return
        await asyncio.to_thread(draft.save)
        await self.renew()
        self.console.say(f"Saved: {at_home(draft.path)}")

    def _not_saved(self, error: BaseException) -> None:
        from console.provisioning.mapping_draft import ChangedOnDisk

        if isinstance(error, ChangedOnDisk):
            self._ask_what_then(error)
        elif getattr(error, "problems", ()):
            self.console.say("Not saved: the text is no mapping. Mend the problems first.", severity="warning")
            self.action_tab(TEXT)
            self.renew_soon()
        else:
            self.console.trouble(error)

    def _ask_what_then(self, error: BaseException) -> None:
        session = self.session

        def answered(what: str | None) -> None:
            if what == "load" and session is not None:
                self.work(lambda: self._load_again(session), group="bench")
            elif what == "as" and session is not None:
                self._ask_name(session)

        offered = [
            Choice("load", "Load it again", "The file as it is now; your changes are lost."),
            Choice("as", "Save mine under another name", "Both are kept; the new mapping has links of its own."),
            Choice("stay", "Go on editing", "Nothing is written."),
        ]
        assert self.bench is not None
        mine = self.bench.draft.differences()[2 : 2 + _SHOWN]
        text = stack(
            literal(f"✗ {getattr(error, 'message', error)}.", "$error"), literal("What you changed:", "$muted")
        )
        told = stack(text, *(lines(f"  {line}", "$muted", limit=70) for line in mine))
        self.app.push_screen(Pick("Changed on disk", told, offered), answered)

    async def _load_again(self, session: Session) -> None:
        if self.bench is not None:
            self.bench.close()
        self.bench = None
        await self.load(session)
        if self.tab == TEXT:
            self._show_tab()

    def _ask_name(self, session: Session) -> None:
        from console.provisioning.mapping import is_name

        def wrong(name: str) -> str:
            return "" if is_name(name.strip()) else "Use letters, digits, dot, dash and underscore."

        def answered(name: str | None) -> None:
            if name:
                self.work(lambda: self._save_as(session, name.strip()), group="save", failed=self.refused)

        self.app.push_screen(
            Ask("Save as", "The new mapping's name.", value=f"{self.called}-mine", check=wrong), answered
        )

    async def _save_as(self, session: Session, name: str) -> None:
        assert self.bench is not None
        draft = self.bench.draft
        path = (await session.mappings).path(name)
        await asyncio.to_thread(draft.save_as, path, name)
        self.called = name
        self.retitle(f"Mapping {name}")
        await self.renew()
        self.console.say(f"Saved: {at_home(path)}")

    def action_editor(self) -> None:
        """The operator's own editor, on the saved file."""
        from screens.screens.mapping.outside import edit_outside

        bench, session = self.bench, self.session
        if bench is None or session is None:
            return
        if bench.draft.changed:
            self.console.say("Save first (^s), or take your changes back (u).", severity="warning")
            return
        if edit_outside(self.console, str(bench.draft.path)):
            self.work(lambda: self._load_again(session), group="bench")

    def do_mapping_check(self) -> None:
        """Check the draft with HubSpot's own properties, asked anew."""
        session, bench = self.session, self.bench
        if session is None or bench is None:
            return

        async def check() -> None:
            from screens.screens.mapping.screen import schema_of

            self.take_text()
            bench.schema = await schema_of(session, bench.mapping.target if bench.mapping is not None else "contact")
            await self.renew()
            many = len(self.problems or ())
            if bench.schema is None:
                self.console.say("HubSpot could not be asked; the file alone was checked.", severity="warning")
            else:
                self.console.say(f"{many} problems: see 3." if many else "No problems.")

        self.work(check, group="bench")

    def do_plan(self) -> None:
        """A plan with the saved mapping."""
        self._plan(apply=False)

    def do_provision(self) -> None:
        """The same, to be approved at once."""
        self._plan(apply=True)

    def _plan(self, *, apply: bool) -> None:
        from screens.screens.new_plan import NewPlanScreen

        if self.bench is not None and self.bench.draft.changed:
            self.console.say("Save first (^s): a plan reads the saved mapping.", severity="warning")
            return
        self.app.push_screen(NewPlanScreen(apply, self.called))

    def do_back(self) -> None:
        """From the text to the rows, then away; ask before changes are lost."""
        if self.tab == TEXT and not self.problems:
            self.action_tab(ROWS)
        else:
            self._leave(self.console.do_back)

    def do_home(self) -> None:
        """Away, as well."""
        self._leave(self.console.do_home)

    def _leave(self, way: Callable[[], None]) -> None:
        self.take_text()
        if self.bench is None or not self.bench.draft.changed:
            way()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                way()

        mine = self.bench.draft.differences()[2 : 2 + _SHOWN]
        told = stack(literal("What you changed is lost:"), *(lines(f"  {line}", "$muted", limit=56) for line in mine))
        self.app.push_screen(Confirm("Leave without saving?", told, "Leave", "Stay"), answered)
