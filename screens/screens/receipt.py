"""The receipt of a run: one page with who approved what, what came of it, and the audit trail; to be saved and printed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from console.glance import cached_account
from console.journal.model import AuditEvent
from console.settings.paths import expanded
from screens import theme, words
from screens.keys import bindings
from screens.literal import hanging, literal, row, stack
from screens.screens.reading import Reading
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.provisioning.receipt import Receipt
    from console.session import Session

LABEL = 13
STEPS = {
    "plan": "planned it",
    "approve": "approved it",
    "pause": "paused it",
    "resume": "resumed it",
    "cancel": "cancelled it",
    "retry": "retried failed entries",
    "discard": "gave entries up",
    "notify": "the notify command was told",
}


class ReceiptScreen(Reading):
    """The same page as `hubspoke runs receipt`."""

    PLACE = "receipt"
    CSS_PATH = theme.sheets("widgets", "run")
    HEADING = "Receipt"
    BINDINGS = bindings("receipt")
    AUTO_FOCUS = "VerticalScroll"
    SAYS = "#receipt-text"

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self._receipt: Receipt | None = None
        self._trail: list[AuditEvent] = []

    def body(self) -> ComposeResult:
        """One page."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = f"Receipt of run {self._run_id}"
            yield Line(literal("Reading …", "$muted"), id="receipt-text")

    def session_opened(self, session: Session) -> None:
        """Read it."""
        self.read(lambda: self._read(session))

    async def _read(self, session: Session) -> None:
        runs = await session.runs
        run = await runs.show(self._run_id)
        account = await asyncio.to_thread(cached_account, session.paths, session.profile)
        name = account.portal_name if account is not None and account.portal_id == run.portal_id else ""
        watching = runs.watching()
        self._receipt = await watching.receipt(run, name)
        self._trail = await watching.trail(run)
        self._show(self._receipt)
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Words wrap anew."""
        if self._receipt is not None:
            self.call_after_refresh(self._show, self._receipt)

    def _show(self, receipt: Receipt) -> None:
        width = max(40, self.app.size.width - 8)
        self.query_one("#receipt-text", Line).show(receipt_text(receipt, self._trail, width))

    def offers(self, action: str) -> bool:
        """What was read can be saved."""
        return self._receipt is not None if action == "receipt_save" else super().offers(action)

    def do_receipt_save(self) -> None:
        """Ask where to."""
        from console.provisioning.keeping import suggested
        from screens.screens.dialogs import Ask

        receipt = self._receipt
        if receipt is None:
            return

        def answered(name: str | None) -> None:
            if name is not None and name.strip():
                self.work(lambda: self._save(receipt, expanded(name.strip())), group="save")

        text = "A new file that only you can read. Its ending decides: .txt, .html (to print) or .json."
        start = str(suggested(self._run_id))
        self.app.push_screen(Ask("Save the receipt", text, label="file", value=start, check=wrong_file), answered)

    async def _save(self, receipt: Receipt, path: Path) -> None:
        from console.provisioning.keeping import keep

        await asyncio.to_thread(keep, receipt, path)
        self.console.say(f"Saved as {path}, readable by you alone.")


def wrong_file(name: str) -> str:
    """What is wrong with a place to save to, "" for nothing."""
    path = expanded(name.strip())
    if not name.strip():
        return "Name a file."
    if path.exists():
        return f"{path} is there already; nothing is overwritten."
    return "" if path.parent.is_dir() else f"There is no folder {path.parent}."


def receipt_text(receipt: Receipt, trail: list[AuditEvent], width: int) -> Content:
    """The facts, then who did what."""
    from console.provisioning.receipt import facts  # with the journal, which is open by now

    rows: list[Content] = []
    for label, value in facts(receipt):
        if label == "steered":
            continue  # the trail below has it, with more
        lead = f"{label:<{LABEL}}"
        first, *rest = hanging("", value, width - LABEL) or [literal("")]
        rows += [row((lead, "$muted"), first), *(row((" " * LABEL, ""), line) for line in rest)]
    rows += [literal(""), literal("Audit trail", "$primary bold")]
    rows += [_step(event) for event in trail] or [literal("nothing is recorded", "$muted")]
    rows += [
        literal(""),
        literal(
            "Times above are UTC, in the trail your own. No person is named but those who planned and approved.",
            "$muted",
        ),
    ]
    return stack(*rows)


def _step(event: AuditEvent) -> Content:
    """One line of the trail: when, who, from where, what."""
    return row(
        (f"{words.moment(event.at)}  ", "$muted"),
        (event.who.title, "bold"),
        (f"  {STEPS.get(event.kind, event.kind)}", ""),
        (f"  {event.detail}" if event.detail else "", "$muted"),
    )
