"""CEL in mappings: compiled once, errors with line and caret, an error is never a blank."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.provisioning.expressions import Expressions, compile_expression, environment, missing_columns
from console.provisioning.functions import BadArgument, domain, e164, title
from console.provisioning.lowering import lower, references, resolve
from console.provisioning.mapping import Mapping, parse


def mapping(properties: str) -> Mapping:
    head = 'version = 1\nname = "m"\nsource = "p.csv"\nsource_id = "id"\nallow_unkeyed_creates = true\n[properties]\n'
    return parse(head + properties, Path("/f/m.toml"))


def evaluate(properties: str, **values: Any) -> tuple[dict[str, Any], list[str]]:
    expressions = Expressions(mapping(properties))
    assert expressions.problems == []
    result = expressions.evaluate(values, file="p.csv", line=7)
    assert all((p.file, p.line) == ("p.csv", 7) and p.field and p.remedy for p in result.problems)
    return result.values, [p.message for p in result.problems]


def test_values_conditions_and_functions() -> None:
    values, problems = evaluate(
        "email = 'source.mail.trim().lowerAscii()'\n"
        "phone = { value = 'e164(source.tel, \"LK\")', when = 'has(source.tel)' }\n"
        "fax = { value = 'source.fax', when = 'has(source.fax)' }\n"
        "company = 'title(domain(source.mail))'\n"
        'city = \'source.vip ? title(source.city) + "!" : ""\'\n',
        mail=" Ann@Mail.Example.co.uk ",
        tel="011 234 5678",
        vip=True,
        city="new york",
    )
    assert problems == []
    assert values == {
        "email": "ann@mail.example.co.uk",
        "phone": "+94112345678",
        "company": "Example.Co.Uk",
        "city": "New York!",
    }


def test_an_error_names_the_person_and_the_row_and_is_no_blank() -> None:
    values, problems = evaluate(
        "email = 'source.mail'\nfirstname = 'source.first'\nphone = 'e164(source.tel, \"LK\")'\n",
        mail="a@x.org",
        tel="12",
    )
    assert values == {"email": "a@x.org"}
    assert "has no first" in problems[0]
    assert "phone number" in problems[1]


@pytest.mark.parametrize(
    ("expression", "message", "caret", "remedy"),
    [
        ("source.mail.lowerascii()", "lowerascii is unknown", 12, "lowerAscii"),
        ("sourc.mail", "sourc.mail is unknown", 0, "source"),
        ("sourc.mail + source.x", "sourc.mail is unknown", 0, "Did you mean source?"),
        ("mail", "mail is unknown", 0, "source.mail"),
        ("source.mail +", "Syntax error", 13, "CEL"),
        ('"a" + 1', "no matching overload", 4, "CEL"),
        ("e164(source.tel)", "takes 2 arguments", 0, "LK"),
        ("(" * 300 + "1" + ")" * 300, "recursion limit", 0, "simply"),
    ],
)
def test_mistakes_have_a_caret(expression: str, message: str, caret: int, remedy: str) -> None:
    import json

    (problem,) = Expressions(mapping(f"email = 'source.a'\nfax = {json.dumps(expression)}")).problems
    first, *_, mark = problem.message.splitlines()
    assert message in first
    assert mark == " " * caret + "^"
    assert (problem.line, problem.field) == (8, "fax")
    assert remedy in problem.remedy


def test_a_condition_must_be_true_or_false() -> None:
    (problem,) = Expressions(mapping("fax = { value = 'source.a', when = '\"yes\"' }")).problems
    assert "not true or false" in problem.message


@pytest.mark.parametrize(
    "bomb",
    [
        "source.l.map(a, source.l.map(b, source.l.map(c, source.l.map(d, source.l.map(e, a)))))",
        "source.missing.x.y",
        "source.l[99]",
        'int("x")',
        "1 / (source.n - source.n)",
        "source.big",
        "source.half",
    ],
)
def test_whatever_goes_wrong_is_a_problem(bomb: str) -> None:
    values, problems = evaluate(
        f"email = 'source.a'\nfax = '{bomb}'\n", a="x", l=list(range(40)), n=1, big=2**70, half="\ud800"
    )
    assert len(problems) >= 1
    assert "fax" not in values


def test_comments_and_lines_within_an_expression() -> None:
    values, problems = evaluate('email = """\nsource.a // the address\n+ "@x.org" """\n', a="ann")
    assert (values, problems) == ({"email": "ann@x.org"}, [])


def test_an_error_in_a_long_expression_has_its_own_line() -> None:
    (problem,) = Expressions(mapping('email = """source.a +\nsource.b.lowerascii()"""')).problems
    assert problem.line == 8


CALLS = [
    'e164(source.tel, "LK")',
    "title( source.name )",
    "domain(source.mail) // theirs",
    'source.vip ? e164(source.tel, "LK") : title(source.name)',
    '(source.vip ? title(domain(source.mail)) : "none")',
    'title(source.name + ", " + source.mail.replace("e164(", "?"))',
    "source.?nick.orValue(title(source.name))",
    "source.vip ? dyn(title(source.name)) : dyn(3)",
    'title(source.name) + "x"',
    "title(source.missing)",
    'e164("12", "LK")',
    'title(source.vip ? "a:b" : "c?d")',
    '{"a": title(source.name)}["a"]',
    "'it''s' == title(source.name)" if False else "title('it\\'s ' + source.name)",
    'has(source.nick) ? title(source.nick) : has(source.name) ? title(source.name) : ""',
]
PERSON = {"tel": "0112345678", "name": "ann o'neil", "mail": "a@b.example.com", "vip": True}


