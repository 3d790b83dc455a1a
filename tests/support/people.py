"""A file of people, an account that holds half of them, and the judgement whether HubSpot equals the file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.support.simulator import Simulator

COLUMNS = ("employee_id", "mail", "givenName", "sn", "telephone", "department")
MAPPING = """\
version = 1
name = "people-to-contacts"
source = "people.csv"
source_id = "employee_id"
target = "contact"
correlate = ["email"]

[properties]
email = 'source.mail.lowerAscii()'
firstname = 'source.givenName'
lastname = 'source.sn'
phone = 'source.telephone'
company = 'source.department'
"""


def person(number: int) -> dict[str, str]:
    """The person of that number, as the file has it."""
    return {
        "employee_id": f"E{number:06}",
        "mail": f"Person.{number}@Example.com",
        "givenName": f"Given{number % 97}",
        "sn": f"Family{number}",
        "telephone": f"+4420{number:08}",
        "department": f"Department {number % 13}",
    }


def wanted(number: int) -> dict[str, str]:
    """The contact that HubSpot should hold for that person."""
    row = person(number)
    return {
        "email": row["mail"].lower(),
        "firstname": row["givenName"],
        "lastname": row["sn"],
        "phone": row["telephone"],
        "company": row["department"],
    }


def write_people(folder: Path, count: int) -> Path:
    """people.csv and its mapping in `folder`; the mapping's path."""
    with (folder / "people.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, COLUMNS)
        rows.writeheader()
        rows.writerows(person(number) for number in range(1, count + 1))
    mapping = folder / "people-to-contacts.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    return mapping


def install_mapping(folder: Path, config: Path, count: int) -> None:
    """The same with the mapping in the config folder, where the console lists it."""
    mapping = write_people(folder, count)
    shelf = config / "mappings"
    shelf.mkdir(parents=True, exist_ok=True)
    text = mapping.read_text(encoding="utf-8").replace('"people.csv"', f'"{folder / "people.csv"}"')
    (shelf / mapping.name).write_text(text, encoding="utf-8")


def create_half(hubspot: Simulator, count: int) -> None:
    """Every second person exists; every second of those has another last name."""
    for hundred in chunks(range(2, count + 1, 2), 100):
        inputs = [
            {"properties": wanted(n) | ({"lastname": "Before"} if n % 4 == 0 else {}), "objectWriteTraceId": str(n)}
            for n in hundred
        ]
        answer = hubspot.post("/crm/objects/2026-09/contacts/batch/create", {"inputs": inputs})
        assert len(answer.json["results"]) == len(inputs), answer.text[:300]


def chunks(numbers: Iterable[int], size: int) -> Iterator[list[int]]:
    """Lists of at most `size` numbers."""
    held: list[int] = []
    for number in numbers:
        held.append(number)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held


def differences(hubspot: Simulator, count: int) -> list[str]:
    """What is wrong between HubSpot's contacts and the file: missing, doubled or differing people."""
    names = tuple(wanted(1))
    seen: dict[str, dict[str, str]] = {}
    wrong: list[str] = []
    for values in hubspot.dump().values():
        email = values.get("email", "")
        if not email.startswith("person."):
            continue
        if email in seen:
            wrong.append(f"twice: {email}")
        seen[email] = values
    for number in range(1, count + 1):
        want = wanted(number)
        have = seen.get(want["email"])
        if have is None:
            wrong.append(f"missing: {want['email']}")
        elif {name: have.get(name) for name in names} != want:
            wrong.append(f"differs: {want['email']}")
    return wrong
