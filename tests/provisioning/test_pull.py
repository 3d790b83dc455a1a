"""HubSpot into people, files and databases: equal after every pull, in no circles, going on where it was interrupted."""

from __future__ import annotations

import asyncio
import csv
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.hubspot.errors import HubSpotError
from console.provisioning.pull import PullProgress, PullReport
from console.provisioning.pull_target import PullRefused
from console.provisioning.pulls import Pulls
from console.repository.people import People
from tests.provisioning.plan_support import Desk, desk
from tests.support.postgres import Postgres, start_postgres
from tests.support.simulator import Simulator, start_simulator

FIELDS = ("email", "firstname", "lastname", "phone")


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with start_simulator() as hubspot:
        yield hubspot


@pytest.fixture
def hubspot(running: Simulator) -> Simulator:
    running.reset()
    running.faults()
    return running


@pytest.fixture
async def place(tmp_path: Path, hubspot: Simulator) -> AsyncIterator[Desk]:
    async with desk(tmp_path, hubspot) as made:
        yield made


@pytest.fixture
async def people(place: Desk) -> AsyncIterator[People]:
    opened = await People.open(place.paths.people, master_key=b"k" * 32)
    yield opened
    await opened.aclose()


@pytest.fixture
def pulls(place: Desk, people: People) -> Pulls:
    async def opened() -> People:
        return people

    async def no_secret(spec: str) -> None:
        return None

    return Pulls(place.connector, place.paths, opened, no_secret)


@pytest.fixture(params=["people:", "out.csv", "out.jsonl", "sqlite:///out.sqlite#contacts"])
def copy(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return str(request.param)


def contacts(place: Desk, *numbers: int) -> list[str]:
    inputs = [
        {"properties": {"email": f"p{n}@example.org", "firstname": f"Name {n}", "phone": f"+9411{n:07d}"}}
        for n in numbers
    ]
    made = []
    for start in range(0, len(inputs), 100):
        answer = place.hubspot.post("/crm/v3/objects/contacts/batch/create", {"inputs": inputs[start : start + 100]})
        assert answer.status == 201
        made += [one["id"] for one in answer.json["results"]]
    return sorted(made, key=int)


def wanted(place: Desk) -> dict[str, dict[str, str]]:
    """What HubSpot holds, by id."""
    dump = place.hubspot.dump()
    return {uid: {name: values[name] for name in FIELDS if values.get(name)} for uid, values in dump.items()}


async def held(to: str, people: People) -> dict[str, dict[str, str]]:
    """What the copy holds, by id."""
    if to == "people:":
        everybody = [person async for person in people.stream() if person.active]
        return {person.origin.rpartition("/")[2]: person.attributes for person in everybody}
    if to.endswith(".csv"):
        with Path(to).open(newline="") as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file))
    elif to.endswith(".jsonl"):
        rows = [json.loads(line) for line in Path(to).read_text().splitlines()]
    else:
        with sqlite3.connect("out.sqlite") as connection:
            connection.row_factory = sqlite3.Row
            rows = [dict(row) for row in connection.execute("select * from contacts")]
    return {str(row.pop("id")): {name: value for name, value in row.items() if value} for row in rows}


def tally(report: PullReport) -> tuple[int, int, int, int]:
    """New, changed, equal, gone."""
    return report.tally.created, report.tally.updated, report.tally.unchanged, report.tally.gone


