"""A suggested mapping is one that check accepts, whatever the columns are called."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.hubspot.model import Option, PropertyDefinition
from console.provisioning.expressions import Expressions
from console.provisioning.mapping import parse
from console.provisioning.mappings import Mappings
from console.settings.paths import Paths

CONTACT = {
    name: PropertyDefinition(name=name, label=label)
    for name, label in [
        ("email", "Email"), ("firstname", "First Name"), ("lastname", "Last Name"), ("phone", "Phone Number"),
        ("mobilephone", "Mobile Phone Number"), ("jobtitle", "Job Title"), ("company", "Company Name"), ("city", "City"),
        ("country", "Country/Region"), ("zip", "Postal Code"), ("hs_language", "Preferred language"),
    ]
}  # fmt: skip
COMPANY = {
    "name": PropertyDefinition(name="name", label="Company name"),
    "domain": PropertyDefinition(name="domain", label="Company Domain Name"),
    "hubspoke_source_id": PropertyDefinition(name="hubspoke_source_id", label="Source id", unique=True),
}


def test_people(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Employee ID", "E-Mail", "Given Name", "Surname", "Telephone", "Title", "o", "active", "shoe"])
        for number in range(20):
            mail = f"a{number}@x.org"
            writer.writerow([f"E{number}", mail, "Ann", "Li", "+94112345678", "Boss", "Acme", "yes", "42"])
    mappings = Mappings(Paths(config=tmp_path / "c", state=tmp_path / "s"))
    text = mappings.suggest(str(path), "contact", CONTACT)
    mapping = parse(text, tmp_path / "m.toml")
    assert {row.name: row.value for row in mapping.rows} == {
        "email": 'source["E-Mail"].trim().lowerAscii()',
        "firstname": 'source["Given Name"]',
        "lastname": "source.Surname",
        "phone": "source.Telephone",
        "jobtitle": "source.Title",
        "company": "source.o",
    }
    assert (mapping.source_id, mapping.correlate, mapping.scope) == ("Employee ID", ("email",), "active eq true")
    assert "#   shoe: 100% filled, 1 different" in text
    assert "a1@x.org" not in text
    written = mappings.write("people", text)
    assert mappings.check("people", schema=CONTACT) == []
    assert mappings.check_text(text, written, schema=CONTACT) == []


def test_companies_by_their_unique_property(tmp_path: Path) -> None:
    path = tmp_path / "firms.jsonl"
    path.write_text("".join(json.dumps({"name": f"F{n}", "domain": f"f{n}.org"}) + "\n" for n in range(5)))
    mappings = Mappings(Paths(config=tmp_path / "c", state=tmp_path / "s"))
    text = mappings.suggest(str(path), "company", COMPANY)
    mapping = parse(text, tmp_path / "m.toml")
    assert (mapping.target, mapping.correlate, mapping.allow_unkeyed_creates) == ("company", (), True)
    assert mappings.check_text(text, tmp_path / "m.toml", schema=COMPANY) == []


DIRECTORY = {
    "entryUUID": "7b0c-{n}", "dn": "uid=u{n},ou=people,dc=x", "uid": "u{n}", "givenName": "Ann", "sn": "Li", "cn": "Ann Li",
    "mail": ["u{n}@x.org", "ann{n}@x.org"], "telephoneNumber": "+94 11 234 56{n}", "mobile": "+94 71 234 56{n}", "o": "Acme",
    "department": "Sales", "title": "Boss", "l": "Galle", "managerMail": "boss@x.org",
}  # fmt: skip
SERVER = {
    "id": "id-{n}", "userName": "ann{n}@x.org", "active": True, "name": {"givenName": "Ann", "familyName": "Li"},
    "emails": [{"value": "ann{n}@x.org", "type": "work", "primary": True}], "title": "Boss",
    "phoneNumbers": [{"value": "+9411234567{n}", "type": "work"}],
    "addresses": [{"locality": "Galle", "postalCode": "80000"}],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "E{n}", "manager": {"value": "3"}},
}  # fmt: skip
IDM = {
    "_id": "id-{n}", "userName": "ann{n}", "givenName": "Ann", "sn": "Li", "mail": "ann{n}@x.org", "city": "Galle",
    "telephoneNumber": "011234567{n}", "accountStatus": "active", "postalCode": "80000", "employeeNumber": "",
}  # fmt: skip
EXPORT = {
    "Username": "ann{n}", "http://wso2.org/claims/givenname": "Ann", "http://wso2.org/claims/lastname": "Li",
    "http://wso2.org/claims/emailaddress": "ann{n}@x.org", "http://wso2.org/claims/mobile": "+9471234567{n}",
    "http://wso2.org/claims/userid": "00-{n}", "http://wso2.org/claims/organization": "Acme",
}  # fmt: skip


def records(template: dict[str, Any], count: int = 9) -> list[dict[str, Any]]:
    """People made of one, each with a number of their own."""
    return [json.loads(json.dumps(template).replace("{n}", str(number))) for number in range(count)]


@pytest.mark.parametrize(
    ("template", "source_id", "scope", "expected"),
    [
        (
            DIRECTORY,
            "entryUUID",
            "",
            {
                "email": "lower(firstOf(source.mail))", "firstname": "source.givenName", "lastname": "source.sn",
                "phone": "source.telephoneNumber", "mobilephone": "source.mobile", "jobtitle": "source.title",
                "company": "source.o", "city": "source.l",
            },
        ),
        (
            SERVER,
            "id",
            "active eq true",
            {
                "email": "lower(source.emails[0].value)", "firstname": "source.name.givenName",
                "lastname": "source.name.familyName", "phone": "source.phoneNumbers[0].value", "jobtitle": "source.title",
                "city": "source.addresses[0].locality", "zip": "source.addresses[0].postalCode",
            },
        ),
        (
            IDM,
            "_id",
            'accountStatus eq "active"',
            {
                "email": "source.mail.trim().lowerAscii()", "firstname": "source.givenName", "lastname": "source.sn",
                "phone": "source.telephoneNumber", "city": "source.city", "zip": "source.postalCode",
            },
        ),
        (
            EXPORT,
            "http://wso2.org/claims/userid",
            "",
            {
                "email": 'source["http://wso2.org/claims/emailaddress"].trim().lowerAscii()',
                "firstname": 'source["http://wso2.org/claims/givenname"]',
                "lastname": 'source["http://wso2.org/claims/lastname"]',
                "mobilephone": 'source["http://wso2.org/claims/mobile"]',
                "company": 'source["http://wso2.org/claims/organization"]',
            },
        ),
    ],
)  # fmt: skip
def test_the_usual_systems(
    tmp_path: Path, template: dict[str, Any], source_id: str, scope: str, expected: dict[str, str]
) -> None:
    path = tmp_path / "people.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records(template)))
    mappings = Mappings(Paths(config=tmp_path / "c", state=tmp_path / "s"))
    text = mappings.suggest(str(path), "contact", CONTACT)
    mapping = parse(text, tmp_path / "m.toml")
    assert {row.name: row.value for row in mapping.rows} == expected
    assert (mapping.source_id, mapping.scope, mapping.correlate) == (source_id, scope, ("email",))
    assert mappings.check_text(text, tmp_path / "m.toml", schema=CONTACT) == []
    expressions = Expressions(mapping)
    for one in records(template):
        found = expressions.evaluate(one, file="", line=1)
        assert found.problems == ()
        assert "@x.org" in found.values["email"]


def test_fields_that_some_people_lack_do_not_make_them_invalid(tmp_path: Path) -> None:
    people = records(SERVER)
    people[3] |= {"emails": [], "title": None}
    del people[4]["phoneNumbers"], people[4]["title"], people[5]["addresses"], people[6]["name"]["givenName"]
    path = tmp_path / "people.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in people))
    mappings = Mappings(Paths(config=tmp_path / "c", state=tmp_path / "s"))
    mapping = parse(mappings.suggest(str(path), "contact", CONTACT), tmp_path / "m.toml")
    expressions = Expressions(mapping)
    found = [expressions.evaluate(one, file="", line=1) for one in people]
    assert [one.problems for one in found] == [()] * len(people)
    assert (found[3].values["email"], found[4].values["phone"], found[6].values["firstname"]) == ("", "", "")


def test_several_choices_and_an_id_that_is_not_everybodys(tmp_path: Path) -> None:
    schema = CONTACT | {
        "interests": PropertyDefinition(
            name="interests",
            label="Interests",
            type="enumeration",
            field_type="checkbox",
            options=(Option(value="golf", label="Golf"),),
        )
    }
    path = tmp_path / "people.jsonl"
    rows = [{"employeeNumber": "E1", "id": n, "mail": f"a{n}@x.org", "interests": ["golf", "golf"]} for n in range(4)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    mappings = Mappings(Paths(config=tmp_path / "c", state=tmp_path / "s"))
    text = mappings.suggest(str(path), "contact", schema)
    mapping = parse(text, tmp_path / "m.toml")
    assert mapping.source_id == "id"
    assert Expressions(mapping).evaluate(rows[0], file="", line=1).values["interests"] == "golf"
    assert "HubSpot takes: golf" in text


NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda name: name and not name.startswith("sep=")),
    min_size=1,
    max_size=5,
    unique=True,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, mail=st.booleans())
def test_any_column_names_give_a_mapping_that_check_accepts(tmp_path: Path, names: list[str], mail: bool) -> None:
    if mail:
        names = ["mail", *[name for name in names if name != "mail"]]
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps({name: f"v{at}@x.org" for at, name in enumerate(names)}) + "\n")
    mappings = Mappings(Paths(config=tmp_path / "c", state=tmp_path / "s"))
    text = mappings.suggest(str(path), "contact", CONTACT)
    assert mappings.check_text(text, tmp_path / "m.toml", schema=CONTACT) == []


@pytest.mark.parametrize("wrong", ["emial = 'source.mail'", "createdate = 'source.mail'"])
def test_the_schema_is_asked(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "p.csv").write_text("id,mail\n1,a@x.org\n")
    schema = {**CONTACT, "createdate": PropertyDefinition(name="createdate", type="datetime", read_only=True)}
    head = 'version = 1\nname = "m"\nsource = "p.csv"\nsource_id = "id"\ncorrelate = ["email"]\n[properties]\n'
    text = f"{head}email = 'source.mail'\n{wrong}\n"
    (problem,) = Mappings(Paths(config=tmp_path, state=tmp_path)).check_text(text, tmp_path / "m.toml", schema=schema)
    assert (problem.line, bool(problem.remedy)) == (8, True)
