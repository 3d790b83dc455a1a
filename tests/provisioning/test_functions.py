"""The functions of mappings: every documented example, blanks, nonsense, and time that stays bounded."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.provisioning.expressions import ExpressionError, Expressions, compile_condition, compile_expression
from console.provisioning.functions import FUNCTIONS, BadArgument
from console.provisioning.functions_dates import date, date_time
from console.provisioning.functions_lists import options
from console.provisioning.functions_pattern import regex_extract, regex_replace
from console.provisioning.lowering import expand, references
from console.provisioning.mapping import parse

PAGE = (Path(__file__).parents[2] / "docs" / "mapping-functions.md").read_text()
PERSON: dict[str, Any] = json.loads(PAGE.partition("```json")[2].partition("```")[0])
EXAMPLES = [
    (expression.replace("\\|", "|"), json.loads(gives))
    for expression, gives in re.findall(r"^\| `(.+?)` \| `(.+?)` \|", PAGE, re.MULTILINE)
]


@pytest.mark.parametrize(("expression", "gives"), EXAMPLES)
def test_documented_examples(expression: str, gives: Any) -> None:
    assert compile_expression(expression).eval(PERSON) == gives


@pytest.mark.parametrize(("expression", "gives"), [pair for pair in EXAMPLES if isinstance(pair[1], str)])
def test_documented_examples_within_other_expressions_and_conditions(expression: str, gives: str) -> None:
    inner = expression.replace("\n", " ")
    assert compile_expression(f'"<" + string({inner}) + ">"').eval(PERSON) == f"<{gives}>"
    assert compile_condition(f"string({inner}) == {json.dumps(gives, ensure_ascii=False)}").eval(PERSON) is True


def test_every_function_is_documented() -> None:
    assert set(FUNCTIONS) <= {name for expression, _ in EXAMPLES for name in re.findall(r"\w+", expression)}
    for name, function in FUNCTIONS.items():
        assert compile_expression(function.example), name


@pytest.mark.parametrize(
    "expression",
    [
        "lower(source.v)", "upper(source.v)", "clean(source.v)", "firstWord(source.v)", "lastWord(source.v)",
        "butLastWord(source.v)", "firstOf(source.v)", "options(source.v)", 'date(source.v, "yyyy-MM-dd")',
        'dateTime(source.v, "yyyy-MM-ddX", "")', 'regexReplace(source.v, "a", "b")', 'regexExtract(source.v, "a")',
        'joinFilled([source.v], ",")', 'lookup(source.v, {"a": "b"}, "")', 'coalesce(source.v, "")', "title(source.v)",
        'e164(source.v, "LK")', "domain(source.v)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("blank", ["", None])
def test_blank_in_blank_out(expression: str, blank: str | None) -> None:
    for text in (expression, f'{expression} + ""'):
        assert compile_expression(text).eval({"v": blank}) == ""


def test_coalesce_asks_for_fields_without_needing_them() -> None:
    text = 'coalesce(source.a.b, source["c d"], source.?e, source.l[3], source.n > 1 ? "n" : "", title("x"))'
    assert references(text) == ({"n"}, {"a", "c d", "e", "l"})
    assert compile_expression(text).eval({"n": 2, "l": []}) == "n"
    assert compile_expression(text).eval({"n": 1}) == "X"
    assert compile_expression(text).eval({"n": 1, "c d": "y", "e": "z"}) == "y"
    assert expand('"coalesce(" + source.a') == '"coalesce(" + source.a'
    assert compile_expression('coalesce(coalesce(source.a, ""), source.b, 3)').eval({}) == 3
    with pytest.raises(BadArgument, match="boom"):
        compile_expression('coalesce(source.a, source[source.boom], "")').eval({})


def test_coalesce_in_a_condition_of_several_rows() -> None:
    head = 'version = 1\nname = "m"\nsource = "p.csv"\nsource_id = "id"\nallow_unkeyed_creates = true\n[properties]\n'
    rows = """
