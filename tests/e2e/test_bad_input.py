"""Sources and mappings that are wrong, at the command line: what is said, what goes on, what is left alone."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.inspected import Inspected, inspect
from tests.support.people import COLUMNS, MAPPING, person, wanted, write_people
from tests.support.simulator import Simulator, start_simulator

HEADER = ",".join(COLUMNS)
BIG = "x" * 10_000_000


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def planner(hubspot: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    """Somebody who only plans, with three good people."""
    operator = Inspected(tmp_path_factory.mktemp("planner"), hubspot.url, hubspot.token)
    write_people(operator.folder, 3)
    return operator


@pytest.fixture
def operator(hubspot: Simulator, tmp_path: Path) -> Inspected:
    """Somebody with a journal of their own before an empty account."""
    hubspot.reset()
    return Inspected(tmp_path, hubspot.url, hubspot.token)


def people(*numbers: int) -> bytes:
    """A file of these people."""
    return "\n".join([HEADER, *(",".join(person(number).values()) for number in numbers), ""]).encode()


def workbook() -> bytes:
    """A spreadsheet's own file under the name of a CSV file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>" * 500)
    return content.getvalue()


# a source or a mapping that is wrong as a whole: no plan, and one line that says where, one what to do


def test_a_missing_column(planner: Inspected) -> None:
    source = planner.folder / "renamed.csv"
    source.write_bytes(people(1).replace(b"telephone", b"phone"))
    mapping = planner.folder / "people-to-contacts.toml"
    said = planner.run("plan", str(mapping), "--source", source.name, code=1).stderr
    row = MAPPING[: MAPPING.index("phone =")].count("\n") + 1
    assert f"{mapping}:{row}: phone needs the column telephone, which {source} does not have" in said
    assert "Did you mean phone?" in said


def test_a_wrong_expression_is_shown_with_a_caret(planner: Inspected) -> None:
    mapping = planner.folder / "expression.toml"
    text = MAPPING.replace("'source.givenName'", "'source.givenName.lowerAsci()'")
    mapping.write_text(text)
    said = planner.run("plan", str(mapping), code=1).stderr.splitlines()
    line = text[: text.index("firstname")].count("\n") + 1
    assert f"{mapping}:{line}: firstname: lowerAsci is unknown" in said[0]
    assert said[1].strip() == "source.givenName.lowerAsci()"
    assert said[2].strip() == "^"
    assert said[2].index("^") == said[1].index("lowerAsci")
    assert said[3].strip() == "Did you mean lowerAscii?"


