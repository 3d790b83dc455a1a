"""Columns, saved views and export: what the browse screen keeps and gives away."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any

from textual.widgets import Input

from console.hubspot.model import Record
from console.settings import views
from console.settings.errors import SettingsError
from console.settings.views import View, wrong_name
from screens.screens.browse.showing import PLURALS

if TYPE_CHECKING:
    from textual.app import App

    from console.connector.snapshot import Answer
    from console.session import Session
    from screens.app import HubspokeApp
    from screens.screens.browse.exporting import What
    from screens.screens.browse.views import ViewAnswer
    from screens.widgets.mark_table import MarkTable

_READ_AT_ONCE = 100


class Keeping:
    """The part of the browse screen for what outlives it; a mixin."""

    if TYPE_CHECKING:
        object_class: str
        session: Session | None
        console: HubspokeApp
        app: App[Any]
        sort: str
        text: str
        filter: str
        names: tuple[str, ...]
        answer: Answer | None
        chosen_columns: dict[str, tuple[str, ...]]
        query_one: Any
        work: Any
        read_anew: Callable[[], None]
        switch: Callable[[str], None]
        snapshot_schema: Any
        schema: Any

        @property
        @abstractmethod
        def table(self) -> MarkTable:
            """The list."""

    def recall(self, session: Session) -> None:
        """The columns that were chosen last."""
        try:
            self.chosen_columns = dict(views.load(session.paths).columns)
        except SettingsError as error:
            self.console.trouble(error)

    # ---- columns

    def do_columns(self) -> None:
        """Choose columns from the schema."""
        session = self.session
        if session is None:
            return

        async def choose() -> None:
            from screens.screens.browse.columns import ColumnsScreen

            self.schema = self.schema or await (await session.connector).schema(self.object_class)
            chosen = await self.app.push_screen_wait(ColumnsScreen(self.object_class, self.names, self.schema))
            if chosen is not None:
                await asyncio.to_thread(views.remember_columns, session.paths, self.object_class, chosen)
                self.chosen_columns[self.object_class] = chosen
                self.read_anew()

        self.work(choose, group="columns")

    # ---- views

    def do_views(self) -> None:
        """Take, keep or forget a view."""
        session = self.session
        if session is None:
            return

        async def choose() -> None:
            from screens.screens.browse.views import ViewsScreen

            known = await asyncio.to_thread(views.load, session.paths)
            answer = await self.app.push_screen_wait(ViewsScreen(known.views, self._view("now")))
            if answer is not None:
                await self._do_view(session, answer)

        self.work(choose, group="views")

    def _view(self, name: str) -> View:
        return View(
            name=name,
            object_class=self.object_class,
            filter=self.filter,
            text=self.text,
            columns=self.chosen_columns.get(self.object_class, ()),
            sort=self.sort,
        )

    async def _do_view(self, session: Session, answer: ViewAnswer) -> None:
        from screens.screens.dialogs import Ask, Confirm

        if answer.verb == "open" and answer.view is not None:
            self.open_view(answer.view)
        elif answer.verb == "keep":
            name = await self.app.push_screen_wait(
                Ask("Keep this view", "Under which name? One of the same name is replaced.", check=wrong_name)
            )
            if name:
                await asyncio.to_thread(views.save, session.paths, self._view(name))
                self.console.say(f'Kept. At a shell: hubspoke search --view "{name}"')
        elif answer.view is not None:
            name = answer.view.name
            if await self.app.push_screen_wait(Confirm("Forget this view?", name, "Forget", "Keep")):
                await asyncio.to_thread(views.remove, session.paths, name)

    def open_view(self, view: View) -> None:
        """Show what the view says."""
        self.switch(view.object_class)
        self.chosen_columns[view.object_class] = view.columns
        self.sort = view.sort
        self.query_one("#browse-text", Input).value = view.text
        self.query_one("#browse-filter", Input).value = view.filter
        self.table.let_go()
        self.table.focus()
        self.read_anew()

    # ---- export

    def do_export(self) -> None:
        """What is marked, or all that match, into a file."""
        if self.session is None:
            return
        from screens.screens.browse.exporting import ExportScreen, What

        marked = list(self.table.marks)
        whats = [What(f"The {len(marked):,} marked", len(marked), lambda: self._marked(marked))] if marked else []
        whats.append(self._all())
        self.app.push_screen(ExportScreen(whats, self.names, f"~/{PLURALS[self.object_class]}"))

    def _all(self) -> What:
        from screens.screens.browse.exporting import What

        noun, answer = PLURALS[self.object_class], self.answer
        asked = f"{noun} that match" if self.text or self.filter else noun
        if answer is not None:
            return What(f"All {len(answer):,} {asked} of the snapshot", len(answer), lambda: _local(answer))
        return What(f"All {asked}", None, self._live)

    async def _live(self) -> AsyncGenerator[Record, None]:
        """Everything that is asked for, by record id past HubSpot's cap unless it is sorted."""
        assert self.session is not None
        connector = (await self.session.connector).at("bulk")
        async for record in connector.search(
            self.object_class, self.filter, text=self.text, sort=self.sort, properties=self.names
        ):
            yield record

    async def _marked(self, uids: list[str]) -> AsyncGenerator[Record, None]:
        """The marked records, read live in batches; one that is gone by now is left out and said."""
        assert self.session is not None
        connector = (await self.session.connector).at("interactive")
        gone = 0
        for start in range(0, len(uids), _READ_AT_ONCE):
            part = uids[start : start + _READ_AT_ONCE]
            for outcome in await connector.batch_read(self.object_class, part, properties=self.names):
                if outcome.record is None:
                    gone += 1
                else:
                    yield outcome.record
        if gone:
            self.console.say(f"{gone:,} of the marked records are not in HubSpot any more.", severity="warning")


async def _local(answer: Answer) -> AsyncGenerator[Record, None]:
    for number in range(len(answer)):
        record = answer.record(number)
        if record is not None:
            yield record
        if number % _READ_AT_ONCE == 0:
            await asyncio.sleep(0)
