"""The demo's personnel file: people of whom HubSpot knows some, some differently, and a few bad rows.

Deterministic for a given simulator seed and number of rows.
"""

from __future__ import annotations

import csv
import http.client
import io
import json
import random
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from console.settings.paths import Paths, write_private

KNOWN_SHARE = 0.4
_SEED = 20261121

COLUMNS = (
    "employee_id", "mail", "given_name", "family_name", "title", "department", "company", "city", "telephone", "active",
)  # fmt: skip

_READ = ("email", "firstname", "lastname", "jobtitle", "company", "city", "phone")
_COMPANY = "Meridian Tea & Spice"

_GIVEN = (
    "Amara", "Nimal", "Zoë", "Björn", "Chiara", "Dilini", "Yuki", "Mateo", "Priya", "Søren", "Fatima", "Kwame", "Ingrid",
    "Ruwan", "Léa", "Tomasz", "Mei", "Olumide", "Sinéad", "Arjun", "Elif", "Joaquín", "Hana", "Viktor", "Thilini",
    "Nadia", "Rafael", "Anneke", "Kofi", "Siobhán", "Minh", "Leila", "Oskar", "Chamari", "Diego", "Aiko", "Tariq",
    "Freya", "Lakshmi", "Pavel", "Marisol", "Jonas", "Wanjiru", "Émile", "Sunil", "Katarzyna", "Hamza", "Ana",
)  # fmt: skip
_FAMILY = (
    "Perera", "Okafor", "Lindqvist", "Moreau", "Tanaka", "Fernández", "Novák", "Silva", "O'Brien", "Nguyen", "Yilmaz",
    "Schröder", "Gunawardena", "Rossi", "Mensah", "Iyer", "Kowalska", "Haddad", "de Vries", "Ferreira", "Jansen",
    "Wickramasinghe", "Chen", "Mwangi", "Andersen", "Popescu", "Sato", "Dubois", "Rajapaksa", "Castillo", "Müller",
    "Bandara", "Kaya", "Petrov", "Fonseka", "van den Berg", "Horvat", "Ali", "Laurent", "Jayasuriya", "Smith-Adeyemi",
)  # fmt: skip
_TITLES = {
    "Sales": ("Account Executive", "Sales Manager", "Regional Sales Lead", "Sales Engineer"),
    "Marketing": ("Brand Manager", "Content Editor", "Campaign Analyst"),
    "Engineering": ("Software Engineer", "Site Reliability Engineer", "Data Engineer", "Engineering Manager"),
    "Finance": ("Controller", "Payroll Specialist", "Financial Analyst"),
    "Operations": ("Warehouse Lead", "Logistics Planner", "Buyer"),
    "People": ("HR Partner", "Recruiter"),
}
_CITIES = ("Colombo", "Kandy", "São Paulo", "Gdańsk", "Zürich", "Boston", "Nairobi", "Kyoto", "Malmö", "Lyon", "Austin")

Row = dict[str, str]


def sample_csv(url: str, token: str, rows: int) -> bytes:
    """The file as UTF-8 CSV: `rows` good people, about 40 % of them in HubSpot already, and a few bad rows."""
    known = _contacts(url, token, int(rows * KNOWN_SHARE))
    chance = random.Random(_SEED)  # noqa: S311 - sample data, not a secret
    people = [_known(chance, number, contact) for number, contact in enumerate(known, start=1)]
    people += [_new(chance, number) for number in range(len(people) + 1, rows + 1)]
    chance.shuffle(people)
    if len(people) >= 10:
        people[4:4] = _bad(people)
    return _written(people)


def _written(people: list[Row]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(people)
    return out.getvalue().encode()


def write_samples(paths: Paths, rows: int) -> Path:
    """A file of people who do not exist, beside the mappings; one that is there is left as it is."""
    path = paths.config / "sample-people.csv"
    if not path.exists():
        chance = random.Random(_SEED)  # noqa: S311 - sample data, not a secret
        write_private(path, _written([_new(chance, number) for number in range(1, rows + 1)]))
    return path


def _contacts(url: str, token: str, wanted: int) -> list[Row]:
    """Contacts of the simulator whose values a personnel file could hold.

    Read from its control panel: what the demo prepares does not count in the allowance that its console shows.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", "/_simulator/objects/contacts", headers={"Authorization": f"Bearer {token}"})
        records = (json.loads(line) for line in connection.getresponse())
        rows = (_clean(record["properties"]) for record in records)
        return list(islice((row for row in rows if row is not None), wanted))
    finally:
        connection.close()


def _clean(properties: dict[str, Any]) -> Row | None:
    """The contact as text; None for one that no personnel file would hold (the simulator seeds hostile ones)."""
    row = {name: properties.get(name) or "" for name in _READ}
    plausible = row["email"] and row["firstname"] and row["lastname"]
    tame = all(value.isprintable() and len(value) < 80 and value[:1] not in "=[<" for value in row.values())
    return row if plausible and tame else None


def _known(chance: random.Random, number: int, contact: Row) -> Row:
    """Someone whom HubSpot has; every second one changed since."""
    department = chance.choice(tuple(_TITLES))
    row = {
        "employee_id": _employee(number),
        "mail": contact["email"].title() if number % 7 == 0 else contact["email"],  # case is no difference
        "given_name": contact["firstname"],
        "family_name": contact["lastname"],
        "title": contact["jobtitle"],
        "department": department,
        "company": contact["company"],
        "city": contact["city"],
        "telephone": contact["phone"],
        "active": "true",
    }
    if number % 2 == 0:
        row["title"] = chance.choice([title for title in _TITLES[department] if title != contact["jobtitle"]])
        row["city"] = chance.choice([city for city in _CITIES if city != contact["city"]])
    return row


def _new(chance: random.Random, number: int) -> Row:
    given, family = chance.choice(_GIVEN), chance.choice(_FAMILY)
    department = chance.choice(tuple(_TITLES))
    return {
        "employee_id": _employee(number),
        "mail": f"{_ascii(given)}.{_ascii(family)}.{number}@meridian-tea.example.com",
        "given_name": given,
        "family_name": family,
        "title": chance.choice(_TITLES[department]),
        "department": "Robots" if number % 40 == 0 else department,
        "company": _COMPANY,
        "city": chance.choice(_CITIES),
        "telephone": f"+1 617 555 {chance.randrange(100, 200):04d}" if chance.random() < 0.7 else "",
        "active": "false" if number % 25 == 0 else "true",
    }


def _bad(people: list[Row]) -> list[Row]:
    """What real files hold: no address, a wrong one, the same person twice, a word where a truth should be."""
    twin = people[0] | {"employee_id": "E90003", "mail": people[0]["mail"].upper()}
    return [
        people[1] | {"employee_id": "E90001", "mail": ""},
        people[2] | {"employee_id": "E90002", "mail": "anna.example.com"},
        twin,
        people[3] | {"employee_id": "E90004", "mail": "pending.hire@meridian-tea.example.com", "active": "perhaps"},
    ]


def _employee(number: int) -> str:
    return f"E{number:05d}"


def _ascii(name: str) -> str:
    import unicodedata

    plain = unicodedata.normalize("NFKD", name.replace("ø", "o"))
    return "".join(character for character in plain.lower() if "a" <= character <= "z")
