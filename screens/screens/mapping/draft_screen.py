"""What all parts of the mapping editor stand on: the bench with the draft, and the three views of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.widgets import TextArea

from screens import theme
from screens.literal import literal, stack
from screens.screens.base import ConsoleScreen
from screens.screens.mapping import editor_words as say
from screens.widgets.editor import DEBOUNCE, Editor, ExpressionEditor
from screens.widgets.paged_rows import PagedRows
from screens.widgets.panel import Line
from screens.widgets.problems import at_home, problem_rows
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

    from console.journal.model import Problem
    from console.provisioning.explain import Explanation
    from console.provisioning.mapping import MappingRow
    from console.provisioning.mapping_bench import MappingBench
    from console.provisioning.mapping_draft import Draft
    from console.provisioning.mapping_preview import PersonPreview, ValuePreview
    from console.provisioning.mapping_settings import Setting
    from console.session import Session

ROWS, SETTINGS, TEXT = 1, 2, 3
_TABS = {ROWS: "tab-rows", SETTINGS: "tab-settings", TEXT: "tab-text"}


class DraftScreen(ConsoleScreen[None]):
    """Three views of one draft; the draft, the person and all judgement are the engine's (`MappingBench`)."""

    PLACE = "mapping_edit"
    CSS_PATH = theme.sheets("widgets", "mapping")
    HEADING = "Mapping"
    AUTO_FOCUS = "#rows-table"

    def __init__(self, name: str) -> None:
        super().__init__()
        self.called = name
        self.bench: MappingBench | None = None
        self.person: PersonPreview | None = None
        self.problems: tuple[Problem, ...] | None = None
        self.compared: Explanation | None = None
        self.tried: ValuePreview | None = None
        self.tab = ROWS
        self._nobody = "Reading …"
        self.typed_name = ""
        self._timer: Timer | None = None

    def body(self) -> ComposeResult:
        """The tabs, and what each of them shows."""
        with Horizontal(id="editor-head"):
            yield Line(say.tabs(ROWS, 0, 0), id="editor-tabs")
            yield Line("", id="editor-state")
        with Vertical(id="tab-rows"):
            yield Line(literal("Reading …", "$muted"), id="editor-person")
            with Container(id="editor-rows"):
                yield RecordTable(
                    Column("Property", 16, grow=1),
                    Column("Expression", 22, grow=2),
                    Column("This person's", 16, grow=2),
                    Column("Then", 13),
                    empty="Reading …",
                    id="rows-table",
                )
                with VerticalScroll(id="row-detail", classes="panel", can_focus=False):
                    editor = ExpressionEditor(id="expression-editor")
                    editor.display = False
                    yield editor
                    yield Line("", id="row-one")
        with Vertical(id="tab-settings"):
            yield RecordTable(
                Column("", 11), Column("Setting", 20), Column("Now", 20, grow=2), Column("What it is", 30, grow=2),
                id="settings-table",
            )  # fmt: skip
            with VerticalScroll(id="setting-detail", classes="panel", can_focus=False):
                yield Line("", id="setting-one")
        with Vertical(id="tab-text"):
            editor_ = Editor(id="mapping-text")
            editor_.add_class("panel")
            yield editor_
            with VerticalScroll(id="text-detail", classes="panel", can_focus=False) as below:
                below.border_title = "Check"
                yield Line("", id="text-problems")

    def on_mount(self) -> None:
        """Show the first tab."""
        self.retitle(f"Mapping {self.called}")
        self._show_tab()

    def on_unmount(self) -> None:
        """Let go of the source."""
        if self.bench is not None:
            self.bench.close()

    def session_opened(self, session: Session) -> None:
        """Read the file, its source and HubSpot's properties."""
        if self.bench is None:
            self.work(lambda: self.load(session), group="bench", failed=self._unreadable)

    async def load(self, session: Session) -> None:
        """Read everything anew, from the file on."""
        from console.provisioning.mapping_bench import MappingBench
        from console.provisioning.mapping_draft import Draft
        from console.session import source_secret
        from console.sources.errors import SourceError
        from screens.screens.mapping.screen import schema_of

        mappings = await session.mappings
        draft = await asyncio.to_thread(Draft.open, mappings.path(self.called))
        data = draft.data
        schema = await schema_of(session, "company" if data.get("target") == "company" else "contact")
        secret = None
        if isinstance(data.get("source"), str):
            try:
                secret = await source_secret(session, data["source"])
            except SourceError:
                secret = None  # what is wrong with the address is said by the check
        self.bench = MappingBench(draft, schema, secret)
        await self.renew()
        if self.bench.mapping is None:
            self.action_tab(TEXT)

    def _unreadable(self, error: BaseException) -> None:
        self._nobody = "✗ The mapping could not be read."
        self.query_one("#editor-person", Line).show(literal(self._nobody, "$error"))
        self.query_one("#rows-table", RecordTable).say_empty("Escape goes back.")
        self.console.trouble(error)

    # ---- what is shown

    async def think(self, job: Callable[[MappingBench], object]) -> None:
        """Let the bench do something in a thread, then show what it says."""
        bench = self.bench
        if bench is None:
            return

        def both() -> tuple[tuple[Problem, ...], PersonPreview | None]:
            job(bench)
            return bench.check(), bench.preview()

        self.problems, self.person = await asyncio.to_thread(bench.ask, both)
        self.compared = None
        if bench.source_problem is not None:
            self._nobody = f"✗ {bench.source_problem.message}. {bench.source_problem.remedy}"
        elif self.person is None:
            self._nobody = "The source holds nobody." if bench.mapping else "The text is no mapping yet: see 3."
        self.show_all()

    async def renew(self) -> None:
        """Judge the draft as it stands."""
        await self.think(lambda bench: bench.read())

    def renew_soon(self) -> None:
        """Judge the draft, beside the screen."""
        self.work(self.renew, group="bench")

    @property
    def mapped(self) -> list[MappingRow]:
        """The rows of the mapping."""
        mapping = self.bench.mapping if self.bench is not None else None
        return list(mapping.rows) if mapping is not None else []

    @property
    def settings(self) -> list[Setting]:
        """The settings of the mapping."""
        from console.provisioning.mapping_settings import settings

        return settings(self.bench.draft.data) if self.bench is not None else []

    def value(self, name: str) -> ValuePreview | None:
        """What the person has for a property."""
        values = self.person.values if self.person is not None else ()
        return next((value for value in values if value.name == name), None)

    def show_all(self) -> None:
        """Everything on the screen as the bench says."""
        bench = self.bench
        if bench is None:
            return
        mapped, listed = self.mapped, self.settings
        self.query_one("#editor-tabs", Line).show(say.tabs(self.tab, len(mapped), len(listed)))
        self.query_one("#editor-state", Line).show(
            say.standing(bench.draft.changed, len(self.problems) if self.problems is not None else None)
        )
        self.query_one("#editor-person", Line).show(
            say.person_line(self.person, bench.index, bench.known, self._nobody)
        )
        table = self.query_one("#rows-table", RecordTable)
        table.say_empty("No property is mapped yet: a adds one, s suggests some.")
        table.show(PagedRows.of(mapped, lambda one: say.value_row(one, self.value(one.name))), keep_cursor=True)
        self.query_one("#settings-table", RecordTable).show(PagedRows.of(listed, say.setting_row), keep_cursor=True)
        self._show_problems()
        self.show_row()
        self.show_setting()
        self.refresh_bindings()

    def _show_problems(self) -> None:
        problems = self.problems or ()
        unasked = self.bench is not None and self.bench.schema is None
        fine = "✓ No problems, but HubSpot's properties could not be asked." if unasked else "✓ No problems."
        verdict = problem_rows(problems) if problems else literal(fine, "$warning" if unasked else "$success")
        self.query_one("#text-problems", Line).show(verdict)

    def show_row(self) -> None:
        """The property under the cursor in full, or what is being typed."""
        detail = self.query_one("#row-detail", VerticalScroll)
        width = max(24, (detail.content_size.width or self.size.width - 6) - 1)
        typing = self.query_one(ExpressionEditor).display
        mapped: MappingRow | None = self.query_one("#rows-table", RecordTable).current()
        if typing:
            title, value = self.typed_name, self.tried
        else:
            title, value = (mapped.name, self.value(mapped.name)) if mapped is not None else ("", None)
        label = (
            self.bench.schema[title].label if self.bench and self.bench.schema and title in self.bench.schema else ""
        )
        detail.border_title = literal(f"{title}  {label}" if label and label != title else title or "No property")
        told = say.value_rows(mapped, value, width, self.compared, typing=typing)
        if self.person is not None and not self.person.in_scope and not typing and mapped is not None:
            told = stack(told, literal("out of scope:", "$warning"), *say.scope_rows(self.person))
        self.query_one("#row-one", Line).show(told)

    def show_setting(self) -> None:
        """The setting under the cursor in full."""
        setting: Setting | None = self.query_one("#settings-table", RecordTable).current()
        detail = self.query_one("#setting-detail", VerticalScroll)
        width = max(24, (detail.content_size.width or self.size.width - 6) - 1)
        if setting is not None:
            detail.border_title = literal(setting.title)
            self.query_one("#setting-one", Line).show(say.setting_rows(setting, self.person, width))

    # ---- tabs

    def action_tab(self, number: int) -> None:
        """Another view of the same draft."""
        if self.query_one(ExpressionEditor).display:
            return
        self.take_text()
        self.tab = number
        self._show_tab()
        self.show_all()

    def _show_tab(self) -> None:
        for number, name in _TABS.items():
            self.query_one(f"#{name}").display = number == self.tab
        if self.tab == TEXT and self.bench is not None:
            text = self.query_one("#mapping-text", Editor)
            text.text = self.bench.draft.text
            text.border_title = literal(at_home(self.bench.draft.path))
        focus = {ROWS: "#rows-table", SETTINGS: "#settings-table", TEXT: "#mapping-text"}[self.tab]
        self.query_one(focus).focus()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Judge what is typed after a moment."""
        if self.bench is None or event.text_area.text == self.bench.draft.text:
            return
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DEBOUNCE, self._judge_text)

    def _judge_text(self) -> None:
        self.take_text()
        self.renew_soon()

    def take_text(self) -> None:
        """What was typed into the text becomes the draft's."""
        if self.tab == TEXT and self.bench is not None:
            self.bench.draft.write(self.query_one("#mapping-text", Editor).text, "text changed")

    # ---- changes

    def change(self, edit: Callable[[Draft], object]) -> None:
        """Change the draft and judge it; what cannot be changed is said, and everything stays as it was."""
        bench = self.bench
        if bench is None:
            return

        async def do() -> None:
            await asyncio.to_thread(bench.ask, lambda: edit(bench.draft))
            await self.renew()

        self.work(do, group="bench", failed=self.refused)

    def refused(self, error: BaseException) -> None:
        """Why a change was not made."""
        problems = getattr(error, "problems", ())
        if problems:
            first = problems[0]
            self.console.say(f"Not changed: {first.message.partition(chr(10))[0]}. {first.remedy}", severity="warning")
        else:
            self.console.trouble(error)
