"""Is the journal still what was recorded? And the journal as a file of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from console.settings.paths import expanded
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.screens.receipt import wrong_file
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.journal.chain_check import Verdict
    from console.session import Session

FINDINGS = 50


class ProofScreen(ConsoleScreen[None]):
    """The same as `hubspoke journal verify`."""

    PLACE = "proof"
    CSS_PATH = theme.sheets("widgets", "run")
    HEADING = "Journal"
    BINDINGS = bindings("proof")
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self) -> None:
        super().__init__()
        self._notes: list[str] = []

    def body(self) -> ComposeResult:
        """One page."""
        with VerticalScroll(classes="panel fill") as box:
            box.border_title = "Is everything as it was recorded?"
            yield Line(literal("▶ Checking every row of the journal …", "$primary"), id="proof-text")

    def session_opened(self, session: Session) -> None:
        """Check it; runs go on meanwhile."""
        self.work(lambda: self._prove(session), group="proof", failed=self._failed)

    async def _prove(self, session: Session) -> None:
        from console.provisioning.proving import prove

        verdict = await prove(await session.journal, await session.vault, note=self._notes.append)
        self.query_one("#proof-text", Line).show(verdict_text(verdict, self._notes))

    def _failed(self, error: BaseException) -> None:
        told = self.console.trouble(error)
        self.query_one("#proof-text", Line).show(literal(f"✗ It could not be checked: {told.message}", "$error"))


def verdict_text(verdict: Verdict, notes: list[str]) -> Content:
    """The verdict, what was checked, what was found."""
    if verdict.sound:
        said = literal("✓ Everything is as it was recorded.", "$success bold")
    else:
        said = literal(
            f"✗ {words.counted(len(verdict.findings), 'finding')}: it is not as it was recorded.", "$error bold"
        )
    checked = [
        (verdict.rows, "rows of the chain"),
        (verdict.audit_lines, "lines of the audit trail"),
        (verdict.runs, "runs"),
        (verdict.outcomes, "outcomes"),
        (verdict.heads_checked, "ends noted elsewhere"),
        (verdict.pruned, "plans pruned on purpose"),
        (verdict.erasures, "persons forgotten on purpose"),
    ]
    rows = [said, literal("")]
    rows += [row((f"{words.number(count):>9}  ", "bold"), (name, "")) for count, name in checked]
    if verdict.findings:
        rows += [literal(""), literal("Found", "$error bold")]
        for finding in verdict.findings[:FINDINGS]:
            rows.append(row(("✗ ", "$error"), (f"{finding.place}: ", "bold"), (finding.message, "")))
        rest = len(verdict.findings) - FINDINGS
        rows += [literal(f"and {rest:,} more: hubspoke journal verify --json", "$muted")] if rest > 0 else []
    rows.append(literal(""))
    if verdict.head is not None:
        rows.append(row(("End of the chain  ", "$muted"), (verdict.head.text, "")))
        rows.append(
            literal("Note it elsewhere: hubspoke journal verify --head proves against it, years later.", "$muted")
        )
    if not verdict.sealed:
        notes = [*notes, "There is no vault: the chain's key lies beside it, and only accidents are found."]
    return stack(*rows, *(row(("▲ ", "$warning"), (note, "")) for note in notes))


def ask_export(screen: ConsoleScreen[None]) -> None:
    """Ask for a file, and write the journal to it; what is sealed stays closed."""
    from screens.screens.dialogs import Ask

    def answered(name: str | None) -> None:
        session = screen.session
        if name is not None and name.strip() and session is not None:
            path = expanded(name.strip())
            screen.work(lambda: _export(screen, session, path), group="export")

    text = "JSON lines in a new file that only you can read; values of people stay sealed."
    start = str(Path.cwd() / "journal.jsonl")
    screen.app.push_screen(Ask("Export the journal", text, label="file", value=start, check=wrong_file), answered)


async def _export(screen: ConsoleScreen[None], session: Session, path: Path) -> None:
    from console.journal.export import export
    from console.provisioning.proving import export_to

    screen.console.say("Exporting …")
    many = await export_to(path, export(await session.journal, values=False))
    screen.console.say(f"{words.counted(many, 'line')} in {path}, readable by you alone.")
