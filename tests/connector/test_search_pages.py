"""Pages of a search: how many searches they cost, cookies, sort keys, counts, and what changes meanwhile."""

from __future__ import annotations

import asyncio
import math
import random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.connector.filter import parse
from console.connector.search import SearchPage, counted, one_page
from console.connector.search_cookie import seal, unseal
from console.hubspot.errors import Invalid
from console.hubspot.model import Page
from console.hubspot.objects import Objects
from tests.connector.search_parts import DirectObjects, found_by, meant, query_of

SIX = 'score ge 0 and score lt 100 and lastname pr and email pr and tier eq "gold" and active eq true'
ROWS: list[dict[str, str | None]] = [
    {
        "email": f"p{number}@a.example",
        "lastname": random.Random(number).choice(["Ann", "bob", "Cid", "ann"]),
        "score": str(number % 7),
        "tier": "Gold",
        "active": "true",
        "born": f"2001-01-{number % 28 + 1:02}",
    }
    for number in range(1234)
]


def _page(
    hubspot: DirectObjects, node: str | None, cookie: str | None = None, size: int = 100, **rest: Any
) -> SearchPage:
    query = query_of(node, **rest)
    return asyncio.run(one_page(cast("Objects", hubspot), query, account="7", size=size, cookie=cookie))


def _all_pages(hubspot: DirectObjects, node: str | None, size: int, **rest: Any) -> list[str]:
    found: list[str] = []
    cookie: str | None = None
    while True:
        page = _page(hubspot, node, cookie, size, **rest)
        found += [record.id for record in page.records]
        assert len(page.records) == size or page.cookie is None
        cookie = page.cookie
        if cookie is None:
            return found


@pytest.mark.parametrize(
    "text",
    [
        "lastname pr",
        'lastname eq "ann" or lastname eq "bob"',
        '!(lastname eq "ann") and score gt 1',
        '!(lastname eq "ann") and !(lastname eq "bob") and !(lastname eq "cid") and !(lastname eq "dan")',
        '(score eq 1 or score eq 2 or score eq 3) and (lastname eq "ann" or tier eq "gold")',
        'tier eq "GOLD" and active eq true and born ge "2001-01-05"',
        'lastname co "nn" and !(email co "p11")',
        SIX,
        'lastname eq "nobody"',
        "score lt 0 or score ge 0 or !(score pr)",
    ],
)
def test_a_filter_that_hubspot_can_run_is_pushed_down_whole(text: str) -> None:
    hubspot = DirectObjects(ROWS)
    query = query_of(text)
    found = asyncio.run(found_by(hubspot, query))
    assert query.residual is None
    assert (query.local, query.checked) == ((), ())
    assert [record.id for record in found] == meant(parse(text), hubspot.rows())
    assert hubspot.lists == 0
    assert hubspot.searches <= math.ceil(len(found) / 200) + 1


@pytest.mark.parametrize(
    "text", [None, "lastname pr", SIX, 'lastname gt "b"', 'email sw "p1"', "_id gt 500 and tier pr"]
)
@pytest.mark.parametrize("sort", [None, "-_id", "lastname", "-born,lastname,-score", "tier,-_id"])
@pytest.mark.parametrize("size", [9, 100])
def test_pages_by_cookie_are_the_whole(text: str | None, sort: str | None, size: int) -> None:
    hubspot = DirectObjects(ROWS[:220])
    whole = [record.id for record in asyncio.run(found_by(hubspot, query_of(text, sort=sort)))]
    assert _all_pages(hubspot, text, size, sort=sort) == whole
    node = parse((text or "true").replace("_id", "hs_object_id"))
    assert sorted(whole, key=int) == meant(node, hubspot.rows())
    if sort in (None, "-_id"):
        assert whole == sorted(whole, key=int, reverse=sort is not None)


