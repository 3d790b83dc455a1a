"""Home: which portal, how much of its allowance is left, what ran, what needs a human, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content

from console.journal.model import RunProgress, RunState
from screens import words
from screens.keys import bindings
from screens.literal import hanging, literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.widgets.gauges import gauge_rows
from screens.widgets.paged_rows import PagedRows, Row
from screens.widgets.panel import Panel
from screens.widgets.record_table import Column, RecordTable

if TYPE_CHECKING:
    from console.glance import Matter
    from console.session import Session

LABEL = 10
LOW = 26
"""Rows of a terminal in which the list of runs needs each one."""
MATTERS = 4
"""Of what needs a human, so many are shown, each with the digit that leads there."""
TEST_IT = "test the connection: it says where the way ends, and what to do"


class HomeScreen(ConsoleScreen[None]):
    """The first screen."""

    PLACE = "home"
    HEADING = "Home"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("home"),
        *(Binding(str(number), f"matter({number})", "What needs you", show=False) for number in range(1, MATTERS + 1)),
    ]
    AUTO_FOCUS = "RecordTable"

    def __init__(self) -> None:
        super().__init__()
        self._deep: tuple[Matter, ...] = ()

    def body(self) -> ComposeResult:
        """All of it is known from files when the first frame is painted."""
        with Horizontal(id="home-top"):
            yield Panel("Connection", self._connection(), id="home-connection")
            yield Panel("HubSpot's allowance", self._allowance(), id="home-allowance")
        yield Panel("What now", self._attention(), id="home-attention")
        table = RecordTable(
            Column("Run", 17),
            Column("Mapping", 16, grow=2),
            Column("State", 16, grow=1),
            Column("Records", 9, right=True),
            Column("Failed", 6, right=True),
            Column("When", 12),
            empty="No runs yet. A run is a plan that you approved.",
            id="home-runs",
        )
        table.border_title = "Last runs"
        table.add_class("panel")
        table.show(PagedRows.of(list(self.console.glance.runs), run_row))
        yield table

    def renew(self) -> None:
        """Show what is known now."""
        self.query_one("#home-connection", Panel).show(self._connection())
        self.query_one("#home-allowance", Panel).show(self._allowance())
        self.query_one("#home-attention", Panel).show(self._attention())
        table = self.query_one(RecordTable)
        table.show(PagedRows.of(list(self.console.glance.runs), run_row), keep_cursor=True)
        self.refresh_bindings()

    def session_opened(self, session: Session) -> None:
        """The profile is open: look closer at what may need a human."""
        self.renew()
        self._look_closer(session)

    def _look_closer(self, session: Session) -> None:
        from console.attention import deep_matters

        async def look() -> None:
            self._deep = await deep_matters(session)
            self.renew()

        self.work(look, group="attention", failed=lambda _: None)  # what it reads is told where it is opened

    def on_screen_resume(self) -> None:
        """Another screen may have changed anything."""
        if self.is_mounted:
            self.renew()
            if self.session is not None:
                self._look_closer(self.session)

    def on_budget_moved(self) -> None:
        """The allowance moved."""
        self.query_one("#home-allowance", Panel).show(self._allowance())

    def on_resize(self) -> None:
        """Bars are as long as there is room."""
        self.call_after_refresh(self._measure)

    def _measure(self) -> None:
        self.query_one("#home-connection", Panel).show(self._connection())
        self.query_one("#home-allowance", Panel).show(self._allowance())

    def on_record_table_chosen(self, message: RecordTable.Chosen) -> None:
        """Open a run."""
        run: RunProgress | None = message.table.current()
        if run is not None:
            from screens.screens.run import RunScreen

            self.app.push_screen(RunScreen(run.id))

    def offers(self, action: str) -> bool:
        """A run can only be opened when there is one."""
        if action == "run_watch":
            return bool(self.console.glance.runs)
        return super().offers(action)

    # ---- content

    def _connection(self) -> Content:
        app = self.console
        profile = app.glance.profile
        if profile is None:
            return literal("No profile yet.", "$muted")
        standing = app.standing
        how = "OAuth" if profile.authentication == "oauth" else "access token"
        lines = [
            _pair("Profile", row((profile.name, "bold"), (f"  {how}", "$muted"))),
            _pair("Portal", literal(standing.portal_name or "not asked yet", "" if standing.portal_id else "$muted")),
        ]
        if standing.kind is not None:
            style = "$warning bold" if standing.is_production else "$muted"
            number = f"{standing.portal_id} " if standing.portal_id else ""
            lines.append(_pair("Id", row((number, ""), (str(standing.kind), style))))
        lines.append(_pair("API", _address(profile.api_base_url, profile.api_version, self.app.size.width // 2 - 15)))
        return stack(*lines, _pair("State", self._state()))

    def _state(self) -> Content:
        app = self.console
        if app.opening_failed:
            return literal("✗ " + app.opening_failed, "$error", limit=160)
        if app.session is None:
            return literal("▶ starting the demo" if app.demo else "▶ opening", "$primary")
        if app.session.account.value is None:
            return literal("▶ connecting", "$primary")
        tested = app.glance.tested
        when = f"  tested {words.ago(tested.at)}" if tested is not None and tested.state != "fail" else ""
        room = self.app.size.width // 2 - 15
        return row(("✓ connected", "$success"), (when if 11 + len(when) <= room else "", "$muted"))

    def _allowance(self) -> Content:
        state = self.console.budget_state or self.console.glance.budget
        width = self.app.size.width // 2 - 6
        return stack(*gauge_rows(state, width))

    @property
    def _matters(self) -> list[Matter]:
        """What needs a human; a plan that a guard holds is told once."""
        deep = {(matter.action, matter.subject) for matter in self._deep}
        quick = [one for one in self.console.glance.matters if not one.subject or (one.action, one.subject) not in deep]
        return [*quick, *self._deep]

    def _attention(self) -> Content:
        found: list[Content] = []
        profile, width = self.console.glance.profile, max(40, self.app.size.width - 6)
        if self.console.opening_failed and profile is not None:
            found += [*hanging("✗ ", self.console.opening_failed, width)[:2], _step("t", TEST_IT)]
        matters = self._matters
        room = (MATTERS if self.app.size.height > LOW else MATTERS - 1) - len(found)
        for number, matter in enumerate(matters[:room], 1):
            told = hanging("   ", matter.text, width - 2)
            cut = told[:2] if len(matters) <= 2 else [literal(f"   {matter.text}").truncate(width - 3, ellipsis=True)]
            head = row(("▲ ", "$warning"), (str(number), "$accent bold"), cut[0][1:])
            found += [head, *(row(("  ", ""), part) for part in cut[1:])]
        if len(matters) > room:
            found.append(literal(f"  and {words.number(len(matters) - room)} more, behind these", "$muted"))
        advice = _advice(profile is not None, self.console.glance.runs)
        return stack(*found, *(advice if len(found) < MATTERS else advice[:1]))

    def action_matter(self, number: int) -> None:
        """Go to what needs a human."""
        matters = self._matters
        if number > len(matters):
            return
        matter = matters[number - 1]
        if matter.action == "run_watch" and matter.subject:
            from screens.screens.run import RunScreen

            self.app.push_screen(RunScreen(matter.subject))
        elif matter.action == "diff" and matter.subject:
            from screens.screens.plan import PlanScreen

            self.app.push_screen(PlanScreen(matter.subject))
        elif self.console.goes_to(matter.action):
            self.console.go(matter.action)


def _pair(name: str, value: Content) -> Content:
    return row((f"{name:<{LABEL}}", "$muted"), value)


def _address(url: str, version: str, width: int) -> Content:
    """The API's address and version; what goes without saying is left out where there is no room for all of it."""
    shown = url if len(url) + len(version) < width else url.removeprefix("https://")
    version = version if len(shown) + len(version) < width else ""
    return row((shown, ""), (f" {version}" if version else "", "$muted"))


