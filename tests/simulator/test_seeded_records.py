"""The seeded portal: the same for the same seed, real-looking, with hostile records on request."""

from __future__ import annotations

import re

from console.simulator import hostile
from console.simulator.config import Options
from console.simulator.objects import Objects
from console.simulator.people import latin
from console.simulator.portal import Portal
from console.simulator.seed import fill
from console.simulator.values import accept
from tests.support.simulator import start_simulator


def portal(**options: object) -> Portal:
    made = Portal(Options(**options))  # type: ignore[arg-type]
    fill(made)
    return made


def values(made: Portal, object_type: str) -> list[dict[str, str]]:
    return [record.values for record in made.tables[object_type].records.values()]


def test_a_seed_reproduces_the_portal() -> None:
    first, same, other = (portal(contacts=300, seed=seed) for seed in (4, 4, 5))
    for object_type in ("contacts", "companies"):
        assert values(first, object_type) == values(same, object_type)
        assert values(first, object_type) != values(other, object_type)
    assert first.credentials.static_token == same.credentials.static_token
    assert first.portal_id == same.portal_id != other.portal_id
    assert [first.uuid() for _ in range(3)] == [same.uuid() for _ in range(3)]


def test_a_reset_begins_again() -> None:
    with start_simulator(contacts=30, hostile=True, burst="7/60", faults="503=1x@search") as hubspot:
        before = hubspot.dump()
        hubspot.post("/crm/v3/objects/contacts", {"properties": {"email": "a@reset.example"}})
        hubspot.request("DELETE", "/crm/v3/objects/contacts/1001")
        hubspot.settings(latency=0.01)
        hubspot.credentials(revokeRefresh=True, scopes=[])
        hubspot.reset()
        assert hubspot.dump() == before
        state = hubspot.state()
        assert (state["requests"]["total"], state["creates"], state["settings"]["latency"]) == (0, [], 0)
        assert [fault["kind"] for fault in state["faults"]["active"]] == ["503"]
        answers = [hubspot.get("/crm/v3/objects/contacts").status for _ in range(8)]
        assert answers == [200] * 7 + [429]
        assert hubspot.access_token()


def test_hostile_records_change_nothing_else() -> None:
    plain, spiked = (portal(contacts=50, companies=5, hostile=flag) for flag in (False, True))
    for object_type, count in (("contacts", 50), ("companies", 5)):
        assert len(values(plain, object_type)) == count
        assert values(spiked, object_type)[:count] == values(plain, object_type)
        assert len(values(spiked, object_type)) == count + len(hostile.VALUES)


def test_people_look_real_and_diverse() -> None:
    people = values(portal(contacts=2000, hostile=False), "contacts")
    emails = [person["email"] for person in people]
    assert len(set(emails)) == 2000
    assert all(re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+@[a-z0-9.]+\.[a-z]+", email) for email in emails)
    assert len({person.get("country") for person in people}) > 20
    assert len({(person["firstname"], person["lastname"]) for person in people}) > 1200
    assert len({person.get("jobtitle") for person in people}) > 40
    scripts = "".join(person["lastname"] for person in people)
    assert all(letter in scripts for letter in "üşłéç王김ωвכ")


def test_seeded_values_would_be_accepted_by_the_api() -> None:
    made = portal(contacts=400, hostile=False)
    for object_type in ("contacts", "companies"):
        objects = Objects(made, object_type)
        for record in objects.table.records.values():
            for name, value in record.values.items():
                assert accept(objects.definitions[name], value, None) == value


def test_ids_and_creation_dates_grow_together() -> None:
    made = portal(contacts=500)
    for table in made.tables.values():
        records = [table.records[id_] for id_ in table.ids]
        assert [record.id for record in records] == sorted({record.id for record in records})
        created = [record.created for record in records]
        assert created == sorted(created)


def test_hostile_records_carry_what_they_should() -> None:
    made = portal(contacts=0, companies=0, hostile=True)
    shown = "".join(value for record in values(made, "contacts") for value in record.values())
    for evil in ("\x1b]52;", "\x1b]8;", "\x1b]0;", "\x1b[2J", "\x9b", "\u202e", "\x00", "[@click=app.quit]", "[/b]"):
        assert evil in shown
    assert max(len(record["firstname"]) for record in values(made, "contacts")) >= 65_000
    assert len(values(made, "companies")) == len(hostile.VALUES)


def test_latin_forms() -> None:
    assert latin("O'Connell") == "oconnell"
    assert latin("Großmann") == "grossmann"
    assert latin("Đà Nẵng") == "danang"
    assert latin("Yıldız") == "yildiz"  # noqa: RUF001
