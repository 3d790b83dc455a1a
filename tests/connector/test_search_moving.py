"""Searches on a socket while others work in the account, and what they cost by HubSpot's own count."""

from __future__ import annotations

import asyncio
import math
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.connector.connector_parts import connected
from tests.support.hubspot_parts import TinyBudget
from tests.support.simulator import Simulator, start_simulator

MATCHING = 'email pr and !(jobtitle eq "Left")'
OBJECTS = "/crm/objects/2026-09/contacts"


class _Other(threading.Thread):
    """Another client of the account: creates, changes and archives until it is told to stop."""

    def __init__(self, hubspot: Simulator, ids: list[str]) -> None:
        super().__init__()
        self._hubspot = hubspot
        self._ids = ids
        self._random = random.Random(12)
        self.ended = threading.Event()
        self.created: set[str] = set()
        self.done = {"create": 0, "leave": 0, "change": 0, "archive": 0}

    def run(self) -> None:
        while not self.ended.is_set():
            kind = self._random.choice(list(self.done))
            self.done[kind] += 1
            if kind == "create":
                number = self.done[kind]
                values = {"email": f"new{number}@moving.example", "jobtitle": "Left" if number % 3 == 0 else "Came"}
                self.created.add(self._hubspot.post(OBJECTS, {"properties": values}).json["id"])
                continue
            path = f"{OBJECTS}/{self._random.choice(self._ids)}"
            if kind == "archive":
                self._hubspot.request("DELETE", path)
            else:
                values = {"jobtitle": "Left" if kind == "leave" else f"Job {self.done[kind]}"}
                self._hubspot.request("PATCH", path, {"properties": values})


@contextmanager
def _another_client(hubspot: Simulator, ids: list[str]) -> Iterator[_Other]:
    other = _Other(hubspot, ids)
    other.start()
    try:
        yield other
    finally:
        other.ended.set()
        other.join(timeout=10)


async def test_twelve_thousand_matches_come_once_each_while_another_client_changes_records() -> None:
    with start_simulator(contacts=13_500, search="1000/1", index_lag=0.2) as hubspot:
        before = {uid for uid, row in hubspot.dump().items() if row.get("email") and row.get("jobtitle") != "Left"}
        touched = sorted(before, key=int)[::9]
        async with connected(hubspot, TinyBudget()) as connector:
            with _another_client(hubspot, touched) as other:
                found = [record.id async for record in connector.search("contact", MATCHING)]
        after = hubspot.dump()
    untouched = before - set(touched)
    assert len(before) >= 12_000
    assert len(untouched) > 10_000
    assert all(count >= 5 for count in other.done.values()), other.done
    assert len(found) == len(set(found))
    assert set(found) - set(touched) - other.created == untouched
    assert found == sorted(found, key=int)
    assert {uid for uid in found if uid in other.created} <= set(after) | other.created


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator(contacts=900, companies=10, search="1000/1") as simulator:
        yield simulator


@pytest.mark.parametrize(
    "text",
    [
        "email pr",
        'lastname co "e"',
        '!(lastname co "e") and email pr',
        'lifecyclestage eq "LEAD" or lifecyclestage eq "customer"',
        'createdate ge "2020-01-01" and createdate lt "2030-01-01" and num_notes ge 0 and email pr and lastname pr and firstname pr',
        'email eq "nobody@nowhere.example"',
        "hs_object_id gt 0",
    ],
)
async def test_the_request_log_shows_that_the_filter_was_pushed_down_whole(crm: Simulator, text: str) -> None:
    async with connected(crm, TinyBudget()) as connector:
        await connector.schema("contact", live=True)
        before = crm.state()["requests"]["total"]
        found = [record.id async for record in connector.search("contact", text, properties=["email"])]
        asked = crm.get(f"/_simulator/requests?after={before}").json
    assert asked
    assert all(request["path"].endswith("/contacts/search") and request["status"] == 200 for request in asked)
    assert len(asked) <= math.ceil(len(found) / 200) + 1


async def test_a_cookie_leads_on_in_another_process(crm: Simulator) -> None:
    async with connected(crm, TinyBudget()) as connector:
        whole = [record.id async for record in connector.search("contact", "email pr", sort="lastname,-createdate")]
    found: list[str] = []
    cookie: str | None = None
    while cookie is not None or not found:
        async with connected(crm, TinyBudget()) as connector:  # nothing is left of the one before
            page = await connector.page(
                "contact", "email pr", sort=["lastname", "-createdate"], attributes=["email"], size=170, cookie=cookie
            )
        found += [record.id for record in page.records]
        cookie = page.cookie
        assert page.total == len(whole)
    assert found == whole


async def test_any_number_of_attributes_is_read(crm: Simulator) -> None:
    names = [f"own_property_{number:03}_{'x' * 60}" for number in range(400)]
    async with connected(crm, TinyBudget()) as connector:
        for text in (None, "email pr", 'lastname gt "m"'):
            page = await connector.page("contact", text, attributes=["email", *names], size=150)
            assert len(page.records) == 150
            assert all(record.properties.get("email") for record in page.records) or text is None
            assert all("lastname" not in record.properties for record in page.records)
    statuses = crm.state()["requests"]["byStatus"]
    assert "414" not in statuses
    assert "400" not in statuses


async def test_nobody_is_asked_for_false(crm: Simulator) -> None:
    async with connected(crm, TinyBudget()) as connector:
        before = crm.state()["requests"]["total"]
        assert [record async for record in connector.search("contact", "false")] == []
        assert (await connector.page("contact", "!(true)", size=5)).records == []
        assert await connector.count("contact", "false and true") == 0
        assert crm.state()["requests"]["total"] == before
        assert len([record async for record in connector.search("contact", "true")]) == 900


async def test_the_built_in_schema_is_enough_until_a_filter_asks_for_more(crm: Simulator) -> None:
    crm.post(
        "/crm/properties/2026-09/contacts",
        {"name": "badge", "label": "Badge", "type": "string", "fieldType": "text", "groupName": "contactinformation"},
    )
    uid = crm.mutate("contacts", email="badge@a.example", badge="B-17")
    async with connected(crm, TinyBudget(), read_schema=False) as connector:
        before = crm.state()["requests"]["total"]
        await connector.count("contact", 'lastname eq "x"')
        assert crm.state()["requests"]["total"] == before + 1
        query = await connector.query("contact", 'badge eq "b-17"')
        assert query.residual is None
        assert [record.id async for record in connector.search("contact", 'badge eq "b-17"')] == [uid]
    crm.mutate("contacts", uid, archived=True)


def test_reading_many_pages_leaves_no_task_behind(crm: Simulator) -> None:
    async def some() -> int:
        async with connected(crm, TinyBudget()) as connector:
            found = connector.search("contact", "email pr")
            seen = 0
            async for _ in found:
                seen += 1
                if seen == 250:
                    break
            await found.aclose()  # type: ignore[attr-defined]
            return len(asyncio.all_tasks())

    assert asyncio.run(some()) == 1
