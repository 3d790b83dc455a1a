"""Pulling: making a local copy equal to HubSpot's contacts or companies.

A full pull lists everything, by id, and goes on where it was interrupted; what the listing does not bring is gone.
An incremental one asks HubSpot's search for what was modified since the last pull began, and the archived listing for
what was archived. The search's index lags behind and clocks differ, so the question reaches back (`overlap`), and
what is equal already is not written: that is also what keeps a copy that is provisioned back from going in circles.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from console.connector.classes import UID
from console.connector.connector import Connector
from console.connector.paging import read_page
from console.hubspot.model import Record
from console.hubspot.objects import LIST_LIMIT
from console.journal.model import Problem
from console.provisioning.pull_state import Checkpoint, PullState, load_state, save_state
from console.provisioning.pull_target import Field, Pulled, PullRefused, PullTarget, Tally, Written

T = TypeVar("T")

OVERLAP_SECONDS = 900
"""How far an incremental pull reaches back: HubSpot's index lags seconds, under bulk load minutes."""
ARCHIVE_DAYS = 85
"""HubSpot lists archived records for 90 days; a longer gap needs a full pull."""
CHECKPOINT_HOURS = 24
"""An interrupted full pull older than this begins anew: what it read is stale."""
SAVE_PAGES = 10
PROBLEMS_KEPT = 100
MERGED_IDS = "hs_merged_object_ids"
_BATCH = 200


class PullProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a pull is."""

    read: int
    tally: Tally
    phase: str


class PullReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a pull did. `mode` is what it was: an incremental one that had to be full says why in `notes`."""

    mode: Literal["full", "incremental"]
    portal_id: int
    target: str
    read: int
    tally: Tally
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


