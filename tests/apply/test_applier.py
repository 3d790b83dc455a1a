"""Applying against the simulator: outcomes, links, conflicts, unknown outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from console.journal.errors import JournalFull, NotApproved
from console.journal.model import Action, ApplyRules, Change, Entry, EntryState, Link, NewEntry, RunState
from console.provisioning.errors import PlanRefused
from console.provisioning.mappings import Mappings
from console.provisioning.plans import Plans
from console.provisioning.runner import run_attached
from tests.apply.apply_parts import MAPPING, ME, Parts, contact, create, email, lastname, open_parts, update
from tests.support.simulator import Simulator


async def link(parts: Parts, sim: Simulator, source_id: str, object_class: str = "contact") -> Link | None:
    return await parts.link(sim.portal_id, source_id, object_class)


async def outcome(parts: Parts, plan_id: str, number: int = 1) -> Entry:
    return await parts.store.entry(plan_id, number)


async def test_creates_updates_deletes_and_links(parts: Parts, sim: Simulator) -> None:
    changed, removed, foreign, linked_, unlinked = (contact(sim, n) for n in range(2, 7))
    digester = parts.store.digester(sim.portal_id, MAPPING, "contact")
    known = [
        Link(digest=digester.source("E3"), uid=removed, created_by_us=True),
        Link(digest=digester.source("E4"), uid=foreign),
        Link(digest=digester.source("E6"), uid=unlinked),
    ]
    await parts.store.put_links(sim.portal_id, MAPPING, known, object_class="contact")
    plan = await parts.approved(
        sim.portal_id,
        [
            create(1),
            update(2, changed, lastname(), Change(name="firstname", before="Given2")),
            update(3, removed, action=Action.DELETE),
            update(4, foreign, action=Action.DELETE),
            update(5, linked_, action=Action.LINK),
            update(6, unlinked, action=Action.UNLINK),
        ],
    )
    run = await parts.apply(plan)
    assert run.state is RunState.DONE
    assert run.states == {"done": 5, "skipped": 1}
    assert run.actions == {"CREATE": 1, "UPDATE": 1, "DELETE": 1, "LINK": 1, "UNLINK": 1}
    people = sim.by_email()
    assert people[email(1)]["lastname"] == "New"
    assert people[email(2)]["lastname"] == "New"
    assert "firstname" not in people[email(2)]
    assert removed not in sim.dump()
    assert foreign in sim.dump()
    assert "not created by Hubspoke" in (await outcome(parts, plan.id, 4)).outcome
    made = await link(parts, sim, "E1")
    assert made is not None
    assert made.created_by_us
    assert (await outcome(parts, plan.id, 1)).uid == made.uid
    assert [await link(parts, sim, f"E{n}") for n in (3, 6)] == [None, None]
    assert [(await link(parts, sim, f"E{n}")).uid for n in (2, 5)] == [changed, linked_]  # type: ignore[union-attr]


async def test_250_creates_take_three_requests(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(n) for n in range(1, 251)])
    points: list[str] = []
    seen: list[int] = []
    run = await parts.apply(plan, on_point=points.append, on_progress=lambda progress: seen.append(progress.settled))
    assert run.states == {"done": 250}
    assert {name: points.count(name) for name in set(points)} == dict.fromkeys(
        ("before_send", "sent", "answered", "committed"), 3
    )
    assert run.requests == 5  # the account, the schema, three batches
    assert seen[-1] == 250
    creates = sim.state()["creates"]
    assert len(creates) == len({one["trace"] for one in creates}) == 250


async def test_a_bad_value_fails_alone(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(
        sim.portal_id, [create(1), create(2, email="not an address"), create(3, lifecyclestage="no such stage")]
    )
    run = await parts.apply(plan)
    assert run.states == {"done": 1, "failed": 2}
    failed = await outcome(parts, plan.id, 2)
    assert failed.state is EntryState.FAILED
    assert failed.cause == "INVALID_EMAIL (email)"
    assert sum(run.failures.values()) == 2


async def test_a_create_that_is_there_becomes_found(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1, phone="111")
    wanted = create(1)
    assert wanted.payload is not None
    extra = (
        Change(name="phone", after="222", write="if_empty"),
        Change(name="city", after="Colombo", write="create"),
        Change(name="company", after="Acme", write="if_empty"),
    )
    plan = await parts.approved(sim.portal_id, [_with(wanted, *wanted.payload.changes, *extra), create(2)])
    run = await parts.apply(plan)
    assert run.states == {"done": 2}
    found = sim.dump()[uid]
    assert (found["lastname"], found["phone"], found["company"]) == ("New", "111", "Acme")
    assert "city" not in found
    entry = await outcome(parts, plan.id)
    assert f"record {uid} was there already" in entry.outcome
    assert entry.befores == {"lastname": "Old", "company": None}
    kept = await link(parts, sim, "E1")
    assert kept is not None
    assert (kept.uid, kept.created_by_us) == (uid, False)


async def test_a_record_of_another_person_is_not_taken_over(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1)
    other = Link(digest=parts.store.digester(sim.portal_id, MAPPING, "contact").source("E99"), uid=uid)
    await parts.store.put_links(sim.portal_id, MAPPING, [other], object_class="contact")
    plan = await parts.approved(sim.portal_id, [create(1)])
    run = await parts.apply(plan)
    assert run.states == {"needs_decision": 1}
    assert sim.dump()[uid]["lastname"] == "Old"


async def test_what_hubspot_alters_is_kept_with_the_link(parts: Parts, sim: Simulator) -> None:
    changes = (Change(name="name", after="Acme"), Change(name="domain", after="https://WWW.Acme.example"))
    entry = _with(create(1), *changes, key="", key_property="")
    plan = await parts.approved(
        sim.portal_id, [entry], object_class="company", rules=ApplyRules(allow_unkeyed_creates=True)
    )
    run = await parts.apply(plan)
    assert run.states == {"done": 1}
    kept = await link(parts, sim, "E1", "company")
    assert kept is not None
    assert kept.accepted == {"domain": ("https://WWW.Acme.example", "acme.example")}
    assert "altered: domain" in (await outcome(parts, plan.id)).outcome


async def test_what_hubspot_ignores_is_not_accepted(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1, lifecyclestage="customer")
    before = Link(
        digest=parts.store.digester(sim.portal_id, MAPPING, "contact").source("E1"),
        uid=uid,
        accepted={"city": ("a", "b")},
    )
    await parts.store.put_links(sim.portal_id, MAPPING, [before], object_class="contact")
    plan = await parts.approved(
        sim.portal_id, [update(1, uid, Change(name="lifecyclestage", before="customer", after="lead"), lastname())]
    )
    run = await parts.apply(plan)
    assert run.states == {"not_accepted": 1}
    assert run.failures == {"not accepted (lifecyclestage)": 1}
    assert run.actions == {"UPDATE": 1}
    kept = await link(parts, sim, "E1")
    assert kept is not None
    assert kept.accepted == {"city": ("a", "b"), "lifecyclestage": ("lead", "customer")}
    assert sim.dump()[uid]["lastname"] == "New"


async def test_stale_records_are_read_again_before_they_are_written(parts: Parts, sim: Simulator) -> None:
    same, moved, wanted, gone, filled = (contact(sim, n) for n in range(1, 6))
    sim.mutate("contacts", moved, lastname="Elsewhere")
    sim.mutate("contacts", wanted, lastname="New")
    sim.mutate("contacts", filled, phone="123")
    assert sim.request("DELETE", f"/crm/objects/2026-09/contacts/{gone}").status == 204
    old = time.time() - 61
    plan = await parts.approved(
        sim.portal_id,
        [
            update(1, same, lastname(), read_at=old),
            update(2, moved, lastname(), read_at=old),
            update(3, wanted, lastname(), read_at=old),
            update(4, gone, lastname(), read_at=old),
            update(5, filled, lastname(), Change(name="phone", after="9", write="if_empty"), read_at=old),
        ],
    )
    run = await parts.apply(plan)
    assert run.states == {"conflict": 2, "done": 3}
    states = [(await outcome(parts, plan.id, n)).state.value for n in range(1, 6)]
    assert states == ["done", "conflict", "done", "conflict", "done"]
    assert (await outcome(parts, plan.id, 4)).cause == "gone"
    assert 'HubSpot has "Elsewhere"' in (await outcome(parts, plan.id, 2)).outcome
    people = sim.dump()
    assert people[moved]["lastname"] == "Elsewhere"
    assert (people[filled]["phone"], people[filled]["lastname"]) == ("123", "New")
    assert [one["id"] for one in sim.log("update")] == [same, filled]


async def test_a_policy_may_overwrite_and_keeps_what_was_there(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1, lastname="Elsewhere")
    plan = await parts.approved(
        sim.portal_id, [update(1, uid, lastname(), read_at=0.0)], rules=ApplyRules(on_conflict="overwrite")
    )
    run = await parts.apply(plan)
    assert run.states == {"done": 1}
    assert (await outcome(parts, plan.id)).befores == {"lastname": "Elsewhere"}
    assert sim.dump()[uid]["lastname"] == "New"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_lost_answer_of_a_keyed_create_is_looked_up(parts: Parts, sim: Simulator, when: str) -> None:
    sim.faults("", {"kind": "reset", "path": "batch/create", "count": 1, "when": when})
    plan = await parts.approved(sim.portal_id, [create(n) for n in range(1, 6)])
    run = await parts.apply(plan)
    assert run.states == {"done": 5}
    creates = [one["key"] for one in sim.state()["creates"]]
    assert sorted(creates) == [email(n) for n in range(1, 6)]
    made = await link(parts, sim, "E1")
    assert made is not None
    assert made.created_by_us


async def test_a_lost_answer_of_an_update_is_looked_up(
    parts: Parts, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.hubspot.retry.FIRST_WAIT", 0.01)
    uids = [contact(sim, n) for n in range(1, 4)]
    sim.faults("", {"kind": "reset", "path": "batch/update", "count": 5})
    plan = await parts.approved(sim.portal_id, [update(n, uid, lastname()) for n, uid in enumerate(uids, 1)])
    run = await parts.apply(plan)
    assert run.states == {"done": 3}
    assert {values["lastname"] for values in sim.dump().values()} == {"New"}


@pytest.mark.parametrize(("when", "made", "state"), [("after", 1, "done"), ("before", 0, "uncertain")])
async def test_an_unkeyed_create_with_a_lost_answer_is_looked_for_and_never_resent(
    parts: Parts, sim: Simulator, when: str, made: int, state: str
) -> None:
    changes = (Change(name="name", after="Acme"),)
    entry = _with(create(1), *changes, key="", key_property="")
    held = await parts.approved(sim.portal_id, [entry], object_class="company")
    assert (await parts.apply(held)).states == {"needs_decision": 1}
    sim.faults("", {"kind": "reset", "path": "companies/batch/create", "count": 1, "when": when})
    plan = await parts.approved(
        sim.portal_id, [entry], object_class="company", rules=ApplyRules(allow_unkeyed_creates=True)
    )
    run = await parts.apply(plan)
    assert run.states == {state: 1}
    assert len(sim.dump("companies")) == made
    link = await parts.link(sim.portal_id, "E1", "company")
    assert (link is not None and link.created_by_us) == bool(made)


async def test_the_day_is_over_pauses_and_resumes(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(n) for n in range(1, 301)])
    used = sim.state()["dailyUsed"]
    sim.allowances(daily=used + 4)  # the account, the schema, two batches
    run = await parts.apply(plan)
    assert run.state is RunState.PAUSED_QUOTA
    assert "planned" in run.states
    assert "inflight" not in run.states
    sim.allowances(daily=1_000_000)
    async with open_parts(parts.paths.state.parent, sim.url, sim.token) as later:
        done = await later.apply(plan)
    assert (done.state, done.states) == (RunState.DONE, {"done": 300})
    assert len(sim.state()["creates"]) == 300


async def test_credentials_that_stop_working_stop_the_run(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(n) for n in range(1, 20)])

    def revoke(point: str) -> None:
        if point == "before_send":
            sim.credentials(staticWorks=False)

    run = await parts.apply(plan, on_point=revoke)
    assert run.state is RunState.FAILED
    assert run.states == {"planned": 19}
    assert "credentials" in run.message
    sim.credentials(staticWorks=True)
    assert (await parts.apply(plan)).states == {"done": 19}


async def test_an_account_that_moves_puts_the_run_into_quarantine(parts: Parts, sim: Simulator) -> None:
    sim.faults("", {"kind": "477", "path": "batch/create", "count": 1, "seconds": 3600})
    plan = await parts.approved(sim.portal_id, [create(1)])
    run = await parts.apply(plan)
    assert (run.state, run.states) == (RunState.QUARANTINED, {"planned": 1})
    assert "data centre" in run.message


async def test_too_many_failures_pause_the_run(parts: Parts, sim: Simulator) -> None:
    people = [create(n, **({"email": "bad"} if n % 3 == 0 else {})) for n in range(1, 3001)]
    people = [_rekeyed(entry) for entry in people]
    plan = await parts.approved(sim.portal_id, people, rules=ApplyRules(failure_after=150))
    run = await parts.apply(plan)
    assert run.state is RunState.PAUSED
    assert "more than 10 %" in run.message
    assert run.states["planned"] > 0
    assert "inflight" not in run.states


async def test_another_portal_refuses_naming_both(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id + 1, [create(1)])
    with pytest.raises(PlanRefused) as refused:
        await parts.apply(plan)
    assert str(sim.portal_id) in refused.value.message
    assert str(sim.portal_id + 1) in refused.value.message
    assert refused.value.remedy
    assert sim.dump() == {}
    run = await parts.store.progress(plan.id)
    assert (run.state, run.message) == (RunState.FAILED, refused.value.message)


async def test_a_plan_that_was_changed_in_the_journal_refuses(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(1), create(2)])
    await parts.store._writer.write(lambda c: c.exec_driver_sql("UPDATE entries SET uid = '5' WHERE number = 2"))
    with pytest.raises(NotApproved, match="hash"):
        await parts.apply(plan)
    assert sim.dump() == {}


async def test_a_done_run_is_not_run_again(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(1)])
    await parts.apply(plan)
    with pytest.raises(PlanRefused):
        await parts.apply(plan)
    assert len(sim.state()["creates"]) == 1


async def test_a_full_disk_in_the_middle_loses_nothing(parts: Parts, sim: Simulator) -> None:
    plan = await parts.approved(sim.portal_id, [create(n) for n in range(1, 401)])

    def pages(limit: int) -> Callable[[Connection], object]:
        return lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}").scalar_one()

    size = await parts.store._writer.write(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
    await parts.store._writer.write(pages(size + 3))
    with pytest.raises(JournalFull):
        await parts.apply(plan)
    await parts.store._writer.write(pages(1_000_000))
    run = await parts.apply(plan)
    assert (run.state, run.states) == (RunState.DONE, {"done": 400})
    created = [one["key"] for one in sim.state()["creates"]]
    assert len(created) == len(set(created)) == 400


async def test_after_not_accepted_and_altered_values_the_next_plan_writes_nothing(
    parts: Parts, sim: Simulator, tmp_path: Path
) -> None:
    contact(sim, 1, lifecyclestage="customer")
    people = tmp_path / "people.csv"
    people.write_text(f"id,mail,stage,name\n1,{email(1)},lead,New\n2,{email(2)},lead,New\n")
    mapping = tmp_path / "people.toml"
    mapping.write_text(
        """version = 1
