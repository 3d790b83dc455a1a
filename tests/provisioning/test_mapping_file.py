"""A mapping file is read strictly: every mistake has its line and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.journal.model import Action, Situation
from console.provisioning.errors import MappingError
from console.provisioning.guard import Guard, parse_guard, verdicts
from console.provisioning.mapping import load, parse
from console.provisioning.mappings import Mappings
from console.provisioning.situations import DEFAULTS, VALID, Policy
from console.settings.paths import Paths

DESIGN = """\
version = 1
name = "people-to-contacts"
source = "people.csv"
source_id = "employee_id"                   # default: the first correlate key
target = "contact"
target_phase = "linked"                     # linked | all | off
scope = 'active eq true and !(department eq "Robots")'
correlate = ["email"]                       # unique keys, in order

[types]                                     # CSV and LDIF know only text
active = "bool"

[properties]                                # CEL; `source` is the source object
email = 'source.mail.lowerAscii()'
firstname = 'source.givenName'
phone = { value = 'e164(source.telephone, "LK")', when = 'has(source.telephone)', write = "if_empty", state = "active" }

[[associate]]                               # the person's company
class = "company"
key = 'domain(source.mail)'

[policy]                                    # situation = action
SOURCE_MISSING = "UNLINK"

[guard]
deletes = "5% or 50"
"""
HERE = Path("/folder/people.toml")


def problems(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(MappingError) as caught:
        parse(text, HERE)
    assert all(problem.file == str(HERE) and problem.remedy for problem in caught.value.problems)
    return [(problem.line, problem.message, problem.remedy) for problem in caught.value.problems]


def test_the_mapping_of_the_design_is_read() -> None:
    mapping = parse(DESIGN, HERE)
    assert (mapping.name, mapping.source_id, mapping.correlate) == ("people-to-contacts", "employee_id", ("email",))
    assert mapping.policy == {Situation.SOURCE_MISSING: Action.UNLINK}
    assert mapping.rows[2].write == "if_empty"
    assert mapping.rows[2].line == 16
    assert mapping.guards.deletes == Guard(percent=5, count=50)
    assert (mapping.warnings, mapping.associate[0].by) == ((), "domain")
    assert len(mapping.digest) == 64


@pytest.mark.parametrize(
    ("old", "new", "line", "words", "remedy"),
    [
        ("correlate =", "corelate =", 8, "unknown key corelate", "Did you mean correlate?"),
        ("target_phase", "target_fase", 6, "unknown key target_fase", "target_phase"),
        ('write = "if_empty"', 'writes = "if_empty"', 16, "unknown key writes", "Did you mean write?"),
        ('write = "if_empty"', 'write = "never"', 16, "none of always, create, if_empty", "always"),
        ('state = "active"', 'state = "on"', 16, "none of draft, active, deprecated", "draft"),
        ('active = "bool"', 'active = "boolean"', 11, "unknown type boolean", "Did you mean bool?"),
        ('SOURCE_MISSING = "UNLINK"', 'SOURCE_MISING = "UNLINK"', 23, "no situation", "SOURCE_MISSING"),
        ('SOURCE_MISSING = "UNLINK"', 'SOURCE_MISSING = "CREATE"', 23, "no action for SOURCE_MISSING", "DELETE"),
        ('SOURCE_MISSING = "UNLINK"', 'CONFIRMED = "DELETE"', 23, "no action for CONFIRMED", "UPDATE"),
        ('deletes = "5% or 50"', 'deletes = "some"', 26, "guard deletes", "5% or 50"),
        ('deletes = "5% or 50"', 'deletez = "5% or 50"', 26, "unknown key deletez", "deletes"),
        ("version = 1", "version = 2", 1, "version is not 1", "version = 1"),
        ('name = "people-to-contacts"', 'name = "people to contacts"', 2, "no usable name", "name ="),
        ('target = "contact"', 'target = "person"', 5, "none of contact, company", "contact"),
        ('target_phase = "linked"', 'target_phase = "some"', 6, "none of linked, all, off", "linked"),
        ('correlate = ["email"]', 'correlate = "email"', 8, "not a list", "["),
        ('correlate = ["email"]', 'correlate = ["vat"]', 8, "no active row", "vat"),
        ('correlate = ["email"]', "correlate = []", 8, "created twice", "allow_unkeyed_creates"),
        ("scope = 'active eq", "scope = 'active is", 7, "not a query filter", "active eq true"),
        ("email = 'source.mail.lowerAscii()'", "email = 12", 14, "email is not an expression", "source.column"),
        ("firstname = 'source.givenName'", "firstname = ", 15, "not TOML", "quotes"),
        ('class = "company"', 'class = "deal"', 18, "needs class and key", "company"),
        ('class = "company"', 'class = "contact"', 18, "cannot be associated with a contact", "other class"),
        ('class = "company"', 'class = "company"\nlabel = "Boss"', 18, "only label is primary", "leave it out"),
        ('class = "company"', 'class = "company"\nmapping = "a"\nproperty = "b"', 18, "exclude each other", "value of"),
        (
            "scope = 'active eq",
            "target_scope = 'active is true'\nscope = 'active eq",
            7,
            "target_scope is not",
            "active",
        ),
        ('deletes = "5% or 50"', 'shrink = "many"', 26, "guard shrink", "50%"),
    ],
)
def test_every_mistake_has_its_line_and_remedy(old: str, new: str, line: int, words: str, remedy: str) -> None:
    assert old in DESIGN
    found = problems(DESIGN.replace(old, new))
    assert any(at == line and words in message and remedy in advice for at, message, advice in found), found


def test_all_mistakes_are_told_at_once() -> None:
    found = problems('version = 3\nname = "x"\nsorce = "a"\n[properties]\nemail = 1\n[guard]\ndeletes = true\n')
    assert [line for line, _, _ in found if line] == [1, 3, 5, 7]


def test_a_scope_error_shows_a_caret() -> None:
    (found,) = problems(DESIGN.replace("active eq true and", "active eq true andd"))
    assert found[1].splitlines()[-1].strip() == "^"


def test_without_source_id_the_first_key_stands_in_with_a_warning() -> None:
    mapping = parse(DESIGN.replace('source_id = "employee_id"', ""), HERE)
    assert any("leaver plus a joiner" in warning.message for warning in mapping.warnings)


def test_a_correlation_key_needs_an_active_row() -> None:
    text = DESIGN.replace("email = 'source.mail.lowerAscii()'", "email = { value = 'source.mail', state = \"draft\" }")
    assert any("no active row" in message for _, message, _ in problems(text))


def test_files_that_are_no_mapping(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "latin.toml").write_bytes(b'version = 1\nname = "J\xf6rg"\n')
    (tmp_path / "big.toml").write_bytes(b"#" * 1_000_001)
    for name, words in [
        ("none.toml", "no such mapping"),
        ("folder.toml", "folder"),
        ("latin.toml", "UTF-8"),
        ("big.toml", "far too large"),
    ]:
        with pytest.raises(MappingError, match=words):
            load(tmp_path / name)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    mappings = Mappings(Paths(config=tmp_path / "c", state=tmp_path / "s"))
    assert mappings.names() == []
    mappings.write("people", DESIGN)
    with pytest.raises(MappingError) as caught:
        mappings.load("peopel")
    assert "people" in caught.value.remedy
    assert mappings.names() == ["people"]
    assert mappings.load("people").name == "people-to-contacts"
    assert mappings.path("people").stat().st_mode & 0o777 == 0o600


def test_a_mapping_that_is_wrong_is_not_written(tmp_path: Path) -> None:
    mappings = Mappings(Paths(config=tmp_path / "c", state=tmp_path / "s"))
    with pytest.raises(MappingError):
        mappings.write("people", "version = 1\n")
    with pytest.raises(MappingError):
        mappings.write("../people", DESIGN)
    assert mappings.names() == []


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("5% or 50", Guard(percent=5, count=50)),
        ("0.5%", Guard(percent=0.5)),
        (" 12 ", Guard(count=12)),
        (7, Guard(count=7)),
    ],
)
def test_guards_are_read(text: object, guard: Guard) -> None:
    assert parse_guard(text) == guard


@pytest.mark.parametrize("text", ["", "5 or 50", "5% 50", "101%", "-1", "many", True, 1.5, "10% after 200"])
def test_guards_that_mean_nothing_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"threshold|after"):
        parse_guard(text)


def test_the_smaller_limit_of_a_guard_counts() -> None:
    mapping = parse(DESIGN, HERE)
    few = verdicts(mapping.guards, deletes=6, clears=1, links=100)
    many = verdicts(mapping.guards, deletes=51, clears=20, links=100_000)
    assert [(v.name, v.limit, v.holds) for v in few] == [("deletes", 5, True), ("clears", 1, False)]
    assert [(v.name, v.limit, v.holds) for v in many] == [("deletes", 50, True), ("clears", 20, False)]
    assert parse_guard("10% after 30", failures=True) == Guard(percent=10, after=30)


def test_every_default_is_a_valid_action_and_only_own_records_are_deleted_by_default() -> None:
    assert all(DEFAULTS[situation] in actions for situation, actions in VALID.items())
    assert set(VALID) == set(Situation) - {Situation.INVALID}
    policy = Policy({})
    assert policy.action(Situation.UNQUALIFIED, created_by_us=True) is Action.DELETE
    assert policy.action(Situation.UNQUALIFIED) is Action.REPORT
    asked = Policy({Situation.UNQUALIFIED: Action.DELETE})
    assert (asked.action(Situation.UNQUALIFIED), asked.deletes_unowned) == (Action.DELETE, True)
    assert policy.action(Situation.INVALID) is Action.EXCEPTION
