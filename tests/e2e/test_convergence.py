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

from tests.e2e.convergence_world import Died, Life, World, work
from tests.provisioning.plan_support import desk
from tests.support.simulator import Simulator, start_simulator

IDS = st.sampled_from("12345")
MAILS = st.sampled_from(["a@x.org", "B@x.org", "c@x.org", "d@x.org"])
NAMES = st.sampled_from(["Ann", "Bo", "Cy"])
MAYBE = st.sampled_from(["", "Old", "New"])
ANY = st.integers(0, 7)
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

    @initialize(leavers=st.sampled_from(["UNLINK", "DELETE"]))
    def begin(self, leavers: str) -> None:
        self.world.leavers = leavers

    # the source

    @rule(source_id=IDS, mail=MAILS, first=NAMES, last=MAYBE, city=MAYBE)
    def comes(self, source_id: str, mail: str, first: str, last: str, city: str) -> None:
        if source_id not in self.world.rows:
            row = {"id": source_id, "mail": mail, "first": first, "last": last, "city": city, "active": "true"}
            self.world.rows[source_id] = self.world.gone.pop(source_id, row)

    @precondition(lambda self: self.world.rows)
    @rule(who=ANY, name=st.sampled_from(["first", "last", "city"]), value=NAMES)
    def changes(self, who: int, name: str, value: str) -> None:
        if row := self.world.person(who):
            row[name] = value

    @precondition(lambda self: self.world.rows)
    @rule(who=ANY, mail=MAILS | st.just(""))
    def gets_another_address(self, who: int, mail: str) -> None:
        if row := self.world.person(who):
            row["mail"] = mail

    @precondition(lambda self: self.world.rows)
    @rule(who=ANY)
    def leaves(self, who: int) -> None:
        if row := self.world.person(who):
            self.world.gone[row["id"]] = self.world.rows.pop(row["id"])

    @precondition(lambda self: self.world.rows)
    @rule(who=ANY)
    def goes_in_or_out_of_scope(self, who: int) -> None:
        if row := self.world.person(who):
            row["active"] = "false" if row["active"] == "true" else "true"

    # the others in HubSpot

    @rule(mail=MAILS, first=NAMES, job=MAYBE)
    def others_make_one(self, mail: str, first: str, job: str) -> None:
        self.world.make({"email": mail, "firstname": first, "jobtitle": job})

    @rule(which=ANY, name=st.sampled_from(["firstname", "lastname", "jobtitle", "company"]), value=MAYBE)
    def others_change_one(self, which: int, name: str, value: str) -> None:
        if uid := self.world.record(which):
            self.world.others("PATCH", f"/{uid}", {"properties": {name: value}}, uid)

    @rule(which=ANY, mail=MAILS)
    def others_change_an_address(self, which: int, mail: str) -> None:
        if uid := self.world.record(which):
            self.world.others("PATCH", f"/{uid}", {"properties": {"email": mail}}, uid)

    @rule(which=ANY)
    def others_archive_one(self, which: int) -> None:
        if uid := self.world.record(which):
            self.world.others("DELETE", f"/{uid}", None, uid)

    @rule(first=ANY, second=ANY)
    def others_merge_two(self, first: int, second: int) -> None:
        one, two = self.world.record(first), self.world.record(second)
        if one and two:
            self.world.merge(one, two)

    @rule(which=ANY)
    def others_erase_one(self, which: int) -> None:
        if uid := self.world.record(which):
            self.world.others("POST", "/gdpr-delete", {"objectId": uid}, uid)

    # Hubspoke

    @rule(incremental=st.booleans())
    def provisions(self, incremental: bool) -> None:
        self.run(self._provision(Life(), Life(), "", incremental, resumed=False))

    @rule(fault=FAULTS, calls=st.integers(1, 30), after=st.booleans(), resumed=st.booleans())
    def dies_applying(self, fault: str, calls: int, after: bool, resumed: bool) -> None:
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
            await world.apply(plan)
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
    converges(own_hubspot, examples=25, steps=16)
