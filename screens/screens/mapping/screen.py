"""All mappings: which can be used, what is wrong with the others, when each was planned last."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from console.settings.errors import SettingsError
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.problems import at_home, problem_rows
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.hubspot.model import PropertyDefinition
    from console.provisioning.mapping_list import MappingLine
    from console.session import Session

EMPTY = "No mapping yet. n suggests one from a source; i carries one over from IDM's sync.json."
PLANS = 200
"""How many of the newest plans are looked through for each mapping's last one."""


class MappingScreen(ConsoleScreen[None]):
    """A line for each mapping; Enter opens the editor."""

    PLACE = "mapping"
    CSS_PATH = theme.sheets("widgets", "mapping")
    HEADING = "Mappings"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("mapping"),
        Binding("e", "editor", "Own editor"),
        Binding("ctrl+r", "again", "Read again", show=False, key_display="^r"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self._wanted = name
        self._checked: dict[str, str] = {}

    def body(self) -> ComposeResult:
        """The mappings; what is wrong with the one under the cursor below."""
        table = RecordTable(
            Column("Mapping", 20, grow=2),
            Column("State", 13),
            Column("Becomes", 7),
            Column("Last plan", 16),
            Column("Rows", 4, right=True),
            Column("Source", 20, grow=3),
            empty="Reading …",
            id="mapping-table",
        )
        table.border_title = "Mappings: Enter opens one"
        table.add_class("panel")
        yield table
        with VerticalScroll(id="mapping-detail", classes="panel", can_focus=False) as below:
            below.border_title = "This mapping"
            yield Line("", id="mapping-verdict")

    @property
    def table(self) -> RecordTable:
        """The list."""
        return self.query_one(RecordTable)

    @property
    def current(self) -> MappingLine | None:
        """The mapping under the cursor."""
        tables = self.query(RecordTable)  # keys are asked for before it is made, too
        line: MappingLine | None = tables.first().current() if tables else None
        return line

    def session_opened(self, session: Session) -> None:
        """List them."""
        self.work(lambda: self.read(session), group="mappings", failed=self._failed)

    def on_screen_resume(self) -> None:
        """Whatever was done above may have changed them."""
        if self.session is not None and self.table.rows.count():
            self.session_opened(self.session)

    async def read(self, session: Session) -> None:
        """Read all of them; the one that was wanted stands under the cursor."""
        from console.provisioning.mapping_list import list_mappings

        mappings = await session.mappings
        plans = []
        with suppress(SettingsError):  # a vault that is locked keeps the journal shut: then no plan is named
            plans = await (await session.plans).list(PLANS)
        found = await asyncio.to_thread(list_mappings, mappings, plans)
        wanted = self._wanted or (self.current.file if self.current is not None else "")
        self._wanted = ""
        self.table.say_empty(EMPTY)
        self.table.show(PagedRows.of(found, _row), keep_cursor=True)
        names = [line.file for line in found]
        if wanted in names:
            self.table.cursor = names.index(wanted)
        self._show()

    def _failed(self, error: BaseException) -> None:
        self.table.say_empty("✗ The mappings could not be read. ^r tries again.")
        self.console.trouble(error)

    def on_record_table_moved(self) -> None:
        """What is below follows the cursor."""
        self._show()

    def _show(self) -> None:
        line = self.current
        self.refresh_bindings()
        self.query_one("#mapping-verdict", Line).show(_detail(line, self._checked) if line is not None else "")

    def offers(self, action: str) -> bool:
        """What needs a mapping is offered where there is one."""
        if action in ("mapping_edit", "mapping_rename", "mapping_check", "source_preview", "provision"):
            return self.current is not None
        return super().offers(action)

    def on_record_table_chosen(self) -> None:
        """Enter."""
        self.do_mapping_edit()

    def do_mapping_edit(self) -> None:
        """Open the editor."""
        if self.current is not None:
            from screens.screens.mapping.editor import MappingEditor

            self.app.push_screen(MappingEditor(self.current.file))

    def action_again(self) -> None:
        """Read them again."""
        if self.session is not None:
            self.session_opened(self.session)

    def action_editor(self) -> None:
        """The operator's own editor."""
        from screens.screens.mapping.outside import edit_outside

        if self.current is not None and edit_outside(self.console, self.current.path) and self.session is not None:
            self.session_opened(self.session)

    def do_mapping_check(self) -> None:
        """Check it with HubSpot's own properties."""
        session, line = self.session, self.current
        if session is None or line is None:
            return

        async def check() -> None:
            self.query_one("#mapping-verdict", Line).show(literal("Checking with HubSpot's properties …", "$muted"))
            mappings = await session.mappings
            schema = await schema_of(session, line.target or "contact")
            problems = await asyncio.to_thread(lambda: mappings.check(line.file, schema=schema))
            if schema is None:
                told = "HubSpot's properties could not be asked; the file alone was checked."
            else:
                told = "checked with HubSpot's properties just now"
            self._checked[line.file] = told
            verdict = problem_rows(problems) if problems else literal(f"✓ No problems; {told}.", "$success")
            self.query_one("#mapping-verdict", Line).show(verdict)

        self.work(check, group="check")

    def do_mapping_suggest(self) -> None:
        """Ask for a source, suggest a mapping for it, open it."""
        from screens.screens.sources.adding import AddSource

        session = self.session
        if session is None:
            return

        def answered(source: str | None) -> None:
            if source:
                self.work(lambda: self._suggest(session, source), group="suggest")

        self.app.push_screen(AddSource("A new mapping: for which source?", "suggest"), answered)

    async def _suggest(self, session: Session, source: str) -> None:
        from screens.screens.mapping.making import suggest_mapping

        self._wanted = await suggest_mapping(self, session, source)

    def do_mapping_import(self) -> None:
        """Carry a mapping of IDM over."""
        from screens.screens.mapping.importing import begin_import

        if self.session is not None:
            begin_import(self, self.session)

    def do_mapping_rename(self) -> None:
        """Another name; the links go along."""
        from screens.screens.mapping.renaming import begin_rename

        if self.session is not None and self.current is not None:
            begin_rename(self, self.session, self.current.file)

    def do_source_preview(self) -> None:
        """Look at the source of this mapping."""
        session, line = self.session, self.current
        if session is None or line is None or not line.source:
            return

        async def look() -> None:
            from screens.screens.sources.look import SourceScreen

            mappings = await session.mappings
            self.app.push_screen(SourceScreen(line.source, mappings.path(line.file).parent))

        self.work(look, group="preview")

    def do_person(self) -> None:
        """One person of this mapping."""
        from screens.screens.person import PersonScreen

        self.app.push_screen(PersonScreen(self.current.file if self.current is not None else ""))

    def do_plan(self) -> None:
        """A plan with this mapping."""
        self._plan(apply=False)

    def do_provision(self) -> None:
        """A plan with this mapping, to be approved at once."""
        self._plan(apply=True)

    def _plan(self, *, apply: bool) -> None:
        from screens.screens.new_plan import NewPlanScreen

        self.app.push_screen(NewPlanScreen(apply, self.current.file if self.current is not None else ""))


async def schema_of(session: Session, object_class: str) -> dict[str, PropertyDefinition] | None:
    """HubSpot's properties; None where HubSpot cannot be asked now."""
    from console.hubspot.errors import HubSpotError

    try:
        return await (await session.connector).schema(object_class)
    except (HubSpotError, SettingsError):
        return None


def _row(line: MappingLine) -> Row:
    state = "✓ valid" if not line.problems else f"✗ {words.counted(len(line.problems), 'problem')}"
    cells = (line.file, state, line.target, words.moment(line.planned_at) or "never", str(line.rows), line.source)
    return Row(cells, "error" if line.problems else "")


def _detail(line: MappingLine, checked: dict[str, str]) -> Content:
    if line.problems:
        return problem_rows(line.problems)
    told = checked.get(line.file, "F6 checks it with HubSpot's own properties, too")
    rows = [row(("✓ No problems", "$success bold"), (f"   {told}", "$muted"))]
    rows.append(row(("Source    ", "$muted"), (line.source, "")))
    rows.append(row(("File      ", "$muted"), (at_home(line.path), "")))
    plan = f"{line.plan_id}   {words.moment(line.planned_at)}" if line.plan_id else "never planned"
    rows.append(row(("Last plan ", "$muted"), (plan, "")))
    return stack(*rows)
