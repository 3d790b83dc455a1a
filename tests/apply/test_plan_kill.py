"""kill -9 while a plan or an undo is made, three times at each named point: nothing is written, and the next one is whole."""

from __future__ import annotations

import signal
from pathlib import Path

import msgspec
import pytest

from console.journal.errors import NotApproved
from console.journal.model import Plan
from tests.apply.apply_parts import ME, email, open_parts
from tests.apply.kills import TIMES, Crowd
from tests.apply.nursery import Nursery
from tests.support.simulator import Simulator

PEOPLE, THERE, LEFT = 2_000, 320, 40
IN_SOURCE = [*range(1, THERE + 1), *range(THERE + LEFT + 1, PEOPLE + 1)]
WHOLE = {"ABSENT": PEOPLE - THERE - LEFT, "FOUND": THERE, "SOURCE_MISSING": LEFT, "UNASSIGNED": 1}
MAPPING = """\
version = 1
name = "people"
source = "people.csv"
source_id = "id"
correlate = ["email"]
target_phase = "all"

[properties]
email = 'source.mail'
lastname = 'source.last'

[guard]
shrink = "100%"
"""
LOOKING_BACK, MADE = "looking back", "made"
SEVERAL = ("reading", "looking up", "listing HubSpot's records", LOOKING_BACK)
"""What progress says more than once in a plan; the rest is said once."""
POINTS = (
    "reading",
    "looking up",
    "listing HubSpot's records",
    "looking for people who left",
    "looking for records that nobody speaks for",
    "checking for duplicates",
    MADE,
)


def furnish(sim: Simulator) -> list[str]:
    """People who are there already, and some who left; the ids of these."""
    uids: dict[str, str] = {}
    for start in range(0, THERE + LEFT, 100):
        numbers = range(start + 1, min(start + 100, THERE + LEFT) + 1)
        inputs = [{"properties": {"email": email(n), "lastname": "Old"}} for n in numbers]
        answer = sim.post("/crm/objects/2026-09/contacts/batch/create", {"inputs": inputs})
        uids |= {record["properties"]["email"]: record["id"] for record in answer.json["results"]}
    return [uids[email(n)] for n in range(THERE + 1, THERE + LEFT + 1)]


async def made(folder: Path, sim: Simulator, nursery: Nursery, what: str, work: str) -> Plan:
    """A plan made by a process that nobody kills."""
    ended = nursery.end(nursery.begin(folder, sim, what, work=work))
    assert ended.code == 0, ended.said
    async with open_parts(folder, sim.url, sim.token) as parts:
        return await parts.store.plan(ended.said)


async def killed(folder: Path, sim: Simulator, nursery: Nursery, what: str, work: str, point: str) -> None:
    """Three processes die; nothing was written, and what they leave cannot be approved unless it is whole."""
    writes, several = sim.state()["writes"], point in SEVERAL
    for nth in TIMES:
        pid = nursery.begin(folder, sim, what, point, nth if several else 1, work=work)
        assert nursery.end(pid).code == -signal.SIGKILL, (point, nth)
    async with open_parts(folder, sim.url, sim.token) as parts:
        left = await parts.store.plans(100)
        assert sum(plan.complete for plan in left[:3]) == (3 if point == "made" else 0)
        for plan in left[:3]:
            if not plan.complete:
                with pytest.raises(NotApproved):
                    await parts.store.approve(plan, ME)
        assert (await parts.store.verify()).findings == ()
    assert sim.state()["writes"] == writes


@pytest.mark.parametrize("point", POINTS)
async def test_a_plan_is_killed_three_times_at(sim: Simulator, nursery: Nursery, tmp_path: Path, point: str) -> None:
    mapping = tmp_path / "people.toml"
    mapping.write_text(MAPPING)
    rows = [f"E{n},{email(n)},New" for n in IN_SOURCE]
    (tmp_path / "people.csv").write_text("\n".join(["id,mail,last", *rows]) + "\n")
    gone = furnish(sim)
    sim.mutate("contacts", email="stranger@example.net")
    async with open_parts(tmp_path, sim.url, sim.token) as parts:
        await parts.linked(sim.portal_id, *[(f"L{n}", uid, True) for n, uid in enumerate(gone)])
    await killed(tmp_path, sim, nursery, str(mapping), "plan", point)
    plan = await made(tmp_path, sim, nursery, str(mapping), "plan")
    assert plan.situations == WHOLE
    if point != MADE:
        return
    async with open_parts(tmp_path, sim.url, sim.token) as parts:
        await parts.store.approve(plan, ME)
    assert nursery.end(nursery.begin(tmp_path, sim, plan.id)) == (0, "done")
    people = sim.by_email()
    assert {people[email(n)]["lastname"] for n in IN_SOURCE} == {"New"}
    assert len(people) == PEOPLE + 1


async def test_the_plan_of_an_undo_is_killed_three_times(sim: Simulator, nursery: Nursery, tmp_path: Path) -> None:
    crowd = Crowd(sim, nursery, tmp_path, PEOPLE)
    plan = await crowd.plan()
    assert nursery.end(nursery.begin(tmp_path, sim, plan)) == (0, "done")
    for point in (LOOKING_BACK, MADE):
        await killed(tmp_path, sim, nursery, plan, "undo", point)
    undo = await made(tmp_path, sim, nursery, plan, "undo")
    async with open_parts(tmp_path, sim.url, sim.token) as parts:
        guards = tuple(msgspec.structs.replace(guard, accepted=guard.count) for guard in undo.guards)
        await parts.store.approve(msgspec.structs.replace(undo, guards=guards), ME)
    assert nursery.end(nursery.begin(tmp_path, sim, undo.id)) == (0, "done")
    await crowd.judge_undo(plan, undo.id)
