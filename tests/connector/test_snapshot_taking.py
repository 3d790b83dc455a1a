"""Taking a snapshot of a real portal: cost, progress, interruption, resumption, forgetting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.connector.connector import Connector
from console.connector.snapshot import Question, SnapshotInfo
from console.connector.snapshot_file import SnapshotError
from console.connector.snapshots import Snapshots, TakeProgress, columns_to_keep
from console.settings.views import View, Views
from tests.connector.connector_parts import connected
from tests.support.simulator import Simulator, start_simulator

KEY = b"k" * 32
FIELDS = ("email", "city", "jobtitle")


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator(contacts=530, companies=3, seed=3, burst="100000/10") as simulator:
        yield simulator


@asynccontextmanager
async def snapshots_in(folder: Path, hubspot: Simulator) -> AsyncIterator[tuple[Snapshots, Connector]]:
    async with connected(hubspot) as connector:

        async def portal() -> int:
            return (await connector.details()).portal_id

        async def the_connector() -> Connector:
            return connector

        yield Snapshots(folder, KEY, portal, the_connector), connector


async def test_its_cost_is_what_it_then_costs(hubspot: Simulator, tmp_path: Path) -> None:
    async with snapshots_in(tmp_path, hubspot) as (snapshots, connector):
        cost = await snapshots.cost("contact", FIELDS)
        assert (cost.records, cost.requests, cost.resumes) == (530, 6, 0)
        told: list[TakeProgress] = []
        info = await snapshots.take("contact", FIELDS, progress=told.append)
        assert info.complete
        assert info.records == told[-1].records == 530
        assert told[-1].requests == cost.requests
        snapshot = await snapshots.open("contact")
        assert snapshot.count == 530
        live = {record.id async for record in connector.search("contact", None)}
        answer = snapshot.answer(Question())
        assert {record.id for record in answer.records()} == live
        snapshot.close()


async def test_interrupted_it_goes_on_where_it_was(hubspot: Simulator, tmp_path: Path) -> None:
    async with snapshots_in(tmp_path, hubspot) as (snapshots, _):
        reached = asyncio.Event()

        def tell(progress: TakeProgress) -> None:
            if progress.records >= 200:
                reached.set()

        task = asyncio.create_task(snapshots.take("contact", FIELDS, progress=tell))
        await reached.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        half = await snapshots.info("contact")
        assert half is not None
        assert not half.complete
        assert 200 <= half.records < 530
        with pytest.raises(SnapshotError, match="There is no snapshot"):
            await snapshots.open("contact")
        cost = await snapshots.cost("contact", FIELDS)
        assert cost.resumes == half.records
        info = await snapshots.take("contact", FIELDS)
        assert info.complete
        assert info.records == 530


async def test_other_columns_begin_anew_and_the_old_one_serves_meanwhile(hubspot: Simulator, tmp_path: Path) -> None:
    async with snapshots_in(tmp_path, hubspot) as (snapshots, _):
        await snapshots.take("company", ("domain",))
        await snapshots.take("company", ("domain", "city"))
        info = await snapshots.info("company")
        assert info is not None
        assert info.properties == ("name", "domain", "city", "createdate", "hs_lastmodifieddate")
        assert await snapshots.remove("company")
        assert not await snapshots.remove("company")
        assert await snapshots.info("company") is None


async def under_way(snapshots: Snapshots) -> asyncio.Task[SnapshotInfo]:
    """A taking whose first page is there, and that has more to read."""
    begun = asyncio.Event()
    task = asyncio.create_task(snapshots.take("contact", FIELDS, progress=lambda _: begun.set()))
    await begun.wait()
    assert not task.done()
    return task


async def test_two_do_not_take_it_at_once(hubspot: Simulator, tmp_path: Path) -> None:
    async with snapshots_in(tmp_path, hubspot) as (snapshots, _):
        first = await under_way(snapshots)
        with pytest.raises(SnapshotError, match="Another process is taking"):
            await snapshots.take("contact", FIELDS)
        assert (await first).complete


async def test_what_is_being_taken_is_not_removed_below_it(hubspot: Simulator, tmp_path: Path) -> None:
    async with snapshots_in(tmp_path, hubspot) as (snapshots, _):
        assert not await snapshots.remove("contact")
        first = await under_way(snapshots)
        with pytest.raises(SnapshotError, match="Another process is taking"):
            await snapshots.remove("contact")
        assert (await first).complete
        begun = asyncio.Event()
        taking = snapshots.start("contact", FIELDS, fresh=True, ended=lambda _: None)
        tell = taking.tell
        taking.tell = lambda progress: (tell(progress), begun.set())  # type: ignore[method-assign, assignment, func-returns-value]
        await begun.wait()
        assert await snapshots.remove("contact")  # our own is stopped first
        assert not taking.running
        assert await snapshots.info("contact") is None


async def test_one_person_is_forgotten_in_whole_and_half_snapshots(hubspot: Simulator, tmp_path: Path) -> None:
    async with snapshots_in(tmp_path, hubspot) as (snapshots, connector):
        await snapshots.take("contact", FIELDS)
        snapshot = await snapshots.open("contact")
        person = snapshot.record(11)
        other = snapshot.record(12)
        assert person is not None
        assert other is not None
        portal = (await connector.details()).portal_id
        email = person.properties["email"] or ""
        assert await snapshots.forget(email.upper(), frozenset({(portal, "contact", other.id)})) == 2
        assert await snapshots.forget(email) == 0
        again = await snapshots.open("contact")
        assert again.count == 528
        assert again.record(11) is None


def test_it_keeps_what_the_views_look_at() -> None:
    view = View(
        name="x", object_class="contact", filter='city pr or _id eq "1"', sort="-createdate", columns=("phone",)
    )
    views = Views(views=(view,), columns={"contact": ("fax",), "company": ("domain",)})
    assert columns_to_keep(views, "contact", ("email",)) == ("email", "fax", "phone", "city", "createdate")
