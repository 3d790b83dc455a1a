"""Archiving many records: each is looked at first, and each has an outcome of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from console.connector.errors import icf_error
from console.connector.operations import Operations
from console.hubspot.batch import BATCH_LIMIT
from console.hubspot.errors import HubSpotError, NotFound
from console.hubspot.model import Outcome

Fate = Literal["archived", "gone", "merged", "failed"]


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one record; `why` is for people and may hold foreign text."""

    uid: str
    fate: Fate
    why: str = ""


async def archive_many(
    operations: Operations, cls: str, uids: Sequence[str], progress: Callable[[int], None] = lambda _: None
) -> list[Archived]:
    """Archive records, 100 at a time, in the order given; `progress` hears how many are done.

    A uid that leads to the survivor of a merge archives nothing: the survivor holds more than was meant to go.

    Raises:
        PermissionDenied: the operation is configured to be denied.
    """
    operations.types.check("DELETE", cls)
    native = operations.types.find(cls).native
    distinct = list(dict.fromkeys(uids))
    done: list[Archived] = []
    for start in range(0, len(distinct), BATCH_LIMIT):
        done += await _batch(operations, cls, native, distinct[start : start + BATCH_LIMIT])
        progress(len(done))
    return done


def summed(outcomes: Sequence[Archived]) -> list[tuple[str, int]]:
    """Why records were not archived, and how many for each reason; the most frequent first."""
    return Counter(one.why for one in outcomes if one.fate != "archived").most_common()


async def _batch(operations: Operations, cls: str, native: str, uids: list[str]) -> list[Archived]:
    connector = operations.connector
    looked = await connector.batch_read(native, uids)
    found = {uid: _seen(uid, outcome) for uid, outcome in zip(uids, looked, strict=True)}
    going = [uid for uid in uids if found[uid] is None]
    outcomes = await connector.batch_archive(native, going) if going else []
    for uid, outcome in zip(going, outcomes, strict=True):
        found[uid] = _archived(cls, uid, outcome)
    return [one for uid in uids if (one := found[uid]) is not None]


def _seen(uid: str, outcome: Outcome) -> Archived | None:
    """Why a record is not to be archived; None where it is."""
    if outcome.record is None:
        if isinstance(outcome.error, NotFound):
            return Archived(uid=uid, fate="gone", why="not there any more: archived, or merged into another one")
        return Archived(uid=uid, fate="failed", why=_told(outcome.error))
    if outcome.record.id != uid:
        return Archived(uid=uid, fate="merged", why="merged into another record, which holds more than was meant to go")
    return None


def _archived(cls: str, uid: str, outcome: Outcome) -> Archived:
    if outcome.error is None:
        return Archived(uid=uid, fate="archived")
    return Archived(uid=uid, fate="failed", why=icf_error(outcome.error, "DELETE", cls).message)


def _told(error: HubSpotError | None) -> str:
    return error.message if error is not None else "HubSpot said nothing about it"