@pytest.mark.parametrize(
    ("name", "content", "where", "message", "remedy"),
    [
        ("empty.csv", b"", ":1: ", "the file is empty", "column names in the first line"),
        ("blank.csv", b"\n\r\n  \n", ":1: ", "the file is empty", "column names in the first line"),
        ("empty.jsonl", b"", ":1: ", "the file is empty", "one object a line"),
        ("folder.csv", None, " ", "is a folder, not a file", "Name a file inside it"),
        ("workbook.csv", workbook(), ":1: ", "a spreadsheet's own file", "save it as CSV UTF-8"),
        (
            "encoding.csv",
            HEADER.encode() + ",d\xe9p\nE1,zoë@example.org,Zoë,Ødegård,,,\n".encode().replace(b"\xc3\xa9p", b"\xe9p"),
            ":1: ",
            "the name of column 7 holds bytes that are no text",
            "Save the file as UTF-8",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_a_source_that_cannot_be_read(
    planner: Inspected, name: str, content: bytes | None, where: str, message: str, remedy: str
) -> None:
    source = planner.folder / name
    if content is None:
        source.mkdir()
    else:
        source.write_bytes(content)
    done = planner.run("plan", str(planner.folder / "people-to-contacts.toml"), "--source", name, code=1)
    first, second = done.stderr.splitlines()
    assert f"{source}{where}" in first
    assert first.count(str(source)) == 1
    assert message in first
    assert remedy in second
    assert done.stdout == ""


def test_a_file_that_changes_while_it_is_read(planner: Inspected, hubspot: Simulator) -> None:
    source = planner.folder / "growing.csv"
    source.write_bytes(people(*range(1, 200)))
    hubspot.faults("slow=9x@batch/read")
    plan = planner.start("plan", str(planner.folder / "people-to-contacts.toml"), "--source", source.name)
    until = time.monotonic() + 20
    while not hubspot.state()["faults"]["hits"]:
        assert time.monotonic() < until
        time.sleep(0.02)
    with source.open("ab") as export:
        export.write(b"E000300,late@example.com,Late,Comer,,\n")
    out, err = plan.communicate(timeout=30)
    hubspot.faults()
    inspect(out, err)
    assert (plan.returncode, out) == (1, "")
    assert f"{source} was changed while it was read" in err
    assert "write to a temporary name, then rename" in err
    assert "plan again" in err


# rows that are wrong: the good ones go on, the bad ones are listed and counted

TYPED = MAPPING.replace("[properties]", '[types]\nactive = "bool"\n\n[properties]').replace(
    "phone = 'source.telephone'",
    "phone = { value = 'e164(source.telephone, \"GB\")', when = 'source.telephone != \"\"' }",
)
GOOD = (1, 2, 3, 4)


@dataclass(frozen=True)
class Bad:
    """A row that is wrong: `id` is its source id, where that can be read."""

    id: str
    row: bytes
    field: str
    message: str
    remedy: str


BAD = {
    "email": Bad(
        "E11", b"E11,no at sign,Zo\xc3\xab,B,,,yes", "email", "is not an email address", "Correct it in the source"
    ),
    "no email": Bad("E12", b"E12,,A,B,,,yes", "email", "email is empty", "Fill what email is made of"),
    "phone": Bad("E13", b"E13,p13@x.org,A,B,12,,yes", "phone", "'12'", "expression of phone in the mapping"),
    "type": Bad("E14", b"E14,p14@x.org,A,B,,,perhaps", "active", "not of type bool: 'perhaps'", "true or false"),
    "nobody": Bad("", b",p15@x.org,A,B,,,yes", "employee_id", "nobody can tell who this is", "Fill employee_id"),
    "cell": Bad("", b"E16,p16@x.org,A," + BIG.encode() + b",,,yes", "", "longer than 1,000,000", "65,536 characters"),
    "long": Bad("E17", b"E17,p17@x.org,A," + b"y" * 70_000 + b",,,yes", "lastname", "70,000", "at most 65,536"),
    "bytes": Bad("", b"E18,p18@x.org,Ren\xe9,B,,,yes", "givenName", "not valid text", "Save the file as UTF-8"),
    "ragged": Bad("", b"E19,p19@x.org,A", "sn", "3 cells, the header has 7", "lost comma"),
    "quotes": Bad("", b'E20,p20@x.org,"A" or B,C,,,yes', "", "quotes of this row do not match", "double the quotes"),
    "duplicate 1": Bad("E21", b"E21,p21@x.org,A,B,,,yes", "", "same source id", "appear once in the source"),
    "duplicate 2": Bad("E21", b"E21,p22@x.org,A,B,,,yes", "", "same source id", "appear once in the source"),
    "same email 1": Bad(
        "E23", b"E23,P23@x.org,A,B,,,yes", "email", "same correlation key", "appear once in the source"
    ),
    "same email 2": Bad(
        "E24", b"E24,p23@X.ORG,A,B,,,yes", "email", "same correlation key", "appear once in the source"
    ),
}


@dataclass(frozen=True)
class Walk:
    """What was printed from the plan to the report, and what HubSpot held in the end."""

    source: Path
    plan: dict[str, Any]
    told: str
    listed: str
    entries: list[dict[str, Any]]
    report: str
    reported: list[dict[str, Any]]
    emails: set[str]
    ended: str


@pytest.fixture(scope="module")
def walk(hubspot: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Plan, diff, apply and report over one file with every kind of bad row between good ones."""
    hubspot.reset()
    operator = Inspected(tmp_path_factory.mktemp("walk"), hubspot.url, hubspot.token)
    mapping, source = operator.folder / "people.toml", operator.folder / "people.csv"
    mapping.write_text(TYPED)
    good = [(",".join(person(number).values()) + ",yes").encode() for number in GOOD]
    bad = [one.row for one in BAD.values()]
    rows = [f"{HEADER},active".encode(), *good[:2], *bad[:8], good[2], *bad[8:], good[3], b""]
    source.write_bytes(b"\n".join(rows))
    plan = operator.json("plan", str(mapping))
    told, listed, entries = operator.at_once(
        ("plan", str(mapping)),
        ("diff", plan["id"], "--situation", "INVALID"),
        ("diff", plan["id"], "--situation", "INVALID", "--jsonl"),
    )
    ended = operator.run("apply", plan["id"], "--yes", "--attached", code=6)
    report, reported = operator.at_once(
        ("runs", "report", plan["id"]), ("runs", "report", plan["id"], "--format", "jsonl")
    )
    return Walk(
        source=source,
        plan=plan,
        told=told.stdout + told.stderr,
        listed=listed.stdout,
        entries=[json.loads(line) for line in entries.stdout.splitlines()],
        report=report.stdout,
        reported=[json.loads(line) for line in reported.stdout.splitlines()],
        emails=set(hubspot.by_email()),
        ended=ended.stdout + ended.stderr,
    )


def test_good_rows_go_on_and_bad_ones_are_never_sent(walk: Walk) -> None:
    assert walk.emails == {wanted(number)["email"] for number in GOOD}


def test_bad_rows_are_counted_in_the_plan_and_in_the_report(walk: Walk) -> None:
    assert (walk.plan["read"], walk.plan["writes"]) == (len(GOOD) + len(BAD), len(GOOD))
    assert (walk.plan["invalid"], walk.plan["actions"]["EXCEPTION"]) == (len(BAD), len(BAD))
    assert f"{len(BAD)} records cannot be used" in walk.told
    head = walk.reported[0]
    assert head["states"] == {"done": len(GOOD), "needs_decision": len(BAD)}
    assert sum(head["failures"].values()) == len(BAD)
    assert f"{len(GOOD)} done, {len(BAD)} needs\\_decision".replace("\\", "") in walk.report.replace("\\", "")
    assert f"needs_decision {len(BAD)}" in walk.ended
    assert "runs report" in walk.ended


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_listed_with_its_place_and_remedy(walk: Walk, kind: str) -> None:
    bad = BAD[kind]
    line = walk.source.read_bytes().split(b"\n").index(bad.row) + 1
    assert len(walk.entries) == len(BAD)
    for entries in (walk.entries, walk.reported):
        (problem,) = [one for entry in entries for one in entry.get("problems", ()) if one["line"] == line]
        assert bad.message in problem["message"]
        assert bad.remedy in problem["remedy"]
        assert problem["field"] == bad.field
        if "same" not in bad.message:  # what two rows share is found in the journal, which knows no files
            assert problem["file"] == str(walk.source)
    (entry,) = [one for one in walk.entries if one["problems"][0]["line"] == line]
    assert (entry["sourceId"], entry["situation"], entry["action"]) == (bad.id, "INVALID", "EXCEPTION")
    place = f"line {line}: {bad.field}: " if bad.field else f"line {line}: "
    (shown,) = [text for text in walk.listed.splitlines() if f"! {place}" in text]
    assert bad.message in shown
    assert bad.remedy in shown
    plain = walk.report.replace("\\", "")
    assert str(walk.source) in plain
    (row,) = [text for text in plain.splitlines() if f"line {line}, {bad.field}".rstrip(", ") + ": " in text]
    assert bad.message in row
    assert bad.remedy in row


# an empty source deletes nobody, a blank cell clears nothing

LEAVERS = MAPPING.replace('"people-to-contacts"', '"leavers"') + '\n[policy]\nSOURCE_MISSING = "DELETE"\n'


def test_an_empty_source_never_plans_a_deletion(operator: Inspected, hubspot: Simulator) -> None:
    mapping, source = operator.folder / "leavers.toml", operator.folder / "people.csv"
    mapping.write_text(LEAVERS)
    source.write_bytes(people(*range(1, 7)))
    operator.run("provision", str(mapping), "--yes", "--attached")
    assert len(hubspot.dump()) == 6
    for name, content in (("header", people()), ("broken", HEADER.encode() + b"\nonly\nhalf,a row\n"), ("none", b"")):
        (operator.folder / f"{name}.csv").write_bytes(content)
    command = ("provision", str(mapping), "--yes", "--attached", "--source")
    header, partial = operator.at_once((*command, "header.csv"), ("plan", str(mapping), "--source", "broken.csv"))
    assert "an empty source never plans a deletion" in header.stderr
    assert "Nothing to write." in header.stderr
    assert "EXCEPTION 2" in partial.stdout
    assert "DELETE" not in partial.stdout
    assert "people who are not in the source were not looked at" in partial.stderr
    operator.run(*command, "none.csv", code=1)
    assert len(hubspot.dump()) == 6

    # whoever left from a source that is whole is a deletion, and too many of them are held
    source.write_bytes(people(1, 2, 3, 4))
    held = operator.run("provision", str(mapping), "--yes", "--attached", code=4)
    assert "2 deletes (allowed: 1, rule 5% or 50)" in held.stderr
    assert "--accept deletes=2" in held.stderr
    assert len(hubspot.dump()) == 6


def test_a_blank_cell_clears_only_where_the_row_says_so(operator: Inspected, hubspot: Simulator) -> None:
    mapping, source = write_people(operator.folder, 4), operator.folder / "people.csv"
    operator.run("provision", str(mapping), "--yes", "--attached")
    blanks = [{**person(number), "department": " ", "telephone": ""} for number in (1, 2, 3, 4)]
    source.write_text("\n".join([HEADER, *(",".join(row.values()) for row in blanks), ""]))
    kept = operator.json("plan", str(mapping))
    assert (kept["writes"], kept["clears"], kept["actions"]) == (0, 0, {"NONE": 4})

    mapping.write_text(MAPPING.replace("'source.department'", "{ value = 'source.department', empty = \"clear\" }"))
    told = operator.run("plan", str(mapping)).stdout
    plan = told.split()[1]
    assert "4 values would be emptied" in told
    assert "--accept clears=4" in told
    held = operator.run("apply", plan, "--yes", "--attached", code=4)
    assert "4 clears (allowed: 1, rule 1% or 20)" in held.stderr
    operator.run("apply", plan, "--yes", "--attached", "--accept", "clears=3", code=4)
    assert all("company" in values for values in hubspot.dump().values())
    operator.run("apply", plan, "--yes", "--attached", "--accept", "clears=4")
    for values in hubspot.by_email().values():
        assert "company" not in values
        assert values["phone"].startswith("+4420")  # blank as well, and its row does not say so


# names and values that would speak to a terminal

ESCAPES = "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\u202e[@click=app.quit][/b]"


def test_hostile_cells_and_file_names_are_shown_escaped(operator: Inspected, hubspot: Simulator) -> None:
    """`Inspected` looks at every output for what must not be in it."""
    folder = operator.folder / f"in{ESCAPES}".replace("/", "|")
    folder.mkdir()
    mapping, source = write_people(folder, 1), folder / "people.csv"
    with source.open("ab") as file:
        file.write(f'E7,{ESCAPES},{ESCAPES},\x1b[5mB,,\nE8,p8@x.org,{ESCAPES},"C\nD",,\nE9,\x1b,A\n'.encode())
    told = operator.run("plan", str(mapping))
    assert "in\\x1b]52;c;aGk=\\x07\\x1b[2J\\x9b31m\\u202e[@click=app.quit]" in told.stdout
    plan = told.stdout.split()[1]
    listed, lines, document = operator.at_once(
        ("diff", plan), ("diff", plan, "--jsonl"), ("plan", str(mapping), "--json")
    )
    assert "\\x1b[5mB" in listed.stdout
    assert "C\\nD" in listed.stdout
    assert f"{ESCAPES} \x1b[5mB" in [json.loads(line)["label"] for line in lines.stdout.splitlines()]
    assert json.loads(document.stdout)["source"] == str(source)
    operator.run("apply", plan, "--yes", "--attached", code=6)
    assert hubspot.by_email()["p8@x.org"]["firstname"] == ESCAPES
    for form in ("md", "csv", "jsonl"):
        operator.run("runs", "report", plan, "--format", form)
    operator.run("search", "contact", 'email eq "p8@x.org"')
    source.unlink()
    assert "does not exist" in operator.run("plan", str(mapping), code=1).stderr


def test_a_file_name_that_is_no_text(planner: Inspected) -> None:
    mapping = planner.folder / "people-to-contacts.toml"
    name = os.fsdecode(b"caf\xe9\x1b[2J.csv")
    (planner.folder / name).write_bytes(people(1))
    plan = planner.json("plan", str(mapping), "--source", name)
    assert plan["source"].endswith("/caf\\udce9\x1b[2J.csv")
    assert (plan["read"], plan["invalid"]) == (1, 0)
    (planner.folder / os.fsdecode(b"caf\xe9")).mkdir()
    other = planner.folder / os.fsdecode(b"caf\xe9") / "people.toml"
    other.write_text(MAPPING)
    said = planner.run("plan", str(other), code=1).stderr
    assert "path holds bytes that are no text" in said
    assert "Rename the file or its folder" in said
