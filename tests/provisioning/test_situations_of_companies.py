"""Every situation of a company with every action that it may have: domains are shared, creates have no unique key."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.journal.model import Action, Approver, Entry, EntryState, Link, RunState, Situation
from console.provisioning.apply import Applier
from console.provisioning.situations import VALID
from tests.provisioning.plan_support import Desk, desk
from tests.provisioning.test_situations import ROUNDS
from tests.support.simulator import Simulator

S, A = Situation, Action
MAPPING = """\
version = 1
name = "firms"
source = "people.csv"
source_id = "id"
target = "company"
correlate = ["domain"]
allow_unkeyed_creates = true
scope = 'active eq true'
target_phase = "all"
target_scope = '!(city eq "Elsewhere")'

[types]
active = "bool"

[properties]
domain = 'source.site'
name = 'source.title'

[guard]
deletes = "100"
clears = "100"
shrink = "100%"
"""
LINKED = {
    S.CONFIRMED: "1", S.MISSING: "6", S.UNQUALIFIED: "7", S.SOURCE_MISSING: "91", S.LINK_ONLY: "92", S.TARGET_IGNORED: "93",
}  # fmt: skip
SOURCE_IDS = LINKED | {S.FOUND: "2", S.FOUND_ALREADY_LINKED: "3", S.ABSENT: "4", S.AMBIGUOUS: "5"}
GONE = (S.MISSING, S.LINK_ONLY)
OWNER = "40"


def site(situation: Situation) -> str:
    return f"{situation.value.lower().replace('_', '-')}.example"


def company(on: Desk, situation: Situation, **more: str) -> str:
    body = {"properties": {"domain": site(situation), "name": "Before"} | more}
    return str(on.hubspot.post("/crm/v3/objects/companies", body).json["id"])


async def link(on: Desk, source_id: str, uid: str, *, ours: bool = False) -> None:
    digest = on.journal.digester(on.hubspot.portal_id, "firms", "company").source(source_id)
    links = [Link(digest=digest, uid=uid, created_by_us=ours)]
    await on.journal.put_links(on.hubspot.portal_id, "firms", links, object_class="company")


async def linked_to(on: Desk) -> dict[str, str]:
    digester = on.journal.digester(on.hubspot.portal_id, "firms", "company")
    digests = {digester.source(source_id): source_id for source_id in SOURCE_IDS.values()}
    links = await on.journal.links(on.hubspot.portal_id, "firms", digests, object_class="company")
    return {digests[digest]: one.uid for digest, one in links.items()}


async def furnish(on: Desk) -> dict[Situation, str]:
    """HubSpot, the links and the file bring about every situation; the company of each."""
    alone = (S.CONFIRMED, S.FOUND, S.FOUND_ALREADY_LINKED, S.MISSING, S.UNQUALIFIED, S.SOURCE_MISSING, S.UNASSIGNED,
             S.LINK_ONLY, S.AMBIGUOUS)  # fmt: skip
    uids = {situation: company(on, situation) for situation in alone}
    uids[S.TARGET_IGNORED] = company(on, S.TARGET_IGNORED, city="Elsewhere")
    company(on, S.AMBIGUOUS)
    for situation, source_id in LINKED.items():
        await link(on, source_id, uids[situation], ours=situation is S.UNQUALIFIED)
    await link(on, OWNER, uids[S.FOUND_ALREADY_LINKED])
    for situation in GONE:
        on.hubspot.request("DELETE", f"/crm/v3/objects/companies/{uids[situation]}")
    here = (S.CONFIRMED, S.FOUND, S.FOUND_ALREADY_LINKED, S.ABSENT, S.AMBIGUOUS, S.MISSING)
    rows = [f"{SOURCE_IDS[situation]},{site(situation)},After,true" for situation in here]
    rows += [
        f"{OWNER},owner.example,Before,true",
        f"7,{site(S.UNQUALIFIED)},After,false",
        "8,ignored.example,After,false",
    ]
    on.people(*rows, header="id,site,title,active")
    return uids


def by_situation(entries: list[Entry]) -> dict[Situation, Entry]:
    """One entry of each situation, but for whoever is only there to own a company."""
    mine = [one for one in entries if one.payload is None or one.payload.source_id != OWNER]
    found = {one.situation: one for one in mine}
    assert len(found) == len(mine), [(one.situation, one.uid) for one in mine]
    return found


@pytest.mark.parametrize("turn", range(ROUNDS))
async def test_each_action_of_each_situation_of_a_company(tmp_path: Path, hubspot: Simulator, turn: int) -> None:
    async with desk(tmp_path, hubspot) as on:
        chosen = {situation: actions[turn % len(actions)] for situation, actions in VALID.items()}
        policy = "".join(f'{situation} = "{action}"\n' for situation, action in chosen.items())
        on.write_mapping(f"{MAPPING}\n[policy]\n{policy}")
        uids = await furnish(on)
        plan = await on.plan()
        planned = {situation: one.action for situation, one in by_situation(await on.entries(plan)).items()}
        assert planned == {situation: action for situation, action in chosen.items() if situation is not S.ALL_GONE}
        await on.journal.approve(plan, Approver(login="tester"))
        assert (await Applier(on.connector, on.journal, plan, owner="tester").run()).state is RunState.DONE
        held, links = hubspot.dump("companies"), await linked_to(on)
        for situation, entry in by_situation(await on.entries(plan)).items():
            judge(situation, chosen[situation], entry, uids.get(situation, ""), held, links)
        (left,) = await on.entries(await on.plan(only="nobody"))
        assert (left.situation, left.action) == (S.ALL_GONE, chosen[S.ALL_GONE])


def judge(
    situation: Situation, action: Action, entry: Entry, uid: str, held: dict[str, dict[str, str]], links: dict[str, str]
) -> None:
    """What the action did in HubSpot and to the link, and that it did no more."""
    linked = links.get(SOURCE_IDS.get(situation, ""))
    silent = {A.EXCEPTION: EntryState.NEEDS_DECISION, A.REPORT: EntryState.SKIPPED, A.IGNORE: EntryState.SKIPPED}
    assert entry.state is silent.get(action, EntryState.DONE), (situation, entry.outcome)
    match action:
        case A.CREATE:
            assert linked is not None, situation
            assert (held[linked]["domain"], held[linked]["name"]) == (site(situation), "After"), situation
        case A.UPDATE:
            assert (held[uid]["name"], linked) == ("After", uid), situation
        case A.DELETE:
            assert (uid in held, linked) == (False, None), situation
        case A.LINK:
            assert (held[uid]["name"], linked) == ("Before", uid), situation
        case A.UNLINK:
            assert linked is None, situation
        case _:
            assert action in silent, f"no case says what {action} of {situation} does"
            assert linked == (uid if situation in LINKED else None), situation
    if action not in (A.UPDATE, A.CREATE, A.DELETE) and uid and situation not in GONE:
        assert held[uid]["name"] == "Before", situation
