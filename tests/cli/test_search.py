"""`hubspoke search` as an operator has it: filters, pages, counts, sort keys, and what is said besides."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.operator import Operator
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator(contacts=420, companies=12) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def operator(hubspot: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(tmp_path_factory.mktemp("searcher"), hubspot.url, hubspot.token, settings=["readSchema=true"])


@pytest.mark.connector_row("query-filter")
@pytest.mark.parametrize(
    ("text", "pointed", "said"),
    [
        ('email sw "a" and !lastname pr', "!lastname", "what is negated stands in parentheses"),
        ('email sw "a" adn lastname pr', "adn", '"and" or "or" is missing here'),
        ('(email sw "a" or (lastname pr)', "(email", "this parenthesis is not closed"),
        ("email eq ann", "ann", 'a text stands in quotes: "ann"'),
        ('email eq "ann', '"ann', "this quote is not closed"),
        ("lastname eq null", "null", "there is no null: write ... pr, or !(... pr)"),
        ('email ne "a"', "ne", 'there is no "ne": write !(... eq ...)'),
        ('lastname pr and emial eq "a"', "emial", "there is no property emial of contacts; did you mean email?"),
        ('num_notes gt "many"', '"many"', "num_notes is a number"),
        ('createdate ge "yesterday"', '"yesterday"', "createdate is a moment: write"),
    ],
)
def test_a_mistake_in_a_filter_is_pointed_at(operator: Operator, text: str, pointed: str, said: str) -> None:
    done = operator.run("search", "contact", text, code=1)
    first, shown, caret = done.stderr.splitlines()[:3]
    assert first.startswith("hubspoke: InvalidFilter: ")
    assert said in first
    assert f"(character {text.index(pointed) + 1})" in first
    assert shown.strip() == text
    assert caret.index("^") - shown.index(text[0]) == text.index(pointed)
    assert done.stdout == ""


def test_a_mistake_is_a_document_for_a_program(operator: Operator) -> None:
    found = operator.json("search", "contact", 'email xx "a"', code=1)
    assert (found["error"]["icfError"], found["error"]["httpStatus"]) == ("InvalidFilter", 400)


@pytest.mark.connector_row("search")
def test_every_format_has_the_same_records(operator: Operator, hubspot: Simulator) -> None:
    words = ("search", "contact", "lastname pr", "--fields", "email,lastname,_id")
    whole = {uid: row for uid, row in hubspot.dump().items() if row.get("lastname")}
    document = json.loads(operator.run(*words, "--json").stdout)
    lines = [json.loads(line) for line in operator.run(*words, "--jsonl").stdout.splitlines()]
    rows = list(csv.DictReader(io.StringIO(operator.run(*words, "--format", "csv").stdout)))
    assert document == lines
    assert [one["id"] for one in document] == sorted(whole, key=int) == [row["id"] for row in rows]
    for one, row in zip(document, rows, strict=True):
        expected = {"email": whole[one["id"]].get("email"), "lastname": whole[one["id"]]["lastname"], "_id": one["id"]}
        assert one["properties"] == expected
        assert one["class"] == "contact"
        assert row["lastname"] == expected["lastname"]
    assert json.loads(operator.run("search", "contact", "false", "--json").stdout) == []
    table = operator.run(*words, "--limit", "3")
    assert len(table.stdout.splitlines()) == 4
    assert "3 records or more; --limit N shows more." in table.stderr


def test_what_is_filtered_here_is_said_and_nothing_else_is(operator: Operator) -> None:
    local = operator.run("search", "contact", 'firstname gt "m" and email pr', "--jsonl")
    assert 'Note: filtered locally: firstname gt "m".' in local.stderr
    assert local.stdout
    wide = operator.run("search", "contact", 'email sw "a"', "--jsonl")
    assert 'HubSpot finds more than is meant by email sw "a"' in wide.stderr
    assert operator.run("search", "contact", 'lastname co "a"', "--jsonl").stderr == ""
    fields = operator.run("search", "contact", "--fields", "emial,lastname", "--limit", "1")
    assert "Note: contact has no property emial, so it stays empty; did you mean email?" in fields.stderr
    option = operator.run("search", "contact", 'lifecyclestage eq "vip"', "--jsonl")
    assert 'lifecyclestage has no option "vip"; there are subscriber, lead,' in option.stderr


@pytest.mark.connector_row("paging-cookie")
def test_a_cookie_leads_from_page_to_page_and_process_to_process(operator: Operator, hubspot: Simulator) -> None:
    words = ("search", "contact", "lastname pr", "--fields", "lastname", "--page-size", "150")
    found: list[str] = []
    cookie: list[str] = []
    total = sum(1 for row in hubspot.dump().values() if row.get("lastname"))
    while True:
        page = operator.json(*words, *cookie)
        found += [one["id"] for one in page["records"]]
        assert page["total"] == total
        if page["cookie"] is None:
            break
        cookie = ["--cookie", page["cookie"]]
    assert len(found) == len(set(found)) == total
    first = operator.run(*words)
    assert f"150 of {total} records." in first.stderr
    assert "The next page: --cookie " in first.stderr
    other = operator.run("search", "contact", "email pr", *cookie, code=1)
    assert "This cookie belongs to another search: not the same filter." in other.stderr
    assert "Begin again without a cookie" in other.stderr
    assert "not the cookie of a page" in operator.run("search", "contact", "--cookie", "abc", code=1).stderr


@pytest.mark.connector_row("sort-keys")
def test_several_sort_keys(operator: Operator, hubspot: Simulator) -> None:
    words = ("search", "contact", "lastname pr and firstname pr", "--fields", "lastname,firstname", "--jsonl")
    lines = [json.loads(line) for line in operator.run(*words, "--sort", "-lastname,firstname").stdout.splitlines()]
    names = [(one["properties"]["lastname"].lower(), one["properties"]["firstname"].lower()) for one in lines]
    expected = sorted(names, key=lambda name: name[1])
    expected.sort(key=lambda name: name[0], reverse=True)
    assert len(names) > 200
    assert names == expected
    wrong = operator.run("search", "contact", "--sort", "lastnam", code=1)
    assert "no property lastnam of contacts to order by" in wrong.stderr


def test_counts_are_exact_and_say_who_counted(operator: Operator, hubspot: Simulator) -> None:
    rows = hubspot.dump().values()
    assert operator.run("search", "contact", "--count").stdout == "420\n"
    exact = operator.run("search", "contact", "lastname pr", "--count")
    assert exact.stdout == f"{sum(1 for row in rows if row.get('lastname'))}\n"
    assert exact.stderr == ""
    here = operator.run("search", "contact", 'firstname gt "m"', "--count")
    assert here.stdout == f"{sum(1 for row in rows if row.get('firstname', '').lower() > 'm')}\n"
    assert "HubSpot cannot count this" in here.stderr
    assert operator.json("search", "company", "--count") == {"count": 12, "countedBy": "HubSpot"}


@pytest.mark.connector_row("filter-true-false")
def test_true_is_every_object_and_false_asks_nobody(operator: Operator, hubspot: Simulator) -> None:
    assert len(operator.run("search", "contact", "true", "--jsonl").stdout.splitlines()) == 420
    before = hubspot.state()["requests"]["total"]
    assert operator.run("search", "contact", "false", "--jsonl").stdout == ""
    assert hubspot.state()["requests"]["total"] == before


@pytest.mark.connector_row("attributes-to-get")
def test_any_number_of_fields(operator: Operator, hubspot: Simulator) -> None:
    names = ["email", *(f"not_there_{number}_{'y' * 60}" for number in range(300))]
    done = operator.run("search", "contact", "email pr", "--fields", ",".join(names), "--page-size", "20", "--json")
    page = json.loads(done.stdout)
    assert len(page["records"]) == 20
    assert all(one["properties"]["email"] for one in page["records"])
    assert all(list(one["properties"]) == names for one in page["records"])
    assert "414" not in hubspot.state()["requests"]["byStatus"]


def test_the_other_classes(operator: Operator) -> None:
    unique = operator.run(
        "search", "contactProperties", 'name sw "hs_email"', "--fields", "name,type", "--jsonl"
    ).stdout
    assert all(json.loads(line)["properties"]["name"].startswith("hs_email") for line in unique.splitlines())
    assert unique
    every = [json.loads(line) for line in operator.run("search", "__ALL__", "--jsonl").stdout.splitlines()]
    assert [one["class"] for one in every].count("contact") == 420
    assert [one["class"] for one in every].count("company") == 12
    assert operator.run("search", "__ALL__", "--count").stdout == "432\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("search", "person"), "There is no object class person."),
        (("search", "contact", "--page-size", "0"), "--page-size must be 1 or more"),
        (("search", "contact", "--limit", "5", "--cookie", "x"), "--limit does not go with"),
        (("search", "contact", "--count", "--sort", "a"), "--count goes with a filter and words only"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(operator: Operator, words: tuple[str, ...], said: str) -> None:
    assert said in operator.run(*words, code=2).stderr


def test_a_class_that_nobody_knows_needs_no_profile(tmp_path: Path) -> None:
    nobody = Operator.__new__(Operator)
    nobody.folder, nobody.config, nobody.state = tmp_path, tmp_path / "config", tmp_path / "state"
    nobody.environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    nobody.said = []
    assert "Use one of: company, contactProperties" in nobody.run("search", "person", code=2).stderr
