"""All sources that are known: who reads them, whether they can be read, and what they need to be."""

from __future__ import annotations

import asyncio
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from screens import theme, words
from screens.keys import bindings
from screens.literal import hanging, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.problems import at_home
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.session import Session
    from console.sources.remembered import KnownSource
    from console.sources.trying import SourceStage

EMPTY = "No source is known yet. a adds a file or a URL; a mapping's source is listed by itself."
_SIGNS = {"pass": "✓ readable", "warn": "▲ look at it", "fail": "✗ failed"}


class SourcesScreen(ConsoleScreen[None]):
    """A line for each source; the test of the one under the cursor below."""

    PLACE = "sources"
    CSS_PATH = theme.sheets("widgets", "forms", "sources")
    HEADING = "Sources"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("sources"),
        Binding("c", "credentials", "Credentials"),
        Binding("x", "forget", "Forget"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self) -> None:
        super().__init__()
        self._stages: dict[str, list[SourceStage]] = {}
        self._testing = ""
        self._failure = ""
        self._wanted = ""

    def body(self) -> ComposeResult:
        """The list, and below it the source under the cursor."""
        table = RecordTable(
            Column("Source", 24, grow=3),
            Column("Kind", 7),
            Column("State", 12),
            Column("Read by", 18, grow=1),
            Column("Secret", 20, grow=1),
            empty="Reading …",
            id="sources-table",
        )
        table.border_title = "Sources: Enter looks at one"
        table.add_class("panel")
        yield table
        with VerticalScroll(id="sources-detail", classes="panel", can_focus=False):
            yield Line("", id="sources-one")

    def session_opened(self, session: Session) -> None:
        """List them."""
        self.work(lambda: self._list(session), group="sources", failed=self._not_listed)

    def on_screen_resume(self) -> None:
        """A mapping may have been made meanwhile."""
        if self.session is not None and self.query_one(RecordTable).rows.count():
            self.session_opened(self.session)

    async def _list(self, session: Session) -> None:
        from console.sources.remembered import known_sources, remembered

        mappings = await session.mappings

        def read() -> list[KnownSource]:
            return known_sources(mappings.sources(), remembered(session.paths))

        found = await asyncio.to_thread(read)
        table = self.query_one(RecordTable)
        table.say_empty(EMPTY)
        table.show(PagedRows.of(found, self._row), keep_cursor=True)
        specs = [one.spec for one in found]
        if self._wanted in specs:
            table.cursor = specs.index(self._wanted)
        self._wanted = ""
        self._show()

    def _not_listed(self, error: BaseException) -> None:
        self.query_one(RecordTable).say_empty("✗ The sources could not be listed.")
        self.console.trouble(error)

    @property
    def current(self) -> KnownSource | None:
        """The source under the cursor."""
        tables = self.query(RecordTable)
        found: KnownSource | None = tables.first().current() if tables else None
        return found

    def _row(self, one: KnownSource) -> Row:
        state, tone = "not tested", "muted"
        if one.wrong:
            state, tone = "✗ no source", "error"
        elif stages := self._stages.get(one.spec):
            worst = next((state for state in ("fail", "warn") if any(s.state == state for s in stages)), "pass")
            state = "testing …" if self._testing == one.spec else _SIGNS[worst]
            tone = {"fail": "error", "warn": "warning"}.get(worst, "")
        name = one.spec if "://" in one.spec else str(PurePath(one.spec).name)
        return Row((name, one.kind, state, ", ".join(one.used_by) or "nobody", one.secret), tone)

    def on_record_table_moved(self) -> None:
        """What is below follows the cursor."""
        self._show()

    def on_resize(self) -> None:
        """Cut the rows anew."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        one = self.current
        self.refresh_bindings()
        detail = self.query_one("#sources-detail", VerticalScroll)
        detail.border_title = "This source" if one is not None else "What a source may be"
        width = max(30, (detail.content_size.width or 74) - 1)
        rows = self._about(one, width) if one is not None else kinds_rows(width)
        self.query_one("#sources-one", Line).show(stack(*rows))

    def _about(self, one: KnownSource, width: int) -> list[Content]:
        local = "://" not in one.spec and not one.spec.endswith(":")
        where = at_home(one.base / one.spec if one.base is not None else one.spec) if local else one.spec
        rows = hanging("", where, width, "bold")
        if one.wrong:
            return [*rows, *hanging("✗ ", one.wrong, width, "$error")]
        stages = self._stages.get(one.spec)
        if not stages:
            told = f"Its secret in the vault is {one.secret}; c stores it." if one.secret else "It needs no secret."
            return [*rows, literal(told, "$muted"), literal("t tests it, stage by stage.", "$muted")]
        for stage in stages:
            rows += stage_rows(stage, width)
        if self._testing == one.spec:
            rows.append(literal("◐ testing …", "$primary"))
        return rows

    # ---- what can be done

    def offers(self, action: str) -> bool:
        """What needs a source is offered where there is one."""
        if action in ("source_test", "source_preview", "mapping_suggest"):
            return self.current is not None and not self.current.wrong
        return super().offers(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only sources with a secret have credentials; only those named by hand can be forgotten."""
        if action == "credentials":
            return self.current is not None and bool(self.current.secret)
        if action == "forget":
            return self.current is not None and self.current.remembered
        return super().check_action(action, parameters)

    def do_source_add(self) -> None:
        """Name a file or a URL."""
        from screens.screens.sources.adding import AddSource

        session = self.session
        if session is None:
            return

        def answered(spec: str | None) -> None:
            if spec:
                self.work(lambda: self._add(session, spec), group="adding", failed=self.console.trouble)

        self.app.push_screen(AddSource(), answered)

    async def _add(self, session: Session, spec: str) -> None:
        from console.sources.remembered import remember

        self._wanted = await asyncio.to_thread(remember, session.paths, spec)
        await self._list(session)
        self.do_source_test()

    def do_source_test(self) -> None:
        """Stage by stage."""
        session, one = self.session, self.current
        if session is not None and one is not None and not one.wrong:
            self.work(lambda: self._test(session, one), group="test", failed=self._not_tested)

    async def _test(self, session: Session, one: KnownSource) -> None:
        from console.session import source_secret
        from console.sources.trying import try_source

        async def secret(_name: str) -> str | None:
            return await source_secret(session, one.spec)

        self._testing = one.spec
        self._stages[one.spec] = []
        try:
            async for stage in try_source(one.spec, base=one.base, secrets=secret):
                self._stages[one.spec].append(stage)
                self._show()
        finally:
            self._testing = ""
        self.query_one(RecordTable).refresh()
        self._show()

    def _not_tested(self, error: BaseException) -> None:
        self._testing = ""
        self.console.trouble(error)

    def on_record_table_chosen(self) -> None:
        """Enter looks at it."""
        self.do_source_preview()

    def do_source_preview(self) -> None:
        """Its columns with statistics, and its first rows."""
        from screens.screens.sources.look import SourceScreen

        if self.current is not None and not self.current.wrong:
            self.app.push_screen(SourceScreen(self.current.spec, self.current.base))

    def do_mapping_suggest(self) -> None:
        """A mapping for this source."""
        from screens.screens.mapping.making import suggest_mapping

        session, one = self.session, self.current
        if session is not None and one is not None:
            whole = one.spec if one.base is None or "://" in one.spec else str(one.base / one.spec)

            async def suggest() -> None:
                await suggest_mapping(self, session, whole)

            self.work(suggest, group="suggest", failed=self.console.trouble)

    def action_credentials(self) -> None:
        """Store what the source asks for, in the vault; it is never shown."""
        from screens.screens.dialogs import Ask

        session, one = self.session, self.current
        if session is None or one is None or not one.secret:
            return

        async def store(value: str) -> None:
            from screens.unlocking import unlocked

            if await unlocked(self.console, session, creating=True):
                await (await session.secrets).set(one.secret, value)
                self.console.say(f"Stored {one.secret} in: {(await session.vault).label}")
                self.do_source_test()

        def answered(value: str | None) -> None:
            if value and value.strip():
                self.work(lambda: store(value.strip()), group="secrets")

        text = "user:password, or a token, as this source wants it. It is stored in the vault and never shown."
        self.app.push_screen(Ask(f"Store {one.secret}", text, label="paste it here", secret=True), answered)

    def action_forget(self) -> None:
        """Take it out of the list."""
        session, one = self.session, self.current
        if session is None or one is None:
            return

        async def forget() -> None:
            from console.sources.remembered import forget as take_out

            await asyncio.to_thread(take_out, session.paths, one.spec)
            await self._list(session)
            self.console.say("Forgotten. The source itself stays as it is.")

        self.work(forget, group="sources")


def kinds_rows(width: int) -> list[Content]:
    """Every kind of source with an example."""
    from console.sources.remembered import KINDS

    rows: list[Content] = []
    for kind, example, about in KINDS:
        told = row((f"{kind:<8}", "$accent"), (example, ""), (f"   {about}", "$muted"))
        rows.append(told.truncate(width, ellipsis=True) if told.cell_length > width else told)
    return rows


def stage_rows(stage: SourceStage, width: int) -> list[Content]:
    """A stage as in the test of a connection."""
    sign = words.STAGE_SIGNS[stage.state]
    took = f"{stage.milliseconds:.0f} ms" if stage.state in ("pass", "warn") else ""
    told = stage.detail or ("not tried" if stage.state == "skipped" else "")
    head = row((f"{sign.glyph} ", sign.style), (f"{stage.title:<12}", ""), (f"{took:>8}  ", "$muted"))
    first = row(head, (told, "$muted"))
    rows = [first if first.cell_length <= width else first.truncate(width, ellipsis=True)]
    if stage.state in ("warn", "fail"):
        rows += hanging("    ", stage.cause, width, sign.style) if stage.cause else []
        rows += hanging("  → ", stage.advice, width) if stage.advice else []
    return rows
