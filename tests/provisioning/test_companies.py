"""Companies from organisations, and people who are associated with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.hubspot.associations import Pair
from console.journal.model import Action, Approver, Entry, EntryState, Plan, RunState, Situation
from console.provisioning.apply import Applier
from console.provisioning.associating import Associating
from console.provisioning.companies import Companies
from console.provisioning.errors import MappingError
from tests.provisioning.plan_support import MAPPING, Desk, desk
from tests.support.simulator import Simulator

S, A = Situation, Action
FIRMS = """\
version = 1
name = "firms"
source = "firms.csv"
source_id = "org"
target = "company"
correlate = ["domain"]
allow_unkeyed_creates = true

[properties]
name = 'source.title'
domain = 'source.site'
"""
ASSOCIATE = """
[[associate]]
class = "company"
key = 'domain(source.mail)'
"""


def company(on: Desk, **properties: str) -> str:
    created = on.hubspot.post("/crm/v3/objects/companies", {"properties": properties})
    assert created.status == 201, created.json
    return str(created.json["id"])


async def firms(on: Desk, *rows: str, mapping: str = FIRMS) -> Plan:
    (on.folder / "firms.toml").write_text(mapping)
    (on.folder / "firms.csv").write_text("\n".join(["org,title,site", *rows]) + "\n")
    return await on.plans.create(str(on.folder / "firms.toml"))


async def run(on: Desk, plan: Plan) -> RunState:
    await on.journal.approve(plan, Approver(login="tester"))
    return (await Applier(on.connector, on.journal, plan, owner="tester").run()).state


async def by_source(on: Desk, plan: Plan) -> dict[str, Entry]:
    return {entry.payload.source_id: entry for entry in await on.entries(plan) if entry.payload is not None}


async def test_companies_by_their_domain(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        acme = company(on, name="Acme before", domain="acme.com")
        twins = {company(on, name=name, domain="twin.com") for name in ("Twin one", "Twin two")}
        plan = await firms(on, "O1,Acme,Acme.com", "O2,Twin,twin.com", "O3,New,new.com", "O4,No site,")
        found = await by_source(on, plan)
        assert {name: (e.situation, e.action) for name, e in found.items()} == {
            "O1": (S.FOUND, A.UPDATE),
            "O2": (S.AMBIGUOUS, A.EXCEPTION),
            "O3": (S.ABSENT, A.CREATE),
            "O4": (S.INVALID, A.EXCEPTION),
        }
        twin = found["O2"].payload
        assert twin is not None
        assert {one.uid for one in twin.candidates} == twins
        assert {one.label for one in twin.candidates} == {"Twin one", "Twin two"}
        assert found["O1"].uid == acme
        chosen = twins.pop()
        await on.plans.link(str(on.folder / "firms.toml"), "O2", chosen)
        assert (await by_source(on, await firms(on, "O1,Acme,Acme.com", "O2,Twin,twin.com")))["O2"].uid == chosen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FIRMS.replace("allow_unkeyed_creates = true", ""), "could be created twice"),
        (FIRMS.replace('["domain"]', '["name"]'), "name is not unique"),
        (
            FIRMS + '\n[[associate]]\nclass = "contact"\nproperty = "city"\nkey = \'source.title\'\n',
            "city is not a unique",
        ),
    ],
)
async def test_a_mapping_of_companies_that_cannot_be_safe(
    tmp_path: Path, hubspot: Simulator, text: str, words: str
) -> None:
    async with desk(tmp_path, hubspot) as on:
        with pytest.raises(MappingError) as caught:
            await firms(on, "O1,Acme,acme.com", mapping=text)
        assert any(words in problem.message for problem in caught.value.problems)


async def test_a_company_that_hubspot_made_is_seen_before_its_index_knows_it(
    hubspot: Simulator, tmp_path: Path
) -> None:
    async with desk(tmp_path, hubspot) as on:
        hubspot.settings(autoCompanies=True, autoCompanyDelay=0)
        on.contact(email="ann@soon.com")
        on.contact(email="bob@gmail.com")
        hubspot.advance(5)
        (made,) = hubspot.dump("companies")
        companies = Companies(on.connector)
        # the index of companies does not know it yet, and the contact was found in the index of contacts
        found = await companies.present(["soon.com", "never.com", "gmail.com"], ("name",))
        assert {domain: [record.id for record in records] for domain, records in found.items()} == {
            "soon.com": [made], "never.com": [], "gmail.com": []
        }  # fmt: skip
        assert companies.requests <= 3


async def test_people_are_associated_with_their_companies(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        assert await run(on, await firms(on, "O1,Acme,acme.com", "O2,Bell,bell.org")) is RunState.DONE
        uids = {values["domain"]: uid for uid, values in hubspot.dump("companies").items()}
        ann = on.contact(email="ann@acme.com", firstname="Ann", lastname="A")
        bob = on.contact(email="bob@bell.org", firstname="Bob", lastname="Before")
        has = on.contact(email="has@acme.com", firstname="Has", lastname="It")
        (done,) = await on.connector.hubspot.associations.batch_associate(
            "contacts", "companies", [Pair(has, uids["acme.com"])]
        )
        assert done.ok
        on.write_mapping(MAPPING + ASSOCIATE)
        on.people(
            "1,ann@acme.com,Ann,A,,true",
            "2,bob@bell.org,Bob,After,,true",
            "3,has@acme.com,Has,It,,true",
            "4,new@acme.com,New,One,,true",
            "5,out@nowhere.net,Out,Side,,true",
            "6,gone@acme.com,Not,Me,,false",
        )
        plan = await on.plan()
        found = await by_source(on, plan)
        assert {name: (e.action, [tie.uid for tie in e.payload.ties]) for name, e in found.items() if e.payload} == {
            "1": (A.UPDATE, [uids["acme.com"]]),
            "2": (A.UPDATE, [uids["bell.org"]]),
            "3": (A.LINK, []),
            "4": (A.CREATE, [uids["acme.com"]]),
            "5": (A.CREATE, []),
            "6": (A.REPORT, []),
        }
        assert found["1"].payload is not None
        assert found["1"].payload.changes == ()
        assert (plan.associations, plan.cost.associations) == (3, 1)
        (note,) = [problem for problem in plan.problems if problem.field == "associate"]
        assert ("1 people" in note.message, "nowhere.net" in note.message) == (True, True)
        assert {ann, bob, has} <= {e.uid for e in found.values()}


async def test_associations_are_made_with_what_is_settled(tmp_path: Path, hubspot: Simulator) -> None:
    from console.journal.journal import Settlement

    async with desk(tmp_path, hubspot) as on:
        acme = company(on, name="Acme", domain="acme.com")
        uids = [on.contact(email=f"p{n}@acme.com", firstname="P", lastname=str(n)) for n in range(3)]
        on.write_mapping(MAPPING + ASSOCIATE + 'label = "primary"\n')
        on.people(*[f"{n},p{n}@acme.com,P,{n},,true" for n in range(3)])
        plan = await on.plan()
        progress = await on.journal.approve(plan, Approver(login="tester"))
        associating = Associating(on.connector, progress)
        entries = await on.journal.keyed_entries(plan.id, limit=10)
        associating.note(entries)
        hubspot.request("DELETE", f"/crm/v3/objects/contacts/{uids[2]}")
        settled = await associating.after(
            [Settlement(number=e.number, state=EntryState.DONE, uid=e.uid) for e in entries]
        )
        assert [one.state for one in settled] == [EntryState.DONE, EntryState.DONE, EntryState.FAILED]
        assert "not associated with the company" in settled[2].outcome
        found = await on.connector.hubspot.associations.read("contacts", "companies", uids[:2])
        assert [[(one.to_id, one.labels) for one in found[uid]] for uid in uids[:2]] == [[(acme, ("Primary",))]] * 2
        again = await on.plan()  # the archived one is to be made anew, and associated
        assert (again.actions, again.associations) == ({"LINK": 2, "CREATE": 1}, 1)


async def test_a_company_by_the_links_of_another_mapping(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        assert await run(on, await firms(on, "O1,Acme,acme.com")) is RunState.DONE
        (acme,) = hubspot.dump("companies")
        on.write_mapping(
            MAPPING.replace("phone = 'e164(source.phone, \"LK\")'", "")
            + '\n[[associate]]\nclass = "company"\nmapping = "firms"\nkey = \'source.phone\'\n'
        )
        on.people("1,a@else.org,A,B,O1,true", "2,b@else.org,A,B,O7,true", "3,c@else.org,A,B,,true")
        found = await by_source(on, await on.plan())
        ties = {name: [tie.uid for tie in e.payload.ties] for name, e in found.items() if e.payload is not None}
        assert ties == {"1": [acme], "2": [], "3": []}


async def test_people_and_companies_from_end_to_end(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        assert await run(on, await firms(on, *[f"O{n},Firm {n},firm{n}.com" for n in range(12)])) is RunState.DONE
        on.write_mapping(MAPPING + ASSOCIATE + 'label = "primary"\n')
        on.contact(email="p3@firm3.com", firstname="P", lastname="3")
        on.people(*[f"{n},p{n}@firm{n % 12}.com,P,{n},,true" for n in range(150)])
        plan = await on.plan()
        assert (plan.actions, plan.associations, plan.cost.associations) == ({"CREATE": 149, "UPDATE": 1}, 150, 1)
        assert await run(on, plan) is RunState.DONE
        firm = {uid: values["domain"] for uid, values in hubspot.dump("companies").items()}
        people = {uid: values["email"] for uid, values in hubspot.dump().items()}
        found = await on.connector.hubspot.associations.read("contacts", "companies", list(people))
        for uid, email in people.items():
            assert [(firm[one.to_id], one.labels) for one in found[uid]] == [(email.partition("@")[2], ("Primary",))]
        writes = hubspot.state()["writes"]
        again = await on.plan()
        assert (again.actions, again.associations) == ({"NONE": 150}, 0)
        moved = "7,p7@firm7.com,P,7,,true".replace("firm7", "firm8")
        on.people(*[moved if n == 7 else f"{n},p{n}@firm{n % 12}.com,P,{n},,true" for n in range(150)])
        # the new company, and the one that Hubspoke associated them with before
        assert ((await on.plan()).associations, hubspot.state()["writes"]) == (2, writes)


async def test_companies_that_the_index_does_not_know_yet(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        hubspot.settings(indexLag=60)
        assert await run(on, await firms(on, "O1,Acme,Acme.com")) is RunState.DONE
        (acme,) = hubspot.dump("companies")
        on.write_mapping(MAPPING + ASSOCIATE)
        on.people("1,a@acme.com,A,B,,true", "2,b@later.com,A,B,,true")
        plan = await on.plan()
        found = await by_source(on, plan)
        assert [[tie.uid for tie in found[name].payload.ties] for name in "12"] == [[acme], []]  # type: ignore[union-attr]
        assert await run(on, plan) is RunState.DONE
        later = company(on, name="Later", domain="later.com")
        hubspot.advance(120)
        again = await on.plan(incremental=True)  # whose company was unknown is looked at again
        assert (again.lane.skipped, again.associations) == (1, 1)
        assert [e.payload.ties[0].uid for e in await on.entries(again) if e.payload and e.payload.ties] == [later]
