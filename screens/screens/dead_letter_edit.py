"""A dead letter with other values: what is changed becomes a plan of that one record, which is approved anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input

from console.journal.model import Change, Entry, RunProgress
from console.provisioning.causes import in_short, in_words
from screens import theme
from screens.keys import bindings
from screens.literal import lines, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.details import who
from screens.widgets.panel import Line

if TYPE_CHECKING:
    from console.session import Session


class EditLetterScreen(ConsoleScreen[None]):
    """One field for each property that is sent; nothing is written before the plan is approved."""

    PLACE = "dead_letter_edit"
    CSS_PATH = theme.sheets("widgets", "run")
    HEADING = "Edit a dead letter"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("dead_letter_edit"),
        Binding("ctrl+s", "save", "Make the plan", key_display="^s"),
    ]
    AUTO_FOCUS = "Input"

    def __init__(self, run: RunProgress, entry: Entry) -> None:
        super().__init__()
        self._run = run
        self._entry = entry
        self._changes = list(entry.payload.changes) if entry.payload is not None else []
        self._busy = False

    def body(self) -> ComposeResult:
        """Why it failed; the fields, the one that HubSpot named first; what is wrong."""
        with VerticalScroll(classes="panel fill", can_focus=False) as box:
            box.border_title = f"Entry {self._entry.number}: {self._entry.action.value.lower()}"
            yield Line(self._why())
            for number, change in enumerate(self._changes):
                yield Line(self._label(change), classes="spaced" if number == 0 else "")
                field = Input(change.after or "", placeholder="empty: not sent", id=f"value-{number}", compact=True)
                field.cursor_blink = False
                yield field
            yield Line("", id="wrong")

    def on_mount(self) -> None:
        """Begin at the property that HubSpot named."""
        named = next((n for n, change in enumerate(self._changes) if change.name in self._entry.cause), None)
        if named is not None:
            self.query_one(f"#value-{named}", Input).focus()

    def _why(self) -> Content:
        title, _ = in_words(self._entry.cause)
        return stack(
            row((who(self._entry), "bold"), (f"   {title}", "$error")),
            lines(in_short(self._entry.outcome), "$muted", limit=600),
            literal(
                "The source still says what it said: mend it there, too, or the next plan changes it back.", "$muted"
            ),
        )

    def _label(self, change: Change) -> Content:
        named = change.name in self._entry.cause
        before = row(("   HubSpot has ", "$muted"), (change.before, "$muted")) if change.before else Content("")
        return row(("✗ " if named else "  ", "$error"), (change.name, "bold" if named else "$muted"), before)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The next field; the last one makes the plan."""
        fields = list(self.query(Input))
        place = fields.index(event.input)
        if place + 1 < len(fields):
            fields[place + 1].focus()
        else:
            self.action_save()

    def action_save(self) -> None:
        """Make a plan of what was changed."""
        session, values = self.session, self.values()
        if session is None or self._busy:
            return
        if not values:
            self._complain("Nothing was changed. Retry sends it as it is.")
            return
        self._busy = True
        self.query_one("#wrong", Line).show(literal("▶ Making the plan …", "$primary"))
        self.work(lambda: self._make(session, values), group="edit", failed=self._failed)

    def values(self) -> dict[str, str]:
        """What was typed, where it differs from what was sent; empty leaves the property out."""
        typed = {change.name: self.query_one(f"#value-{n}", Input).value for n, change in enumerate(self._changes)}
        return {
            change.name: typed[change.name] for change in self._changes if typed[change.name] != (change.after or "")
        }

    async def _make(self, session: Session, values: dict[str, str]) -> None:
        from screens.screens.plan import PlanScreen

        plan = await (await session.plans).repair(self._run.id, self._entry.number, values)
        self.app.switch_screen(PlanScreen(plan.id))

    def _failed(self, error: BaseException) -> None:
        from screens.apology import expected

        self._busy = False
        known = expected(error)
        if known is None:
            self._complain("")
            self.console.trouble(error)
            return
        self._complain(f"{known.message} {known.remedy}".strip())

    def _complain(self, text: str) -> None:
        self.query_one("#wrong", Line).show(lines(f"✗ {text}" if text else "", "$error", limit=1200))
