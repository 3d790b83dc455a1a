"""From the managed repository to HubSpot: together, once, and whatever happens on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.gateway.feed import RepositoryFeed
from console.gateway.ports import Caller
from console.gateway.settings import Client, GatewaySettings
from tests.support.managed import managed_session
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(burst="100000/10") as made:
        yield made


@pytest.fixture
def hubspot(simulator: Simulator) -> Simulator:
    simulator.reset()
    return simulator


def settings(*, blocking: bool = False, scope: str = "") -> GatewaySettings:
    client = Client(name="wso2", mapping="managed", blocking=blocking, scope=scope)
    return GatewaySettings(client=(client,), blocking_seconds=20)


def caller(of: GatewaySettings) -> Caller:
    return of.client[0].caller()


async def until_idle(feed: RepositoryFeed) -> None:
    async with asyncio.timeout(30):
        while not feed.idle:
            await asyncio.sleep(0.05)


def emails(simulator: Simulator) -> list[str]:
    return sorted(str(values.get("email")) for values in simulator.dump("contacts").values())


async def test_a_blocking_client_hears_what_hubspot_did(hubspot: Simulator, tmp_path: Path) -> None:
    chosen = settings(blocking=True)
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, chosen) as feed:
        people = await session.people
        ann = await people.add("ann", {"mail": "ann@x.org", "givenName": "Ann"})
        fed = await feed.changed(caller(chosen), ann, "created")
        assert (fed.state, bool(fed.uid), emails(hubspot)) == ("done", True, ["ann@x.org"])
        ann = await people.replace(ann.uid, attributes={"mail": "ann@x.org", "givenName": "Anne"})
        again = await feed.changed(caller(chosen), ann, "changed")
        assert (again.state, again.uid) == ("done", fed.uid)
        assert hubspot.dump("contacts")[fed.uid]["firstname"] == "Anne"
        await people.remove(ann.uid)
        gone = (await people.changes(ann.change))[-1]
        assert (await feed.changed(caller(chosen), gone, "removed")).state == "done"
        assert emails(hubspot) == []


async def test_somebody_who_cannot_be_mapped_is_told(hubspot: Simulator, tmp_path: Path) -> None:
    chosen = settings(blocking=True)
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, chosen) as feed:
        nobody = await (await session.people).add("nobody", {"givenName": "No"})
        fed = await feed.changed(caller(chosen), nobody, "created")
        assert fed.state == "failed"
        assert "mail" in fed.message


async def test_many_at_once_are_brought_together(hubspot: Simulator, tmp_path: Path) -> None:
    chosen = settings()
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, chosen) as feed:
        people = await session.people
        for number in range(300):
            person = await people.add(f"p{number}", {"mail": f"p{number}@x.org", "givenName": "P"})
            assert (await feed.changed(caller(chosen), person, "created")).state == "accepted"
        await until_idle(feed)
        assert emails(hubspot) == sorted(f"p{number}@x.org" for number in range(300))
        assert hubspot.state()["requests"]["total"] < 60


async def test_what_was_left_undone_is_done_after_a_start(hubspot: Simulator, tmp_path: Path) -> None:
    chosen = settings()
    async with managed_session(tmp_path, hubspot) as session:
        await (await session.people).add("ann", {"mail": "ann@x.org", "givenName": "Ann"})
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, chosen) as feed:
        await until_idle(feed)
    assert emails(hubspot) == ["ann@x.org"]


async def test_while_hubspot_is_down_changes_wait_and_then_go(hubspot: Simulator, tmp_path: Path) -> None:
    chosen = settings()
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, chosen) as feed:
        hubspot.faults("502=40x")
        person = await (await session.people).add("ann", {"mail": "ann@x.org", "givenName": "Ann"})
        await feed.changed(caller(chosen), person, "created")
        await asyncio.sleep(1.0)
        hubspot.faults()
        await until_idle(feed)
    assert emails(hubspot) == ["ann@x.org"]


async def test_a_scope_keeps_people_here(hubspot: Simulator, tmp_path: Path) -> None:
    chosen = settings(scope='mail co "@in.org"')
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, chosen) as feed:
        people = await session.people
        out = await people.add("out", {"mail": "out@out.org", "givenName": "O"})
        assert (await feed.changed(caller(chosen), out, "created")).state == "out_of_scope"
        inside = await people.add("in", {"mail": "in@in.org", "givenName": "I"})
        assert (await feed.changed(caller(chosen), inside, "created")).state == "accepted"
        await until_idle(feed)
    assert emails(hubspot) == ["in@in.org"]