def _advice(profile: bool, runs: tuple[RunProgress, ...]) -> list[Content]:
    """The next step, with its key."""
    if not profile:
        return [_step("s", "set up the connection to HubSpot, step by step")]
    watched = worth_watching(runs)
    if watched is not None and watched.interrupted:
        return [_step("r", "open the interrupted run; r there resumes it")]
    if watched is not None and watched.state is RunState.RUNNING:
        return [_step("r", "watch the run that is under way")]
    if not runs:
        return [
            _step("p", "compare a source with HubSpot; nothing is written"),
            _step("b", "look at the contacts in HubSpot"),
        ]
    return [_step("p", "make a new plan"), _step("h", "see what ran")]


def worth_watching(runs: tuple[RunProgress, ...]) -> RunProgress | None:
    """The run that an operator means by "the run": an interrupted one, one under way, or the newest."""
    asked = [run for run in runs if run.interrupted] or [run for run in runs if run.state is RunState.RUNNING] or runs
    return asked[0] if asked else None


def _step(key: str, text: str) -> Content:
    return row(("→ ", "$muted"), (key, "$accent bold"), (f"  {text}", ""))


def run_row(run: RunProgress) -> Row:
    """A run as a line of a table."""
    sign = words.run_sign(run)
    failed = sum(run.failures.values()) or run.states.get("failed", 0)
    tone = {"failed": "error", "running": "primary", "cancelled": "muted"}.get(run.state.value, "")
    return Row(
        (
            run.id,
            run.mapping,
            str(sign),
            words.number(run.total),
            words.number(failed) if failed else "",
            words.ago(run.updated_at or run.started_at),
        ),
        tone or ("warning" if sign.style == "$warning" else ""),
    )
