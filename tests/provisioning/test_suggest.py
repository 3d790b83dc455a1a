"""A suggested mapping is one that check accepts, whatever the columns are called."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.hubspot.model import PropertyDefinition
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
