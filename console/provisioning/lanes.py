"""How the records of a plan are read: in batches by link and key, or all of them page by page; the cheaper one."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol

from console.connector.paging import read_page
from console.connector.query import Query
from console.hubspot.budget.model import BudgetState
from console.hubspot.matching import MERGED_IDS, SECONDARY_EMAILS
from console.hubspot.objects import LIST_LIMIT, Objects
from console.journal.model import Lane
from console.provisioning.correlate import BATCH, Answer
from console.provisioning.cost import LATENCY, left_today, takes
from console.provisioning.lanes_shelf import Shelf
from console.provisioning.limits import bounded
from console.provisioning.target import Target
from console.sources.model import Source

MATTERS = 2_000
"""People from which on it is worth a request to ask how many records there are."""
TELLS = 2.0
"""Seconds from which on the sooner lane is taken; below, the one of fewer requests."""
LOOKUPS = 14
"""Look-ups under way at once: as many as a client has connections, and two that wait for the next free one."""
_PIECE = 1 << 20

LaneChoice = Literal["auto", "keys", "list"]


class Listing(Target, Protocol):
    """A connector whose records can be listed and counted."""

    async def query(self, cls: str, filter: str | None, *, properties: Sequence[str] = ()) -> Query:  # noqa: A002
        """The query of all records where `filter` is None."""

    async def count(self, cls: str) -> int | None:
        """How many records there are; one request."""

    def objects(self, cls: str) -> Objects:
        """HubSpot's side of a class."""


class ListReader:
    """Reads all records once, to a shelf on the local disk, and answers from there."""

    def __init__(self, target: Listing, object_class: str, properties: Sequence[str], keys: Sequence[str]) -> None:
        self._target = target
        self._class = object_class
        more = (MERGED_IDS, SECONDARY_EMAILS) if object_class == "contact" else (MERGED_IDS,)
        self._properties = tuple(dict.fromkeys([*properties, *more]))
        self.shelf = Shelf(keys)
        self.requests = 0

    async def fill(self, told: Callable[[int], None]) -> None:
        """List everything; `told` hears how many records are here."""
        query = await self._target.query(self._class, None, properties=self._properties)
        objects, after = self._target.objects(self._class), None
        while True:
            read_at = time.time()
            step = await bounded(self._target.profile, "SEARCH", read_page(objects, query, after, LIST_LIMIT))
            self.requests += 1
            self.shelf.add(step.records, read_at)
            told(self.shelf.count)
            after = step.after
            if after is None:
                return

    async def by_id(self, ids: Sequence[str]) -> dict[str, Answer]:
        """Records by HubSpot's id; a merged record's id leads to its survivor."""
        return self._answers("hs_object_id", ids)

    async def by_key(self, name: str, values: Sequence[str]) -> dict[str, Answer]:
        """Records by the value of a key, an email also by a contact's further addresses."""
        return self._answers(name, values)

    async def survivor(self, uid: str) -> Answer:
        """Nothing more than `by_id` knows: it follows merges."""
        return self._answers("hs_object_id", [uid])[uid]

    def _answers(self, name: str, values: Sequence[str]) -> dict[str, Answer]:
        now = time.time()
        return {
            value: Answer(
                records=tuple(record for record, _ in found),
                read_at=min((read_at for _, read_at in found), default=now),
            )
            for value, found in self.shelf.find(name, values).items()
        }


async def choose(
    target: Listing,
    object_class: str,
    *,
    wanted: LaneChoice,
    why: str = "as you asked",
    everybody: bool,
    people: int | None,
    budget: BudgetState | None,
) -> tuple[Lane, int]:
    """The lane of a plan, and the requests that choosing took.

    `everybody` says that all records have to be looked at anyway; `people` is how many are expected at least.
    """
    if everybody:
        return Lane(name="list", why="every record of HubSpot is looked at"), 0
    if wanted != "auto":
        return Lane(name=wanted, why=why), 0
    if people is None or people < MATTERS:
        return Lane(name="keys", why="few people" if people is not None else "nobody knows how many people come"), 0
    records = await target.count(object_class)
    if records is None:
        return Lane(name="keys", why="HubSpot does not say how many records there are"), 1
    return compared(people, records, budget, latency_of(target)), 1


def compared(people: int, records: int, budget: BudgetState | None, latency: float) -> Lane:
    """The lane that is done sooner: look-ups go side by side, the pages of a list one after the other."""
    keys, pages = math.ceil(people / BATCH), max(math.ceil(records / LIST_LIMIT), 1)
    by_keys = takes(keys, budget, latency=latency, parallel=LOOKUPS)
    by_list = takes(pages, budget, latency=latency, parallel=1)
    left = left_today(budget)
    if left is not None and min(keys, pages) < left < max(keys, pages):
        name: Literal["keys", "list"] = "list" if pages < keys else "keys"
        why = f"the other one would take {max(keys, pages):,} requests, and {left:,} are left today"
        return Lane(name=name, why=why, records=records)
    if abs(by_list - by_keys) < TELLS:
        name = "list" if pages < keys else "keys"
    else:
        name = "list" if by_list < by_keys else "keys"
    why = (
        f"{records:,} records listed take about {_time(by_list)} ({pages:,} requests), "
        f"{people:,} people looked up about {_time(by_keys)} ({keys:,} requests)"
    )
    return Lane(name=name, why=why, records=records)


def latency_of(target: Target) -> float:
    """Seconds that HubSpot's answers took lately."""
    entries = target.hubspot.log.entries()
    taken = [one.milliseconds / 1000 for one in entries[-50:] if one.status is not None and one.status < 400]
    return max(statistics.median(taken), 0.001) if taken else LATENCY


def expected(source: Source, read_before: int | None) -> int | None:
    """How many people a source may hold: as many as the last time, else as a file has lines; None: nobody knows."""
    if source.kind not in ("csv", "jsonl"):
        return read_before
    try:
        with Path(source.name).open("rb") as stream:
            return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(_PIECE), b""))
    except OSError:
        return read_before  # whatever is wrong with it, reading tells better


def _time(seconds: float) -> str:
    return (
        f"{max(seconds, 0.1):.1f} s"
        if seconds < 10
        else f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
    )
