"""The requests to HubSpot as they happen, of this console and of every other process on its state folder."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Input

from screens import theme, words
from screens.copying import copy
from screens.keys import bindings
from screens.literal import literal, row
from screens.screens.base import ConsoleScreen
from screens.screens.log_words import detail, request_row
from screens.widgets.paged_rows import PagedRows
from screens.widgets.panel import Line, Panel
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.hubspot.requestfile import RequestTail
    from console.hubspot.requestlog import RequestEntry

LOOK_EVERY = 0.5
EMPTY = "No request yet. What is sent to HubSpot appears here by itself."
NONE_MATCHES = "No request matches. Words that must all hold: 429, 4xx, >500, failed, part of a path."


class LogScreen(ConsoleScreen[None]):
    """Newest at the end; while the cursor stands there, the list follows."""

    PLACE = "log"
    CSS_PATH = theme.sheets("widgets", "log")
    HEADING = "Log"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("log"),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("f", "follow", "Follow"),
        Binding("y", "copy", "Copy as curl"),
        Binding("e", "export", "Export"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        self._path = path
        self._tail: RequestTail | None = None
        self._shown: list[RequestEntry] = []
        self._following = True

    def body(self) -> ComposeResult:
        """What is asked for, the requests, the one under the cursor in full."""
        with Horizontal(id="log-bar"):
            field = Input(placeholder="filter: 429  4xx  >500  failed  contacts/search", id="log-filter", compact=True)
            field.cursor_blink = False
            yield field
            yield Line("", id="log-state")
        with Container(id="log-main"):
            yield RecordTable(
                Column("When", 8),
                Column("", 6),
                Column("Path", 24, grow=1),
                Column("Status", 11),
                Column("ms", 6, right=True),
                Column("Waited", 6, right=True),
                Column("Try", 3, right=True),
                empty="Reading …",
                id="log-requests",
            )
            yield Panel("Request", "", id="log-detail")

    def on_mount(self) -> None:
        """Begin to look."""
        self.work(self._look, group="log")

    async def _look(self) -> None:
        from console.hubspot.requestfile import RequestTail, request_file

        self._tail = tail = RequestTail(self._path or request_file(self.console.paths))
        await asyncio.to_thread(tail.read)
        self._renew()
        self.set_interval(LOOK_EVERY, self._look_again)

    def _look_again(self) -> None:
        """A size of a file, twice a second; nothing while another screen is above."""
        if self.is_current:
            self.work(self._more, group="log")

    async def _more(self) -> None:
        if self._tail is not None and await asyncio.to_thread(self._tail.read):
            self._renew()

    # ---- what is shown

    @property
    def _table(self) -> RecordTable:
        return self.query_one(RecordTable)

    def _renew(self) -> None:
        from console.hubspot.requestview import wanted

        if self._tail is None:
            return
        text = self.query_one("#log-filter", Input).value
        test = wanted(text)
        before: RequestEntry | None = self._table.current()
        following = self._following
        self._shown = [entry for entry in self._tail.entries if test(entry)]
        self._table.say_empty(NONE_MATCHES if text and self._tail.entries else EMPTY)
        self._table.show(PagedRows.of(self._shown, request_row), keep_cursor=True)
        if self._shown:
            self._table.cursor = len(self._shown) - 1 if following or before is None else self._place(before)
        self._following = following
        if following:
            self.call_after_refresh(self._table.scroll_end, animate=False)  # rows that just came have no place before
        self._tell()

    def _place(self, wanted: RequestEntry) -> int:
        """Where the entry under the cursor is now; the nearest later one when it is gone."""
        return next((place for place, entry in enumerate(self._shown) if entry.at >= wanted.at), len(self._shown) - 1)

    def _tell(self) -> None:
        total = len(self._tail.entries) if self._tail else 0
        count = words.number(len(self._shown))
        of = f" of {words.number(total)}" if len(self._shown) != total else ""
        mark = ("● follows", "$success") if self._following else ("‖ held", "$warning")
        self.query_one("#log-state", Line).show(row((f"{count}{of}  ", "$muted"), mark))
        entry: RequestEntry | None = self._table.current()
        told = detail(entry) if entry is not None else literal("", "$muted")
        self.query_one("#log-detail", Panel).show(told)

    def on_record_table_moved(self, message: RecordTable.Moved) -> None:
        """At the end it follows; anywhere else it holds still."""
        if message.index == self._table.cursor:
            self._following = not self._shown or message.index >= len(self._shown) - 1
            self._tell()

    def on_record_table_chosen(self) -> None:
        """The whole height for the list, or for the request again."""
        panel = self.query_one("#log-detail", Panel)
        panel.display = not panel.display

    def on_input_changed(self) -> None:
        """As it is typed."""
        self._renew()

    def on_input_submitted(self) -> None:
        """To the requests."""
        self._table.focus()

    # ---- keys

    def action_filter(self) -> None:
        """Type what is asked for."""
        self.query_one("#log-filter", Input).focus()

    def action_follow(self) -> None:
        """To the newest, and on with what comes; or hold still."""
        self._following = not self._following
        if self._following:
            self._table.action_last()
        self._tell()

    def do_back(self) -> None:
        """Out of the filter first."""
        field = self.query_one("#log-filter", Input)
        if field.has_focus or field.value:
            field.value = ""
            self._table.focus()
        else:
            self.console.do_back()

    def action_copy(self) -> None:
        """The request under the cursor, with the token as a variable."""
        entry: RequestEntry | None = self._table.current()
        if entry is None:
            return
        from console.hubspot.requestview import as_curl

        copy(self.console, as_curl(entry, self._base_url(entry)), "The curl command")

    def _base_url(self, entry: RequestEntry) -> str:
        from console.settings.errors import SettingsError

        open_profile = self.session.profile if self.session is not None else self.console.glance.profile
        if self.session is not None and open_profile is not None and entry.profile not in ("", open_profile.name):
            try:
                return self.session.profiles.load(entry.profile).api_base_url
            except SettingsError:
                pass  # it was removed since: the open one's address is the best guess
        return open_profile.api_base_url if open_profile is not None else "https://api.hubapi.com"

    def action_export(self) -> None:
        """What is shown, as JSON lines, into a new file."""
        from screens.screens.dialogs import Ask

        shown = list(self._shown)
        proposed = f"hubspoke-requests-{words.moment(words.clock()).replace(' ', '-').replace(':', '')}.jsonl"

        async def write(path: Path) -> None:
            from console.hubspot.requestfile import write_new

            await asyncio.to_thread(write_new, path, shown)
            self.console.say(f"{words.counted(len(shown), 'request')} in {path}, readable by you alone.")

        def answered(path: str | None) -> None:
            if path and path.strip():
                self.work(lambda: write(Path(path.strip()).expanduser().absolute()), group="export")

        text = (
            f"{words.counted(len(shown), 'request')} as JSON lines, without values. A new file, readable by you alone."
        )
        self.app.push_screen(
            Ask("Export what is shown", text, label="file", value=str(Path.home() / proposed)), answered
        )
