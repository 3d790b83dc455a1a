"""A mapping tried on real people: value by value, with what is wrong and why, and what may come next."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.hubspot.model import PropertyDefinition
from console.provisioning.completing import apply, completions
from console.provisioning.mapping_bench import MappingBench
from console.provisioning.mapping_draft import Draft
from console.provisioning.mapping_list import list_mappings
from console.provisioning.mapping_preview import misspelt
from console.provisioning.mappings import Mappings
from console.settings.paths import Paths

TEXT = """\
version = 1
name = "people"
source = "people.csv"
source_id = "id"
correlate = ["email"]
scope = 'active eq "yes"'

[properties]
email = 'source.mail'
firstname = 'source.first'
phone = { value = 'e164(source.tel, "LK")', when = 'source.tel != ""' }
fax = { value = 'source.fax', empty = "clear" }
city = { value = 'source.city', write = "if_empty" }
state = { value = 'source.city', state = "draft" }
birthday = 'date(source.born, "dd.MM.yyyy")'
"""
ROWS = """\
id,mail,first,tel,fax,city,born,active,title
E1,Ann@X.org,Ann,0112345678,,Galle,02.03.1990,yes,Cook
E2,bob@x.org,Bob,,,,soon,no,Waiter
E3,cy@x.org,Cy,0119876543,1,,01.01.2000,yes,Cook
"""
SCHEMA = {
    name: PropertyDefinition(name=name, label=name.title())
    for name in ("email", "firstname", "phone", "fax", "city", "state", "jobtitle")
} | {"birthday": PropertyDefinition(name="birthday", label="Birthday", type="date", field_type="date")}


@pytest.fixture
def bench(tmp_path: Path) -> MappingBench:
    (tmp_path / "people.csv").write_text(ROWS)
    (tmp_path / "people.toml").write_text(TEXT)
    made = MappingBench(Draft.open(tmp_path / "people.toml"), SCHEMA)
    made.read()
    return made


def test_every_value_says_what_went_in_and_what_becomes_of_it(bench: MappingBench) -> None:
    found = bench.preview()
    assert found is not None
    assert (found.source_id, found.label, found.line, found.in_scope, found.valid) == ("E1", "Ann", 2, True, True)
    values = {value.name: value for value in found.values}
    assert values["email"].inputs == (("mail", "Ann@X.org"),)
    assert (values["email"].result, values["email"].canonical) == ("Ann@X.org", "ann@x.org")
    assert values["phone"].canonical == "+94112345678"
    assert values["birthday"].canonical == "1990-03-02"
    assert {name: value.fate for name, value in values.items()} == {
        "email": "sent", "firstname": "sent", "phone": "sent", "fax": "cleared", "city": "filled", "state": "draft",
        "birthday": "sent",
    }  # fmt: skip


def test_the_next_person_and_whom_somebody_looks_for(bench: MappingBench) -> None:
    assert bench.go(1)
    found = bench.preview()
    assert found is not None
    assert (found.in_scope, found.valid) == (False, False)
    assert [clause.found for clause in found.clauses] == ["active is 'no'"]
    values = {value.name: value for value in found.values}
    assert (values["phone"].fate, values["birthday"].fate) == ("skipped", "wrong")
    assert values["birthday"].problem is not None
    assert "soon" in values["birthday"].problem.message
    assert bench.find("cook cy")
    assert (bench.index, bench.known) == (2, (3, False))
    assert bench.find("ANN x.org")
    assert bench.index == 0
    assert not bench.find("nobody")
    assert not bench.go(3)
    assert bench.known == (3, True)


def test_an_expression_is_tried_before_it_is_taken(bench: MappingBench) -> None:
    tried = bench.try_row("jobtitle", "title(source.title)")
    assert tried is not None
    assert (tried.canonical, tried.fate) == ("Cook", "sent")
    wrong = misspelt("source.mail.lowr()")
    assert wrong is not None
    assert wrong.caret.splitlines()[-1].index("^") == 12
    missing = bench.try_row("jobtitle", "source.titel")
    assert missing is not None
    assert missing.problem is not None
    assert missing.problem.message == "this person has no titel"
    unknown = bench.try_row("jobtitel", "source.title")
    assert unknown is not None
    assert unknown.problem is not None
    assert unknown.problem.remedy == "Did you mean jobtitle?"


def test_rows_are_suggested_for_what_nobody_maps(bench: MappingBench) -> None:
    (one,) = bench.suggestions()
    assert (one.name, one.expression, one.column, one.distinct) == ("jobtitle", "source.title", "title", 2)
    bench.draft.set_row(one.name, one.expression)
    bench.read()
    assert bench.suggestions() == []
    assert bench.check() == ()


def test_a_source_that_cannot_be_read_is_a_problem_not_a_crash(bench: MappingBench) -> None:
    bench.draft.set(("source",), "gone.csv")
    bench.read()
    assert bench.preview() is None
    assert bench.source_problem is not None
    assert any("gone.csv" in problem.message for problem in bench.check())


@pytest.mark.parametrize(
    ("text", "offered", "taken"),
    [
        ("source.ma", ["mail", "e mail"], "source.mail"),
        ("source.", ["mail", "last.name", "e mail"], "source.mail"),
        ("source.last", ["last.name"], 'source["last.name"]'),
        ('source["la', ["last.name"], 'source["last.name"]'),
        ("tit", ["title"], "title("),
        ("sou", ["source"], "source."),
        ("source.mail.trim().lowerA", ["lowerAscii"], "source.mail.trim().lowerAscii("),
        ('"source.ma', [], '"source.ma'),
        ("1 + ", [], "1 + "),
    ],
)
def test_what_may_come_next(text: str, offered: list[str], taken: str) -> None:
    found = completions(text, len(text), ("mail", "last.name", "e mail"))
    assert [one.shown.strip('[]"') for one in found][: len(offered)] == offered
    done, cursor = apply(text, len(text), found[0]) if found else (text, len(text))
    assert (done, cursor) == (taken, len(taken))


def test_the_list_of_mappings_says_which_can_be_used(tmp_path: Path) -> None:
    paths = Paths(config=tmp_path / "config", state=tmp_path / "state")
    paths.mappings.mkdir(parents=True)
    (paths.mappings / "people.csv").write_text(ROWS)
    (paths.mappings / "good.toml").write_text(TEXT)
    (paths.mappings / "bad.toml").write_text(TEXT.replace("source.mail'", "source.maill'"))
    (paths.mappings / "worse.toml").write_text("version = 2\n")
    found = {line.file: line for line in list_mappings(Mappings(paths))}
    assert (found["good"].problems, found["good"].rows, found["good"].target) == ((), 7, "contact")
    assert "maill" in found["bad"].problems[0].message
    assert "the mapping's version is not 1" in [problem.message for problem in found["worse"].problems]
