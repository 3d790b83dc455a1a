"""What the browse screen asks, of HubSpot or of a snapshot, and what it says of the answer."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from console.connector.browse import USUAL_COLUMNS
from console.connector.filter import FilterError
from console.connector.filter_completion import at_end
from screens import words
from screens.literal import literal, row
from screens.screens.browse.filter_box import FilterBox
from screens.screens.browse.showing import PLURALS, Schema, columns_of, row_maker
from screens.widgets.local_rows import LocalRows
from screens.widgets.mark_table import MarkTable
from screens.widgets.paged_rows import Fetched, PagedRows
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.connector.snapshot import Answer, Snapshot, SnapshotInfo
    from console.session import Session
    from screens.app import HubspokeApp

PAGE = 100
LOOK_SECONDS = 0.25
"""How often a growing local answer is looked at."""
MINUTE = 60.0


class Asking:
    """The part of the browse screen that asks; a mixin, so that its state stands on the screen."""

    if TYPE_CHECKING:
        object_class: str
        session: Session | None
        console: HubspokeApp
        query_one: Any
        work: Any
        set_interval: Any
        focused: Any

        @property
        @abstractmethod
        def table(self) -> MarkTable:
            """The list."""

    def __init__(self) -> None:
        super().__init__()
        self.sort = ""
        self.schema: Schema = {}
        self.chosen_columns: dict[str, tuple[str, ...]] = {}
        self.snapshot: Snapshot | None = None
        self.answer: Answer | None = None
        self.offered: SnapshotInfo | None = None
        """A snapshot that could be opened."""
        self._asked = ("", "", "")
        self._total: int | None = None
        self._residual = ""
        self._failed = ""
        self._count: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._look: Timer | None = None
        self._minute: Timer | None = None

    # ---- what is asked

    @property
    def names(self) -> tuple[str, ...]:
        """The properties that are shown."""
        return self.chosen_columns.get(self.object_class) or USUAL_COLUMNS[self.object_class]

    @property
    def text(self) -> str:
        """The words."""
        return str(self.query_one("#browse-text", Input).value.strip())

    @property
    def filter_box(self) -> FilterBox:
        """The field of the filter."""
        box: FilterBox = self.query_one("#browse-filter", FilterBox)
        return box

    @property
    def filter(self) -> str:
        """The filter."""
        return self.filter_box.value.strip()

    def typed(self, *, at_once: bool = False) -> None:
        """Read when what is typed is another question by now, and one that can be asked."""
        if (self.text, self.filter, self.sort) == self._asked:
            return
        error = self.filter_box.error
        if error is None:
            self.read_anew()
        elif at_once and at_end(error):
            self.say_wrong(error)

    def clear_fields(self) -> bool:
        """Empty both fields; whether one held something."""
        fields = [self.query_one(f"#browse-{name}", Input) for name in ("text", "filter")]
        held = any(field.value for field in fields)
        for field in fields:
            field.value = ""
        return held

    def learn_schema(self) -> None:
        """Read which properties there are, once."""
        if self.snapshot is not None:
            self.filter_box.knows(self.object_class, self.snapshot.schema, self.snapshot.wrong)
            return
        self.filter_box.knows(self.object_class, self.schema)
        if self.schema or self.session is None:
            return
        session, object_class = self.session, self.object_class

        async def learn() -> None:
            schema = await (await session.connector).schema(object_class)
            if object_class == self.object_class:
                self.schema = schema
                self.filter_box.knows(object_class, schema)
                self.table.set_columns(*columns_of(self.names, schema))

        self.work(learn, group="schema", failed=lambda _: None)

    # ---- reading

    def read_anew(self) -> None:
        """Ask again, from the top."""
        if self.session is None or self.filter_box.error is not None:
            self.show_below()
            return
        self._asked = (self.text, self.filter, self.sort)
        self._total, self._residual, self._failed = None, "", ""
        self._drop_answer()
        self.table.set_columns(*columns_of(self.names, self.schema))
        self.table.sorted_by(self.sort)
        noun = PLURALS[self.object_class]
        self.table.say_empty(f"No {noun} match." if self.text or self.filter else f"There are no {noun} yet.")
        if self.snapshot is not None:
            self._ask_snapshot(self.snapshot)
        else:
            self._ask_live(self.session)
        self.show_state()

    def _ask_live(self, session: Session) -> None:
        object_class, (text, wanted, sort), names = self.object_class, self._asked, self.names

        async def fetch(after: Any | None) -> Fetched:
            browse = await session.browse
            page = await browse.page(
                object_class, filter=wanted, text=text, sort=sort, after=after, properties=names, limit=PAGE
            )
            if after is None or page.total is not None:
                self._total = page.total
            self._residual = page.residual
            return Fetched(page.records, page.after)

        async def count() -> None:
            total = await (await session.browse).total(object_class, filter=wanted, text=text)
            if (text, wanted, sort) == self._asked and self._total is None:
                self._total = total
                self.show_state()

        self.table.show(PagedRows(fetch, row_maker(names, self.schema)))
        self._count = count

    def _count_rest(self) -> None:
        """Ask how many there are, where the pages do not tell and more are to come."""
        if (
            self._count is not None
            and self._total is None
            and not self.table.rows.complete
            and not self._residual
            and self.snapshot is None
        ):
            count, self._count = self._count, None
            self.work(count, group="total", failed=lambda _: None)

    def _ask_snapshot(self, snapshot: Snapshot) -> None:
        from console.connector.snapshot import Question

        try:
            answer = snapshot.answer(Question(filter=self.filter, text=self.text, sort=self.sort))
        except FilterError as error:
            self.say_wrong(error)
            return
        except Exception as error:  # noqa: BLE001 - told in words, and the screen stays as it was
            self.sort = ""
            self.table.sorted_by("")
            self.console.trouble(error)
            answer = snapshot.answer(Question(filter=self.filter, text=self.text))
        self.answer = answer
        self.table.show(LocalRows(answer, row_maker(self.names, self.snapshot_schema)))
        if not answer.done:
            self._look = self.set_interval(LOOK_SECONDS, self._grown)
            self.work(lambda: asyncio.to_thread(answer.work), group="local", failed=self.not_loaded)
        missing = [name for name in self.names if name not in snapshot.info.properties]
        self._residual = f"not in the snapshot: {', '.join(missing)}" if missing else ""

    @property
    def snapshot_schema(self) -> Schema:
        """The schema that the shown records go by."""
        return self.snapshot.schema if self.snapshot is not None else self.schema

    def _grown(self) -> None:
        answer = self.answer
        if answer is None:
            return
        self.table.grew()
        if answer.done:
            self._stop_looking()
            if answer.note:
                self._residual = answer.note
            self.table.refresh()
            self.show_pane()
        self.show_state()

    def _stop_looking(self) -> None:
        if self._look is not None:
            self._look.stop()
            self._look = None

    def _drop_answer(self) -> None:
        self._stop_looking()
        if self.answer is not None:
            self.answer.cancel()
            self.answer = None

    def not_loaded(self, error: BaseException) -> None:
        """Say why, in place of the records where there are none; what is here stays."""
        self._stop_looking()
        if isinstance(error, FilterError):
            self.say_wrong(error)
            return
        said = getattr(error, "message", "")
        self._failed = said if isinstance(said, str) and said else "That did not work."
        self.table.say_empty(f"✗ {self._failed}")
        self.console.trouble(error)

    # ---- what is said

    def say_wrong(self, error: FilterError) -> None:
        """A filter that cannot be asked, and why."""
        line = self.query_one("#browse-below", Line)
        line.display = True
        line.show(literal(f"✗ {error.message}", "$error", limit=300))

    def show_below(self) -> None:
        """What may stand next in the filter, or a caret under what is wrong with it."""
        line, box = self.query_one("#browse-below", Line), self.filter_box
        error = box.error
        shown = self.focused is box or (error is not None and not at_end(error))
        origin = self.query_one("#body").content_region.x
        content = box.below(self.query_one("#body").content_region.width, origin) if shown else literal("")
        line.display = bool(content.plain.strip())
        line.show(content)

    def show_state(self) -> None:
        """How much of what is shown, in which order, how old, how many are marked."""
        parts = [self._source(), self._amount()]
        if self.sort:
            way = "▼" if self.sort.startswith("-") else "▲"
            parts.append(row(("by ", "$muted"), (f"{self.sort.lstrip('-')} {way}", "")))
        if self.table.marks:
            parts.append(row(("● ", "$accent bold"), (f"{words.number(len(self.table.marks))} marked", "bold")))
        if self._residual:
            parts.append(literal(self._residual, "$warning", limit=300))
        parts += self.more_state()
        shown = [part for part in parts if part.plain]
        self.query_one("#browse-state", Line).show(Content(" · ").join(shown) if shown else literal(""))
        if not self.table.loading_rows and not self._failed:
            self._count_rest()

    def more_state(self) -> list[Content]:
        """What other parts have to say."""
        return []

    def _source(self) -> Content:
        if self.snapshot is None:
            return literal("")
        return row(("◆ snapshot", "$secondary bold"), (f" {age(self.snapshot.info.begun_at)} old", "bold"))

    def _amount(self) -> Content:
        noun, count = PLURALS[self.object_class], self.table.rows.count()
        answer = self.answer
        if answer is not None and not answer.done:
            doing = "sorting" if not count and self.sort else "searching"
            return row((words.number(count), "bold"), (f" {noun} so far, {doing} {answer.share:.0%}", "$muted"))
        if self._failed:
            return row(("✗ ", "$error"), ("not read; ", ""), ("^r", "$accent bold"), (" tries again", "$muted"))
        if self.table.loading_rows and not count:
            return literal("reading …", "$muted")
        if answer is not None and self.snapshot is not None and count != self.snapshot.count:
            return row((words.number(count), "bold"), (f" of {words.number(self.snapshot.count)} {noun}", "$muted"))
        if self.table.rows.complete:
            return row((words.number(count), "bold"), (f" {noun}", "$muted"))
        total = f" of {words.number(self._total)}" if self._total is not None else ""
        return row((words.number(count), "bold"), (f"{total} {noun} loaded", "$muted"))

    def show_pane(self) -> None:
        """The pane follows."""

    # ---- the snapshot

    def enter_snapshot(self, snapshot: Snapshot) -> None:
        """Show the snapshot from now on; its age is renewed every minute."""
        self.leave_snapshot()
        self.snapshot = snapshot
        self.offered = snapshot.info
        self._minute = self.set_interval(MINUTE, self.show_state)
        self.learn_schema()
        self.table.let_go()
        self.read_anew()

    def leave_snapshot(self) -> None:
        """Close the snapshot's file."""
        self._drop_answer()
        if self._minute is not None:
            self._minute.stop()
            self._minute = None
        if self.snapshot is not None:
            self.snapshot.close()
            self.snapshot = None

    def go_live(self) -> None:
        """Back to HubSpot."""
        self.leave_snapshot()
        self.table.let_go()
        self.learn_schema()
        self.read_anew()


def age(begun_at: float) -> str:
    """12 min; 3 h; 2 days."""
    seconds = max(0.0, words.clock() - begun_at)
    if seconds < 60:
        return "less than a minute"
    return f"{seconds / 86_400:.0f} days" if seconds >= 172_800 else words.span(seconds - seconds % 60)