@pytest.mark.parametrize("limit", [None, 40])
def test_several_sort_keys(limit: int | None) -> None:
    rows = [*ROWS[:500], {"email": "none@a.example"}, {"lastname": "Ann"}]
    hubspot = DirectObjects(rows)
    query = query_of(None, sort="lastname,-score,born", properties=["email"])
    found = asyncio.run(found_by(hubspot, query, limit))
    values = hubspot.rows()

    def key(uid: str) -> tuple[Any, ...]:
        row = values[uid]
        name, score, born = row.get("lastname"), row.get("score"), row.get("born")
        return (name is None, (name or "").lower(), score is None, -int(score or 0), born is None, born or "", int(uid))

    assert [record.id for record in found] == sorted(values, key=key)[:limit]
    assert all("email" in record.properties for record in found)
    assert not any(name in record.properties for record in found for name in ("lastname", "score", "born"))


def test_the_record_id_behind_other_keys_and_before_them() -> None:
    assert query_of(None, sort="_id,lastname").order == ()
    assert query_of(None, sort="-_id,lastname").order == (("hs_object_id", True),)
    assert query_of(None, sort=["+lastname", "-lastname", "__UID__", "score"]).order == (
        ("lastname", False),
        ("hs_object_id", False),
    )
    with pytest.raises(Invalid, match="no property lastnam of contacts to order by") as wrong:
        query_of(None, sort="lastnam")
    assert wrong.value.advice == "Did you mean lastname?"


def test_a_cookie_is_good_for_its_own_search_only() -> None:
    hubspot = DirectObjects(ROWS[:50])
    cookie = _page(hubspot, "lastname pr", size=10).cookie
    assert cookie is not None
    assert len(_page(hubspot, " lastname  PR ", cookie, size=5).records) == 5  # the same filter, another size
    for node, rest, part in (
        ("lastname pr and score pr", {}, "filter"),
        ("lastname pr", {"text": "ann"}, "search words"),
        ("lastname pr", {"sort": "score"}, "sort keys"),
    ):
        with pytest.raises(Invalid, match=f"belongs to another search: not the same {part}"):
            _page(hubspot, node, cookie, **rest)
    with pytest.raises(Invalid, match="not the same HubSpot account"):
        asyncio.run(one_page(cast("Objects", hubspot), query_of("lastname pr"), account="8", size=5, cookie=cookie))
    for garbage in ("x", "!!", "AAAA", cookie[:-5], cookie + "AAAA", "é", "e30", "W10"):
        with pytest.raises(Invalid, match="not the cookie of a page"):
            _page(hubspot, "lastname pr", garbage)
    forged = seal((*query_of("lastname pr").identity, "7"), "1; DROP", None)
    with pytest.raises(Invalid, match="not the cookie"):
        _page(hubspot, "lastname pr", forged)
    with pytest.raises(Invalid, match="at least one"):
        _page(hubspot, "lastname pr", size=0)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_cookies(text: str) -> None:
    with pytest.raises(Invalid):
        unseal(text, ("contact", "", "", "", "7"))


def test_totals_and_counts() -> None:
    hubspot = DirectObjects(ROWS[:300])
    first = _page(hubspot, "score pr", size=20)
    assert first.total == 300
    assert _page(hubspot, "score pr", first.cookie, size=20).total == 300
    assert _page(hubspot, 'lastname gt "b"', size=5).total is None

    def count(text: str | None) -> int | None:
        return asyncio.run(counted(cast("Objects", hubspot), query_of(text)))

    assert count(None) == 300
    assert count("score eq 3") == len(meant(parse("score eq 3"), hubspot.rows()))
    assert count("false") == 0
    assert count('email eq "P7@a.example"') == 1  # HubSpot finds too many, but a page at most
    assert count('lastname gt "b"') is None
    assert count('email sw "p"') is None


def test_what_hubspot_does_not_do_is_said() -> None:
    assert query_of('lastname gt "m" and score gt 1').note == 'filtered locally: lastname gt "m"'
    assert query_of('email sw "a"').note == (
        'HubSpot finds more than is meant by email sw "a", which is checked locally'
    )
    assert query_of('email eq "a@b.example"').note == ""
    assert query_of('tier eq "Platinum"').note == 'tier has no option "platinum"; there are Gold, silver, Iron'
    assert query_of(SIX).note.startswith("beyond 10,000 results this is filtered locally: ")
    assert query_of("lastname pr").note == ""
    assert query_of(None, sort="-lastname,score").note == (
        "HubSpot orders by lastname; records alike in it are put into order here"
    )


