"""A person's company changes: what Hubspoke associated goes, what others did stays, and an undo brings all of it back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from console.hubspot.associations import Pair
from console.journal.model import Action, Approver, EntryState, Plan, RunProgress
from console.provisioning.apply import Applier
from console.provisioning.undo import plan_undo
from tests.provisioning.plan_support import MAPPING, Desk, desk
from tests.support.simulator import Simulator

ASSOCIATE = """
[[associate]]
class = "company"
key = 'source.phone'
"""
PLAIN = MAPPING.replace("phone = 'e164(source.phone, \"LK\")'\n", "") + ASSOCIATE
PRIMARY = PLAIN + 'label = "primary"\n'
P = ("Primary",)
Held = dict[str, tuple[str, ...]]


@dataclass
class Firms:
    """Three companies, and people whose last column is the domain of theirs."""

    on: Desk
    uids: dict[str, str]

    async def run(self, plan: Plan) -> RunProgress:
        guards = tuple(msgspec.structs.replace(guard, accepted=guard.count) for guard in plan.guards)
        await self.on.journal.approve(msgspec.structs.replace(plan, guards=guards), Approver(login="tester"))
        return await Applier(self.on.connector, self.on.journal, plan, owner="tester").run()

    async def work_at(self, *domains: str) -> Plan:
        """A plan of people who work there."""
        self.on.people(*(f"{n},p{n}@x.org,P,{n},{domain},true" for n, domain in enumerate(domains)))
        return await self.on.plan()

    async def undo(self, plan: Plan) -> Plan:
        undo = await plan_undo(self.on.connector, self.on.journal, plan.id)
        assert (await self.run(undo)).ended
        return undo

    async def held(self, number: int = 0) -> Held:
        """The companies of a person, and the labels of each."""
        (uid,) = [uid for uid, one in self.on.hubspot.dump().items() if one["email"] == f"p{number}@x.org"]
        found = await self.on.connector.hubspot.associations.read("contacts", "companies", [uid])
        names = {uid: domain for domain, uid in self.uids.items()}
        return {names[one.to_id]: one.labels for one in found[uid]}

    async def others_associate(self, domain: str, label: str | None = None, number: int = 0) -> None:
        (uid,) = [uid for uid, one in self.on.hubspot.dump().items() if one["email"] == f"p{number}@x.org"]
        pair = Pair(uid, self.uids[domain])
        (done,) = await self.on.connector.hubspot.associations.batch_associate(
            "contacts", "companies", [pair], label=label
        )
        assert done.ok, done.error


@pytest.fixture
async def firms(tmp_path: Path, hubspot: Simulator) -> AsyncIterator[Firms]:
    async with desk(tmp_path, hubspot) as on:
        uids = {}
        for domain in ("acme.com", "bell.org", "cone.net"):
            body = {"properties": {"domain": domain, "name": domain.partition(".")[0].title()}}
            uids[domain] = hubspot.post("/crm/v3/objects/companies", body).json["id"]
        on.write_mapping(PLAIN)
        yield Firms(on, uids)


async def test_what_hubspoke_made_goes_and_comes_back(firms: Firms) -> None:
    await firms.run(await firms.work_at("acme.com", "acme.com"))
    await firms.others_associate("cone.net")
    moved = await firms.work_at("bell.org", "acme.com")
    (entry,) = [entry for entry in await firms.on.entries(moved) if entry.action is Action.UPDATE]
    assert entry.payload is not None
    assert entry.payload.changes == ()
    assert [(tie.remove, tie.uid, tie.key, tie.was) for tie in entry.payload.ties] == [
        (True, firms.uids["acme.com"], "Acme", "primary"), (False, firms.uids["bell.org"], "bell.org", "none")
    ]  # fmt: skip
    assert (moved.associations, moved.cost.associations, moved.actions) == (2, 1, {"NONE": 1, "UPDATE": 1})
    (note,) = [problem for problem in moved.problems if problem.field == "associate"]
    assert "1 associations that Hubspoke made are taken away" in note.message
    assert (await firms.run(moved)).states == {"done": 1}
    assert await firms.held() == {"bell.org": P, "cone.net": ()}
    assert await firms.held(1) == {"acme.com": P}
    again = await firms.on.plan()
    assert (again.actions, again.associations) == ({"NONE": 2}, 0)
    undo = await firms.undo(moved)
    assert (undo.actions, undo.associations) == ({"UPDATE": 1}, 2)
    assert await firms.held() == {"acme.com": P, "cone.net": ()}
    await firms.run(await firms.work_at("bell.org", "acme.com"))  # it is known again what Hubspoke made
    assert await firms.held() == {"bell.org": P, "cone.net": ()}


async def test_what_others_associated_stays(firms: Firms) -> None:
    await firms.run(await firms.work_at(""))
    await firms.others_associate("acme.com")
    there = await firms.work_at("acme.com")
    assert there.associations == 0
    moved = await firms.work_at("bell.org")
    assert moved.associations == 1
    await firms.run(moved)
    assert await firms.held() == {"acme.com": P, "bell.org": ()}
    await firms.undo(moved)
    assert await firms.held() == {"acme.com": P}


async def test_what_somebody_labelled_is_not_ours_any_more(firms: Firms, hubspot: Simulator) -> None:
    body = {"label": "Advisor", "name": "advisor"}
    assert hubspot.post("/crm/associations/2026-09/contacts/companies/labels", body).status < 300
    first = await firms.work_at("acme.com")
    await firms.run(first)
    await firms.others_associate("acme.com", "Advisor")
    moved = await firms.work_at("bell.org")
    assert moved.associations == 1
    assert any("somebody gave them a label" in problem.message for problem in moved.problems)
    await firms.run(moved)
    assert await firms.held() == {"acme.com": (*P, "Advisor"), "bell.org": ()}
    await firms.others_associate("bell.org", "Advisor")
    undo = await plan_undo(firms.on.connector, firms.on.journal, moved.id)
    (entry,) = await firms.on.entries(undo)
    assert entry.payload is not None
    assert "was given a label since, and stays" in entry.payload.problems[0].message
    await firms.run(undo)
    assert await firms.held() == {"acme.com": (*P, "Advisor"), "bell.org": ("Advisor",)}


@pytest.mark.parametrize("domain", ["", "nowhere.example"])
async def test_a_company_that_is_blank_or_unknown_takes_nothing_away(firms: Firms, domain: str) -> None:
    await firms.run(await firms.work_at("acme.com"))
    assert (await firms.work_at(domain)).associations == 0
    assert await firms.held() == {"acme.com": P}


async def test_the_primary_company_moves_and_moves_back(firms: Firms) -> None:
    await firms.run(await firms.work_at(""))
    await firms.others_associate("cone.net", "primary")
    firms.on.write_mapping(PRIMARY)
    first = await firms.work_at("acme.com")
    (entry,) = [entry for entry in await firms.on.entries(first) if entry.action is Action.UPDATE]
    assert entry.payload is not None
    assert [(tie.remove, tie.label, tie.key) for tie in entry.payload.ties] == [
        (True, "primary", "Cone: no longer primary"), (False, "primary", "acme.com")
    ]  # fmt: skip
    await firms.run(first)
    assert await firms.held() == {"acme.com": P, "cone.net": ()}
    second = await firms.work_at("bell.org")
    await firms.run(second)
    assert await firms.held() == {"bell.org": P, "cone.net": ()}
    assert (await firms.on.plan()).associations == 0
    await firms.undo(second)
    assert await firms.held() == {"acme.com": P, "cone.net": ()}
    await firms.undo(first)
    assert await firms.held() == {"cone.net": P}


async def test_one_that_only_became_primary_stays_associated(firms: Firms) -> None:
    await firms.run(await firms.work_at(""))
    await firms.others_associate("cone.net")
    await firms.others_associate("acme.com")
    firms.on.write_mapping(PRIMARY)
    made = await firms.work_at("acme.com")
    await firms.run(made)
    assert await firms.held() == {"acme.com": P, "cone.net": ()}
    await firms.undo(made)
    assert await firms.held() == {"acme.com": (), "cone.net": P}


async def test_an_association_of_a_record_that_was_found_on_the_way_is_not_taken_for_ours(
    firms: Firms, hubspot: Simulator
) -> None:
    plan = await firms.work_at("acme.com")
    uid = firms.on.contact(email="p0@x.org", firstname="P", lastname="before")
    await firms.others_associate("acme.com")
    before = hubspot.dump()
    assert (await firms.run(plan)).states == {"done": 1}
    assert hubspot.dump()[uid]["lastname"] == "0"
    await firms.undo(plan)
    assert (hubspot.dump(), await firms.held()) == (before, {"acme.com": P})


async def test_a_removal_that_hubspot_refuses_is_listed(
    firms: Firms, hubspot: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.hubspot.retry.FIRST_WAIT", 0.01)
    await firms.run(await firms.work_at("acme.com"))
    moved = await firms.work_at("bell.org")
    hubspot.faults("", {"kind": "500", "path": "companies/batch/archive"})
    try:
        run = await firms.run(moved)
    finally:
        hubspot.faults()
    assert run.states == {"failed": 1}
    (entry,) = [entry for entry in await firms.on.entries(moved) if entry.state is EntryState.FAILED]
    assert "not separated from the company" in entry.outcome
    assert await firms.held() == {"acme.com": (), "bell.org": P}
    await firms.run(await firms.on.plan())  # it is remembered who made it, so the next plan tries again
    assert await firms.held() == {"bell.org": P}
