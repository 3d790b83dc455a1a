"""Whatever happens on both sides and wherever a process dies: plan and apply again, and HubSpot equals the source."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.e2e.convergence_world import Died, Life, Row, World, work
from tests.provisioning.plan_support import desk
from tests.support.simulator import Simulator, start_simulator

IDS = st.sampled_from("12345")
MAILS = st.sampled_from(["a@x.org", "B@x.org", "c@x.org", "d@x.org"])
NAMES = st.sampled_from(["Ann", "Bo", "Cy"])
MAYBE = st.sampled_from(["", "Old", "New"])
ANY = st.integers(0, 7)
ROWS = st.fixed_dictionaries(
    {
        "id": IDS,
        "mail": MAILS,
        "first": NAMES,
        "last": MAYBE,
        "city": MAYBE,
        "active": st.sampled_from(["true", "true", "false"]),
    }
)
FAULTS = st.sampled_from(
    [
        "", "502=1x!after@POST:/batch/create", "502=1x!before@POST:/batch/update", "reset=1x@POST:/batch/create",
        "reset=2x@POST:/batch/update", "423=1x@POST:/batch", "429=1x", "truncate=1x@POST:/batch/create",
        "omit=1x@POST:/batch/create", "omit=1x@POST:/batch/update", "reset=1x@POST:/batch/archive",
    ]
)  # fmt: skip


class People(RuleBasedStateMachine):
    """People come and go; others edit HubSpot; Hubspoke is started now and then, and dies now and then."""

    hubspot: ClassVar[Simulator]
    run: ClassVar[Callable[[Coroutine[Any, Any, Any]], Any]]

    def __init__(self) -> None:
        super().__init__()
        self.hubspot.reset()
        self.stack = AsyncExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.world = World(self.run(self.stack.enter_async_context(desk(folder, self.hubspot))))

    def teardown(self) -> None:
        try:
            self.world.write()
            self.run(self.world.judge())
        finally:
            self.run(self.stack.aclose())

    @initialize(
        leavers=st.sampled_from(["UNLINK", "DELETE"]),
        people=st.lists(ROWS, max_size=4, unique_by=lambda row: row["id"]),
        there=st.lists(st.tuples(MAILS, NAMES, MAYBE), max_size=3),
        begun=st.booleans(),
    )
    def begin(self, leavers: str, people: list[Row], there: list[tuple[str, str, str]], begun: bool) -> None:
        self.world.leavers = leavers
        self.world.rows = {row["id"]: dict(row) for row in people}
        for mail, first, job in there:
            self.world.make({"email": mail, "firstname": first, "jobtitle": job})
        if begun:
            self.comes_to_rest()

    # the source

    @rule(row=ROWS)
    def comes(self, row: Row) -> None:
        if row["id"] not in self.world.rows:
            self.world.rows[row["id"]] = self.world.gone.pop(row["id"], dict(row))

    @precondition(lambda self: self.world.rows)
    @rule(
        who=ANY,
        what=st.tuples(st.sampled_from(["first", "last", "city"]), NAMES)
        | st.tuples(st.just("mail"), MAILS | st.just(""))
        | st.tuples(st.just("active"), st.sampled_from(["true", "false"])),
    )
    def changes(self, who: int, what: tuple[str, str]) -> None:
        if row := self.world.person(who):
            name, value = what
            row[name] = value

    @precondition(lambda self: self.world.rows)
    @rule(who=ANY)
    def leaves(self, who: int) -> None:
        if row := self.world.person(who):
            self.world.gone[row["id"]] = self.world.rows.pop(row["id"])

    # the others in HubSpot

    @rule(
        which=ANY,
        what=st.tuples(st.sampled_from(["firstname", "lastname", "jobtitle", "company"]), MAYBE)
        | st.tuples(st.just("email"), MAILS),
    )
    def others_change_one(self, which: int, what: tuple[str, str]) -> None:
        if uid := self.world.record(which):
            self.world.others("PATCH", f"/{uid}", {"properties": dict([what])}, uid)

    @rule(which=ANY, second=ANY, how=st.sampled_from(["archive", "merge", "erase"]))
    def others_make_an_end_of_one(self, which: int, second: int, how: str) -> None:
        one, two = self.world.record(which), self.world.record(second)
        if one is None or two is None:
            return
        if how == "merge":
            self.world.merge(one, two)
        elif how == "erase":
            self.world.others("POST", "/gdpr-delete", {"objectId": one}, one)
        else:
            self.world.others("DELETE", f"/{one}", None, one)

    @rule(mail=MAILS, first=NAMES, job=MAYBE)
    def others_make_one(self, mail: str, first: str, job: str) -> None:
        self.world.make({"email": mail, "firstname": first, "jobtitle": job})

    # Hubspoke

    @rule(incremental=st.booleans())
    def provisions(self, incremental: bool) -> None:
        self.run(self._provision(Life(), Life(), "", incremental, resumed=False))

    @precondition(lambda self: self.world.rows)
    @rule(fault=FAULTS, calls=st.integers(3, 14), after=st.booleans(), resumed=st.booleans(), last=NAMES)
    def dies_applying(self, fault: str, calls: int, after: bool, resumed: bool, last: str) -> None:
        for row in self.world.rows.values():
            row["last"] = "" if row["last"] == last else last  # that there is something to do
        self.run(self._provision(Life(), Life(calls, after), fault, False, resumed))

    @rule(fault=FAULTS, resumed=st.booleans())
    def meets_a_fault(self, fault: str, resumed: bool) -> None:
        self.run(self._provision(Life(), Life(), fault, False, resumed))

    @rule(calls=st.integers(1, 20), after=st.booleans())
    def dies_planning(self, calls: int, after: bool) -> None:
        self.run(self._provision(Life(calls, after), Life(), "", False, resumed=False))

    async def _provision(self, planning: Life, applying: Life, fault: str, incremental: bool, resumed: bool) -> None:
        world = self.world
        world.write()
        try:
            plan = await world.plan(planning, incremental=incremental)
        except Died:
            return
        if not work(plan):
            return
        await world.approve(plan)
        world.hubspot.faults(fault)
        try:
            await world.apply(plan, applying)
        except Died:
            pass
        finally:
            world.hubspot.faults()
        run = await world.on.journal.progress(plan.id)
        if resumed and not run.ended:
            run = await world.apply(plan)
            assert run.ended, run.message
            assert not {"inflight", "planned"} & {state for state, count in run.states.items() if count}, run.states
        world.judge_others()

    @rule()
    def applies_and_takes_back(self) -> None:
        self.world.write()
        self.run(self.world.take_back())
        self.world.judge_others()

    @rule()
    def comes_to_rest(self) -> None:
        self.world.write()
        self.run(self.world.judge())


@pytest.fixture(scope="module")
def own_hubspot() -> Iterator[Simulator]:
    with start_simulator(burst="100000/1") as running:
        yield running


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that a HubSpot of one's own does not need."""
    monkeypatch.setattr("console.hubspot.retry.FIRST_WAIT", 0.01)
    monkeypatch.setattr("console.hubspot.retry.LOCK_WAIT", 0.01)
    monkeypatch.setattr("console.hubspot.classify.LOCK_SECONDS", 0.01)


def converges(hubspot: Simulator, examples: int, steps: int) -> None:
    """Hypothesis looks for a history after which it does not."""
    with asyncio.Runner() as runner:
        machine = type("Machine", (People,), {"hubspot": hubspot, "run": staticmethod(runner.run)})
        run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


def test_it_comes_to_rest(own_hubspot: Simulator, quick: None) -> None:
    converges(own_hubspot, examples=30, steps=16)