@pytest.mark.parametrize("count", [5, 25, 40, 500])
@pytest.mark.parametrize(
    ("clause", "word"), [("lastname eq", " or "), ("lastname co", " and "), ("!(lastname eq", " and ")]
)
def test_a_body_has_three_thousand_characters_at_most(clause: str, word: str, count: int) -> None:
    end = ")" if clause.startswith("!") else ""
    text = word.join([f'{clause} "{number:04} {"é" * 30}"{end}' for number in range(count)])
    hubspot = DirectObjects(ROWS[:60])
    query = query_of(text, text="ann " * 200, sort="-score")  # what is too long raises
    found = asyncio.run(found_by(hubspot, query))
    assert len(found) == (0 if not end else sum("ann" in (row["lastname"] or "").lower() for row in ROWS[:60]))
    assert len(query.note) < 3_000
    if count == 500:
        assert "..." in query.note or " more" in query.note


@pytest.mark.parametrize("words", [("and", "or"), ("or", "and")])
def test_a_filter_as_deep_as_the_grammar_allows(words: tuple[str, str]) -> None:
    text = "score gt 3"
    for level in range(125):
        text = f'!({text} {words[0]} (lastname eq "{level}" {words[1]} active eq true))'
    hubspot = DirectObjects(ROWS[:30])
    found = [record.id for record in asyncio.run(found_by(hubspot, query_of(text)))]
    assert found == meant(parse(text), hubspot.rows())


class _Moving(DirectObjects):
    """A search between whose pages records change."""

    def __init__(self, rows: list[dict[str, str | None]], changes: list[tuple[int, int]], page: int) -> None:
        super().__init__(rows)
        self._changes = iter(changes)
        self._most = page
        self.touched: set[str] = set()

    async def search(self, groups: Any = (), **rest: Any) -> Page:
        page = await super().search(groups, **rest | {"limit": min(rest["limit"], self._most)})
        for place, kind in [change for _, change in zip(range(3), self._changes, strict=False)]:
            self._change(place, kind)
        return page

    def _change(self, place: int, kind: int) -> None:
        """Archive a record, or make one fit or not fit the filter."""
        table = self._objects.table
        uid = table.ids[place % len(table.ids)]
        self.touched.add(str(uid))
        record = table.records[uid]
        if kind == 0:
            self._objects.archive(uid)
        elif not record.archived:
            values = {"score": "500" if kind == 1 else "5"}
            self._objects.store(self._objects.check_update(record, values))


CHANGES = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 2)), max_size=60)


@settings(max_examples=60)
@given(
    CHANGES,
    st.sampled_from(["score lt 100", SIX, 'score ge 0 and score lt 100 and !(lastname eq "nobody")']),
    st.integers(4, 30),
)
def test_records_that_nobody_touches_come_exactly_once(changes: list[tuple[int, int]], text: str, page: int) -> None:
    rows = [row | {"score": "500" if number % 3 == 0 else "5"} for number, row in enumerate(ROWS[:200])]
    hubspot = _Moving(rows, changes, page)
    before = meant(parse(text), hubspot.rows())
    found = [record.id for record in asyncio.run(found_by(hubspot, query_of(text)))]
    assert len(found) == len(set(found))
    assert [uid for uid in found if uid not in hubspot.touched] == [uid for uid in before if uid not in hubspot.touched]
    assert found == sorted(found, key=int)


def test_a_crowded_filter_beyond_ten_thousand_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.connector.paging.RESULTS", 600)
    hubspot = DirectObjects(ROWS)
    query = query_of(SIX)
    assert query.roomy is not None
    found = [record.id for record in asyncio.run(found_by(hubspot, query))]
    assert found == meant(parse(SIX), hubspot.rows())
    assert _all_pages(hubspot, SIX, 50) == found
