"""The approval: of exactly this plan, for exactly this portal, with every guard answered by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input

from console.journal.model import GuardVerdict, Plan
from console.journal.who import approver
from screens import theme, words
from screens.keys import bindings
from screens.literal import hanging, lines, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.screens.plan_words import cost_words, guard_words, made_at, undo_words
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.provisioning.approval import Approval
    from console.session import Session

CANARY = 10
GDPR = "gdpr"


class ApproveScreen(ConsoleScreen[None]):
    """Repeats whose data is written; production, deletes and guards ask for numbers to be typed."""

    PLACE = "approve"
    CSS_PATH = theme.sheets("widgets", "review")
    HEADING = "Approve"
    BINDINGS = bindings("approve")
    AUTO_FOCUS = "Input"

    def __init__(self, plan: Plan, first: int | None = None) -> None:
        super().__init__()
        self._plan = plan
        self._first = first
        self._held: list[GuardVerdict] = [guard for guard in plan.guards if guard.holds]
        self._approval: Approval | None = None
        self._busy = False

    def body(self) -> ComposeResult:
        """What will be written where, and the questions."""
        with VerticalScroll(id="approve", classes="panel fill", can_focus=False) as box:
            box.border_title = f"Approve plan {self._plan.id}"
            yield Line(self._statement(), id="statement")
            for guard in self._held:
                yield Line(_held_words(guard, self._plan), classes="question spaced")
                yield _field(f"accept-{guard.name}", f"type {_wanted(guard)}, or {guard.name}={guard.count}")
            yield Line(self._question(), id="question", classes="question")
            yield _field("word", f"type {self._word}")
            yield Line("", id="wrong")

    def session_opened(self, session: Session) -> None:
        """Whether it may be approved at all is asked before anybody types."""
        self.work(lambda: self._judge(session), group="approval", failed=self._failed)

    async def _judge(self, session: Session) -> None:
        self._approval = await (await session.plans).approval(self._plan.id)
        self.query_one("#statement", Line).show(self._statement())
        if self._approval.refused:
            self._refuse(self._approval)

    def _refuse(self, approval: Approval) -> None:
        """Nothing to type any more, only why."""
        for field in self.query(Input):
            field.display = False
        for line in self.query(".question"):
            line.display = False
        width = max(40, self.app.size.width - 6)
        self.query_one("#wrong", Line).show(
            stack(
                literal(""),
                *hanging("✗ ", f"{approval.refused[:1].upper()}{approval.refused[1:]}.", width, "$error bold"),
                *hanging("→ ", approval.remedy, width),
                row(("esc ", "$accent bold"), ("back to the plan; p there plans again", "$muted")),
            )
        )

    @property
    def _is_dangerous(self) -> bool:
        """Whether a word is not enough."""
        return self.console.standing.is_production or bool(self._held) or bool(self._plan.actions.get("DELETE"))

    @property
    def _word(self) -> str:
        """What must be typed: the number of writes where it is dangerous, yes elsewhere."""
        return str(self._plan.writes) if self._is_dangerous else "yes"

    # ---- what is said

    def _statement(self) -> Content:
        plan, standing = self._plan, self.console.standing
        kind = standing.kind
        sums = [
            f"{words.ACTION_SIGNS[name].glyph} {words.number(count)} {words.ACTION_SIGNS[name].word}"
            for name in words.ACTION_SIGNS
            if name in ("CREATE", "UPDATE", "DELETE", "LINK", "UNLINK") and (count := plan.actions.get(name, 0))
        ]
        left = plan.cost.daily_remaining
        day = f"; {words.number(left)} left today" if left is not None else ""
        return stack(
            row(
                ("Portal    ", "$muted"),
                (standing.portal or str(plan.portal_id), "bold"),
                ("   ", ""),
                (str(kind) if kind else "", "$warning bold" if standing.is_production else "$muted"),
            ),
            row(("Writes    ", "$muted"), ("   ".join(sums) or "none", "bold")),
            *self._clears(),
            row(("Undo      ", "$muted"), (undo_words(plan.undo), "")),
            row(("Cost      ", "$muted"), (f"{cost_words(plan.cost)}{day}", "")),
            row(("Plan      ", "$muted"), (f"made {words.ago(made_at(plan))}", ""), (f"   {plan.hash[:16]}", "$muted")),
            row(("You       ", "$muted"), *self._who()),
            self._canary(),
            literal("Writes can start HubSpot workflows: their e-mails cannot be taken back.", "$muted"),
        )

    def _clears(self) -> list[Content]:
        count = self._plan.clears
        if not count:
            return []
        return [row(("Clears    ", "$muted"), (f"✗ {words.counted(count, 'value')} emptied in HubSpot", "$warning"))]

    def _who(self) -> list[tuple[object, str]]:
        who = self._approval.who if self._approval is not None else approver()
        session = f", login {who.session}" if who.session and who.session not in who.title else ""
        told: list[tuple[object, str]] = [(f"{who.title}{session}", ""), (": so it is recorded", "$muted")]
        if self._approval is not None and self._approval.four_eyes:
            told.append((f"   four eyes: planned by {', '.join(self._approval.makers)}", "$secondary"))
        return told

    def _canary(self) -> Content:
        key = row(("F4 ", "$accent bold"))
        head = literal("Pace      ", "$muted")
        if self._first is None:
            other = f"writes the first {CANARY} only, then pauses" if self._plan.writes > CANARY else ""
            return row(head, ("all at once", ""), ("   ", ""), key if other else "", (other, "$muted"))
        told = f"the first {self._first} only, then the run pauses for you"
        return row(head, (told, "$secondary bold"), ("   ", ""), key, ("all at once", "$muted"))

    def _question(self) -> Content:
        standing = self.console.standing
        if not self._is_dangerous:
            return row(("Type ", ""), ("yes", "bold"), (" and Enter to approve and start the run.", ""))
        number = row((self._word, "bold"), (", and Enter.", ""))
        if not standing.is_production:
            return row(("Type the number of writes, ", ""), number)
        return stack(
            row(
                ("This writes to ", ""),
                (standing.portal or str(self._plan.portal_id), "bold"),
                (", a ", ""),
                ("PRODUCTION", "$warning bold"),
                (" account.", ""),
            ),
            row(("Type the number of writes, ", ""), number),
        )

    # ---- what is answered

    def offers(self, action: str) -> bool:
        """A canary makes sense where there is something to come after it."""
        if action == "apply_first":
            return self._plan.writes > CANARY and not (self._approval is not None and self._approval.refused)
        return super().offers(action)

    def do_apply_first(self) -> None:
        """The first few only, or all at once."""
        self._first = CANARY if self._first is None else None
        self.query_one("#statement", Line).show(self._statement())

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
            allowed = {_plain(_wanted(guard)), _plain(f"{guard.name}={guard.count}")}
            if guard.name != GDPR:
                allowed.add(str(guard.count))
            if typed not in allowed:
                return f"{guard.name}: type {_wanted(guard)} to accept it."
        typed = _plain(self.query_one("#word", Input).value)
        return "" if typed == self._word else f"Type {self._word} to approve."

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
        plans = await session.plans
        approval = await plans.approval(self._plan.id)
        if approval.refused:
            self._busy = False
            self._refuse(approval)
            return
        if approval.plan.hash != self._plan.hash:
            self._busy = False
            self._complain("This plan is not the one that was shown. Go back and review it again.")
            return
        runs = await session.runs
        accepts = {guard.name: guard.count for guard in self._held}
        await runs.approve(self._plan.id, accepts, first=self._first)
        run_id = await runs.start(self._plan.id, detach=True)
        from screens.screens.run import RunScreen

        self.app.switch_screen(RunScreen(run_id))


def _wanted(guard: GuardVerdict) -> str:
    """What must be typed to accept a guard."""
    return f"erase {guard.count}" if guard.name == GDPR else str(guard.count)


def _held_words(guard: GuardVerdict, plan: Plan) -> Content:
    said = f"▲ {guard.name}: {words.number(guard.count)}, more than the limit of {words.number(guard.limit)}"
    rule = f"  ({guard.rule})" if guard.rule else ""
    return stack(
        row((said, "$warning bold"), (rule, "$muted")),
        row((f"{guard_words(guard, plan)} Type ", ""), (_wanted(guard), "bold"), (" to accept that.", "")),
    )


def _plain(text: str) -> str:
    return text.strip().lower().replace(",", "").replace("\u2009", "").replace(" ", "")


def _field(name: str, placeholder: str) -> Input:
    field = Input(placeholder=placeholder, id=name, compact=True)
    field.cursor_blink = False
    return field
