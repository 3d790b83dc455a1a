"""A support bundle: every file of it can be read here before anything is written."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content

from console.settings.paths import expanded
from screens import theme, words
from screens.keys import bindings
from screens.literal import lines, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Line
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.bundle import Part

SHOWN = 6000
"""Characters of a file that the preview shows."""


class BundleScreen(ConsoleScreen[None]):
    """The list, a look into each file, and one key that writes."""

    PLACE = "bundle"
    CSS_PATH = theme.sheets("widgets", "log")
    HEADING = "Support bundle"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("bundle"),
        Binding("w", "write", "Write it"),
        Binding("v", "values", "With values"),
        Binding("r", "again", "Gather again"),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Part] = []
        self._values = False

    def body(self) -> ComposeResult:
        """What it is, its files, a look into one."""
        yield Line(literal("▶ Gathering …", "$primary"), id="bundle-told")
        with Container(id="log-main"):
            yield RecordTable(
                Column("File", 26),
                Column("Size", 9, right=True),
                Column("What is in it", 30, grow=1),
                empty="Gathering …",
                id="bundle-files",
            )
            with VerticalScroll(id="bundle-detail", classes="panel") as box:
                box.border_title = "As it would be written"
                yield Line("", id="bundle-text")

    def on_mount(self) -> None:
        """Gather."""
        self.action_again()

    def action_again(self) -> None:
        """Gather anew."""
        self.work(self._gather, group="bundle", failed=self._failed)

    def action_values(self) -> None:
        """With the values of the records that have problems; or without them again."""
        if not self._values and self.session is None:
            self.console.say("Values need an open profile: they are sealed with its key.", severity="warning")
            return
        self._values = not self._values
        self.action_again()

    async def _gather(self) -> None:
        from console.bundle import collect
        from console.doctor import vault_finding
        from screens.screens.doctor import findings_of

        session = self.session
        vault = await session.vault if session is not None else None
        findings = [*findings_of(self.console), await vault_finding(self.console.paths, vault)]
        profile = self.console.glance.profile
        name = profile.name if profile is not None else None
        paths = self.console.paths
        self._parts = await collect(paths, name, findings, session=session, values=self._values)
        self.query_one(RecordTable).show(PagedRows.of(self._parts, part_row), keep_cursor=True)
        self.query_one("#bundle-told", Line).show(self._told())
        self._look_into()

    def _failed(self, error: BaseException) -> None:
        self._values = False
        told = self.console.trouble(error)
        self.query_one("#bundle-told", Line).show(literal(f"✗ {told.message}  r tries again.", "$error"))

    def _told(self) -> Content:
        size = words.number(sum(len(part.data) for part in self._parts) / 1024)
        total = row(
            (f"{len(self._parts)} files, {size} kB. ", "bold"), ("Nothing is written yet. No secret is in it.", "")
        )
        if any(part.personal for part in self._parts):
            told = "▲ PERSONAL DATA is in it, because you asked for values. v takes it out again."
            return stack(total, literal(told, "$warning bold"))
        return stack(total, literal("No values of people either: record ids and counts. v adds values.", "$muted"))

    def on_record_table_moved(self) -> None:
        """Look into the file under the cursor."""
        self._look_into()

    def on_record_table_chosen(self) -> None:
        """Read it: the arrows scroll it then."""
        self.query_one("#bundle-detail").focus()

    def _look_into(self) -> None:
        part: Part | None = self.query_one(RecordTable).current()
        box = self.query_one("#bundle-detail", VerticalScroll)
        if part is None:
            return
        text = part.data.decode("utf-8", "replace")
        cut = f"\n… {words.number(len(text) - SHOWN)} more characters" if len(text) > SHOWN else ""
        box.border_title = literal(part.name).markup
        self.query_one("#bundle-text", Line).show(row(lines(text[:SHOWN] or "(empty)"), (cut, "$muted")))
        box.scroll_home(animate=False)

    def do_back(self) -> None:
        """From the file to the list first."""
        if self.query_one("#bundle-detail").has_focus:
            self.query_one(RecordTable).focus()
        else:
            self.console.do_back()

    def action_write(self) -> None:
        """Ask where, then write."""
        if not self._parts:
            return
        from screens.screens.dialogs import Ask

        stamp = words.moment(words.clock()).replace("-", "").replace(" ", "-").replace(":", "")
        parts = list(self._parts)

        async def write(path: Path) -> None:
            from console.bundle import write as write_bundle

            await asyncio.to_thread(write_bundle, parts, path)
            self.console.say(f"Written: {path}, readable by you alone.")
            self.query_one("#bundle-told", Line).show(literal(f"✓ Written: {path}", "$success bold"))

        def answered(path: str | None) -> None:
            if path and path.strip():
                self.work(lambda: write(expanded(path.strip()).absolute()), group="write")

        text = f"{len(parts)} files as one zip, readable by you alone. Nothing is overwritten."
        value = str(Path.home() / f"hubspoke-bundle-{stamp}.zip")
        self.app.push_screen(Ask("Write the bundle", text, label="file", value=value), answered)


def part_row(part: Part) -> Row:
    """A file of the bundle as a line."""
    about = f"▲ personal data: {part.about}" if part.personal else part.about
    size = words.number(len(part.data)) if len(part.data) < 10_000 else f"{len(part.data) / 1024:,.0f} kB"
    return Row((part.name, size, about), "warning" if part.personal else "")
