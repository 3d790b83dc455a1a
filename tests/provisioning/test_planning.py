"""Plans made against the simulator: situations, changes, guards, cost, and everything bad that files hold."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from console.hubspot.errors import HubSpotError
from console.hubspot.model import PropertyDefinition
from console.journal.errors import UnknownPlan
from console.journal.model import Action, Change, Entry, Link, Situation, Undo
from console.journal.seal import Digester
from console.provisioning.errors import MappingError, PlanRefused
from console.provisioning.expressions import Expressions
from console.provisioning.mapping import parse
from console.provisioning.people import Preparer
from console.provisioning.planner import PlanProgress
from console.sources.model import SourceRow
from console.sources.opening import open_source
from tests.provisioning.plan_support import HEADER, MAPPING, Desk, desk
from tests.support.simulator import Simulator, start_simulator

S, A = Situation, Action


def by_source(entries: list[Entry]) -> dict[str, Entry]:
    return {entry.payload.source_id: entry for entry in entries if entry.payload is not None}


async def link(on: Desk, source_id: str, uid: str, **options: object) -> bytes:
    digest = on.journal.digester(on.hubspot.portal_id, "people", "contact").source(source_id)
    await on.journal.put_links(
        on.hubspot.portal_id, "people", [Link(digest=digest, uid=uid, **options)], object_class="contact"
    )  # type: ignore[arg-type]
    return digest


async def test_every_situation_of_one_file(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        same = on.contact(email="same@x.org", firstname="Sam", lastname="E", phone="+94112345678")
        other = on.contact(email="other@x.org", firstname="Old", lastname="Name")
        linked = on.contact(email="linked@x.org", firstname="Lin", lastname="Ked")
        taken = on.contact(email="taken@x.org")
        gone = on.contact(email="gone@x.org")
        out = on.contact(email="out@x.org", firstname="Out")
        ours = on.contact(email="ours@x.org", firstname="Ours")
        left = on.contact(email="left@x.org", firstname="Left")
        hubspot.request("DELETE", f"/crm/v3/objects/contacts/{gone}")
        await link(on, "3", linked)
        await link(on, "99", taken)
        await link(on, "5", gone)
        await link(on, "6", out)
        await link(on, "7", ours, created_by_us=True)
        await link(on, "98", left)
        on.people(
            "1,same@x.org,Sam,E,011 234 5678,true",
            "2,Other@X.org,New,Name,,true",
            "3,linked@x.org,Lin,Ked,,true",
            "4,taken@x.org,T,K,,true",
            "5,gone@x.org,G,N,,true",
            "6,out@x.org,O,T,,false",
            "7,ours@x.org,O,S,,false",
            "8,never@x.org,N,V,,false",
            "9,new@x.org,Ne,W,0112345678,true",
        )
        plan = await on.plan()
        entries = await on.entries(plan)
        found = by_source(entries)
        assert {key: (e.situation, e.action) for key, e in found.items() if key} == {
            "1": (S.FOUND, A.LINK),
            "2": (S.FOUND, A.UPDATE),
            "4": (S.FOUND_ALREADY_LINKED, A.EXCEPTION),
            "5": (S.MISSING, A.EXCEPTION),
            "6": (S.UNQUALIFIED, A.REPORT),
            "7": (S.UNQUALIFIED, A.DELETE),
            "8": (S.SOURCE_IGNORED, A.REPORT),
            "9": (S.ABSENT, A.CREATE),
        }
        confirmed = entries[2]
        assert (confirmed.situation, confirmed.action, confirmed.payload) == (S.CONFIRMED, A.NONE, None)
        leavers = [e for e in entries if e.situation is S.SOURCE_MISSING]
        assert {(e.uid, e.action) for e in leavers} == {(taken, A.EXCEPTION), (left, A.EXCEPTION)}
        assert found["1"].uid == same
        assert found["2"].uid == other
        assert found["2"].payload is not None
        assert list(found["2"].payload.changes) == [Change(name="firstname", before="Old", after="New")]
        created = found["9"].payload
        assert created is not None
        assert {c.name: c.after for c in created.changes} == {
            "email": "new@x.org", "firstname": "Ne", "lastname": "W", "phone": "+94112345678"
        }  # fmt: skip
        assert (found["9"].undo, found["2"].undo, found["7"].undo) == (Undo.FULL, Undo.FULL, Undo.PARTIAL)
        assert {c.name: c.before for c in found["7"].payload.changes} == {"email": "ours@x.org", "firstname": "Ours"}  # type: ignore[union-attr]
        assert [e.number for e in entries] == list(range(1, 12))
        assert (plan.read, plan.invalid, plan.writes, plan.portal_id) == (9, 0, 3, hubspot.portal_id)
        assert plan.actions["DELETE"] == 1
        assert len(plan.hash) == len(plan.mapping_digest) == len(plan.source_digest) == 64
        assert hubspot.state()["creates"][8:] == []


async def test_bad_rows_are_listed_and_good_ones_go_on(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        left = on.contact(email="left@x.org")
        await link(on, "98", left)
        on.people(
            "1,good@x.org,A,B,,true",
            "2,,No,Mail,,true",
            "3,anna.example.com,Bad,Mail,,true",
            "4,short@x.org,C",
            "5,phone@x.org,P,H,nonsense,true",
            "6,maybe@x.org,M,B,,perhaps",
            "7,Twin@x.org,T,1,,true",
            "8,twin@x.org ,T,2,,true",
            "9,nine@x.org,N,1,,true",
            "9,nine2@x.org,N,2,,true",
            ",nameless@x.org,N,L,,true",
            "11,good2@x.org,A,B,,true",
        )
        plan = await on.plan()
        entries = await on.entries(plan)
        invalid = [e for e in entries if e.situation is S.INVALID]
        assert plan.invalid == len(invalid) == 10
        assert plan.actions == {"CREATE": 2, "EXCEPTION": 10}
        assert all(e.action is A.EXCEPTION and e.payload and e.payload.problems for e in invalid)
        told = {e.number: e.payload.problems[0] for e in invalid if e.payload}
        assert [(told[n].line, told[n].field) for n in (2, 3, 4, 5, 6, 11)] == [
            (3, "email"), (4, "email"), (5, "last"), (6, "phone"), (7, "active"), (12, "id")
        ]  # fmt: skip
        assert all(told[n].remedy for n in told)
        assert all(told[n].file == str(tmp_path / "people.csv") for n in (2, 3, 4, 5, 6, 11))
        assert "Entry 8" in told[7].message
        assert "Entry 7" in told[8].message
        assert "source id" in told[9].message
        # Two rows have no name, so nobody can tell who is missing: the leaver is not looked at.
        assert "SOURCE_MISSING" not in plan.situations
        assert any("nobody can tell who is missing" in problem.message for problem in plan.problems)


async def test_blank_is_not_clear(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        uid = on.contact(email="a@x.org", firstname="Ann", lastname="Li", city="Bern", phone="1", jobtitle="x")
        on.write_mapping(
            MAPPING.replace("phone = 'e164(source.phone, \"LK\")'", "")
            + "lastname = { value = 'source.last', empty = \"clear\" }\n".replace("lastname", "city")
            + 'jobtitle = { value = \'"new"\', write = "if_empty" }\n'
            + 'company = { value = \'"Acme"\', write = "if_empty" }\n'
            + 'fax = { value = \'"7"\', write = "create" }\n'
            + 'zip = { value = \'"z"\', state = "draft" }\n'
            + "state = { value = 'source.phone', when = 'source.phone != \"\"' }\n"
        )
        on.people("1,a@x.org,,,,true", "2,b@x.org,B,,,true")
        plan = await on.plan()
        first, second = await on.entries(plan)
        assert first.payload is not None
        assert first.payload.changes == (
            Change(name="city", before="Bern", after=None),
            Change(name="company", before=None, after="Acme", write="if_empty"),
        )
        assert (first.uid, first.clears, plan.clears) == (uid, 1, 1)
        assert second.payload is not None
        assert {c.name for c in second.payload.changes} == {"email", "firstname", "jobtitle", "company", "fax"}
        guard = next(g for g in plan.guards if g.name == "clears")
        assert (guard.count, guard.limit, guard.holds) == (1, 0, True)


async def test_a_remembered_pair_counts_as_equal(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        uid = on.contact(email="a@x.org", firstname="ANN", lastname="Li")
        await link(on, "1", uid, accepted={"firstname": ("Ann", "ANN")})
        on.people("1,a@x.org,Ann,Li,,true")
        plan = await on.plan()
        assert plan.actions == {"NONE": 1}
        on.people("1,a@x.org,Anna,Li,,true")
        assert (await on.plan()).actions == {"UPDATE": 1}


async def test_policies_choose_the_action(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        left = on.contact(email="left@x.org")
        gone = on.contact(email="gone@x.org")
        hubspot.request("DELETE", f"/crm/v3/objects/contacts/{gone}")
        on.contact(email="found@x.org")
        await link(on, "98", left)
        await link(on, "97", gone)
        await link(on, "2", gone)
        on.write_mapping(
            MAPPING
            + '[policy]\nSOURCE_MISSING = "DELETE"\nFOUND = "LINK"\nMISSING = "CREATE"\nLINK_ONLY = "UNLINK"\n'
            + '[guard]\ndeletes = "0"\n'
        )
        on.people("1,found@x.org,F,D,,true", "2,gone@x.org,G,N,,true")
        plan = await on.plan()
        assert [(e.situation, e.action) for e in await on.entries(plan)][:2] == [
            (S.FOUND, A.LINK), (S.MISSING, A.CREATE)
        ]  # fmt: skip
        assert {(e.situation, e.action) for e in (await on.entries(plan))[2:]} == {
            (S.SOURCE_MISSING, A.DELETE), (S.LINK_ONLY, A.UNLINK)
        }  # fmt: skip
        assert [g.holds for g in plan.guards if g.name == "deletes"] == [True]
        assert plan.rules.delete_unowned


async def test_an_empty_source_never_plans_a_deletion(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        await link(on, "98", on.contact(email="left@x.org"), created_by_us=True)
        on.write_mapping(MAPPING + '[policy]\nSOURCE_MISSING = "DELETE"\n')
        on.people()
        plan = await on.plan()
        assert (plan.read, plan.situations, plan.writes) == (0, {}, 0)
        assert any("never plans a deletion" in problem.remedy for problem in plan.problems)
        (tmp_path / "people.csv").write_bytes(b"")
        with pytest.raises(PlanRefused, match="is empty"):
            await on.plan()


async def test_target_phase_off_looks_at_nobody_else(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        await link(on, "98", on.contact(email="left@x.org"))
        on.write_mapping(MAPPING.replace("correlate", 'target_phase = "off"\ncorrelate'))
        on.people("1,a@x.org,A,B,,true")
        assert (await on.plan()).situations == {"ABSENT": 1}


async def test_one_person_only(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        await link(on, "98", on.contact(email="left@x.org"))
        on.people(*[f"{n},p{n}@x.org,P,{n},,true" for n in range(1, 400)])
        plan = await on.plan(only="300")
        (entry,) = await on.entries(plan)
        assert (entry.payload.source_id if entry.payload else "", plan.read) == ("300", 399)
        nobody = await on.plan(only="1000")
        assert (nobody.situations, nobody.actions) == ({"ALL_GONE": 1}, {"IGNORE": 1})
        assert any("source id 1000" in problem.message for problem in nobody.problems)
        on.people("1,a@x.org,A,1,,true", "2,b@x.org,B,2,,true", "3,A@X.org,A,3,,true")
        assert (await on.plan(only="1")).actions == {"EXCEPTION": 2}
        assert (await on.plan(only="2")).actions == {"CREATE": 1}


@pytest.mark.parametrize(
    ("change", "words", "line"),
    [
        (("'source.mail'", "'source.mial'"), "needs the column mial", 12),
        (("'source.first'", "'source.first.lowerascii()'"), "lowerascii is unknown", 13),
        (("firstname =", "fristname ="), "no contact property fristname", 13),
        (("firstname =", "createdate ="), "createdate is", 13),
        (('["email"]', '["email", "firstname"]'), "firstname is not unique", 5),
        (('source_id = "id"', 'source_id = "personnel"'), "source_id needs the column personnel", 4),
        (("correlate", "corelate"), "unknown key corelate", 5),
    ],
)
async def test_a_mapping_that_does_not_fit_is_refused(
    tmp_path: Path, hubspot: Simulator, change: tuple[str, str], words: str, line: int
) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(MAPPING.replace(*change))
        on.people("1,a@x.org,A,B,,true")
        with pytest.raises(MappingError) as caught:
            await on.plan()
        problem = next(p for p in caught.value.problems if words in p.message)
        assert (problem.line, bool(problem.remedy)) == (line, True)
        assert await on.plans.list() == []


async def test_a_file_that_changes_while_it_is_read_is_no_plan(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people(*[f"{n},p{n}@x.org,P,{n},,true" for n in range(1, 2000)])
        changed = False

        def change(progress: PlanProgress) -> None:
            nonlocal changed
            if progress.read and not changed:
                changed = True
                with (tmp_path / "people.csv").open("a") as stream:
                    stream.write("9999,late@x.org,L,T,,true\n")

        with pytest.raises(PlanRefused, match="changed while it was read"):
            await on.plan(progress=change)
        assert changed
        assert await on.plans.list() == []


async def test_a_hubspot_that_fails_leaves_no_plan(tmp_path: Path) -> None:
    with start_simulator() as hubspot:
        await _fails(tmp_path, hubspot)


async def _fails(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,a@x.org,A,B,,true")
        await on.connector.schema("contact")
        hubspot.process.kill()
        hubspot.process.wait()
        with pytest.raises(HubSpotError):
            await on.plan()
        assert await on.plans.list() == []


@pytest.mark.parametrize("source", ["missing.csv", "folder.csv"])
async def test_sources_that_cannot_be_read(tmp_path: Path, hubspot: Simulator, source: str) -> None:
    async with desk(tmp_path, hubspot) as on:
        (tmp_path / "folder.csv").mkdir()
        with pytest.raises(PlanRefused) as caught:
            await on.plan(source=str(tmp_path / source))
        assert caught.value.remedy
        assert caught.value.problems[0].file == str(tmp_path / source)


async def test_unknown_plans_and_stale_ones(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,a@x.org,A,B,,true")
        plan = await on.plan()
        assert (await on.plans.usable(plan.id)).id == plan.id
        assert [p.id for p in await on.plans.list()] == [plan.id]
        on.write_mapping(MAPPING + "\n# changed\n")
        with pytest.raises(PlanRefused, match="changed since"):
            await on.plans.usable(plan.id)
        with pytest.raises(UnknownPlan):
            await on.plans.show("p-nothing")


async def test_unkeyed_companies(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(
            'version = 1\nname = "firms"\nsource = "people.csv"\nsource_id = "id"\ntarget = "company"\n'
            "allow_unkeyed_creates = true\n[properties]\nname = 'source.first'\n"
        )
        on.people("1,,Acme,,,true", "2,,,,,true")
        plan = await on.plan()
        assert plan.actions == {"CREATE": 1, "EXCEPTION": 1}
        assert plan.rules.allow_unkeyed_creates


async def test_requests_stay_within_their_limits(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        rows = [f"{n},p{n}@x.org,P,{n},,true" for n in range(1, 1001)]
        on.people(*rows)
        new = await on.plan()
        assert new.actions == {"CREATE": 1000}
        assert new.cost.requests == 11
        assert new.requests_spent + new.cost.requests <= 20 + 2
        uids = {}
        for start in range(0, 1000, 100):
            part = range(start + 1, start + 101)
            inputs = [{"properties": {"email": f"p{n}@x.org", "firstname": "P", "lastname": str(n)}} for n in part]
            answer = hubspot.post("/crm/v3/objects/contacts/batch/create", {"inputs": inputs}).json
            uids |= {record["properties"]["email"]: record["id"] for record in answer["results"]}
        digester = on.journal.digester(hubspot.portal_id, "people", "contact")
        links = [Link(digest=digester.source(str(n)), uid=uids[f"p{n}@x.org"]) for n in range(1, 1001)]
        await on.journal.put_links(hubspot.portal_id, "people", links, object_class="contact")
        before = hubspot.state()["requests"]
        unchanged = await on.plan()
        assert unchanged.actions == {"NONE": 1000}
        assert unchanged.cost.requests == 0
        spent = hubspot.state()["requests"]["total"] - before["total"]
        assert unchanged.requests_spent == spent == 10 + 1  # and the account, once a plan


async def test_nobody_is_lost_between_chunks(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people(*[f"{n},p{n}@x.org,P,{n},,{'true' if n % 3 else 'false'}" for n in range(1, 6001)])
        plan = await on.plan()
        assert plan.actions == {"CREATE": 4000, "REPORT": 2000}
        assert [entry.number for entry in await on.entries(plan)] == list(range(1, 6001))


async def test_keys_that_only_hubspot_takes_for_equal(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,stra\u00dfe@x.org,A,1,,true", "2,strasse@x.org,B,2,,true")
        assert (await on.plan()).actions == {"CREATE": 2}


async def test_a_cancelled_plan_is_forgotten(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people(*[f"{n},p{n}@x.org,P,{n},,true" for n in range(1, 5000)])
        started = asyncio.Event()
        planning = asyncio.create_task(on.plan(progress=lambda progress: started.set()))
        await started.wait()
        planning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await planning
        assert await on.plans.list() == []


async def test_notes_about_the_source_stand_in_the_plan(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        (tmp_path / "people.csv").write_bytes(f"{HEADER}\n1,j@x.org,J\xf6rg,M,,true\n".encode("latin-1"))
        plan = await on.plan()
        assert any("Latin-1" in problem.message for problem in plan.problems)
        (entry,) = await on.entries(plan)
        assert entry.payload is not None
        assert {c.name: c.after for c in entry.payload.changes}["firstname"] == "J\xf6rg"


async def test_json_lines_are_people_too(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(MAPPING.replace("people.csv", "people.jsonl").replace("source.first", "source.names[0]"))
        (tmp_path / "people.jsonl").write_text(
            '{"id": 1, "mail": "a@x.org", "names": ["Ann"], "last": "Li", "phone": null, "active": true}\n'
            '{"id": 2, "mail": "b@x.org", "names": [], "last": "Bo", "phone": "", "active": "yes"}\n'
            '{"id": 3, "mail": "c@x.org", "active": true}\n'
            "{broken\n"
        )
        plan = await on.plan()
        entries = await on.entries(plan)
        assert [(e.action, e.situation) for e in entries] == [(A.CREATE, S.ABSENT)] + [(A.EXCEPTION, S.INVALID)] * 3
        assert entries[2].payload is not None
        assert [p.field for p in entries[2].payload.problems] == ["firstname", "lastname", "phone"]
        assert entries[3].payload is not None
        assert entries[3].payload.problems[0].line == 4


def test_people_are_prepared_fast_enough(tmp_path: Path) -> None:
    """The reference is 8,000 a second with the journal; without it far more, and never a tenth of that."""
    on_disk = tmp_path / "people.csv"
    on_disk.write_text(
        HEADER + "\n" + "".join(f"{n},p{n}@c{n % 99}.org,A,{n},011234{n:04},true\n" for n in range(5000))
    )
    mapping = parse(MAPPING, tmp_path / "m.toml")
    schema = {row.name: PropertyDefinition(name=row.name) for row in mapping.rows}
    preparer = Preparer(mapping, schema, Expressions(mapping), Digester(b"k", 1, "m", "contact"), "people.csv")
    began = time.process_time()
    people = [
        preparer.person(row, at)
        for at, row in enumerate(open_source(str(on_disk), types=mapping.types).rows())
        if isinstance(row, SourceRow)
    ]
    assert len(people) == 5000
    assert 5000 / (time.process_time() - began) > 4000