name = "people"
source = "people.csv"
source_id = "id"
target = "contact"
correlate = ["email"]
[properties]
email = "source.mail"
lastname = "source.name"
lifecyclestage = "source.stage"
"""
    )
    plans = Plans(parts.target, parts.store, Mappings(parts.paths))
    first = await plans.create(str(mapping))
    assert first.actions == {"CREATE": 1, "UPDATE": 1}
    await parts.store.approve(first, ME)
    assert (await parts.apply(first)).states == {"done": 1, "not_accepted": 1}
    second = await plans.create(str(mapping))
    assert second.writes == 0
    assert second.actions == {"NONE": 2}


async def test_a_changed_mapping_refuses(parts: Parts, sim: Simulator, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(f"id,mail\n1,{email(1)}\n")
    mapping = tmp_path / "people.toml"
    text = """version = 1
name = "people"
source = "people.csv"
source_id = "id"
correlate = ["email"]
[properties]
email = "source.mail"
"""
    mapping.write_text(text)
    mappings = Mappings(parts.paths)
    plan = await Plans(parts.target, parts.store, mappings).create(str(mapping))
    await parts.store.approve(plan, ME)
    mapping.write_text(text + "lastname = 'source.mail'\n")
    parts.known = mappings
    with pytest.raises(PlanRefused, match="changed since"):
        await run_attached(parts, plan.id)
    assert sim.dump() == {}
    mapping.write_text(text)
    assert (await run_attached(parts, plan.id)).states == {"done": 1}


def _with(entry: NewEntry, *changes: Change, **payload: str) -> NewEntry:
    import msgspec

    assert entry.payload is not None
    return msgspec.structs.replace(entry, payload=msgspec.structs.replace(entry.payload, changes=changes, **payload))


def _rekeyed(entry: NewEntry) -> NewEntry:
    assert entry.payload is not None
    return _with(entry, *entry.payload.changes, key=email(entry.number))