class Pull:
    """One pull of one class into one target."""

    def __init__(
        self,
        connector: Connector,
        object_class: str,
        fields: Sequence[Field],
        target: PullTarget,
        state_path: Path,
        *,
        overlap: float = OVERLAP_SECONDS,
        progress: Callable[[PullProgress], None] | None = None,
    ) -> None:
        self._connector = connector
        self._class = object_class
        self._fields = tuple(fields)
        self._target = target
        self._state_path = state_path
        self._overlap = overlap
        self._progress = progress
        self._modified = connector.kind(object_class).modified
        self._read = 0
        self._tally = Tally()
        self._problems: list[Problem] = []
        self._notes: list[str] = []

    async def run(self, *, incremental: bool) -> PullReport:
        """Pull. What was done before an error or a cancellation is durable, and the next pull goes on from there.

        Raises PullRefused, RepositoryError and HubSpotError.
        """
        begun = time.monotonic()
        portal = (await self._connector.details(fresh=True)).portal_id
        state = load_state(self._state_path)
        since = self._since(state) if incremental else None
        newest = await self._newest()
        try:
            if since is None:
                await self._full(state, newest)
            else:
                await self._incremental(state, newest or state.newest, since)
        finally:
            await _thread(self._target.close)
        return PullReport(
            mode="full" if since is None else "incremental",
            portal_id=portal,
            target=self._target.name,
            read=self._read,
            tally=self._tally,
            problems=tuple(self._problems),
            notes=tuple(self._notes),
            seconds=time.monotonic() - begun,
        )

    def _since(self, state: PullState) -> dt.datetime | None:
        """Where an incremental pull begins; None where only a full one will do."""
        why = ""
        if not state.newest:
            why = "nothing was pulled there with these fields before"
        elif state.checkpoint is not None:
            why = "the full pull before was interrupted"
        elif time.time() - state.finished > ARCHIVE_DAYS * 86_400:
            why = f"the last pull is more than {ARCHIVE_DAYS} days old, and HubSpot forgets what was archived"
        if why:
            self._notes.append(f"Everything is read: {why}.")
            return None
        return dt.datetime.fromisoformat(state.newest) - dt.timedelta(seconds=self._overlap)

    async def _newest(self) -> str:
        """The latest modification that HubSpot's index knows of, by HubSpot's clock; empty where there is nothing."""
        async for record in self._connector.search(
            self._class, None, properties=(self._modified,), sort=f"-{self._modified}", limit=1
        ):
            return record.properties.get(self._modified) or ""
        return ""

    # everything

    async def _full(self, state: PullState, newest: str) -> None:
        point = state.checkpoint
        if point is not None and time.time() - point.begun > CHECKPOINT_HOURS * 3600:
            point = None
        if point is None:
            point = Checkpoint(newest=newest, after="", last=0, read=0, tally=Tally(), saved={}, begun=time.time())
            await _thread(lambda: self._target.begin(full=True, saved=None))
        else:
            saved = point.saved
            self._notes.append(f"Went on after {point.read:,} records of an interrupted pull.")
            self._read, self._tally = point.read, point.tally
            await _thread(lambda: self._target.begin(full=True, saved=saved))
        query = await self._connector.query(self._class, None, properties=self._properties)
        objects = self._connector.objects(self._class)
        after: str | None = point.after or None
        last, pages = point.last, 0
        while True:
            step = await read_page(objects, query, after, LIST_LIMIT)
            after = step.after
            await self._page(step.records, last, last_page=after is None)
            last = max([last, *(int(record.id) for record in step.records)])
            pages += 1
            if after is None:
                break
            if pages % SAVE_PAGES == 0:
                saved = await _thread(self._target.save)
                state.checkpoint = msgspec.structs.replace(
                    point, after=after, last=last, read=self._read, tally=self._tally, saved=saved
                )
                await _thread(lambda: save_state(self._state_path, state))
        await self._finished(state, point.newest, full=True)

    async def _page(self, records: Sequence[Record], last: int, *, last_page: bool) -> None:
        """Put one page of the listing; who is in the copy between its ids and not on it is gone."""
        ids = {int(record.id) for record in records}
        if last_page and not self._read and not records:
            await self._refuse_emptying()
        until = None if last_page else max(ids, default=last)
        present = await _thread(lambda: self._target.present(last, until))
        gone = [number for number in present if number not in ids]
        if gone:
            self._tally.gone += await _thread(lambda: self._target.gone(gone))
        await self._put([self._pulled(record) for record in records], "reading everything")

    async def _refuse_emptying(self) -> None:
        if await _thread(self._target.holds_any):
            raise PullRefused(
                f"HubSpot lists no {self._class} at all, and {self._target.name} holds some; nothing was changed there.",
                remedy="Check the profile and its scopes (hubspoke test). If HubSpot really is empty, empty the copy yourself.",
            )

    # what changed

    async def _incremental(self, state: PullState, newest: str, since: dt.datetime) -> None:
        await _thread(lambda: self._target.begin(full=False, saved=None))
        missing = await self._archived(since) | await self._merged(since)
        if missing:
            self._tally.gone += await _thread(lambda: self._target.gone(sorted(missing)))
        batch: list[Pulled] = []
        async for record in self._connector.search(
            self._class, self._modified_since(since), properties=self._properties
        ):
            if int(record.id) in missing:
                continue  # the index does not know yet that it was archived
            batch.append(self._pulled(record))
            if len(batch) == _BATCH:
                await self._put(batch, "reading changes")
                batch = []
        await self._put(batch, "reading changes")
        await self._finished(state, newest, full=False)

    async def _archived(self, since: dt.datetime) -> set[int]:
        """Who was archived since then. HubSpot's listing of archived records has no filter: all of it is read."""
        objects = self._connector.objects(self._class)
        found: set[int] = set()
        after: str | None = None
        seen = 0
        while True:
            page = await objects.list(after=after, limit=LIST_LIMIT, archived=True)
            for record in page.results:
                if record.archived_at is None or dt.datetime.fromisoformat(record.archived_at) >= since:
                    found.add(int(record.id))
            seen += len(page.results)
            self._tell(f"looking through {seen:,} archived records")
            if page.after is None or page.after == after:
                return found
            after = page.after

    async def _merged(self, since: dt.datetime) -> set[int]:
        """Whom the records that were modified since then took in: those are gone, and no listing tells of them."""
        schema = await self._connector.schema(self._class, live=True)
        if MERGED_IDS not in schema:
            return set()
        node = f"{self._modified_since(since)} and {MERGED_IDS} pr"
        found: set[int] = set()
        async for record in self._connector.search(self._class, node, properties=(MERGED_IDS,)):
            parts = (record.properties.get(MERGED_IDS) or "").split(";")
            found |= {int(part) for part in parts if part.isdecimal() and part != record.id}
        return found

    def _modified_since(self, since: dt.datetime) -> str:
        moment = since.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f'{self._modified} ge "{moment}"'

    # both

    async def _put(self, records: list[Pulled], phase: str) -> None:
        if not records:
            return
        written: Written = await _thread(lambda: self._target.put(records))
        self._read += len(records)
        self._tally.add(written.tally)
        self._problems += written.problems[: PROBLEMS_KEPT - len(self._problems)]
        self._tell(phase)

    async def _finished(self, state: PullState, newest: str, *, full: bool) -> None:
        self._tally.add(await _thread(self._target.finish))
        now = time.time()
        state.newest, state.finished, state.checkpoint = newest, now, None
        if full:
            state.finished_full = now
        await _thread(lambda: save_state(self._state_path, state))

    @property
    def _properties(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(field.property for field in self._fields))

    def _pulled(self, record: Record) -> Pulled:
        values: dict[str, str | None] = {}
        for field in self._fields:
            value = record.id if field.property == UID else record.properties.get(field.property)
            values[field.name] = value or None
        return Pulled(int(record.id), values)

    def _tell(self, phase: str) -> None:
        if self._progress is not None:
            self._progress(PullProgress(read=self._read, tally=self._tally, phase=phase))


async def _thread(work: Callable[[], T]) -> T:
    """Run in a worker thread; a cancellation waits for it: half a page must not be written behind our back."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
