"""A plan made from another one: who is left out, taken in again, and looked up again after a human's decision."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.journal.model import Action, Approver, Entry, EntryState, Plan, RunState, Situation
from console.provisioning.apply import Applier
from console.provisioning.plans import PlanRefused, Revision
from tests.provisioning.plan_support import MAPPING, Desk, desk
from tests.support.simulator import Simulator

A = Action
NO = {
    "name": "employee_no", "label": "No", "type": "string", "fieldType": "text",
    "groupName": "contactinformation", "hasUniqueValue": True,
}  # fmt: skip
TWO_KEYS = MAPPING.replace('correlate = ["email"]', 'correlate = ["email", "employee_no"]').replace(
    "[properties]\n", "[properties]\nemployee_no = 'source.id'\n"
)


def numbered(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


async def by_source(on: Desk, plan: Plan) -> dict[str, Entry]:
    return {entry.payload.source_id: entry for entry in await on.entries(plan) if entry.payload is not None}


async def applied(on: Desk, plan: Plan) -> None:
    await on.journal.approve(plan, Approver(login="tester"))
    assert (await Applier(on.connector, on.journal, plan, owner="tester").run()).state is RunState.DONE


async def test_who_is_left_out_is_not_written_and_comes_back_when_asked(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.contact(email="b@x.org", firstname="Before", lastname="L")
        on.people("1,a@x.org,A,L,,true", "2,b@x.org,B,L,,true", "3,c@x.org,C,L,,true", "3,d@x.org,D,L,,true")
        plan = await on.plan()
        before = await on.entries(plan)
        less = await on.plans.revise(plan.id, Revision(exclude=numbered(1, 2)))
        assert (less.id, less.hash) != (plan.id, plan.hash)
        assert less.actions == {"IGNORE": 2, "EXCEPTION": 2}
        assert less.undo == {}
        assert less.cost.requests == 0
        assert [entry.cause for entry in await on.entries(less)][:2] == ["left out (CREATE)", "left out (UPDATE)"]
        assert [entry.payload for entry in await on.entries(less)] == [entry.payload for entry in before]
        back = await on.plans.revise(less.id, Revision(include=numbered(1, 2)))
        assert (back.actions, back.undo, back.cost.requests) == (plan.actions, plan.undo, plan.cost.requests)
        assert back.hash == plan.hash, "what would happen is the same again"
        only = await on.plans.revise(less.id, Revision(include=numbered(1)))
        await applied(on, only)
        people = hubspot.by_email()
        assert "a@x.org" in people
        assert people["b@x.org"]["firstname"] == "Before"
        assert [entry.state for entry in await on.entries(only)][:2] == [EntryState.DONE, EntryState.SKIPPED]


async def test_a_decision_is_looked_up_again(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        hubspot.post("/crm/v3/properties/contacts", NO)
        on.write_mapping(TWO_KEYS)
        on.contact(email="a@x.org", firstname="Mail")
        meant = on.contact(email="other@x.org", firstname="Number", employee_no="1")
        on.people("1,a@x.org,A,L,,true", "2,b@x.org,B,L,,true")
        plan = await on.plan()
        doubtful = (await by_source(on, plan))["1"]
        assert doubtful.situation is Situation.AMBIGUOUS
        seen = await on.plans.choosing(on.mapping, "1")
        assert {one.uid for one in seen.choices} >= {meant}
        assert (seen.label, seen.wanted["email"], seen.linked_to) == ("A L", "a@x.org", "")
        assert {one.values["firstname"] for one in seen.choices} == {"Mail", "Number"}
        assert not any(one.owned for one in seen.choices)
        assert seen.names.index("email") < seen.names.index("lastname"), "what tells them apart comes first"
        await on.plans.link(on.mapping, "1", meant)
        decided = await on.plans.revise(plan.id, Revision(again=numbered(doubtful.number), exclude=numbered(2)))
        found = await by_source(on, decided)
        assert (found["1"].situation, found["1"].uid) == (Situation.CONFIRMED, meant)
        assert found["2"].action is A.IGNORE
        assert decided.requests_spent > plan.requests_spent
        assert {one.id for one in await on.plans.list()} == {plan.id, decided.id}, "nothing else is left behind"


async def test_guards_are_judged_anew(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(MAPPING + '\n[policy]\nSOURCE_MISSING = "DELETE"\n\n[guard]\ndeletes = "1"\nshrink = "100%"\n')
        rows = [f"{number},p{number}@x.org,A,L,,true" for number in range(1, 5)]
        on.people(*rows)
        await applied(on, await on.plan())
        on.people(rows[0])
        plan = await on.plan()
        (held,) = [guard for guard in plan.guards if guard.holds]
        assert (held.name, held.count) == ("deletes", 3)
        numbers = [entry.number for entry in await on.entries(plan, actions=["DELETE"])]
        fewer = await on.plans.revise(plan.id, Revision(exclude=numbered(*numbers[:2])))
        assert [(g.name, g.count, g.holds) for g in fewer.guards if g.name == "deletes"] == [("deletes", 1, False)]


@pytest.mark.parametrize(
    ("revision", "words"),
    [
        (Revision(exclude=frozenset({3})), "would do nothing"),
        (Revision(include=frozenset({1})), "was not left out"),
        (Revision(exclude=frozenset({99})), "no entry 99"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    tmp_path: Path, hubspot: Simulator, revision: Revision, words: str
) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,a@x.org,A,L,,true", "2,b@x.org,B,L,,true", "3,no address,C,L,,true")
        plan = await on.plan()
        with pytest.raises(Exception, match=words):
            await on.plans.revise(plan.id, revision)
        assert [one.id for one in await on.plans.list()] == [plan.id]


async def test_an_approved_plan_is_not_revised(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,a@x.org,A,L,,true")
        plan = await on.plan()
        await on.journal.approve(plan, Approver(login="tester"))
        with pytest.raises(PlanRefused, match="cannot be revised"):
            await on.plans.revise(plan.id, Revision(exclude=numbered(1)))


async def test_the_approver_is_told_what_changed_and_who_planned(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,a@x.org,A,L,,true")
        plan = await on.plan()
        found = await on.plans.approval(plan.id)
        assert (found.refused, found.makers, found.four_eyes) == ("", (found.who.person,), False)
        on.people("1,a@x.org,A,L,,true", "2,b@x.org,B,L,,true")
        changed = await on.plans.approval(plan.id)
        assert "people.csv changed since" in changed.refused
        assert "hubspoke plan people" in changed.remedy
        (on.folder / "people.csv").unlink()
        assert "changed since" in (await on.plans.approval(plan.id)).refused


async def test_four_eyes_are_told_before_anybody_types(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(MAPPING + "\n[guard]\nfour_eyes = true\n")
        on.people("1,a@x.org,A,L,,true")
        found = await on.plans.approval((await on.plan()).id)
        assert found.four_eyes
        assert "asks for four eyes" in found.refused
        assert "somebody else" in found.remedy


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ('action eq "UPDATE"', [2]),
        ('property eq "lastname" and action eq "CREATE"', [1]),
        ('problem co "mail"', [3]),
        ("number ge 2", [2, 3]),
        ('before eq "before"', [2]),
        ('!(state eq "planned")', [3]),
    ],
)
async def test_entries_by_a_query_filter(tmp_path: Path, hubspot: Simulator, query: str, numbers: list[int]) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.contact(email="b@x.org", firstname="Before", lastname="L")
        on.people("1,a@x.org,A,L,,true", "2,b@x.org,B,L,,true", "3,no address,C,L,,true")
        plan = await on.plan()
        assert [entry.number for entry in await on.entries(plan, query=query)] == numbers
        first = await on.plans.entries(plan.id, query="number pr", limit=2)
        assert [entry.number for entry in first] == [1, 2]
        rest = await on.plans.entries(plan.id, query="number pr", after=2, limit=2)
        assert [entry.number for entry in rest] == [3]


async def test_a_wrong_filter_says_where(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,a@x.org,A,L,,true")
        plan = await on.plan()
        with pytest.raises(PlanRefused, match="an entry has no colour") as caught:
            await on.entries(plan, query='number ge 1 and colour eq "red"')
        assert caught.value.remedy.splitlines()[1].index("^") == 16
