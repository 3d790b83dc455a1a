"""Every situation with every action that it may have: planned, applied, and looked at in HubSpot and in the links."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from console.journal.model import Action, Approver, Entry, EntryState, Link, Plan, RunState, Situation
from console.provisioning.apply import Applier
from console.provisioning.errors import MappingError
from console.provisioning.situations import DEFAULTS, VALID
from tests.provisioning.plan_support import Desk, desk
from tests.support.simulator import Simulator

S, A = Situation, Action
MAPPING = """\
version = 1
name = "people"
source = "people.csv"
source_id = "id"
correlate = ["email", "employee_no"]
scope = 'active eq true'
target_phase = "all"
target_scope = '!(city eq "Elsewhere")'

[types]
active = "bool"

[properties]
email = 'source.mail'
firstname = 'source.first'
employee_no = 'source.no'

[guard]
deletes = "100"
clears = "100"
shrink = "100%"
"""
HEADER = "id,mail,first,no,active"
OURS = frozenset({S.UNQUALIFIED})
"""Situations whose record the links say that Hubspoke made."""
ROUNDS = max(len(actions) for actions in VALID.values())


@dataclass
class World:
    """A portal, links and a file that bring about every situation of a plan; `uids` names the record of each."""

    on: Desk
    uids: dict[Situation, str] = field(default_factory=dict)
    digests: dict[Situation, bytes] = field(default_factory=dict)

    async def link(self, source_id: str, uid: str, situation: Situation | None = None) -> None:
        digest = self.on.journal.digester(self.on.hubspot.portal_id, "people", "contact").source(source_id)
        ours = situation in OURS
        await self.on.journal.put_links(
            self.on.hubspot.portal_id,
            "people",
            [Link(digest=digest, uid=uid, created_by_us=ours)],
            object_class="contact",
        )
        if situation is not None:
            self.digests[situation] = digest

    async def links(self) -> dict[bytes, str]:
        found = await self.on.journal.links(
            self.on.hubspot.portal_id, "people", self.digests.values(), object_class="contact"
        )
        return {digest: link.uid for digest, link in found.items()}

    async def make(self) -> None:
        on, uids = self.on, self.uids
        on.hubspot.post(
            "/crm/v3/properties/contacts",
            {
                "name": "employee_no", "label": "No", "type": "string", "fieldType": "text",
                "groupName": "contactinformation", "hasUniqueValue": True,
            },
        )  # fmt: skip
        for situation in (S.CONFIRMED, S.FOUND, S.FOUND_ALREADY_LINKED, S.MISSING, S.UNQUALIFIED, S.SOURCE_MISSING,
                          S.UNASSIGNED, S.LINK_ONLY):  # fmt: skip
            uids[situation] = on.contact(email=mail(situation), firstname="Before")
        uids[S.TARGET_IGNORED] = on.contact(email=mail(S.TARGET_IGNORED), firstname="Before", city="Elsewhere")
        on.contact(email=mail(S.AMBIGUOUS), firstname="Before")
        on.contact(email="twice@x.org", firstname="Before", employee_no="E5")
        for gone in (S.MISSING, S.LINK_ONLY):
            on.hubspot.request("DELETE", f"/crm/v3/objects/contacts/{uids[gone]}")
        await self.link("1", uids[S.CONFIRMED], S.CONFIRMED)
        await self.link("40", uids[S.FOUND_ALREADY_LINKED])
        await self.link("6", uids[S.MISSING], S.MISSING)
        await self.link("7", uids[S.UNQUALIFIED], S.UNQUALIFIED)
        await self.link("91", uids[S.SOURCE_MISSING], S.SOURCE_MISSING)
        await self.link("92", uids[S.LINK_ONLY], S.LINK_ONLY)
        await self.link("93", uids[S.TARGET_IGNORED], S.TARGET_IGNORED)
        digester = on.journal.digester(on.hubspot.portal_id, "people", "contact")
        self.digests |= {S.FOUND: digester.source("2"), S.ABSENT: digester.source("4")}
        on.people(
            f"1,{mail(S.CONFIRMED)},After,,true",
            f"2,{mail(S.FOUND)},After,,true",
            f"3,{mail(S.FOUND_ALREADY_LINKED)},After,,true",
            "40,another@x.org,Before,,true",
            f"4,{mail(S.ABSENT)},After,,true",
            f"5,{mail(S.AMBIGUOUS)},After,E5,true",
            f"6,{mail(S.MISSING)},After,,true",
            f"7,{mail(S.UNQUALIFIED)},After,,false",
            f"8,{mail(S.SOURCE_IGNORED)},After,,false",
            header=HEADER,
        )

    async def of(self, plan: Plan) -> dict[Situation, Entry]:
        """One entry of each situation; person 40 is only there to own a record."""
        entries = [entry for entry in await self.on.entries(plan) if not _owner(entry)]
        found = {entry.situation: entry for entry in entries}
        assert len(found) == len(entries), [(entry.situation, entry.uid) for entry in entries]
        return found


def mail(situation: Situation) -> str:
    return f"{situation.value.lower()}@x.org"


def _owner(entry: Entry) -> bool:
    return entry.payload is not None and entry.payload.source_id == "40"


async def applied(on: Desk, plan: Plan) -> None:
    await on.journal.approve(plan, Approver(login="tester"))
    assert (await Applier(on.connector, on.journal, plan, owner="tester").run()).state is RunState.DONE


def test_every_pair_has_its_turn() -> None:
    """What the code allows is what the turns below, and those of companies, go through: nothing is left out."""
    pairs = {(situation, action) for situation, actions in VALID.items() for action in actions}
    turns = {
        (situation, actions[turn % len(actions)]) for turn in range(ROUNDS) for situation, actions in VALID.items()
    }
    assert turns == pairs
    assert set(VALID) == set(Situation) - {S.INVALID}


@pytest.mark.parametrize("turn", range(ROUNDS))
async def test_each_action_of_each_situation(tmp_path: Path, hubspot: Simulator, turn: int) -> None:
    async with desk(tmp_path, hubspot) as on:
        chosen = {situation: actions[turn % len(actions)] for situation, actions in VALID.items()}
        policy = "".join(f'{situation} = "{action}"\n' for situation, action in chosen.items())
        on.write_mapping(f"{MAPPING}\n[policy]\n{policy}")
        world = World(on)
        await world.make()
        plan = await on.plan()
        found = await world.of(plan)
        assert set(found) == set(VALID) - {S.ALL_GONE}
        assert {situation: entry.action for situation, entry in found.items()} == {
            situation: action for situation, action in chosen.items() if situation is not S.ALL_GONE
        }
        assert plan.lane.name == "list"
        await applied(on, plan)
        settled = await world.of(plan)
        after, links = hubspot.dump(), await world.links()
        for situation, entry in settled.items():
            action, uid = chosen[situation], world.uids.get(situation, "")
            if action in (A.EXCEPTION, A.REPORT, A.IGNORE):
                expected = EntryState.NEEDS_DECISION if action is A.EXCEPTION else EntryState.SKIPPED
                assert entry.state is expected, situation
            else:
                assert entry.state is EntryState.DONE, (situation, entry.outcome)
            linked = links.get(world.digests.get(situation, b"?"))
            if action is A.CREATE:
                assert linked is not None, situation
                assert after[linked] | {"employee_no": ""} == {
                    "email": mail(situation),
                    "firstname": "After",
                    "employee_no": "",
                } | {
                    name: value
                    for name, value in after[linked].items()
                    if name not in ("email", "firstname", "employee_no")
                }
            elif action is A.UPDATE:
                assert (after[uid]["firstname"], linked) == ("After", uid), situation
            elif action is A.DELETE:
                assert (uid in after, linked) == (False, None), situation
            elif action is A.LINK:
                assert (after[uid]["firstname"], linked) == ("Before", uid), situation
            elif action is A.UNLINK:
                assert linked is None, situation
            else:
                assert action in (A.EXCEPTION, A.REPORT, A.IGNORE), f"no case says what {action} of {situation} does"
            if action not in (A.UPDATE, A.CREATE, A.DELETE) and uid and situation not in (S.MISSING, S.LINK_ONLY):
                assert after[uid]["firstname"] == "Before", situation


async def test_the_actions_that_are_taken_when_the_mapping_says_nothing(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(MAPPING)
        world = World(on)
        await world.make()
        found = await world.of(await on.plan())
        assert {situation: entry.action for situation, entry in found.items()} == {
            situation: action for situation, action in DEFAULTS.items() if situation is not S.ALL_GONE
        }
        ambiguous = found[S.AMBIGUOUS].payload
        assert ambiguous is not None
        assert {(one.label, one.key) for one in ambiguous.candidates} == {
            ("Before", f"email {mail(S.AMBIGUOUS)}"), ("Before", "employee_no E5")
        }  # fmt: skip
        # what nobody made for the mapping is never deleted unless the mapping asks for it in so many words
        await world.link("7", world.uids[S.UNQUALIFIED])
        await on.journal.drop_links(hubspot.portal_id, "people", [world.digests[S.UNQUALIFIED]], object_class="contact")
        await on.journal.put_links(
            hubspot.portal_id,
            "people",
            [Link(digest=world.digests[S.UNQUALIFIED], uid=world.uids[S.UNQUALIFIED])],
            object_class="contact",
        )
        assert (await world.of(await on.plan()))[S.UNQUALIFIED].action is A.REPORT


@pytest.mark.parametrize("action", VALID[S.ALL_GONE])
async def test_somebody_of_whom_nothing_is_left(tmp_path: Path, hubspot: Simulator, action: Action) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(f'{MAPPING}\n[policy]\nALL_GONE = "{action}"\n')
        world = World(on)
        await world.make()
        (entry,) = await on.entries(await on.plan(only="nobody"))
        assert (entry.situation, entry.action) == (S.ALL_GONE, action)
        (left,) = await on.entries(await on.plan(only="91"))
        assert (left.situation, left.uid) == (S.SOURCE_MISSING, world.uids[S.SOURCE_MISSING])
        (linked,) = await on.entries(await on.plan(only="92"))
        assert linked.situation is S.LINK_ONLY


@pytest.mark.parametrize("situation", VALID)
def test_an_action_that_a_situation_cannot_have_is_refused(tmp_path: Path, situation: Situation) -> None:
    from console.provisioning.mapping import parse

    for action in set(Action) - set(VALID[situation]):
        with pytest.raises(MappingError) as caught:
            parse(f'{MAPPING}\n[policy]\n{situation} = "{action}"\n', tmp_path / "m.toml")
        (problem,) = caught.value.problems
        assert action in problem.message
        assert all(valid in problem.remedy for valid in VALID[situation])