async def test_full_then_incremental_then_nothing(place: Desk, pulls: Pulls, people: People, copy: str) -> None:
    ids = contacts(place, *range(230))
    report = await pulls.pull("contact", copy, incremental=True, fields=FIELDS)
    assert report.mode == "full"
    assert report.notes == ("Everything is read: nothing was pulled there with these fields before.",)
    assert tally(report) == (230, 0, 0, 0)
    assert await held(copy, people) == wanted(place)

    place.hubspot.advance(7200)
    place.hubspot.request(
        "PATCH", f"/crm/v3/objects/contacts/{ids[3]}", {"properties": {"firstname": "Änn", "phone": ""}}
    )
    place.hubspot.request("DELETE", f"/crm/v3/objects/contacts/{ids[150]}")
    merge = {"primaryObjectId": ids[7], "objectIdToMerge": ids[5]}
    assert place.hubspot.post("/crm/v3/objects/contacts/merge", merge).status == 200
    contacts(place, 900)
    report = await pulls.pull("contact", copy, incremental=True, fields=FIELDS)
    assert report.mode == "incremental"
    assert await held(copy, people) == wanted(place)
    assert (report.tally.created, report.tally.updated, report.tally.gone) == (1, 1, 2)

    before = people.store.last_change()
    report = await pulls.pull("contact", copy, incremental=True, fields=FIELDS)
    assert tally(report)[:2] == (0, 0)
    assert report.read < 10  # what was modified within the overlap, and nobody else
    report = await pulls.pull("contact", copy, fields=FIELDS)
    assert tally(report) == (0, 0, 229, 0)
    assert people.store.last_change() == before
    assert not list(Path().glob("*.part"))


async def test_a_full_pull_finds_what_nobody_told_of(place: Desk, pulls: Pulls, people: People, copy: str) -> None:
    ids = contacts(place, *range(210))
    await pulls.pull("contact", copy, fields=FIELDS)
    for uid in (ids[0], ids[99], ids[100], ids[-1]):  # erased for good: no listing of archived records has them
        erased = place.hubspot.post("/crm/v3/objects/contacts/gdpr-delete", {"objectId": uid})
        assert erased.status == 204
    report = await pulls.pull("contact", copy, fields=FIELDS)
    assert tally(report) == (0, 0, 206, 4)
    assert await held(copy, people) == wanted(place)


