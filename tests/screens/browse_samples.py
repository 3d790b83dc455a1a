"""Contacts that never change, live and in a snapshot, for pictures of the browse screen."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from console.connector.browse import BrowsePage
from console.connector.snapshot_file import FOLDER, Head, Place, SnapshotFile
from console.connector.snapshots import SnapshotCost, Snapshots
from console.hubspot.errors import NotSent
from console.hubspot.model import PropertyDefinition
from console.settings import views
from console.settings.paths import Paths
from console.settings.views import View
from tests.screens import samples
from tests.screens.sample_session import Ready, contact

KEY = b"k" * 32
PORTAL = 46123456
NAMES = ("email", "firstname", "lastname", "company", "jobtitle", "city", "createdate", "lastmodifieddate")
VIEWS = (
    View(name="New in Galle", object_class="contact", filter='city eq "Galle"', sort="-createdate"),
    View(name="Engineers", object_class="contact", text="engineer", columns=("email", "jobtitle")),
    View(name="Without a domain", object_class="company", filter="!(domain pr)"),
)


class Waiting:
    """A HubSpot that does not answer yet."""

    async def page(self, object_class: str, **rest: Any) -> BrowsePage:
        await asyncio.Event().wait()
        raise AssertionError


class Empty:
    """An account without a record."""

    async def page(self, object_class: str, **rest: Any) -> BrowsePage:
        return BrowsePage(records=[], total=0)


class Unreachable:
    """No way to HubSpot."""

    async def page(self, object_class: str, **rest: Any) -> BrowsePage:
        raise NotSent("The name api.hubapi.com cannot be resolved.", advice="Look at the network, then press ^r.")


class SampleSnapshots(Snapshots):
    """A real snapshot file, and a cost that never changes."""

    async def cost(self, cls: str, properties: Any = ()) -> SnapshotCost:
        return SnapshotCost(
            records=102_400,
            requests=1_024,
            seconds=184.0,
            properties=tuple(properties),
            daily_left=237_600,
            sealed=True,
        )


def with_snapshot(session: Any, paths: Paths, *, count: int = 1_234) -> None:
    """Give the session a snapshot that is two hours old."""
    folder = paths.state / FOLDER
    folder.mkdir(parents=True)
    take(folder / f"{PORTAL}-contact.snapshot", count)

    async def portal() -> int:
        return PORTAL

    session.snapshots = Ready(SampleSnapshots(folder, KEY, portal, _nobody))


async def _nobody() -> Any:
    raise NotSent("Nobody is asked for a picture.")


def take(path: Path, count: int) -> None:
    """A snapshot of the sample contacts."""
    schema = tuple(
        PropertyDefinition(name=name, label=name.title(), type="datetime" if name.endswith("date") else "string")
        for name in NAMES
    )
    head = Head(
        portal_id=PORTAL,
        object_class="contact",
        properties=NAMES,
        schema=schema,
        begun_at=samples.NOW - 7_500,
        expected=count,
    )
    file = SnapshotFile.make(path, KEY, head)
    records = [contact(number) for number in range(1, count + 1)]
    columns = [[record.properties.get(name) for record in records] for name in NAMES]
    place = Place(records=count, ended_at=samples.NOW - 7_200, requests=count // 100 + 1)
    file.add([record.id for record in records], columns, place)
    file.close()


def with_views(paths: Paths) -> None:
    """Give the folder some saved views."""
    for view in VIEWS:
        views.save(paths, view)