firstname = 'source.first'
lastname = { value = 'title(source.last)', when = 'coalesce(source.vip, false)' }
"""
    expressions = Expressions(parse(head + rows, Path("/f/m.toml")))
    assert expressions.problems == []
    assert expressions.evaluate({"first": "a"}, file="", line=1).values == {"firstname": "a"}
    with_last = {"first": "a", "last": "b", "vip": True}
    assert expressions.evaluate(with_last, file="", line=1).values == {"firstname": "a", "lastname": "B"}


@pytest.mark.parametrize(
    ("expression", "message", "column"),
    [
        ('"" + date(source.a, "DD.MM.YYYY")', "DD in the format", 21),
        ('date(source.a, "dd.MM")', "needs a year", 16),
        ('date(source.a, "dd.d.MM.yyyy")', "d twice", 16),
        ('dateTime(source.a, "yyyy-MM-dd", "Mars/Base")', "no time zone", 34),
        ('regexReplace(source.a, "(a+)+", "")', "may not stand behind a group", 24),
        ('regexReplace(source.a, "(?=a)", "")', "not available", 24),
        ('regexExtract(source.a, "[")', "no regular expression", 24),
        ('e164(source.a, "XX")', "no country code", 16),
        ("coalesce(source.a)", "takes 2 to 8 arguments", 1),
        ('joinFilled(1, ",")', "no matching overload", 11),
    ],
)
def test_mistakes_are_found_when_the_mapping_is_read(expression: str, message: str, column: int) -> None:
    with pytest.raises(ExpressionError) as raised:
        compile_expression(expression)
    assert message in raised.value.message
    assert raised.value.column == column
    assert raised.value.caret.endswith(" " * (column - 1) + "^")
    assert raised.value.remedy


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("31.02.2026", "dd.MM.yyyy"), ("1.2.2026", "dd.MM.yyyy"), ("21 Foo 2026", "dd MMM yyyy"), ("2026-11-21x", "yyyy-MM-dd"),
        ("9" * 5000, "yyyy-MM-dd"), ("0000-01-01", "yyyy-MM-dd"), ("\u0662\u0660\u0662\u0666-11-21", "yyyy-MM-dd"),
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str, formats: str) -> None:
    with pytest.raises(BadArgument):
        date(text, formats)


def test_clocks() -> None:
    shown = "yyyy-MM-dd HH:mm"
    assert date_time("2026-07-01 12:00", shown, "Europe/Paris") == "2026-07-01T10:00:00.000Z"
    assert date_time("2026-10-25 02:30", shown, "Europe/Paris") == "2026-10-25T00:30:00.000Z"
    with pytest.raises(BadArgument, match="put forward"):
        date_time("2026-03-29 02:30", shown, "Europe/Paris")
    with pytest.raises(BadArgument, match="range"):
        date_time("0001-01-01 00:00", shown, "Asia/Colombo")
    with pytest.raises(BadArgument, match="time zone is needed"):
        date_time("2026-07-01 12:00", shown, "")
    assert date_time("Sat 21 Nov 26 00:05:06.5 +0530", "EEE d MMM yy HH:mm:ss.SSS X", "") == "2026-11-20T18:35:06.500Z"
    assert date("12 AM on 1/2/70", "h a 'on' d/M/yy") == "1970-02-01"


@given(st.datetimes().filter(lambda moment: 1 < moment.year < 9999), st.sampled_from([0, 330, -480]))
def test_any_moment_comes_back(moment: dt.datetime, minutes: int) -> None:
    placed = moment.replace(
        tzinfo=dt.timezone(dt.timedelta(minutes=minutes)), microsecond=moment.microsecond // 1000 * 1000
    )
    text = placed.isoformat(timespec="milliseconds")
    found = date_time(text, "yyyy-MM-dd'T'HH:mm:ss.SSSX", "")
    assert dt.datetime.fromisoformat(found) == placed
    assert date(text[:10], "yyyy-MM-dd") == text[:10]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("a*a*a*b", "a" * 5000), ("(x|xx|xxx)y", "x" * 60_000), ("a+b", "a" * 60_000), (r"\s+$", " " * 60_000), ("a?" * 60, "b" * 60_000)],
)  # fmt: skip
def test_a_pattern_never_takes_long(pattern: str, text: str) -> None:
    begun = time.process_time()
    with suppress(BadArgument):  # refused, or done at once
        regex_replace(text, pattern, "")
    assert time.process_time() - begun < 1


@given(st.text("ab |(.", max_size=12), st.text("ab ", max_size=40))
def test_patterns_do_what_pythons_do(pattern: str, text: str) -> None:
    try:
        expected = re.sub(pattern, "-", text) if text else ""
        found = regex_replace(text, pattern, "-")
    except (re.error, BadArgument):
        return
    assert found == expected


def test_patterns() -> None:
    assert regex_replace("Li, Ann", r"([A-Z]\w*), ([A-Z]\w*)", r"\2 \1\\") == "Ann Li\\"
    assert regex_replace(" " * 60_000 + "x", r" +", " ") == " x"
    assert regex_extract("abc", "b") == "b"
    assert regex_extract("abc", "x(y)|b") == ""
    with pytest.raises(BadArgument, match="no group 2"):
        regex_replace("a", "(a)", r"\2")


@given(st.lists(st.text(st.characters(exclude_characters=";", exclude_categories=["Cs"]), max_size=8)))
def test_options_are_a_set_in_order(values: list[str]) -> None:
    joined = options(values)
    assert options(joined) == joined == options(joined.split(";"))
    assert not joined.startswith(";")
    assert set(joined.split(";")) - {""} == {value.strip() for value in values} - {""}


def test_options_with_a_semicolon_are_two() -> None:
    assert options("a; b;;a") == "a;b"
    with pytest.raises(BadArgument, match="semicolon"):
        options(["a;b"])


def test_a_list_of_the_source_is_no_call() -> None:
    for foreign in (["\x01title", "x", "y"], ["\x01nosuch"], ["\x01"]):
        assert compile_expression('source.vip ? source.l : title("x")').eval({"vip": True, "l": foreign}) == foreign
