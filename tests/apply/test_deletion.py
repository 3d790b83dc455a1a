"""Each way to delete: by the mapping's file to HubSpot, undone where that can be, guarded where it cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from console.journal.errors import NotApproved
from console.journal.model import Action, ApplyRules, Plan, RunProgress
from console.provisioning.apply import Applier
from console.provisioning.deletion import GUARD
from console.provisioning.errors import MappingError
from console.provisioning.runs import GuardRefused, Runs, judged
from tests.apply.apply_parts import ME, Parts, email, lastname, update
from tests.apply.kills import POINTS, killed_at
from tests.apply.nursery import Nursery
from tests.provisioning.plan_support import MAPPING, Desk, desk
from tests.support.simulator import Simulator

LEAVERS = 1_200
ANN, BOB = "1,ann@example.com,Ann,Ames,,true", "2,bob@example.com,Bob,Bond,,true"
POLICY = '\n[policy]\nSOURCE_MISSING = "DELETE"\n[guard]\ndeletes = 50\nclears = 50\nshrink = "100%"\n'


@pytest.fixture
async def bench(tmp_path: Path, sim: Simulator) -> AsyncIterator[Desk]:
    async with desk(tmp_path, sim) as opened:
        yield opened


async def applied(bench: Desk, plan: Plan, **accepts: int) -> RunProgress:
    await bench.journal.approve(msgspec.structs.replace(plan, guards=judged(plan, accepts)), ME)
    return await Applier(bench.connector, bench.journal, plan, owner="tester@here").run()


async def bob_left(bench: Desk, deletion: str) -> Plan:
    """Ann and Bob were provisioned, then Bob left; the plan of that."""
    bench.write_mapping(MAPPING + POLICY + deletion)
    bench.people(ANN, BOB)
    assert (await applied(bench, await bench.plan())).states == {"done": 2}
    bench.people(ANN)
    return await bench.plan()


async def test_a_property_is_set_and_set_back(bench: Desk, sim: Simulator) -> None:
    before = '\n[deletion]\nset = { hs_lead_status = "UNQUALIFIED", jobtitle = "" }\n'
    plan = await bob_left(bench, before)
    held = sim.by_email()
    assert (plan.actions["DELETE"], plan.undo, plan.rules.deletion) == (1, {"full": 1}, "set")
    assert (await applied(bench, plan)).states == {"done": 1}
    assert sim.by_email()["bob@example.com"]["hs_lead_status"] == "UNQUALIFIED"
    assert "hs_lead_status" not in sim.by_email()["ann@example.com"]
    again = await bench.plan()
    assert again.writes == 0
    undo = await bench.plans.undo(plan.id)
    assert (await applied(bench, undo)).states == {"done": 1}
    assert {name: {k: v for k, v in one.items() if v} for name, one in sim.by_email().items()} == held


async def test_nothing_is_done_and_said(bench: Desk, sim: Simulator) -> None:
    plan = await bob_left(bench, '\n[deletion]\nhow = "nothing"\n')
    assert (plan.actions.get("DELETE", 0), plan.actions["REPORT"], plan.writes) == (0, 1, 0)
    assert set(sim.by_email()) == {"ann@example.com", "bob@example.com"}


async def test_erasing_wants_the_exact_number_and_cannot_be_undone(bench: Desk, sim: Simulator) -> None:
    plan = await bob_left(bench, '\n[deletion]\nhow = "gdpr_delete"\n')
    assert plan.undo == {"none": 1}
    assert plan.cost.requests == 2
    runs = Runs(bench.journal, bench.paths, bench.connector.profile)
    for accepts in ({}, {GUARD: 2}):
        with pytest.raises(GuardRefused, match="gdpr"):
            await runs.approve(plan.id, accepts)
    with pytest.raises(NotApproved):
        await bench.journal.approve(plan, ME)
    assert (await applied(bench, plan, gdpr=1)).states == {"done": 1}
    assert set(sim.by_email()) == {"ann@example.com"}
    assert list(sim.dump(archived=True).values()) == [{}]
    undo = await bench.plans.undo(plan.id)
    (entry,) = await bench.entries(undo)
    assert entry.payload is not None
    assert "erased for good" in entry.payload.problems[0].message


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("how", ["gdpr_delete", "set", "archive"])
async def test_a_deletion_is_killed_three_times_at(
    parts: Parts,
    sim: Simulator,
    nursery: Nursery,
    tmp_path: Path,
    point: str,
    how: Literal["gdpr_delete", "set", "archive"],
) -> None:
    uids: list[str] = []
    for start in range(0, LEAVERS, 100):
        inputs = [{"properties": {"email": email(n), "lastname": "Old"}} for n in range(start, start + 100)]
        answer = sim.post("/crm/objects/2026-09/contacts/batch/create", {"inputs": inputs})
        uids += [record["id"] for record in answer.json["results"]]
    await parts.linked(sim.portal_id, *[(f"E{number}", uid, True) for number, uid in enumerate(uids, 1)])
    change = lastname(after="Gone" if how == "set" else None)
    entries = [update(number, uid, change, action=Action.DELETE) for number, uid in enumerate(uids, 1)]
    plan = await parts.approved(sim.portal_id, entries, rules=ApplyRules(deletion=how))
    await killed_at(nursery, tmp_path, sim, plan.id, point, times=(1, 1, 1))
    assert (await parts.store.progress(plan.id)).states == {"done": LEAVERS}
    there, archived = sim.dump(), sim.dump(archived=True)
    if how == "set":
        assert {there[uid]["lastname"] for uid in uids} == {"Gone"}
    else:
        assert (there, set(archived)) == ({}, set(uids))
        assert all(bool(held) == (how == "archive") for held in archived.values()), "of the erased nothing is left"
    if how == "archive":
        assert set(Counter(one["id"] for one in sim.log("archive")).values()) == {1}
    kept = {await parts.link(sim.portal_id, f"E{number}") is not None for number in range(1, LEAVERS + 1)}
    assert kept == {how == "set"}


@pytest.mark.parametrize(
    ("deletion", "told"),
    [
        ('set = { hs_object_id = "1" }', "cannot be set"),
        ('set = { hs_leed_status = "NEW" }', "no contact property hs_leed_status"),
        ('set = { hs_lead_status = "GONE" }', "no option of hs_lead_status"),
        ('how = "set"', "sets nothing"),
        ('how = "archive"\nset = { jobtitle = "x" }', "no meaning"),
        ('how = "shred"', "none of archive"),
        ('hwo = "archive"', "unknown key hwo"),
        ("set = { jobtitle = 1 }", "not a table of texts"),
    ],
)
async def test_what_cannot_be_done_is_refused_before_anything_is_planned(
    bench: Desk, sim: Simulator, deletion: str, told: str
) -> None:
    bench.write_mapping(f"{MAPPING}\n[deletion]\n{deletion}\n")
    bench.people(ANN)
    with pytest.raises(MappingError) as refused:
        await bench.plan()
    assert any(told in problem.message for problem in refused.value.problems)
    assert await bench.journal.plans() == []


async def test_a_company_is_not_erased(bench: Desk) -> None:
    text = MAPPING.replace('correlate = ["email"]', 'target = "company"\nallow_unkeyed_creates = true')
    bench.write_mapping(f'{text}\n[deletion]\nhow = "gdpr_delete"\n')
    bench.people(ANN)
    with pytest.raises(MappingError, match="erases contacts only"):
        await bench.plan()
