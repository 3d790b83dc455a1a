"""The approval: of exactly this plan, for exactly this portal, with every guard answered by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input

from console.journal.model import GuardVerdict, Plan
from screens import theme, words
from screens.keys import bindings
from screens.literal import lines, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.session import Session


class ApproveScreen(ConsoleScreen[None]):
    """Repeats whose data is written; production and guards ask for numbers to be typed."""

    PLACE = "approve"
    CSS_PATH = theme.sheets("widgets")
    HEADING = "Approve"
    BINDINGS = bindings("approve")
    AUTO_FOCUS = "Input"

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self._held: list[GuardVerdict] = [guard for guard in plan.guards if guard.holds]
        self._busy = False

    def body(self) -> ComposeResult:
        """What will be written where, and the questions."""
        with VerticalScroll(classes="panel fill", can_focus=False) as box:
            box.border_title = f"Approve plan {self._plan.id}"
            yield Line(self._statement())
            for guard in self._held:
                yield Line(_held_words(guard), classes="spaced")
                yield _field(f"accept-{guard.name}", f"type the exact number of {guard.name}")
            yield Line(self._question(), classes="spaced")
            yield _field("word", "type the number of writes" if self.console.standing.is_production else "type yes")
            yield Line("", id="wrong")

    @property
    def _word(self) -> str:
        """What must be typed: the number of writes for production, yes elsewhere."""
        return str(self._plan.writes) if self.console.standing.is_production else "yes"

    def _statement(self) -> Content:
        plan, standing = self._plan, self.console.standing
        kind = standing.kind
        portal = row(
            (standing.portal or str(plan.portal_id), "bold"),
            ("   ", ""),
            (str(kind) if kind else "", "$warning bold" if standing.is_production else "$muted"),
        )
        sums = [
            f"{words.ACTION_SIGNS[name].glyph} {words.number(count)} {words.ACTION_SIGNS[name].word}"
            for name in words.ACTION_SIGNS
            if name in ("CREATE", "UPDATE", "DELETE") and (count := plan.actions.get(name, 0))
        ]
        undo = ", ".join(f"{words.number(count)} {name}" for name, count in plan.undo.items() if count)
        return stack(
            row(("Portal    ", "$muted"), portal),
            row(("Writes    ", "$muted"), ("   ".join(sums) or "none", "bold")),
            row(("Clears    ", "$muted"), (words.number(plan.clears), "$warning" if plan.clears else "")),
            row(("Undo      ", "$muted"), (undo or "nothing to undo", "")),
            row(
                ("Cost      ", "$muted"),
                (f"{words.counted(plan.cost.requests, 'request')}, about {words.span(plan.cost.seconds)}", ""),
            ),
            row(("Hash      ", "$muted"), (plan.hash[:16], "$muted")),
            literal("Writing to HubSpot can start workflows there: their e-mails cannot be taken back.", "$muted"),
        )

    def _question(self) -> Content:
        if self.console.standing.is_production:
            return row(
                ("This is a ", ""),
                ("PRODUCTION", "$warning bold"),
                (" account. Type the number of writes, ", ""),
                (self._word, "bold"),
                (", and Enter.", ""),
            )
        return row(("Type ", ""), ("yes", "bold"), (" and Enter to approve and start the run.", ""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next question, or start."""
        fields = list(self.query(Input))
        place = fields.index(event.input)
        if place + 1 < len(fields):
            fields[place + 1].focus()
            return
        wrong = self._wrong()
        self._complain(wrong)
        if not wrong and not self._busy and self.session is not None:
            session = self.session
            self._busy = True
            self.query_one("#wrong", Line).show(literal("▶ Approved; starting the run …", "$primary"))
            self.work(lambda: self._start(session), group="approve", failed=self._failed)

    def _wrong(self) -> str:
        for guard in self._held:
            typed = _plain(self.query_one(f"#accept-{guard.name}", Input).value)
            if typed != str(guard.count):
                return f"{guard.name}: type {guard.count} to accept it."
        typed = _plain(self.query_one("#word", Input).value)
        return "" if typed.lower() == self._word else f"Type {self._word} to approve."

    def _complain(self, text: str) -> None:
        self.query_one("#wrong", Line).show(literal(f"✗ {text}" if text else "", "$error"))

    def _failed(self, error: BaseException) -> None:
        """The house's words stand below the fields; our own mistakes get an apology."""
        from screens.apology import expected

        self._busy = False
        known = expected(error)
        if known is None:
            self.console.trouble(error)
            return
        self.query_one("#wrong", Line).show(
            stack(lines(f"✗ {known.message}", "$error", limit=1200), row(("→ ", "$accent"), (known.remedy, "")))
        )

    async def _start(self, session: Session) -> None:
        plan = await (await session.plans).usable(self._plan.id)
        if plan.hash != self._plan.hash:
            self._busy = False
            self._complain("This plan is not the one that was shown. Go back and review it again.")
            return
        runs = await session.runs
        accepts = {guard.name: guard.count for guard in self._held}
        await runs.approve(self._plan.id, accepts)
        run_id = await runs.start(self._plan.id, detach=True)
        from screens.screens.run import RunScreen

        self.app.switch_screen(RunScreen(run_id))


def _held_words(guard: GuardVerdict) -> Content:
    said = f"▲ {guard.name}: {words.number(guard.count)}, more than the limit of {words.number(guard.limit)}"
    rule = f"  ({guard.rule})" if guard.rule else ""
    return stack(
        row((said, "$warning bold"), (rule, "$muted")),
        row(("Type ", ""), (str(guard.count), "bold"), (" to accept exactly that many, or Escape to go back.", "")),
    )


def _plain(text: str) -> str:
    return text.strip().replace(",", "").replace("\u2009", "").replace(" ", "")


def _field(name: str, placeholder: str) -> Input:
    field = Input(placeholder=placeholder, id=name, compact=True)
    field.cursor_blink = False
    return field
