"""A new plan: choose a mapping and whom to look at, watch it being made, review it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from console.journal.model import Plan
from screens import theme, words
from screens.keys import bindings
from screens.literal import literal, row, stack
from screens.screens.base import ConsoleScreen
from screens.screens.plan_words import LANES as READ_BY
from screens.screens.plan_words import made_at
from screens.widgets.choices import Choice, Choices
from screens.widgets.filter_field import FilterField
from screens.widgets.panel import Line, Panel
from screens.widgets.plan_maker import PlanMaker
from screens.widgets.turn import Turn

if TYPE_CHECKING:
    from textual.worker import Worker

    from console.session import Session

EVERYBODY, DISCOVER = "people of the source", "and records without a person"
BEFORE = 5
LANES = {
    "auto": "whichever is cheaper",
    "keys": "look people up by key, a hundred at a time",
    "list": "list every record of the account",
    "fingerprints": "only who changed since the plan before",
}


class NewPlanScreen(ConsoleScreen[None]):
    """With `apply`, the approval follows at once when no guard holds; with `wait`, a named mapping can be narrowed first."""

    PLACE = "new_plan"
    CSS_PATH = theme.sheets("widgets", "forms", "review")
    HEADING = "New plan"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("new_plan"), Binding("ctrl+r", "again", "Try again")]
    AUTO_FOCUS = "Choices"

    def __init__(self, apply: bool = False, mapping: str = "", wait: bool = False) -> None:
        super().__init__()
        self._apply = apply
        self._mapping = mapping
        self._wait = wait
        self._has_failed = False
        self._making: Worker[None] | None = None

    def body(self) -> ComposeResult:
        """The mappings, what narrows the plan, then the maker."""
        with Vertical(id="new-plan"):
            with VerticalScroll(id="new-plan-choose", classes="panel", can_focus=False) as box:
                box.border_title = "Which mapping?"
                yield Choices(id="new-plan-names", empty="No mapping yet. Escape, then m: a mapping can be suggested.")
            with Vertical(id="new-plan-options", classes="panel") as options:
                options.border_title = "Whom, and how?"
                yield from self._options()
            yield Line("", id="new-plan-said")
            yield Panel("Plans before", id="new-plan-before")
        maker = PlanMaker(id="new-plan-maker")
        maker.display = False
        yield maker

    def _options(self) -> ComposeResult:
        with Horizontal(classes="option-row"):
            yield Line(literal("Scope", "$muted"), classes="option-label")
            yield FilterField('everybody; or only who fits: department eq "Sales"', _check_scope, id="new-plan-scope")
        with Horizontal(classes="option-row"):
            yield Line(literal("Only", "$muted"), classes="option-label")
            yield _field("new-plan-only", "the source id of one person")
        with Horizontal(classes="option-row"):
            yield Line(literal("Look at", "$muted"), classes="option-label")
            yield Turn(EVERYBODY, DISCOVER, id="new-plan-discover")
        with Horizontal(classes="option-row"):
            yield Line(literal("Read by", "$muted"), classes="option-label")
            yield Turn(*LANES, id="new-plan-lane")
        yield Line(literal(LANES["auto"], "$muted"), id="new-plan-lane-words")

    def on_mount(self) -> None:
        """Say what comes of Enter."""
        self._say()

    def session_opened(self, session: Session) -> None:
        """List the mappings, or begin with the one that was named."""
        if self._mapping and not self._wait:
            self._make(session, self._mapping)
        else:
            self.work(lambda: self._list(session), group="mappings")

    async def _list(self, session: Session) -> None:
        mappings = await session.mappings
        names = await asyncio.to_thread(mappings.names)
        offered = [Choice(name, name) for name in names]
        chosen = next((name for name in names if str(mappings.path(name)) == self._mapping), self._mapping)
        if chosen and chosen not in names:
            offered.insert(0, Choice(chosen, chosen))
        offered.sort(key=lambda choice: choice.value != chosen)
        choices = self.query_one(Choices)
        choices.offer(offered)
        if choices.current is not None:
            self._complete(session, choices.current.value)

    def on_choices_moved(self, message: Choices.Moved) -> None:
        """The columns of the source are what a scope can ask for."""
        if self.session is not None:
            self._complete(self.session, message.choice.value)

    def _complete(self, session: Session, mapping: str) -> None:
        async def read() -> None:
            from console.provisioning.scoping import scope_schema

            schema = await asyncio.to_thread(scope_schema, await session.mappings, mapping)
            self.query_one("#new-plan-scope", FilterField).knows(schema)
            file = str((await session.mappings).path(mapping))
            before = [plan for plan in await (await session.plans).list() if plan.mapping_file == file]
            self.query_one("#new-plan-before", Panel).show(stack(*before_rows(before[:BEFORE])))

        # without completion the field is a field like any other: what is wrong with the mapping, the plan says
        self.work(read, group="columns", failed=lambda _: None)

    # ---- options

    def on_turn_turned(self, message: Turn.Turned) -> None:
        """Say what the choice means."""
        if message.turn.id == "new-plan-lane":
            self.query_one("#new-plan-lane-words", Line).show(literal(LANES[message.turn.value], "$muted"))

    def on_choices_picked(self, message: Choices.Picked) -> None:
        """Begin."""
        if self.session is not None:
            self._begin(self.session, message.choice.value)

    def on_input_submitted(self) -> None:
        """Enter in a field begins, too."""
        chosen = self.query_one(Choices).current
        if chosen is not None and self.session is not None:
            self._begin(self.session, chosen.value)

    def _begin(self, session: Session, mapping: str) -> None:
        field = self.query_one("#new-plan-scope", FilterField)
        if not field.is_right():
            field.input.focus()
            return
        discover = self.query_one("#new-plan-discover", Turn).value == DISCOVER
        if discover and (field.value or self._only):
            self._say("Records without a person are looked for among everybody: empty Scope and Only first.")
            return
        self._make(session, mapping)

    @property
    def _only(self) -> str:
        return self.query_one("#new-plan-only", Input).value.strip()

    def _say(self, wrong: str = "") -> None:
        told = row(
            ("⏎ ", "$accent bold"),
            ("compares the source with HubSpot; nothing is written.", "$muted"),
            ("   tab ", "$accent bold"),
            ("narrows it", "$muted"),
        )
        self.query_one("#new-plan-said", Line).show(literal(f"✗ {wrong}", "$error bold") if wrong else told)

    def _asked(self) -> dict[str, Any]:
        lane = self.query_one("#new-plan-lane", Turn).value
        return {
            "scope": self.query_one("#new-plan-scope", FilterField).value,
            "only": self._only or None,
            "discover": self.query_one("#new-plan-discover", Turn).value == DISCOVER,
            "incremental": lane == "fingerprints",
            "lane": "auto" if lane == "fingerprints" else lane,
        }

    # ---- making

    def _make(self, session: Session, mapping: str) -> None:
        self._mapping = mapping
        self._has_failed = False
        self.refresh_bindings()
        self._say()
        asked = self._asked()
        self.query_one("#new-plan").display = False
        maker = self.query_one(PlanMaker)
        maker.display = True
        maker.focus()
        self.retitle(f"New plan {mapping.rpartition('/')[2]}")

        async def make() -> None:
            plan = await maker.make(session, mapping, asked)
            from screens.screens.approve import ApproveScreen
            from screens.screens.plan import PlanScreen

            at_once = self._apply and plan.writes and not any(guard.holds for guard in plan.guards)
            # not awaited: this worker belongs to the screen that goes
            self.app.switch_screen(PlanScreen(plan.id))
            if at_once:
                self.app.push_screen(ApproveScreen(plan))

        self._making = self.work(make, group="plan", failed=self._failed)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what failed can be tried again."""
        if action == "again":
            return self._has_failed
        return super().check_action(action, parameters)

    def action_again(self) -> None:
        """Make the same plan once more."""
        if self.session is not None:
            self._make(self.session, self._mapping)

    def _failed(self, error: BaseException) -> None:
        self._has_failed = True
        self.refresh_bindings()
        if not getattr(error, "message", ""):
            self.console.trouble(error)

    def do_back(self) -> None:
        """From a plan under way or one that failed back to the choice; from there to the screen before."""
        if self.query_one("#new-plan").display:
            self.console.do_back()
            return
        under_way = self._making is not None and not self._making.is_finished
        if self._making is not None:
            self._making.cancel()
        self.query_one(PlanMaker).display = False
        self.query_one("#new-plan").display = True
        self.retitle("New plan")
        self.query_one(Choices).focus()
        self._has_failed = False
        self.refresh_bindings()
        if under_way:
            self._say("Cancelled; nothing of it is kept.")
        if self.session is not None and self.query_one(Choices).current is None:
            session = self.session
            self.work(lambda: self._list(session), group="mappings")


def before_rows(plans: Sequence[Plan]) -> list[Content]:
    """What earlier plans of the mapping found and took: the best guess at what a new one will."""
    if not plans:
        return [literal("None yet: the first one looks everybody up.", "$muted")]
    return [
        row(
            (f"{plan.id}  ", ""),
            (f"{words.ago(made_at(plan)):<13}", "$muted"),
            (f"{words.counted(plan.read, 'person', 'people')}, ", ""),
            (f"{words.counted(plan.writes, 'write')}  ", "bold"),
            (f"{words.counted(plan.requests_spent, 'request')}, {READ_BY[plan.lane.name]}", "$muted"),
        )
        for plan in plans
    ]


def _check_scope(text: str) -> object:
    from console.connector.filter import parse

    return parse(text)


def _field(name: str, placeholder: str) -> Input:
    field = Input(placeholder=placeholder, id=name, compact=True)
    field.cursor_blink = False
    return field
