"""Export: what, into which file, how far it is; Escape stops it and leaves no half of a file."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input
from textual.worker import Worker

from console.connector.export import ExportError, Format, export, target
from console.hubspot.model import Record
from screens import theme, words
from screens.literal import literal, row, stack
from screens.screens.browse.filter_box import SearchBox
from screens.terminal.survive import SurvivingModal
from screens.widgets.choices import Choice, Choices
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from pathlib import Path

REPORT_SECONDS = 0.3


class What(NamedTuple):
    """One thing that can be exported: its words, how many it is where that is known, and its records."""

    title: str
    expected: int | None
    records: Callable[[], AsyncGenerator[Record, None]]


class ExportScreen(SurvivingModal[None]):
    """Choose, name a file, wait or stop."""

    CSS_PATH = theme.sheets("widgets", "browse")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Cancel"),
        Binding("f8", "replace", "Replace the file"),
    ]
    AUTO_FOCUS = "Choices"

    def __init__(self, whats: list[What], columns: tuple[str, ...], name: str) -> None:
        super().__init__()
        self._whats = whats
        self._columns = columns
        self._name = name
        self._worker: Worker[None] | None = None
        self._occupied = False
        self._reported = 0.0
        self._done = False

    def compose(self) -> ComposeResult:
        """What, as what, where; then how far."""
        with Vertical(classes="dialog panel browse-dialog") as box:
            box.border_title = literal("Export")
            choices = [
                Choice(f"{place}:{form}", f"{what.title} as {words_of}")
                for place, what in enumerate(self._whats)
                for form, words_of in (("csv", "CSV"), ("jsonl", "JSON lines"))
            ]
            yield Choices(*choices, id="export-what")
            yield SearchBox("file", id="export-file")
            yield Line("", id="export-state")
            yield Line("", classes="dialog-keys", id="export-keys")

    def on_mount(self) -> None:
        """Offer a new file."""
        self._offer_name("csv")
        self._say(literal(f"With the columns {', '.join(self._columns)}. 0600, exact data.", "$muted", limit=300))
        self._keys()

    def on_choices_moved(self, message: Choices.Moved) -> None:
        """The file's name ends as its form."""
        self._offer_name(message.choice.value.partition(":")[2])

    def _offer_name(self, form: str) -> None:
        field = self.query_one("#export-file", Input)
        stem = field.value.rpartition(".")[0] if field.value.endswith((".csv", ".jsonl")) else field.value
        field.value = f"{stem or self._name}.{form}"

    def on_choices_picked(self) -> None:
        """Next: the file."""
        field = self.query_one("#export-file", Input)
        field.focus()
        field.cursor_position = len(field.value)

    def on_input_changed(self) -> None:
        """Another file may be free."""
        if self._occupied:
            self._occupied = False
            self._say(literal(""))
            self._keys()

    def on_input_submitted(self) -> None:
        """Begin."""
        self._begin(replace=False)

    def action_replace(self) -> None:
        """Begin, and let go of the file that is there."""
        if self._occupied:
            self._begin(replace=True)

    def _begin(self, *, replace: bool) -> None:
        choice = self.query_one(Choices).current
        if choice is None or self._worker is not None or self._done:
            return
        place, _, form = choice.value.partition(":")
        field = self.query_one("#export-file", Input)
        try:
            path = target(field.value, overwrite=replace)
        except ExportError as error:
            self._refused(error)
            return
        what = self._whats[int(place)]
        field.disabled = True
        self.query_one(Choices).disabled = True
        self._occupied = False
        self._worker = self.run_worker(
            self._write(what, path, "csv" if form == "csv" else "jsonl", replace=replace), exit_on_error=False
        )
        self._progress(what, 0)
        self._keys()

    async def _write(self, what: What, path: Path, form: Format, *, replace: bool) -> None:
        def progress(count: int) -> None:
            if time.monotonic() - self._reported >= REPORT_SECONDS:
                self._reported = time.monotonic()
                self._progress(what, count)

        try:
            done = await export(what.records(), path, form, self._columns, overwrite=replace, progress=progress)
        except Exception as error:  # noqa: BLE001 - said beside the field, and the dialog stays
            self._worker = None
            self._failed(error)
            return
        self._worker, self._done = None, True
        self._say(
            stack(
                row(("✓ ", "$success"), (f"{words.number(done.records)} records", "bold"), (" in", "")),
                literal(str(done.path), limit=400),
                literal("A spreadsheet may run cells that begin with = + - @.", "$muted") if form == "csv" else "",
            )
        )
        self._keys()

    def _progress(self, what: What, count: int) -> None:
        total = f" of {words.number(what.expected)}" if what.expected is not None else ""
        self._say(row(("▶ ", "$primary"), (f"{words.number(count)}{total}", "bold"), (" written", "$muted")))

    def _failed(self, error: BaseException) -> None:
        field = self.query_one("#export-file", Input)
        field.disabled = self.query_one(Choices).disabled = False
        field.focus()
        if isinstance(error, ExportError):
            self._refused(error)
            return
        said = getattr(error, "message", "")
        self._say(literal(f"✗ {said or 'That did not work.'} Nothing was written; enter tries again.", "$error"))
        self._keys()

    def _refused(self, error: ExportError) -> None:
        self._occupied = "is there already" in error.message
        self._say(stack(literal(f"✗ {error.message}", "$error", limit=400), literal(error.remedy, "$muted")))
        self._keys()

    def _keys(self) -> None:
        if self._done:
            keys = row((" esc ", "$accent bold"), ("close", "$muted"))
        elif self._worker is not None:
            keys = row((" esc ", "$accent bold"), ("stop, and leave nothing", "$muted"))
        else:
            keys = row((" ⏎ ", "$accent bold"), ("go on", "$muted"), ("  esc ", "$accent bold"), ("cancel", "$muted"))
            if self._occupied:
                keys = row(keys, ("  F8 ", "$accent bold"), ("replace the file", "$muted"))
        self.query_one("#export-keys", Line).show(keys)

    def _say(self, content: object) -> None:
        self.query_one("#export-state", Line).show(content)  # type: ignore[arg-type]

    def action_stop(self) -> None:
        """Stop it, or close."""
        if self._worker is None:
            self.dismiss(None)
            return
        self._worker.cancel()
        self._worker = None
        field = self.query_one("#export-file", Input)
        field.disabled = self.query_one(Choices).disabled = False
        field.focus()
        self._say(literal("■ Stopped; no file was left.", "$warning"))
        self._keys()
