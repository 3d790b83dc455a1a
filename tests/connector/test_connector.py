"""The connector on a real socket: operations, and searches that mean what the filter says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from console.connector.browse import Browse
from console.connector.filter import FilterError, matches, parse
from console.connector.query import build_query
from console.hubspot.errors import Conflict, Invalid, NotFound
from console.hubspot.model import Record, Write
from tests.connector.connector_parts import connected
from tests.support.hubspot_parts import TinyBudget
from tests.support.simulator import Simulator, start_simulator

FILTERS = [
    'email sw "a"',
    'email co "example"',
    'email ew ".com"',
    'lastname eq "SMITH"',
    '!(lastname eq "Smith")',
    'firstname co "an" and lastname co "e"',
    'firstname co "an" or lastname sw "b"',
    '!(firstname co "a")',
    '!(email sw "a")',
    "phone pr",
    "!(phone pr)",
    'lastname eq "Perera" or lastname eq "Silva" or lastname eq "SMITH" or lastname eq "Jones"',
    "_id gt 100",
    "_id le 50",
    "!(_id gt 30) and email pr",
    'createdate gt "2001-01-01"',
    'createdate lt "2001-01-01T00:00:00Z"',
    'lifecyclestage eq "LEAD"',
    "true",
    '__NAME__ co "1"',
    'firstname gt "m"',
    'city eq "" or city pr',
    '(firstname sw "a" or firstname sw "b" or firstname sw "c") and (lastname sw "a" or lastname sw "b" or lastname sw "c")',
]


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator(contacts=350, companies=20, search="1000/1") as simulator:
        yield simulator


def _mean(simulator: Simulator, text: str) -> set[str]:
    """What the filter means, over what the simulator has, read past the API."""
    node = parse(text.replace("_id", "hs_object_id").replace("__NAME__", "email"))
    records = simulator.dump(computed=True)
    return {uid for uid, values in records.items() if matches(node, {**values, "hs_object_id": uid})}


@pytest.mark.parametrize("text", FILTERS)
async def test_a_search_finds_exactly_what_the_filter_means(crm: Simulator, text: str) -> None:
    async with connected(crm) as connector:
        found = [record.id async for record in connector.search("contact", text)]
    assert len(found) == len(set(found))
    assert set(found) == _mean(crm, text)


async def test_nothing_is_asked_for_a_filter_that_nothing_can_match(crm: Simulator) -> None:
    async with connected(crm) as connector:
        await connector.schema("contact")
        before = crm.state()["requests"]
        assert [record async for record in connector.search("contact", "false")] == []
        assert await connector.count("contact", "false and email pr") == 0
        assert crm.state()["requests"] == before


async def test_without_a_filter_all_are_listed_and_no_search_is_spent(crm: Simulator) -> None:
    async with connected(crm) as connector:
        found = [record.id async for record in connector.search("contact", None)]
        limited = [record async for record in connector.search("contact", None, limit=7)]
        windows = {window.name for window in connector.hubspot.budget.snapshot().windows}  # type: ignore[attr-defined]
    assert set(found) == set(crm.dump())
    assert len(limited) == 7
    assert windows == {"burst"}


async def test_counts(crm: Simulator) -> None:
    async with connected(crm) as connector:
        assert await connector.count("contact") == 350
        assert await connector.count("contact", "email pr") == len(_mean(crm, "email pr"))
        assert await connector.count("contact", 'email sw "a"') == len(_mean(crm, 'email sw "a"'))
        assert await connector.count("contact", 'firstname gt "m"') is None
        assert await connector.count("company") == 20


async def test_words_sort_and_limit(crm: Simulator) -> None:
    word = next(values["lastname"] for values in crm.dump().values() if values.get("lastname"))
    async with connected(crm) as connector:
        found = [record async for record in connector.search("contact", None, text=word, properties=["lastname"])]
        ordered = [record async for record in connector.search("contact", "lastname pr", sort="-lastname", limit=250)]
    assert found
    assert any((record.properties["lastname"] or "") == word for record in found)
    names = [(record.properties.get("lastname") or "").lower() for record in ordered]
    assert len(names) == 250
    assert names == sorted(names, reverse=True)


async def test_more_properties_than_a_search_can_name_are_read_by_id(crm: Simulator) -> None:
    async with connected(crm) as connector:
        names = list(await connector.schema("contact")) + [f"not_there_{number:0200}" for number in range(70)]
        found = [record async for record in connector.search("contact", "email pr", properties=names, limit=30)]
        listed = [record async for record in connector.search("contact", None, properties=names, limit=30)]
        whole = await connector.get("contact", found[0].id, names)
    assert len(found) == len(listed) == 30
    assert all("lastname" in record.properties and "email" in record.properties for record in found)
    assert whole.properties["email"] == found[0].properties["email"]


async def test_create_read_update_delete(crm: Simulator) -> None:
    async with connected(crm) as connector:
        made = await connector.create("contact", {"email": "New.One@example.com", "firstname": "New"})
        with pytest.raises(Conflict):
            await connector.create("contact", {"email": "new.one@example.com"})
        with pytest.raises(Invalid, match="email"):
            await connector.create("contact", {"firstname": "Nameless"})
        await connector.update("contact", made.id, {"firstname": None, "lastname": "One"})
        read = await connector.get("contact", made.id, ["firstname", "lastname"])
        assert (read.properties["firstname"] or "", read.properties["lastname"]) == ("", "One")
        by_email = await connector.find("contact", "email", ["nobody@example.com", "NEW.one@example.com"])
        assert isinstance(by_email[0].error, NotFound)
        assert by_email[1].record is not None
        assert by_email[1].record.id == made.id
        await connector.delete("contact", made.id)
        with pytest.raises(NotFound):
            await connector.delete("contact", made.id)


async def test_batches_keep_the_order(crm: Simulator) -> None:
    async with connected(crm) as connector:
        writes = [Write(properties={"name": f"Batch {number}"}) for number in range(5)]
        outcomes = await connector.batch_create("company", writes)
        records = [outcome.record for outcome in outcomes if outcome.record is not None]
        assert [record.properties["name"] for record in records] == [f"Batch {number}" for number in range(5)]
        ids = [record.id for record in records]
        await connector.batch_update("company", [Write(id=uid, properties={"city": "Galle"}) for uid in ids])
        read = await connector.batch_read("company", ids, properties=["city"])
        assert [outcome.record and outcome.record.properties["city"] for outcome in read] == ["Galle"] * 5
        archived = await connector.batch_archive("company", ids)
        assert all(outcome.ok for outcome in archived)


async def test_the_account_tells_the_allowance_whose_it_is(crm: Simulator) -> None:
    async with connected(crm) as connector:
        details = await connector.details()
        assert details.portal_id == crm.portal_id
        assert connector.hubspot.budget.portal == crm.portal_id  # type: ignore[attr-defined]
        requests = crm.state()["requests"]
        assert await connector.at("interactive").details() is details
        assert crm.state()["requests"] == requests


async def test_mistakes_are_told_before_anything_is_searched(crm: Simulator) -> None:
    async with connected(crm) as connector:
        with pytest.raises(FilterError) as unknown:
            await connector.count("contact", 'email pr and emial eq "a"')
        assert unknown.value.message == "there is no property emial of contacts; did you mean email?"
        assert unknown.value.position == 13
        with pytest.raises(FilterError):
            await connector.count("contact", 'email eq "a')
        with pytest.raises(Invalid, match="object class"):
            await connector.count("deal")


async def test_a_secondary_address_finds_its_contact(crm: Simulator) -> None:
    crm.mutate("contacts", email="first@second.example", hs_additional_emails="other@second.example;x@second.example")
    async with connected(crm) as connector:
        found = [record async for record in connector.search("contact", 'email eq "OTHER@second.example"')]
        none = [record async for record in connector.search("contact", 'email eq "second.example"')]
    assert [record.properties["email"] for record in found] == ["first@second.example"]
    assert none == []


async def test_keyset_goes_past_ten_thousand_and_an_order_says_that_it_cannot() -> None:
    with start_simulator(contacts=10_450, search="1000/1") as simulator:
        async with connected(simulator, TinyBudget()) as connector:
            seen = {record.id async for record in connector.search("contact", "email pr")}
            assert len(seen) == len([v for v in simulator.dump().values() if v.get("email")]) > 10_000
            with pytest.raises(Invalid, match="10,000"):
                await anext(connector.search("contact", "email pr", sort="lastname"))
            first = await anext(connector.search("contact", "email pr", sort="lastname", limit=5))
            assert isinstance(first, Record)
            browse = Browse(connector)
            page = await browse.page("contact", filter="email pr", sort="lastname")
            assert "10,000" in page.residual


async def test_browsing_lists_searches_and_says_what_is_filtered_here(crm: Simulator) -> None:
    async with connected(crm) as connector:
        browse = Browse(connector)
        ids: list[str] = []
        after = None
        while True:
            page = await browse.page("contact", after=after, properties=("email",), limit=100)
            ids += [record.id for record in page.records]
            after = page.after
            if after is None:
                break
        assert set(ids) == set(crm.dump())
        assert len(ids) == len(set(ids))
        exact = await browse.page("contact", filter="email pr", properties=("email",), limit=10)
        assert exact.total == len(_mean(crm, "email pr"))
        assert exact.residual == ""
        assert len(exact.records) == 10
        local = await browse.page("contact", filter='firstname gt "m"', properties=("firstname",))
        assert local.residual == 'filtered locally: firstname gt "m"'
        assert local.total is None
        assert all((record.properties["firstname"] or "").lower() > "m" for record in local.records)
        assert (await browse.page("contact", filter="false")).records == []
        await browse.aclose()


async def test_typing_costs_two_searches_a_second_at_most(crm: Simulator) -> None:
    async with connected(crm) as connector:
        browse = Browse(connector)
        await connector.schema("contact")
        before = crm.state()["requests"]
        began = time.monotonic()
        last: asyncio.Task[object] | None = None
        for length in range(1, 12):  # eleven key strokes, each giving up the search before
            if last is not None:
                last.cancel()
            last = asyncio.create_task(browse.page("contact", text="annabella smith"[:length], limit=5))
            await asyncio.sleep(0.1)
        assert last is not None
        await last
        took = time.monotonic() - began
        searched = _searches(crm.state()["requests"]) - _searches(before)
        await browse.aclose()
    assert 2 <= searched <= 2 * took + 2


def _searches(requests: object) -> int:
    assert isinstance(requests, dict)
    return int(requests["byKind"].get("search", 0))


def test_a_query_is_refused_when_the_words_are_too_long() -> None:
    from console.connector.classes import object_class

    with pytest.raises(Invalid, match="too long"):
        build_query(object_class("contact"), {}, text="word " * 300)
