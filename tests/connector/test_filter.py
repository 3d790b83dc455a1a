"""The query filter: its grammar, its text, its meaning, and what it says about mistakes."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.connector.filter import (
    Always,
    And,
    Compare,
    Filter,
    FilterError,
    Not,
    Or,
    Present,
    attributes,
    matches,
    parse,
)
from console.connector.filter_parser import clauses

NAMES = st.text(min_size=1, max_size=8)
VALUES = st.one_of(st.text(max_size=10), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(tuple)
LEAVES = st.one_of(
    st.builds(Compare, PATHS, st.sampled_from(["eq", "co", "sw", "ew", "lt", "le", "gt", "ge", "ca"]), VALUES),
    st.builds(Present, PATHS),
    st.builds(Always, st.booleans()),
)


def _grown(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))


FILTERS: st.SearchStrategy[Filter] = st.recursive(LEAVES, _grown, max_leaves=20)


@given(FILTERS)
def test_a_filters_text_parses_to_the_same_filter(node: Filter) -> None:
    assert parse(str(node)) == node


@given(st.text(alphabet=st.sampled_from(list("ab \"'()!\\/%~.1-é\n")) | st.characters(), max_size=40))
def test_any_text_is_a_filter_or_an_error_within_the_text(text: str) -> None:
    try:
        node = parse(text)
    except FilterError as error:
        mistake = error
    else:
        assert parse(str(node)) == node
        return
    assert 0 <= mistake.position <= len(text)
    shown, caret = mistake.caret().split("\n")
    assert caret.endswith("^")
    assert len(caret) <= len(shown) + 1


@given(FILTERS)
def test_negation_is_the_opposite(node: Filter) -> None:
    values = {"a": "1", "b": ["x", "y"], "c": None}
    assert matches(Not(node), values) is not matches(node, values)


def test_precedence_and_parentheses() -> None:
    a, b, c = (Present((name,)) for name in "abc")
    assert parse("a pr or b pr and c pr") == Or((a, And((b, c))))
    assert parse("(a pr OR b pr) AND c pr") == And((Or((a, b)), c))
    assert parse("! (a pr) and !b pr".replace("!b", "! b")) == And((Not(a), Not(b)))
    assert parse("((((a pr))))") == a


def test_values() -> None:
    assert parse("a eq 1") == Compare(("a",), "eq", 1)
    assert parse("a eq 1.5e3") == Compare(("a",), "eq", 1500.0)
    assert parse("a eq -2") == Compare(("a",), "eq", -2)
    assert parse("a eq TRUE") == Compare(("a",), "eq", True)
    assert parse("""/a/b eq 'it\\'s "so"'""") == Compare(("a", "b"), "eq", 'it\'s "so"')
    assert parse('/First%20Name eq "x"') == Compare(("First Name",), "eq", "x")
    assert parse("/a~1b pr") == Present(("a/b",))
    assert parse("true") == Always(True)


def test_quotes_and_escapes() -> None:
    texts = {
        r'"a\"b\\c"': 'a"b\\c',
        r"'it\'s'": "it's",
        '"(a) and !b"': "(a) and !b",
        '"  \t\u00a0é東"': "  \t\u00a0é東",
        '""': "",
        r'"\d"': "d",
    }
    for written, meant in texts.items():
        assert parse(f"name eq {written}") == Compare(("name",), "eq", meant)
    assert parse('a eq"x"and(b pr)') == And((Compare(("a",), "eq", "x"), Present(("b",))))
    assert parse("a eq .5") == Compare(("a",), "eq", 0.5)
    assert parse("a eq 7.") == Compare(("a",), "eq", 7.0)
    assert parse('! a eq "x"') == Not(Compare(("a",), "eq", "x"))
    assert parse("FALSE") == Always(False)


def test_comparisons_are_found_where_they_stand() -> None:
    text = 'a eq "x" and !(/b/c pr or d gt 5)'
    found = [(clause.attribute, clause.operator, clause.value, clause.at, clause.value_at) for clause in clauses(text)]
    assert found == [("a", "eq", "x", 0, 5), ("b/c", "pr", None, 15, 23), ("d", "gt", 5, 26, 31)]
    assert clauses("true") == []


