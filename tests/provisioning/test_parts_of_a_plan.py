"""Plans of some people and of some actions, a source that shrank, who is in HubSpot only, and one person explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.connector.filter import matches, parse
from console.journal.model import Action, Approver, Entry, Plan, RunState, Situation
from console.provisioning.apply import Applier
from console.provisioning.errors import PlanRefused
from console.provisioning.explain import clauses
from console.provisioning.runs import GuardRefused, judged
from tests.provisioning.plan_support import MAPPING, Desk, desk
from tests.support.simulator import Simulator

S, A = Situation, Action


async def run(on: Desk, plan: Plan) -> None:
    await on.journal.approve(plan, Approver(login="tester"))
    assert (await Applier(on.connector, on.journal, plan, owner="tester").run()).state is RunState.DONE


def ids(entries: list[Entry]) -> list[str]:
    return [entry.payload.source_id for entry in entries if entry.payload is not None]


async def test_a_scope_of_the_moment_leaves_the_others_alone(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        rows = [f"{n},p{n}@x.org,P,{'Bern' if n % 2 else 'Basel'},,true" for n in range(1, 41)]
        on.people(*rows)
        await run(on, await on.plan())
        on.people(*[row.replace(",P,", ",Q,") for row in rows[:30]], "99,P4@X.org,Twin,Bern,,true")
        plan = await on.plan(scope='last eq "Bern"')
        assert (plan.partial, plan.read, plan.situations) == (True, 31, {"CONFIRMED": 15, "INVALID": 2})
        assert "SOURCE_MISSING" not in plan.situations
        assert [guard.name for guard in plan.guards] == ["deletes", "clears"]
        for scope, words in (("last is 1", "not a query filter"), ('city eq "B"', "no column city")):
            with pytest.raises(PlanRefused, match=words):
                await on.plan(scope=scope)


async def test_people_and_actions_can_be_left_out(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(MAPPING + '[policy]\nSOURCE_MISSING = "DELETE"\n[guard]\ndeletes = "100%"\n')
        on.people(*[f"{n},p{n}@x.org,P,{n},,true" for n in range(1, 7)])
        await run(on, await on.plan())
        on.people("1,p1@x.org,Q,1,,true", "2,p2@x.org,Q,2,,true", "3,p3@x.org,P,3,,true", "8,p8@x.org,P,8,,true")
        whole = await on.plan()
        assert whole.actions == {"UPDATE": 2, "NONE": 1, "CREATE": 1, "DELETE": 3}
        part = await on.plan(exclude=("2", "5"), actions=(A.CREATE, A.DELETE))
        assert part.actions == {"REPORT": 1, "IGNORE": 1, "NONE": 1, "CREATE": 1, "DELETE": 2}
        assert [guard.count for guard in part.guards if guard.name == "deletes"] == [2]
        await run(on, part)
        assert sorted(values["email"] for values in hubspot.dump().values()) == [f"p{n}@x.org" for n in (1, 2, 3, 5, 8)]
        assert {values["firstname"] for values in hubspot.dump().values()} == {"P"}


async def test_the_same_people_make_the_same_hash(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.contact(email="p3@x.org", firstname="Before")
        on.people(*[f"{n},p{n}@x.org,P,{n},,true" for n in range(1, 30)])
        first, second = await on.plan(), await on.plan()
        assert (first.hash, first.id != second.id) == (second.hash, True)
        assert (await on.plan(exclude=("3",))).hash != first.hash
        assert first.undo == {"full": 29}


async def test_a_source_that_lost_half_of_its_people_is_held(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        rows = [f"{n},p{n}@x.org,P,{n},,true" for n in range(1, 101)]
        on.people(*rows)
        assert [guard.name for guard in (await on.plan()).guards] == ["deletes", "clears"]  # nothing to compare with
        on.people(*rows[:50])
        half = await on.plan()
        assert [(g.count, g.limit, g.holds) for g in half.guards if g.name == "shrink"] == [(50, 50, False)]
        on.people(*rows[:24])
        less = await on.plan()
        (guard,) = [guard for guard in less.guards if guard.holds]
        assert (guard.name, guard.count, guard.limit, guard.rule) == ("shrink", 26, 25, "50%")
        with pytest.raises(GuardRefused, match="26 shrink"):
            judged(less, {})
        assert judged(less, {"shrink": 26})
        assert (await on.plan(only="3")).guards[-1].name == "clears"


async def test_who_is_in_hubspot_and_in_no_source(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        alone = {on.contact(email=f"alone{n}@x.org", firstname=f"A{n}") for n in range(3)}
        on.contact(email="known@x.org")
        on.contact(email="ignored@x.org")
        invalid = on.contact(email="bad@x.org")
        on.people("1,known@x.org,K,N,,true", "2,IGNORED@x.org,I,G,,false", "3,bad@x.org,B,D,nonsense,true")
        plan = await on.plan(discover=True)
        entries = await on.entries(plan, situations=["UNASSIGNED"])
        assert {entry.uid for entry in entries} == alone
        assert {entry.payload.label for entry in entries if entry.payload} == {"A0", "A1", "A2"}
        assert (plan.actions["REPORT"], plan.writes, plan.lane.name) == (4, 1, "list")
        assert invalid not in {entry.uid for entry in entries}
        await run(on, plan)
        assert hubspot.state()["objects"]["contacts"] == 6
        again = await on.plan(discover=True, incremental=True)  # unchanged people are spoken for, too
        assert (again.situations["UNASSIGNED"], again.lane.skipped, again.lane.records) == (3, 1, 6)


async def test_one_person_explained(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        uid = on.contact(email="ann@x.org", firstname="Before", lastname="A")
        same_name = on.contact(email="elsewhere@x.org", firstname="Ann", lastname="A")
        on.write_mapping(MAPPING.replace("'active eq true'", '\'active eq true and !(last eq "Z" or last eq "Y")\''))
        on.people("1,ann@x.org,Ann,A,,true", "2,zoe@x.org,Zoe,Z,,true", "3,bad@x.org,B,D,12,true")
        found = await on.plans.explain(on.mapping, "1")
        assert (found.situation, found.action, found.uid, found.why) == (S.FOUND, "UPDATE", uid, "the default")
        assert found.keys == (("email", "ann@x.org", (uid,)),)
        assert [change.name for change in found.changes] == ["firstname"]
        assert all(clause.holds for clause in found.clauses if clause.depth == 0)
        out = await on.plans.explain(on.mapping, "2")
        assert (out.situation, out.in_scope) == (S.SOURCE_IGNORED, False)
        assert [(clause.text, clause.holds, clause.depth) for clause in out.clauses] == [
            ("all of", False, 0),
            ("active eq true", True, 1),
            ("not", False, 1),
            ("one of", True, 2),
            ('last eq "Z"', True, 3),
            ('last eq "Y"', False, 3),
        ]
        assert out.clauses[4].found == "last is 'Z'"
        assert (await on.plans.explain(on.mapping, "3")).problems[0].field == "phone"
        assert (await on.plans.explain(on.mapping, "nobody")).situation is S.ALL_GONE
        assert {one.uid for one in await on.plans.candidates(on.mapping, "1")} == {uid, same_name}
        assert await on.plans.list() == []  # nothing is kept


async def test_links_by_hand(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        one, two = on.contact(email="one@x.org"), on.contact(email="two@x.org")
        on.people("1,new@x.org,N,W,,true", "2,other@x.org,O,T,,true")
        assert await on.plans.link(on.mapping, "1", one) == (one, "one@x.org")
        (first, _) = await on.entries(await on.plan())
        assert (first.situation, first.uid) == (S.CONFIRMED, one)
        for source_id, uid, words in (
            ("2", one, "another person"), ("1", two, "is linked to the contact"), ("2", "999999", "has no contact")
        ):  # fmt: skip
            with pytest.raises(PlanRefused, match=words):
                await on.plans.link(on.mapping, source_id, uid)
        assert (await on.plans.link(on.mapping, "1", two, replace=True))[0] == two
        assert await on.plans.unlink(on.mapping, "1") == two
        with pytest.raises(PlanRefused, match="has no link"):
            await on.plans.unlink(on.mapping, "1")
        told = [event.kind for event in await on.journal.events() if "link" in event.kind]
        assert told == ["link", "link", "unlink"]
        assert ids(await on.entries(await on.plan())) == ["1", "2"]


def test_a_filter_clause_by_clause_says_what_the_whole_says() -> None:
    for text in ("a eq 1 and (b eq 2 or !(c pr))", "!(a eq 1 and b eq 2)", "a pr", "true"):
        node = parse(text)
        for values in ({}, {"a": 1, "b": 2}, {"a": 1, "c": "x"}, {"b": 2, "c": None}):
            assert next(clauses(node, values)).holds is matches(node, values)
