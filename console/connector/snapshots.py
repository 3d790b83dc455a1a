"""The snapshots of a profile's portal: what one costs, taking and resuming it, opening, removing, forgetting."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from console.connector.classes import UID, object_class
from console.connector.connector import Connector
from console.connector.filter import FilterError, attributes
from console.connector.query import filter_of
from console.connector.snapshot import Snapshot, SnapshotInfo, info_of
from console.connector.snapshot_file import (
    SUFFIX,
    TAKING,
    Head,
    Place,
    SnapshotError,
    SnapshotFile,
    files,
    remove,
)
from console.hubspot.model import Page
from console.hubspot.objects import LIST_LIMIT
from console.settings.mention import whole
from console.settings.paths import private_open
from console.settings.views import View, Views

STALE_SECONDS = 24 * 3600.0
"""An interrupted taking older than this begins anew: what it read is stale."""


class SnapshotCost(msgspec.Struct, frozen=True, kw_only=True):
    """What taking one would cost. `requests` and `seconds` are of what is still to be read."""

    records: int
    requests: int
    seconds: float
    properties: tuple[str, ...]
    resumes: int = 0
    """Records that an interrupted taking has already."""
    daily_left: int | None = None
    sealed: bool = True


class TakeProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a taking is."""

    records: int
    expected: int
    requests: int
    seconds_left: float | None = None


Progress = Callable[[TakeProgress], object]


class Taking:
    """A snapshot that is taken in the background: how far it is, and how it ended."""

    def __init__(self) -> None:
        self.progress: TakeProgress | None = None
        self.error: BaseException | None = None
        self.info: SnapshotInfo | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self.task is not None and not self.task.done()

    def tell(self, progress: TakeProgress) -> None:
        """Keep how far it is."""
        self.progress = progress