async def test_an_interrupted_pull_goes_on(
    place: Desk, pulls: Pulls, people: People, copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.provisioning.pull.SAVE_PAGES", 1)
    contacts(place, *range(520))
    work = asyncio.create_task(
        pulls.pull("contact", copy, fields=FIELDS, progress=lambda now: work.cancel() if now.read >= 300 else None)
    )
    with pytest.raises(asyncio.CancelledError):
        await work
    report = await pulls.pull("contact", copy, fields=FIELDS)
    assert report.notes[0].startswith(("Went on after 200 records", "Went on after 300 records"))
    assert report.read == 520
    assert await held(copy, people) == wanted(place)


async def test_an_empty_listing_empties_nothing(place: Desk, pulls: Pulls, people: People, copy: str) -> None:
    ids = contacts(place, 1, 2)
    await pulls.pull("contact", copy, fields=FIELDS)
    before = await held(copy, people)
    for uid in ids:
        place.hubspot.request("DELETE", f"/crm/v3/objects/contacts/{uid}")
    with pytest.raises(PullRefused, match="lists no contact at all"):
        await pulls.pull("contact", copy, fields=FIELDS)
    assert await held(copy, people) == before


async def test_what_the_index_shows_late_is_not_lost(place: Desk, pulls: Pulls, people: People) -> None:
    """Somebody changes while the index lags: the next pull but one reaches back far enough."""
    ids = contacts(place, 1, 2)
    place.hubspot.advance(7200)
    await pulls.pull("contact", "people:", fields=FIELDS)
    place.hubspot.settings(indexLag=300)
    place.hubspot.request("PATCH", f"/crm/v3/objects/contacts/{ids[0]}", {"properties": {"firstname": "Late"}})
    place.hubspot.advance(200)
    place.hubspot.settings(indexLag=0)
    contacts(place, 3)  # newer, and shown at once
    place.hubspot.settings(indexLag=300)
    await pulls.pull("contact", "people:", incremental=True, fields=FIELDS)
    place.hubspot.advance(400)
    await pulls.pull("contact", "people:", incremental=True, fields=FIELDS)
    place.hubspot.settings(indexLag=0)
    assert await held("people:", people) == wanted(place)


async def test_a_pull_that_hubspot_breaks_off_goes_on(
    place: Desk, pulls: Pulls, people: People, copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.provisioning.pull.SAVE_PAGES", 1)
    contacts(place, *range(430))
    seen: list[int] = []

    def told(now: PullProgress) -> None:
        seen.append(now.read)
        if now.read == 200:
            place.hubspot.faults("401=9x@/contacts")

    with pytest.raises(HubSpotError):
        await pulls.pull("contact", copy, fields=FIELDS, progress=told)
    place.hubspot.faults()
    report = await pulls.pull("contact", copy, fields=FIELDS)
    assert report.notes == ("Went on after 200 records of an interrupted pull.",)
    assert (report.read, report.tally.created) == (430, 430)
    assert await held(copy, people) == wanted(place)


async def test_deletions_as_chosen(place: Desk, pulls: Pulls, people: People) -> None:
    ids = contacts(place, 1, 2, 3)
    await pulls.pull("contact", "people:", fields=FIELDS)
    place.hubspot.request("DELETE", f"/crm/v3/objects/contacts/{ids[0]}")
    report = await pulls.pull("contact", "people:", incremental=True, fields=FIELDS, deletions="keep")
    assert report.tally.gone == 0
    report = await pulls.pull("contact", "people:", incremental=True, fields=FIELDS)
    assert report.tally.gone == 1
    assert [one.active for one in [await people.get("p1@example.org"), await people.get("p2@example.org")]] == [
        False,
        True,
    ]
    await pulls.pull("contact", "people:", incremental=True, fields=FIELDS, deletions="remove")
    assert await people.named("p1@example.org") is None
    place.contact(email="p1@example.org")  # somebody new under the same address
    report = await pulls.pull("contact", "people:", incremental=True, fields=FIELDS)
    assert report.tally.created == 1
    assert await people.count() == 3


async def test_people_of_our_own_are_met_and_not_overwritten(place: Desk, pulls: Pulls, people: People) -> None:
    ann = await people.add("Ann@Example.org", {"email": "Ann@Example.org", "department": "HR", "vip": True})
    place.contact(email="ann@example.org", firstname="Ann")
    report = await pulls.pull("contact", "people:", fields=("email", "givenName=firstname"))
    assert tally(report) == (0, 1, 0, 0)
    met = await people.get(ann.uid)
    assert met.attributes == {"email": "Ann@Example.org", "department": "HR", "vip": True, "givenName": "Ann"}
    assert (met.user_name, met.origin.startswith("hubspot/")) == ("Ann@Example.org", True)
    report = await pulls.pull("contact", "people:", fields=("email", "givenName=firstname"))
    assert tally(report) == (0, 0, 1, 0)


async def test_an_address_of_two_people_is_nobodys(place: Desk, pulls: Pulls, people: People) -> None:
    for name in ("ann", "assistant"):
        await people.add(name, {"mail": "ann@example.org"})
    place.contact(email="ann@example.org")
    report = await pulls.pull("contact", "people:", fields=("email",))
    assert (report.tally.problems, report.tally.created) == (1, 0)
    assert "several people have its address" in report.problems[0].message
    await people.replace((await people.get("assistant")).uid, attributes={})
    assert tally(await pulls.pull("contact", "people:", fields=("mail=email",))) == (0, 0, 1, 0)
    assert (await people.get("ann")).origin.startswith("hubspot/")


async def test_a_renamed_contact_and_two_of_one_name(place: Desk, pulls: Pulls, people: People) -> None:
    (uid,) = contacts(place, 1)
    nameless = place.contact(firstname="Nobody", phone="1")
    await pulls.pull("contact", "people:", fields=FIELDS)
    assert (await people.get(f"contact-{nameless}")).attributes["firstname"] == "Nobody"
    place.hubspot.request("PATCH", f"/crm/v3/objects/contacts/{uid}", {"properties": {"email": "other@example.org"}})
    await pulls.pull("contact", "people:", fields=FIELDS)
    assert (await people.get("other@example.org")).origin.endswith(f"/{uid}")
    place.hubspot.mutate("contacts", email="other@example.org")
    report = await pulls.pull("contact", "people:", fields=FIELDS)
    assert report.tally.problems == 1
    assert uid in report.problems[0].message
    assert "Merge" in report.problems[0].remedy


async def test_no_circle_between_people_and_hubspot(place: Desk, pulls: Pulls, people: People) -> None:
    """What was pulled and is provisioned back is written by neither side again."""
    contacts(place, *range(5))
    await pulls.pull("contact", "people:", fields=FIELDS)
    mapping = 'version = 1\nname = "back"\nsource = "people:"\nsource_id = "id"\ncorrelate = ["email"]\n[properties]\n'
    place.write_mapping(mapping + "".join(f"{name} = 'source.?{name}.orValue(\"\")'\n" for name in FIELDS))

    async def ticket(name: str) -> str | None:
        return people.ticket()

    place.plans._source_secret = ticket
    plan = await place.plan()
    assert plan.read == 5
    assert plan.writes == 0
    report = await pulls.pull("contact", "people:", incremental=True, fields=FIELDS)
    assert tally(report) == (0, 0, 5, 0)


async def test_companies_go_into_files_and_not_among_people(place: Desk, pulls: Pulls, tmp_path: Path) -> None:
    place.hubspot.post("/crm/v3/objects/companies", {"properties": {"name": "Acme, Inc.", "domain": "acme.example"}})
    with pytest.raises(PullRefused, match="holds people"):
        await pulls.pull("company", "people:")
    report = await pulls.pull("company", str(tmp_path / "companies.csv"), fields=("name", "domain"))
    assert report.tally.created == 1
    assert (tmp_path / "companies.csv").read_text().splitlines()[1].endswith('"Acme, Inc.",acme.example')
    assert (tmp_path / "companies.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("to", "fields", "words"),
    [
        ("out.csv", ("nonsense",), "no contact property nonsense"),
        ("out.csv", ("email", "email=phone"), "makes no sense"),
        ("out.pdf", (), "Nothing can be pulled to"),
        ("https://example.org/", (), "Nothing can be pulled to"),
        ("postgresql://me:secret@db/x#t", (), "password in its URL"),
        ("sqlite:///x.sqlite#select 1", (), "a table"),
        ("sqlite:///x.sqlite", (), "names no table"),
    ],
)
async def test_what_makes_no_sense_is_refused(pulls: Pulls, to: str, fields: tuple[str, ...], words: str) -> None:
    with pytest.raises(PullRefused, match=words) as caught:
        await pulls.pull("contact", to, fields=fields)
    assert caught.value.remedy


async def test_a_file_of_others_is_not_taken_for_a_copy(
    place: Desk, pulls: Pulls, people: People, tmp_path: Path
) -> None:
    contacts(place, 1, 2)
    file = tmp_path / "out.csv"
    await pulls.pull("contact", str(file), fields=FIELDS)
    file.write_text("id,email\n2,x\n1,y\n")
    with pytest.raises(PullRefused, match="not as the last pull left it"):
        await pulls.pull("contact", str(file), incremental=True, fields=FIELDS)
    assert (await pulls.pull("contact", str(file), fields=FIELDS)).tally.created == 2


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with start_postgres() as started:
        yield started


async def test_a_real_postgresql_is_made_equal(place: Desk, people: People, server: Postgres) -> None:
    async def opened() -> People:
        return people

    async def secret(spec: str) -> str:
        return server.password

    pulls = Pulls(place.connector, place.paths, opened, secret)
    ids = contacts(place, *range(120))
    to = server.url("contacts")
    assert tally(await pulls.pull("contact", to, fields=FIELDS)) == (120, 0, 0, 0)
    place.hubspot.request("DELETE", f"/crm/v3/objects/contacts/{ids[60]}")
    place.hubspot.request("PATCH", f"/crm/v3/objects/contacts/{ids[61]}", {"properties": {"lastname": "O'Neil; drop"}})
    assert (await pulls.pull("contact", to, incremental=True, fields=FIELDS)).tally.gone == 1
    assert server.sql("select count(*) from contacts") == [(119,)]
    assert server.sql(f"select lastname from contacts where id = {ids[61]}") == [("O'Neil; drop",)]
    server.sql("alter table contacts drop column phone")
    with pytest.raises(PullRefused, match="has no column phone"):
        await pulls.pull("contact", to, fields=FIELDS)