@pytest.mark.parametrize("text", CALLS)
def test_lowered_calls_give_what_calls_give(text: str) -> None:
    def direct(values: dict[str, Any]) -> Any:
        result = environment().compile(text).eval(data={"source": values})
        return None if result.type().name() == "ERROR" else result.plain_value()

    program = compile_expression(text)
    for vip in (True, False):
        values = PERSON | {"vip": vip}
        try:
            lowered = program.eval(values)
        except BadArgument:
            lowered = None
        assert lowered == direct(values)


def test_lowering_leaves_other_expressions_alone() -> None:
    assert lower("source.mail.lowerAscii()") == "source.mail.lowerAscii()"
    assert "title(" not in lower("(source.vip ? dyn(title(source.name)) : dyn(3))")
    assert lower('e164(source.t, "LK")').startswith('[dyn("\\u0001e164")')
    assert resolve(["a", "b"]) == ["a", "b"]


def test_calls_do_not_leak() -> None:
    """cel-expr-python keeps the arguments of Python functions for ever; lowered calls have none."""

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    expressions = Expressions(mapping("phone = 'e164(source.tel, \"LK\")'\ncompany = 'domain(source.mail)'\n"))

    def people(count: int) -> None:
        for number in range(count):
            row = {"tel": f"011234{number % 9000 + 1000}", "mail": f"{'x' * 200}{number}@example.org"}
            assert "problems" not in expressions.evaluate(row, file="", line=1).values

    people(3000)
    before = resident()
    people(12_000)
    assert resident() - before < 4_000_000


def test_nulls_do_not_end_the_process() -> None:
    """cel-expr-python frees None on Python 3.11, some thousand nulls later: in a process of its own."""
    program = (
        "from console.provisioning.expressions import compile_expression as c\n"
        "one, two = c('source.a'), c('coalesce(source.a, source.l[0], null)')\n"
        "for _ in range(40_000):\n"
        "    assert one.eval({'a': None}) is None and two.eval({'a': None, 'l': [None]}) == ''\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_references_tell_needed_fields_from_asked_ones() -> None:
    assert references('source.a + source["b c"] + source.?d.orValue("") + "source.e" // source.f') == (
        {"a", "b c"},
        {"d"},
    )
    assert references("has(source.a) ? source.a : source.b") == ({"b"}, {"a"})
    assert references('"x" in source ? source.x : resource.y') == (set(), {"x"})


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [
        ("lastname = '''\nsource.sn +\n  nosuch(source.x)\n'''\n", 9, "  nosuch(source.x)\n  ^"),
        ("lastname = '''source.sn +\n  nosuch(source.x)'''\n", 8, "  nosuch(source.x)\n  ^"),
        ("lastname = '''\nsource.sn +\n  title(\n'''\n", 9, "  title(\n        ^"),
        ("lastname = { value = 'source.sn', when = 'nosuch(1)' }\n", 7, "nosuch(1)\n^"),
    ],
)
def test_the_place_of_a_mistake_in_a_long_expression(text: str, line: int, shown: str) -> None:
    (problem,) = Expressions(mapping(text)).problems
    assert (problem.line, problem.field) == (line, "lastname")
    assert problem.message.partition("\n")[2] == shown


def test_missing_columns_are_named_with_the_nearest() -> None:
    found = mapping(
        "email = 'source.mail'\nphone = { value = 'source.tel', when = 'has(source.tel)' }\nfax = 'source.fox'\n"
    )
    problems = missing_columns(found, ("id", "e_mail", "fax"))
    assert [(p.field, p.line) for p in problems] == [("mail", 7), ("fox", 9)]
    assert "Did you mean e_mail?" in problems[0].remedy


def test_blank_in_blank_out() -> None:
    assert (e164("", "LK"), e164(None, "LK"), title(" "), domain("")) == ("", "", "", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ann@Mail.Example.co.uk", "example.co.uk"),
        ("https://www.example.com:8443/x?y=1", "example.com"),
        ("example.org", "example.org"),
    ],
)
def test_domains(value: str, expected: str) -> None:
    assert domain(value) == expected


@pytest.mark.parametrize(
    "call", [lambda: domain("nobody"), lambda: e164("x", "LK"), lambda: e164("0112345678", "XX"), lambda: title(3)]
)
def test_nonsense_is_refused(call: Any) -> None:
    with pytest.raises(BadArgument):
        call()


@given(st.text(max_size=30))
def test_title_is_idempotent(text: str) -> None:
    assert title(title(text)) == title(text)


@pytest.mark.parametrize(
    ("literal", "field"), [(r'"a\"b"', 'a"b'), (r"'it\'s'", "it's"), (r'"tab\there"', "tab\there"), (r'"\u00e9"', "é")]
)
def test_a_field_in_brackets_is_the_text_that_its_literal_stands_for(literal: str, field: str) -> None:
    assert references(f"source[{literal}]") == ({field}, set())
    assert references(f"{literal} in source") == (set(), {field})