def test_nesting_is_limited_by_the_grammar_only() -> None:
    deep = "(" * 256 + "a pr" + ")" * 256
    assert parse(deep) == Present(("a",))
    alternating = "a pr"
    for level in range(250):
        alternating = f"({alternating} {'and' if level % 2 else 'or'} b pr)"
    node = parse(alternating)
    assert parse(str(node)) == node
    assert matches(node, {"b": 1}) is True
    with pytest.raises(FilterError, match="256"):
        parse("(" * 257 + "a pr" + ")" * 257)


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 0, "ends here"),
        ("email", 5, "operator"),
        ("email eq", 8, "value is missing"),
        ("email eq ann", 9, 'in quotes: "ann"'),
        ('email eq "ann', 9, "quote is not closed"),
        ('email eq "ann\\"', 9, "quote is not closed"),
        ("a pr and email eq 1e5", 18, 'in quotes: "1e5"'),
        ("a pr or or b pr", 8, 'missing before "or"'),
        ('a eq "x" "y"', 9, '"and" or "or"'),
        ("!!(a pr)", 0, "parentheses"),
        ("a in (1)", 2, 'there is no "in"'),
        ('(email eq "ann"', 0, "not closed"),
        ('email eq "ann")', 14, "closes none"),
        ('email ne "ann"', 6, "!(... eq ...)"),
        ('email = "ann"', 6, "write eq"),
        ("email eq null", 9, "no null"),
        ('email xx "a"', 6, "no operator"),
        ("a pr b pr", 5, '"and" or "or"'),
        ("a pr and", 8, "ends here"),
        ("and a pr", 0, "missing before"),
        ("not (a pr)", 0, "!(...)"),
        ("!a pr", 0, "parentheses"),
        ("a pr and ()", 10, "missing before this parenthesis"),
        ('"a" eq 1', 0, "attribute is expected"),
        ("/a//b pr", 0, "empty part"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, position: int, part: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert part in caught.value.message
    assert caught.value.position == position
    assert caught.value.caret().endswith(" " * position + "^")


CONTACT: dict[str, object] = {
    "email": "Ann@Example.com",
    "hs_additional_emails": "ann@old.example;a.b@old.example",
    "lastname": "O'Neil",
    "zip": "01234",
    "num_notes": "12",
    "createdate": "2025-11-03T23:36:13.632Z",
    "hs_persona": "a;b",
    "phone": None,
    "tags": ["red", "Green"],
    "address": {"city": "Galle", "lines": [{"no": 1}, {"no": 2}]},
    "active": True,
    "born": dt.date(2000, 1, 2),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('email eq "ann@example.COM"', True),
        ('email eq "ANN@old.example"', True),
        ('email eq "ann@old"', False),
        ('lastname co "NEI"', True),
        ('lastname sw "o\'"', True),
        ('lastname ew "EIL"', True),
        ('lastname sw "N"', False),
        ('zip eq "1234"', False),
        ("zip eq 1234", True),
        ("num_notes gt 9", True),
        ('num_notes gt "9"', True),
        ('lastname gt "a"', True),
        ('createdate ge "2025-11-03"', True),
        ('createdate le "2025-11-04T00:36:13.632+01:00"', True),
        ('createdate eq "2025-11-04T00:36:13.632+01:00"', True),
        ('hs_persona ca "B"', True),
        ('hs_persona eq "b"', False),
        ("phone pr", False),
        ("nothing pr", False),
        ('!(nothing eq "x")', True),
        ('tags eq "green"', True),
        ('/address/city eq "galle"', True),
        ("/address/lines/no eq 2", True),
        ("active eq true", True),
        ('active eq "true"', True),
        ("active eq false", False),
        ('born lt "2000-01-03"', True),
        ("true and !(false)", True),
    ],
)
def test_meaning(text: str, expected: bool) -> None:
    assert matches(parse(text), CONTACT) is expected


def test_attributes() -> None:
    assert set(attributes(parse('a pr and !(b eq "x" or /c/d pr)'))) == {"a", "b", "c/d"}
