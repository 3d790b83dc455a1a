"""Whatever happens on both sides and wherever a process dies: plan and apply again, and HubSpot equals the source."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.e2e.convergence_firms import SITES
from tests.e2e.convergence_mortals import Died, Life
from tests.e2e.convergence_world import Row, World, work
from tests.provisioning.plan_support import desk
from tests.support.simulator import Simulator, start_simulator

IDS = st.sampled_from("12345")
MAILS = st.sampled_from(["a@x.org", "B@x.org", "c@x.org", "d@x.org"])
NAMES = st.sampled_from(["Ann", "Bo", "Cy"])
MAYBE = st.sampled_from(["", "Old", "New"])
ANY = st.integers(0, 7)
SITE = st.sampled_from(sorted(SITES.values()))
FIRMS = st.just("") | SITE
ORGS = st.sampled_from(sorted(SITES))
TITLES = st.sampled_from(["Acme", "Bell"])
ROWS = st.fixed_dictionaries(
    {
        "id": IDS,
        "mail": MAILS,
        "first": NAMES,
        "last": MAYBE,
        "city": MAYBE,
        "active": st.sampled_from(["true", "true", "false"]),
        "firm": FIRMS,
    }
)
FAULTS = st.sampled_from(
    [
        "", "502=1x!after@POST:/batch/create", "502=1x!before@POST:/batch/update", "reset=1x@POST:/batch/create",
        "reset=2x@POST:/batch/update", "423=1x@POST:/batch", "429=1x", "truncate=1x@POST:/batch/create",
        "omit=1x@POST:/batch/create", "omit=1x@POST:/batch/update", "reset=1x@POST:/batch/archive",
        "502=1x!after@POST:/batch/associate", "reset=1x@POST:/batch/associate", "omit=1x@POST:/batch/associate",
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
        orgs=st.dictionaries(ORGS, TITLES),
        sites=st.lists(SITE, max_size=2),
        label=st.sampled_from(["", "primary"]),
    )
    def begin(
        self,
        leavers: str,
        people: list[Row],
        there: list[tuple[str, str, str]],
        begun: bool,
        orgs: dict[str, str],
        sites: list[str],
        label: str,
    ) -> None:
        firms = self.world.firms
        self.world.leavers = firms.leavers = leavers
        firms.label, firms.rows = label, dict(orgs)
        for site in sites:
            firms.make({"name": "Theirs", "domain": site, "city": "Oslo"})
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
        | st.tuples(st.just("active"), st.sampled_from(["true", "false"]))
        | st.tuples(st.just("firm"), FIRMS),
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

    @rule(org=ORGS, title=TITLES | st.none())
    def a_firm_comes_changes_or_goes(self, org: str, title: str | None) -> None:
        if title is None:
            self.world.firms.rows.pop(org, None)
        else:
            self.world.firms.rows[org] = title

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

    @rule(site=SITE, name=MAYBE)
    def others_make_a_company(self, site: str, name: str) -> None:
        self.world.firms.make({"name": name or "Theirs", "domain": site})

    @rule(which=ANY, second=ANY, how=st.sampled_from(["rename", "move", "archive", "merge"]))
    def others_do_something_to_a_company(self, which: int, second: int, how: str) -> None:
        firms = self.world.firms
        one, two = firms.record(which), firms.record(second)
        if one is None or two is None:
            return
        if how == "merge":
            firms.merge(one, two)
        elif how == "archive":
            firms.others("DELETE", f"/{one}", None, one)
        else:
            change = {"name": "Renamed", "city": "Rome"} if how == "rename" else {"domain": "three.example"}
            firms.others("PATCH", f"/{one}", {"properties": change}, one)

    @rule(which=ANY, second=ANY)
    def others_associate(self, which: int, second: int) -> None:
        contact, company = self.world.record(which), self.world.firms.record(second)
        if contact is not None and company is not None:
            self.world.firms.associate(contact, company)

    # Hubspoke

    @rule(number=ANY)
    def the_operator_decides(self, number: int) -> None:
        self.world.write()
        self.run(self._decide(number))

    async def _decide(self, number: int) -> None:
        firms = self.world.firms
        await firms.decide(await self.world.plan(firms=True), number)

    @rule(incremental=st.booleans(), firms=st.booleans())
    def provisions(self, incremental: bool, firms: bool) -> None:
        self.run(self._provision(Life(), Life(), "", incremental, resumed=False, firms=firms))

    @precondition(lambda self: self.world.rows)
    @rule(
        fault=FAULTS,
        calls=st.integers(3, 14),
        after=st.booleans(),
        resumed=st.booleans(),
        last=NAMES,
        firms=st.booleans(),
    )
    def dies_applying(self, fault: str, calls: int, after: bool, resumed: bool, last: str, firms: bool) -> None:
        self._have_something_to_do(last)
        self.run(self._provision(Life(), Life(calls, after), fault, False, resumed, firms=firms))

    def _have_something_to_do(self, word: str) -> None:
        world = self.world
        for row in world.rows.values():
            row["last"] = "" if row["last"] == word else word
        world.firms.rows = {org: f"{title.split()[0]} {word}" for org, title in world.firms.rows.items()}

    @rule(fault=FAULTS, resumed=st.booleans(), firms=st.booleans())
    def meets_a_fault(self, fault: str, resumed: bool, firms: bool) -> None:
        self.run(self._provision(Life(), Life(), fault, False, resumed, firms=firms))

    @rule(calls=st.integers(1, 20), after=st.booleans())
    def dies_planning(self, calls: int, after: bool) -> None:
        self.run(self._provision(Life(calls, after), Life(), "", False, resumed=False))

    async def _provision(
        self, planning: Life, applying: Life, fault: str, incremental: bool, resumed: bool, firms: bool = False
    ) -> None:
        world = self.world
        world.write()
        try:
            plan = await world.plan(planning, firms=firms, incremental=incremental)
        except Died:
            return
        if not work(plan):
            return
        await world.approve(plan)
        world.hubspot.faults(fault)
        with suppress(Died):
            await world.apply(plan, applying)
        run = await world.on.journal.progress(plan.id)
        if resumed and not run.ended:
            run = await world.apply(plan)
            assert run.ended, run.message
            assert not {"inflight", "planned"} & {state for state, count in run.states.items() if count}, run.states
        world.judge_others()

    @rule(firms=st.booleans())
    def applies_and_takes_back(self, firms: bool) -> None:
        self.world.write()
        self.run(self.world.take_back(firms=firms))
        self.world.judge_others()

    @rule(
        calls=st.integers(2, 14),
        after=st.booleans(),
        earlier=st.none() | st.integers(3, 14),
        word=NAMES,
        firms=st.booleans(),
    )
    def dies_taking_back(self, calls: int, after: bool, earlier: int | None, word: str, firms: bool) -> None:
        self._have_something_to_do(word)
        self.world.write()
        applying = None if earlier is None else Life(earlier, after)
        self.run(self.world.take_back(firms=firms, dying=Life(calls, after), applying=applying))
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
    monkeypatch.setattr("console.provisioning.lost.INDEX_SECONDS", 0.1)
    monkeypatch.setattr("console.provisioning.lost.STEP_SECONDS", 0.02)


def converges(hubspot: Simulator, examples: int, steps: int) -> None:
    """Hypothesis looks for a history after which it does not."""
    with asyncio.Runner() as runner:
        machine = type("Machine", (People,), {"hubspot": hubspot, "run": staticmethod(runner.run)})
        run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


def test_it_comes_to_rest(own_hubspot: Simulator, quick: None) -> None:
    converges(own_hubspot, examples=8, steps=12)
