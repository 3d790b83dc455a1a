"""Queries over the connector's REST: filters, pages, order, streaming in bounded memory, and lists that break off."""

from __future__ import annotations

import tracemalloc
from urllib.parse import quote

from hypothesis import given
from starlette.datastructures import QueryParams

from console.connector.filter import Filter, matches, parse
from tests.connector.test_filter import FILTERS
from tests.gateway.crest.crest_serving import Serving

CONTACT = "system/hubspot/contact"
ROW = {"email": "ann@example.org", "a": "x", "b": ["1", "2"], "c": "12"}


def people(crest: Serving, count: int) -> None:
    """Contacts past the API."""
    for start in range(0, count, 100):
        inputs = [
            {"properties": {"email": f"p{number:05}@example.org", "lastname": f"L{number % 7}"}}
            for number in range(start, min(start + 100, count))
        ]
        assert crest.simulator.post("/crm/v3/objects/contacts/batch/create", {"inputs": inputs}).status == 201


@given(FILTERS)
def test_a_filter_comes_out_of_an_address_as_it_went_in(node: Filter) -> None:
    text = QueryParams(f"_queryFilter={quote(str(node))}&_pageSize=1")["_queryFilter"]
    again = parse(text)
    assert again == node
    assert str(again) == str(node)
    assert matches(again, ROW) == matches(node, ROW)


async def test_pages_follow_the_cookie_and_end_with_none(crest: Serving) -> None:
    people(crest, 23)
    seen: list[str] = []
    cookie, sizes = None, []
    async with crest.client() as client:
        while True:
            params = {"_queryFilter": "true", "_pageSize": "10", "_fields": "email"}
            if cookie:
                params["_pagedResultsCookie"] = cookie
            body = (await client.get(CONTACT, params=params)).json()
            seen += [one["email"] for one in body["result"]]
            sizes.append(body["resultCount"])
            cookie = body["pagedResultsCookie"]
            if cookie is None:
                break
    assert seen == [f"p{number:05}@example.org" for number in range(23)]
    assert sizes == [10, 10, 3]
    assert (body["totalPagedResultsPolicy"], body["totalPagedResults"], body["remainingPagedResults"]) == (
        "NONE",
        -1,
        -1,
    )


async def test_filter_order_offset_total_and_ids(crest: Serving) -> None:
    people(crest, 21)
    async with crest.client() as client:
        found = await client.get(
            CONTACT,
            params={
                "_queryFilter": '/lastname eq "L3" and !(email sw "p00003")',
                "_sortKeys": "-email",
                "_fields": "email",
                "_pageSize": "1",
                "_pagedResultsOffset": "1",
                "_totalPagedResultsPolicy": "EXACT",
            },
        )
        plus = await client.get(
            f"{CONTACT}?_queryFilter=/email+sw+%22p0001%22&_pageSize=3&_sortKeys=+email&_fields=email"
        )
        ids = await client.get(CONTACT, params={"_queryId": "query-all-ids"})
        none = await client.get(CONTACT, params={"_queryFilter": "false"})
        beyond = await client.get(
            CONTACT, params={"_queryFilter": "true", "_pageSize": "5", "_pagedResultsOffset": "50"}
        )
    assert [one["email"] for one in found.json()["result"]] == ["p00010@example.org"], found.text
    assert [one["email"] for one in plus.json()["result"]] == [f"p0001{number}@example.org" for number in range(3)]
    assert len(ids.json()["result"]) == 21
    assert all(set(one) == {"_id"} for one in ids.json()["result"])
    assert none.json()["result"] == beyond.json()["result"] == []


async def test_the_id_and_the_version_alone_can_be_asked_for(crest: Serving) -> None:
    people(crest, 1)
    async with crest.client() as client:
        listed = await client.get(CONTACT, params={"_queryFilter": "true", "_fields": "_id,_rev"})
        uid = listed.json()["result"][0]["_id"]
        one = await client.get(f"{CONTACT}/{uid}", params={"_fields": "_rev,/email"})
    assert set(listed.json()["result"][0]) == {"_id", "_rev"}
    assert set(one.json()) == {"_id", "_rev", "email"}


async def test_definitions_and_all_classes_are_queried_alike(crest: Serving) -> None:
    people(crest, 2)
    async with crest.client() as client:
        definitions = await client.get("system/hubspot/contactProperties", params={"_queryFilter": 'name eq "email"'})
        every = await client.get("system/hubspot/__ALL__", params={"_queryFilter": "true", "_fields": "email"})
        company = await client.post("system/hubspot/company", json={"name": "Acme", "domain": "acme.example"})
    assert [one["_id"] for one in definitions.json()["result"]] == ["email"]
    assert [one["_objectClass"] for one in every.json()["result"]] == ["contact", "contact"]
    assert company.json()["name"] == "Acme"


async def test_everything_is_streamed_in_bounded_memory(crest: Serving) -> None:
    people(crest, 4_000)
    async with crest.client() as client:
        await client.get(CONTACT, params={"_queryFilter": 'email eq "p00001@example.org"'})
        tracemalloc.start()
        count = size = 0
        async with client.stream("GET", CONTACT, params={"_queryFilter": "true"}) as answer:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            async for piece in answer.aiter_bytes():
                size += len(piece)
                count += piece.count(b'"_id"')
            peak = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
    assert count == 4_000
    assert peak < max(size, 2_000_000), f"{peak:,} bytes for an answer of {size:,}"


async def test_a_list_that_breaks_off_says_so_at_its_end(crest: Serving) -> None:
    people(crest, 250)
    crest.simulator.faults("", {"kind": "500", "path": "/contacts", "method": "GET", "skip": 1})
    async with crest.client() as client:
        answer = await client.get(CONTACT, params={"_queryFilter": "true", "_fields": "email"})
    crest.simulator.faults()
    body = answer.json()
    assert answer.status_code == 200
    assert (body["resultCount"], len(body["result"])) == (100, 100)
    assert body["error"]["code"] == 503


async def test_pretty_printing_is_for_humans(crest: Serving) -> None:
    people(crest, 2)
    async with crest.client() as client:
        plain = await client.get(CONTACT, params={"_queryFilter": "true"})
        pretty = await client.get(CONTACT, params={"_queryFilter": "true", "_prettyPrint": "true"})
    assert b"\n" not in plain.content
    assert pretty.content.count(b"\n") > 10
    assert pretty.json() == plain.json()