class Snapshots:
    """Snapshots below one folder. `portal` and `connector` are asked only when they are needed: reading works offline."""

    def __init__(
        self,
        folder: Path,
        master_key: bytes | None,
        portal: Callable[[], Awaitable[int]],
        connector: Callable[[], Awaitable[Connector]],
    ) -> None:
        self._folder = folder
        self._key = master_key
        self._portal = portal
        self._connect = connector
        self._takings: dict[str, Taking] = {}

    @property
    def sealed(self) -> bool:
        """Whether there is a vault to seal with."""
        return self._key is not None

    async def info(self, cls: str) -> SnapshotInfo | None:
        """The finished snapshot of a class, or one that was interrupted; None where there is neither. SnapshotError."""
        for suffix in (SUFFIX, TAKING):
            path = await self._path(cls, suffix)
            if path.exists():
                return await asyncio.to_thread(self._info, path)
        return None

    async def open(self, cls: str) -> Snapshot:
        """The snapshot of a class. Raises SnapshotError: there is none, or it cannot be read."""
        path = await self._path(cls, SUFFIX)
        if not path.exists():
            raise SnapshotError(
                f"There is no snapshot of the {object_class(cls).object_type} of this portal.",
                f"Take one: hubspoke snapshot take {cls}",
            )
        return await asyncio.to_thread(lambda: Snapshot(SnapshotFile.open(path, self._key)))

    async def remove(self, cls: str) -> bool:
        """Remove the snapshot of a class, a half-taken one too; whether there was one.

        Raises SnapshotError: another process is taking one.
        """
        await self.stop(cls)
        paths = [await self._path(cls, suffix) for suffix in (SUFFIX, TAKING)]
        if not any(path.exists() for path in paths):
            return False
        async with self._alone(cls):
            return any(await asyncio.to_thread(lambda: [remove(path) for path in paths]))

    async def cost(self, cls: str, properties: Sequence[str] = ()) -> SnapshotCost:
        """What taking one would cost; asks HubSpot twice: how many there are, and how long a page takes. HubSpotError."""
        connector = (await self._connect()).at("interactive")
        expected = await connector.count(cls) or 0
        began = time.monotonic()
        await connector.objects(cls).list(limit=1)
        page_seconds = time.monotonic() - began
        half = await self._half(cls, self._wanted(connector, cls, properties))
        done = half.place.records if half is not None else 0
        if half is not None:
            half.close()
        requests = max(0, -(-(expected - done) // LIST_LIMIT))
        seconds, daily = _pace(connector, page_seconds)
        return SnapshotCost(
            records=expected,
            requests=requests,
            seconds=requests * seconds,
            properties=self._wanted(connector, cls, properties),
            resumes=done,
            daily_left=daily,
            sealed=self.sealed,
        )

    async def take(
        self, cls: str, properties: Sequence[str] = (), *, fresh: bool = False, progress: Progress | None = None
    ) -> SnapshotInfo:
        """Read every record into a new snapshot, which replaces the one before when it is whole.

        Cancelled or failed, it keeps what it has, and the next taking goes on there unless `fresh`.

        Raises:
            SnapshotError: another process takes it, the disk is full.
            HubSpotError: HubSpot did not answer.
        """
        async with self._alone(cls):
            connector = (await self._connect()).at("bulk")
            await self._same_portal(connector)
            wanted = self._wanted(connector, cls, properties)
            file = None if fresh else await self._half(cls, wanted)
            if file is None:
                file = await self._begin(connector, cls, wanted)
            try:
                await self._read(connector, file, progress)
                return await self._finish(cls, file)
            finally:
                await asyncio.to_thread(file.close)

    # In the background

    def taking(self, cls: str) -> Taking | None:
        """The taking of a class that was started here last."""
        return self._takings.get(cls)

    def start(
        self, cls: str, properties: Sequence[str], *, fresh: bool = False, ended: Callable[[Taking], object]
    ) -> Taking:
        """Take a snapshot while others go on; `ended` is told of its end, but not where it was stopped."""
        known = self._takings.get(cls)
        if known is not None and known.running:
            return known
        taking = self._takings[cls] = Taking()

        async def work() -> None:
            try:
                taking.info = await self.take(cls, properties, fresh=fresh, progress=taking.tell)
            except Exception as error:  # noqa: BLE001 - handed on to whoever started it
                taking.error = error
            ended(taking)

        taking.task = asyncio.create_task(work(), name=f"snapshot of {cls}")
        return taking

    async def stop(self, cls: str) -> None:
        """Stop a taking; what it has is kept for the next one."""
        taking = self._takings.get(cls)
        if taking is not None and taking.task is not None:
            taking.task.cancel()
            await asyncio.gather(taking.task, return_exceptions=True)

    async def aclose(self) -> None:
        """Stop every taking."""
        for cls in tuple(self._takings):
            await self.stop(cls)

    # One person everywhere

    async def forget(self, email: str, uids: frozenset[tuple[int, str, str]] = frozenset()) -> int:
        """Take one person out of every snapshot, of all portals; how many records went.

        `uids` are portal, class and id. One that cannot be read any more is removed whole.
        """
        return await asyncio.to_thread(self._forget, whole(email), uids)

    def _forget(self, pattern: re.Pattern[str], uids: frozenset[tuple[int, str, str]]) -> int:
        erased = 0
        for path in files(self._folder):
            try:
                file = SnapshotFile.open(path, self._key)
            except SnapshotError:
                remove(path)
                continue
            head = file.head
            own = frozenset(uid for portal, kind, uid in uids if (portal, kind) == (head.portal_id, head.object_class))
            try:
                erased += file.erase(pattern, own)
            finally:
                file.close()
        return erased

    # Parts of the taking

    def _wanted(self, connector: Connector, cls: str, properties: Sequence[str]) -> tuple[str, ...]:
        """What is read of each record; HubSpot gives the two dates in any case."""
        kind = connector.kind(cls)
        names = dict.fromkeys([kind.name_attribute, *properties, "createdate", kind.modified])
        return tuple(name for name in names if name != UID)

    async def _same_portal(self, connector: Connector) -> None:
        """What was remembered of the account may be of other credentials."""
        known, now = await self._portal(), (await connector.details()).portal_id
        if known != now:
            raise SnapshotError(
                f"The credentials belong to portal {now}, and portal {known} was seen with this profile before.",
                "Test the connection first: hubspoke test",
            )

    async def _half(self, cls: str, wanted: tuple[str, ...]) -> SnapshotFile | None:
        """An interrupted taking that can go on."""
        path = await self._path(cls, TAKING)
        if not path.exists():
            return None
        try:
            file = await asyncio.to_thread(SnapshotFile.open, path, self._key)
        except SnapshotError:
            return None
        if file.head.properties == wanted and time.time() - file.head.begun_at < STALE_SECONDS:
            return file
        file.close()
        return None

    async def _begin(self, connector: Connector, cls: str, wanted: tuple[str, ...]) -> SnapshotFile:
        schema = await connector.schema(cls)
        head = Head(
            portal_id=await self._portal(),
            object_class=cls,
            properties=wanted,
            schema=tuple(schema[name] for name in wanted if name in schema),
            begun_at=time.time(),
            expected=await connector.count(cls),
        )
        return await asyncio.to_thread(SnapshotFile.make, await self._path(cls, TAKING), self._key, head)

    async def _read(self, connector: Connector, file: SnapshotFile, progress: Progress | None) -> None:
        objects, head = connector.objects(file.head.object_class), file.head
        place = await asyncio.to_thread(lambda: file.place)
        began, had = time.monotonic(), place.records
        while place.ended_at is None:
            page = await objects.list(after=place.after, limit=LIST_LIMIT, properties=head.properties)
            place = Place(
                records=place.records + len(page.results),
                after=page.after,
                ended_at=time.time() if page.after is None else None,
                requests=place.requests + 1,
            )
            await asyncio.to_thread(_add, file, page, place)
            if progress is not None:
                progress(_told(head, place, time.monotonic() - began, place.records - had))

    async def _finish(self, cls: str, file: SnapshotFile) -> SnapshotInfo:
        path = await self._path(cls, SUFFIX)

        def finish() -> SnapshotInfo:
            info = info_of(file)
            file.close()
            os.utime(file.path, (info.begun_at, info.begun_at))  # pruning goes by what it tells, not by the file
            remove(path)
            file.path.replace(path)
            return info

        return await asyncio.to_thread(finish)

    async def _path(self, cls: str, suffix: str) -> Path:
        return self._folder / f"{await self._portal()}-{object_class(cls).name}{suffix}"

    def _info(self, path: Path) -> SnapshotInfo:
        file = SnapshotFile.open(path, self._key)
        try:
            return info_of(file)
        finally:
            file.close()

    @asynccontextmanager
    async def _alone(self, cls: str) -> AsyncIterator[None]:
        path = await self._path(cls, ".lock")
        with private_open(path, "a") as stream:
            try:
                fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SnapshotError(
                    f"Another process is taking a snapshot of the {object_class(cls).object_type} already.",
                    "Wait for it, or stop that one: it keeps what it has.",
                ) from None
            yield


def columns_to_keep(views: Views, cls: str, usual: Sequence[str]) -> tuple[str, ...]:
    """What a snapshot is useful with: the usual columns, those chosen in the console, and what saved views look at."""
    kind = object_class(cls)
    names = dict.fromkeys([*usual, *views.columns.get(cls, ())])
    for view in views.views:
        if view.object_class == cls:
            names |= dict.fromkeys([*view.columns, *(kind.property_of(name) for name in _looked(view))])
    return tuple(name for name in names if name != UID)


def _looked(view: View) -> list[str]:
    """The properties of a view's filter and order; a filter that is none names nothing."""
    try:
        node = filter_of(object_class(view.object_class), view.filter)
    except FilterError:
        node = None
    names = list(attributes(node)) if node is not None else []
    return [*names, *(key.lstrip("-") for key in view.sort.split(",") if key)]


def _add(file: SnapshotFile, page: Page, place: Place) -> None:
    names = file.head.properties
    columns = [[record.properties.get(name) for record in page.results] for name in names]
    file.add([record.id for record in page.results], columns, place)


def _told(head: Head, place: Place, seconds: float, read: int) -> TakeProgress:
    expected = max(head.expected or 0, place.records)
    left = (expected - place.records) / read * seconds if read else None
    return TakeProgress(records=place.records, expected=expected, requests=place.requests, seconds_left=left)


def _pace(connector: Connector, page_seconds: float) -> tuple[float, int | None]:
    """Seconds from one page to the next, and what is left of the day: by the allowance, where it is known."""
    snapshot = getattr(connector.hubspot.budget, "snapshot", None)
    state = snapshot() if snapshot is not None else None
    burst = state.window("burst") if state is not None else None
    floor = burst.window_seconds / burst.limit if burst is not None and burst.limit else 0.0
    daily = state.daily_limit - state.daily_used if state is not None and state.daily_limit else None
    return max(page_seconds, floor), daily
