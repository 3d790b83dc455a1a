"""The ways to read HubSpot: the sooner one is taken, all lead to the same plan, and unchanged people are not looked up."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.hubspot.budget.model import BudgetState, WindowState
from console.hubspot.model import Record
from console.journal.model import Action, Approver, Entry, Plan, RunState, Situation
from console.provisioning.apply import Applier
from console.provisioning.lanes import TELLS, compared
from console.provisioning.lanes_shelf import Shelf
from tests.provisioning.plan_support import MAPPING, Desk, desk
from tests.support.simulator import Simulator

S, A = Situation, Action


def budget(limit: int, daily: int = 0, used: int = 0) -> BudgetState:
    window = WindowState(name="burst", limit=limit, used=0, window_seconds=10.0)
    return BudgetState(windows=(window,), daily_limit=daily, daily_used=used)


@pytest.mark.parametrize(
    ("people", "records", "latency", "lane"),
    [
        (250_000, 0, 0.1, "list"),  # the first load of an empty account: one request
        (250_000, 250_000, 0.1, "keys"),  # pages come one after the other
        (250_000, 60_000, 0.1, "list"),
        (3_000, 2_000_000, 0.1, "keys"),
        (20_000, 15_000, 0.01, "list"),  # as soon, and fewer requests
        (20_000, 25_000, 0.01, "keys"),
    ],
)
def test_the_sooner_lane_is_taken(people: int, records: int, latency: float, lane: str) -> None:
    chosen = compared(people, records, budget(100), latency)
    assert (chosen.name, chosen.records) == (lane, records)
    assert f"{records:,} records" in chosen.why


def test_the_day_decides_where_only_one_lane_fits_into_it() -> None:
    chosen = compared(250_000, 240_000, budget(100, daily=10_000, used=7_550), 0.1)
    assert (chosen.name, "2,450 are left today" in chosen.why) == ("list", True)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.floats(0.001, 2))
def test_never_much_slower_than_the_other_lane(people: int, records: int, latency: float) -> None:
    from console.provisioning.cost import takes
    from console.provisioning.lanes import LOOKUPS

    chosen = compared(people, records, budget(100), latency).name
    keys = takes(-(-people // 100), budget(100), latency=latency, parallel=LOOKUPS)
    pages = takes(max(-(-records // 100), 1), budget(100), latency=latency, parallel=1)
    mine, other = (keys, pages) if chosen == "keys" else (pages, keys)
    assert mine <= other + TELLS


def told(entries: list[Entry]) -> list[tuple[object, ...]]:
    return [
        (e.number, e.situation, e.action, e.uid, e.payload.changes if e.payload else None, e.clears) for e in entries
    ]


async def test_both_lanes_make_the_same_plan(tmp_path: Path, hubspot: Simulator) -> None:
    chance = random.Random(7)
    async with desk(tmp_path, hubspot) as on:
        rows = []
        for number in range(1, 400):
            if chance.random() < 0.6:
                on.hubspot.mutate("contacts", email=f"p{number}@x.org", firstname=chance.choice(["P", "Old"]))
            if chance.random() < 0.8:
                rows.append(f"{number},p{number}@x.org,P,{number},,{chance.choice(['true', 'true', 'false'])}")
        on.people(*rows)
        by_keys, by_list = await on.plan(lane="keys"), await on.plan(lane="list")
        assert told(await on.entries(by_keys)) == told(await on.entries(by_list))
        assert (by_keys.hash, by_list.lane.name) == (by_list.hash, "list")
        assert (await on.plan()).lane.name == "keys"  # few people: nothing is asked that might not pay


async def test_a_large_source_and_a_small_account_are_listed(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people(*[f"{n},p{n}@x.org,P,{n},,true" for n in range(1, 3001)])
        before = hubspot.state()["requests"]["total"]
        plan = await on.plan()
        spent = hubspot.state()["requests"]["total"] - before
        assert (plan.lane.name, plan.lane.records, plan.actions) == ("list", 0, {"CREATE": 3000})
        assert plan.requests_spent == 3  # the account, how many records there are, one page of them
        assert spent == 4  # and the schema, which later plans know


async def test_the_list_knows_all_addresses_and_every_lane_merged_records(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        keeps = on.contact(email="main@x.org", firstname="Main", lastname="1")
        goes = on.contact(email="other@x.org", firstname="Other")
        hubspot.mutate("contacts", email="first@y.org", hs_additional_emails="second@y.org")
        await on.plans.link(on.mapping, "1", goes)
        merged = hubspot.post("/crm/v3/objects/contacts/merge", {"primaryObjectId": keeps, "objectIdToMerge": goes})
        survivor = str(merged.json["id"])
        on.people("1,main@x.org,Main,1,,true", "2,second@y.org,S,Y,,true")
        for lane in ("keys", "list"):
            first, second = await on.entries(await on.plan(lane=lane))
            assert (first.situation, first.action, first.uid) == (S.CONFIRMED, A.LINK, survivor), lane
            # a batch read by email knows main addresses only: the create is then refused, and found
            assert second.situation is (S.FOUND if lane == "list" else S.ABSENT)
        await run(on, await on.plan(exclude=("2",), lane="keys"))
        assert [e.action for e in await on.entries(await on.plan(exclude=("2",)))] == [A.NONE, A.IGNORE]
        on.people("1,main@x.org,Main,1,,true", "3,other@x.org,Another,1,,true")
        _, stranger = await on.entries(await on.plan(lane="list"))
        assert (stranger.situation, stranger.uid) == (S.FOUND_ALREADY_LINKED, survivor)


@pytest.mark.parametrize("lane", ["keys", "list"])
async def test_what_was_merged_into_another_record_is_never_deleted(
    tmp_path: Path, hubspot: Simulator, lane: str
) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(
            MAPPING + '[policy]\nUNQUALIFIED = "DELETE"\nSOURCE_MISSING = "DELETE"\n[guard]\ndeletes = "100%"\n'
        )
        on.people(*[f"{n},p{n}@x.org,P,{n},,true" for n in (1, 2, 3, 4)])
        await run(on, await on.plan())
        uids = {values["lastname"]: uid for uid, values in hubspot.dump().items()}
        for goes in ("2", "3"):
            hubspot.post(
                "/crm/v3/objects/contacts/merge", {"primaryObjectId": uids["1"], "objectIdToMerge": uids[goes]}
            )
        on.people("1,p1@x.org,P,1,,true", "2,p2@x.org,P,2,,false", "4,p4@x.org,P,4,,false")
        plan = await on.plan(lane=lane)
        found = {(e.situation, e.action, e.uid) for e in await on.entries(plan)}
        assert found == {
            (S.CONFIRMED, A.NONE, uids["1"]),
            (S.UNQUALIFIED, A.EXCEPTION, uids["1"]),
            (S.SOURCE_MISSING, A.EXCEPTION, uids["1"]),
            (S.UNQUALIFIED, A.DELETE, uids["4"]),
        }


async def test_keys_are_asked_in_their_order(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        hubspot.post(
            "/crm/v3/properties/contacts",
            {
                "name": "employee_no", "label": "No", "type": "string", "fieldType": "text",
                "groupName": "contactinformation", "hasUniqueValue": True,
            },
        )  # fmt: skip
        known = on.contact(firstname="By", lastname="Id")
        numbered = on.contact(employee_no="E2", firstname="By", lastname="No")
        on.write_mapping(
            MAPPING.replace('["email"]', '["email", "hs_object_id", "employee_no"]')
            .replace("phone = 'e164(source.phone, \"LK\")'", "employee_no = 'source.no'")
            .replace("[properties]", "[properties]\nhs_object_id = 'source.uid'")
        )
        header = "id,mail,first,last,no,uid,active"
        on.people(
            f"1,a@x.org,By,Id,,{known},true",
            "2,b@x.org,By,No,E2,,true",
            "3,c@x.org,New,One,E3,,true",
            "4,,No,Key,,987654,true",
            header=header,
        )
        for lane in ("keys", "list"):
            entries = await on.entries(await on.plan(lane=lane))
            assert [(e.situation, e.uid) for e in entries[:3]] == [
                (S.FOUND, known), (S.FOUND, numbered), (S.ABSENT, None)
            ]  # fmt: skip
            assert entries[3].situation is S.INVALID
            assert all(
                change.name != "hs_object_id" for e in entries if e.payload is not None for change in e.payload.changes
            )
        await run(on, await on.plan())
        again = await on.plan()
        assert again.actions == {"NONE": 3, "EXCEPTION": 1}
        assert hubspot.dump()[known]["email"] == "a@x.org"


async def test_unchanged_people_are_not_looked_up_again(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        rows = [f"{n},p{n}@x.org,P,{n},,true" for n in range(1, 501)]
        on.people(*rows)
        fresh = await on.plan(incremental=True)
        assert (fresh.lane.since, "everybody is looked up" in fresh.lane.why) == ("", True)
        await run(on, fresh)
        await asyncio.sleep(1.01)  # a plan knows its second; what was written within it may be newer
        rows[6] = "7,p7@x.org,Changed,7,,true"
        on.people(*rows[:499], "900,new@x.org,New,One,,true")
        before = hubspot.state()["requests"]["total"]
        plan = await on.plan(incremental=True)
        assert hubspot.state()["requests"]["total"] - before == plan.requests_spent == 4
        assert plan.actions == {"NONE": 498, "UPDATE": 1, "CREATE": 1, "EXCEPTION": 1}
        assert (plan.lane.skipped, plan.lane.since) == (498, fresh.created_at)
        assert abs(dt.datetime.fromisoformat(plan.lane.since) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
        # what is unknown since: somebody else's change is seen by a whole plan only
        uid = next(uid for uid, values in hubspot.dump().items() if values["email"] == "p9@x.org")
        hubspot.mutate("contacts", uid, firstname="Elsewhere")
        chained = await on.plan(incremental=True)
        assert (chained.actions["NONE"], chained.lane.since) == (498, fresh.created_at)
        assert (await on.plan()).actions["UPDATE"] == 2
        whole = await on.plan()
        await run(on, await on.plan(only="12"))  # another run came between: what it wrote is not known here
        assert (await on.plan(incremental=True)).lane.skipped == 0
        assert whole.actions["UPDATE"] == 2
        on.write_mapping(MAPPING.replace("source.last'", 'source.last + "!"\''))
        other = await on.plan(incremental=True)
        assert (other.lane.skipped, other.actions["UPDATE"]) == (0, 499)


def test_a_shelf_holds_no_value_in_plain_bytes() -> None:
    shelf = Shelf(["email"])
    shelf.add([Record(id="12", properties={"email": "Ann@Secret.org", "hs_additional_emails": "b@y.org"})], 1.0)
    found = shelf.find("email", [" ann@secret.ORG", "ann@secret.org", "b@y.org", "nobody@y.org"])
    ((record, read_at),) = found[" ann@secret.ORG"]
    assert (record.id, read_at, len(found["b@y.org"]), found["nobody@y.org"]) == ("12", 1.0, 1, [])
    assert found["ann@secret.org"] == found[" ann@secret.ORG"]
    by_id = shelf.find("hs_object_id", ["12", "¹²", "١٢", "1" * 30])
    assert {value: len(records) for value, records in by_id.items() if records} == {"12": 1}
    stored = shelf._db.execute("SELECT blob FROM records").fetchone()[0]
    assert b"Secret" not in stored
    shelf.claim(["12"])
    assert list(shelf.unclaimed(10)) == []
    shelf.close()


async def run(on: Desk, plan: Plan) -> None:
    await on.journal.approve(plan, Approver(login="tester"))
    assert (await Applier(on.connector, on.journal, plan, owner="tester").run()).state is RunState.DONE
