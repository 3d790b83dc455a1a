"""The law of searching: what HubSpot is asked plus what is filtered here equals a plain reading of the filter."""

from __future__ import annotations

import asyncio

from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.connector.filter import And, Compare, Filter, Not, Or, Present, parse
from console.hubspot.search import search_body
from tests.connector.search_parts import CUSTOM, DirectObjects, found_by, meant, query_of

WORDS = [
    "ann",
    "Ann Lee",
    "o'neil",
    "NEIL",
    "a",
    "lee-ann",
    "x y z",
    "Ärger",
    "straße",
    "a_b",
    "12",
    "東京 x",
    "...",
    "İz",
]
PHONES = ["+94 77 123 4567", "0771234567", "(555) 123-4567", "12", "x"]
EMAILS = ["ann@a.example", "Bob.Lee@b.example", "c@a.example"]
MOMENTS = ["2025-01-01", "2025-01-01T12:00:00Z", "2026-05-05T00:00:00.001Z", "1969-07-20T20:17:40+02:00"]
DAYS = ["2025-01-01", "2025-01-02", "1960-02-29"]
NUMBERS = ["-5", "0", "3", "3.5", "12", "1000000"]


def _some(values: list[str]) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *values])


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "email": _some([email.lower() for email in EMAILS]),
            "hs_additional_emails": _some(["ann@a.example", "bob.lee@b.example;c@a.example", "d@d.example"]),
            "lastname": _some(WORDS),
            "phone": _some(PHONES),
            "score": _some(NUMBERS),
            "born": _some(DAYS),
            "seen": _some(["2025-01-01T00:00:00.000Z", "2025-01-01T12:00:00.000Z", "2026-05-05T00:00:00.001Z"]),
            "active": _some(["true", "false"]),
            "tier": _some(list(CUSTOM["tier"][2])),
            "tags": _some(["red", "red;Blue", "Blue;green", "green"]),
        }
    ),
    min_size=1,
    max_size=12,
)
ANY = st.sampled_from(["eq", "co", "sw", "ew", "lt", "le", "gt", "ge", "ca"])
SIZES = st.sampled_from(["eq", "lt", "le", "gt", "ge"])


def _compare(
    names: list[str], operators: st.SearchStrategy[str], values: list[str | int | float | bool]
) -> st.SearchStrategy[Filter]:
    return st.builds(
        lambda name, operator, value: Compare((name,), operator, value),
        st.sampled_from(names),
        operators,
        st.sampled_from(values),
    )


LEAVES: st.SearchStrategy[Filter] = st.one_of(
    _compare(["lastname"], ANY, [*WORDS, "ee", "", "ss", "ann lee", 12]),
    _compare(["email"], ANY, [*EMAILS, "ANN@A.example", "d@d.example", "example", "a", "@", ""]),
    _compare(["phone"], ANY, [*PHONES, "771234567", "123"]),
    _compare(["score"], SIZES, [-5, 0, 3, 3.5, 12, "12", 1e6, 3.0000001]),
    _compare(["score", "born", "seen"], st.sampled_from(["co", "sw", "ew"]), ["1", "2025", "00"]),
    _compare(["born"], SIZES, [*MOMENTS, *DAYS]),
    _compare(["seen"], SIZES, [*MOMENTS, 1735732800000, "2025-01-01T12:00:00.0004Z"]),
    _compare(["active"], st.sampled_from(["eq", "co"]), [True, False, "TRUE", "x"]),
    _compare(["tier", "tags"], ANY, ["gold", "Silver", "red", "BLUE", "e", "", "none"]),
    _compare(["hs_object_id"], SIZES, [101, 104, 110, "113"]),
    st.builds(lambda name: Present((name,)), st.sampled_from(["email", "lastname", "phone", "hs_object_id", *CUSTOM])),
)


def _grown(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, min_size=2, max_size=5).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))


FILTERS: st.SearchStrategy[Filter] = st.recursive(LEAVES, _grown, max_leaves=14)
NOBODY: list[dict[str, str | None]] = [{"email": "ann@a.example"}]


@settings(max_examples=400)
@given(FILTERS, ROWS)
@example(parse('!(email eq "d@d.example")'), [{"hs_additional_emails": "d@d.example", "email": "c@a.example"}])
@example(parse('email eq "a@x" or email eq "d@d.example"'), [{"hs_additional_emails": "d@d.example"}])
@example(parse('!(tags eq "blue")'), [{"tags": "red;Blue"}, {"tags": "red"}, {}])
@example(parse('lastname co "ss"'), [{"lastname": "straße"}, {"lastname": "Ross"}])
@example(parse('lastname co "東京"'), [{"lastname": "東京 x"}])
@example(parse("lastname eq 12"), [{"lastname": "12"}, {"lastname": "012"}])
def test_what_is_found_is_what_the_filter_means(node: Filter, rows: list[dict[str, str | None]]) -> None:
    hubspot = DirectObjects(rows)
    query = query_of(node)
    found = asyncio.run(found_by(hubspot, query))
    assert [record.id for record in found] == meant(node, hubspot.rows())
    for version in (query, query.roomy or query):
        search_body(version.groups_after(None if version.roomy else "1"))  # raises beyond HubSpot's limits


@settings(max_examples=200)
@given(FILTERS, ROWS)
def test_hubspots_answer_is_taken_as_exact_only_where_it_is(node: Filter, rows: list[dict[str, str | None]]) -> None:
    hubspot = DirectObjects(rows)
    query = query_of(node)
    if query.residual is None and not query.nothing:
        page = asyncio.run(hubspot.search(query.groups))
        assert [record.id for record in page.results] == meant(node, hubspot.rows())


CLAUSES = st.lists(st.one_of(LEAVES, st.builds(Not, LEAVES)), min_size=1, max_size=4)


@settings(max_examples=100)
@given(CLAUSES, ROWS)
def test_what_hubspot_can_run_is_pushed_down_whole(clauses: list[Filter], rows: list[dict[str, str | None]]) -> None:
    """Clauses that go alone go together, as long as HubSpot's limits hold."""
    alone = [query_of(clause) for clause in clauses]
    together = query_of(And(tuple(clauses)))
    groups = 1
    for query in alone:
        groups *= max(1, len(query.groups))
    if all(query.residual is None for query in alone) and groups <= 3:
        assert together.residual is None
        hubspot = DirectObjects(rows)
        asyncio.run(found_by(hubspot, together))
        assert hubspot.searches <= 1
