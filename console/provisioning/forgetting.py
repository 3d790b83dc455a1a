"""One person erased everywhere that Hubspoke writes: journal, files, and whatever else holds people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from console.journal.journal import Journal
from console.journal.leftovers import clean, files_with, needles
from console.journal.model import RunState
from console.journal.person import Identity
from console.journal.person_store import Erased, Traces
from console.journal.who import approver
from console.provisioning.lock import LockedByAnother, holder
from console.settings.paths import Paths


class Place(Protocol):
    """Something besides the journal that holds people, such as the managed repository."""

    @property
    def label(self) -> str:
        """What the operator calls it."""

    async def forget(self, identity: Identity) -> int:
        """Erase the person so that no byte is left; how many records went."""


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """What was erased, and what is left. `records` are the person's HubSpot records: portal, class, id.

    `left` are files that still name the person and are not Hubspoke's to change; `sound` says whether the audit chain
    holds afterwards, `compacted` whether the freed bytes are gone from the journal's files.
    """

    journal: Erased
    files: dict[str, int] = {}
    places: dict[str, int] = {}
    left: tuple[str, ...] = ()
    records: tuple[tuple[int, str, str], ...] = ()
    unreadable: int = 0
    again: int = 0
    sound: bool = True
    compacted: bool = True

    @property
    def complete(self) -> bool:
        """Whether nothing is left of the person in what is ours."""
        return self.sound and self.compacted and not self.again and not self.left


class Forgetting:
    """The service behind `hubspoke journal forget` and `journal person`."""

    def __init__(self, journal: Journal, paths: Paths, places: Sequence[Place] = ()) -> None:
        self._journal = journal
        self._paths = paths
        self._places = places

    async def forget(self, email: str, *, source_ids: Iterable[str] = (), uids: Iterable[str] = ()) -> Forgotten:
        """Erase the person with this address, or with one of these ids, everywhere but in HubSpot.

        Raises:
            LockedByAnother: a run is at work that has entries of this person.
            JournalError: the journal could not be written.
        """
        ids, records = tuple(source_ids), tuple(uids)
        found = await self._journal.traces(email, source_ids=ids, uids=records)
        await self._refuse_at_work(found)
        erased = await self._journal.erase(found, approver())
        places = {place.label: await place.forget(found.identity) for place in self._places}
        compacted = await self._journal.compact()
        wanted = needles([*found.identity.words, *(one for one in ids if len(one) > 3)])
        files, left = await asyncio.to_thread(self._clean, wanted)
        again = await self._journal.traces(email, source_ids=ids, uids=records)
        verdict = await self._journal.verify()
        return Forgotten(
            journal=erased,
            files=files,
            places=places,
            left=tuple(left),
            records=tuple(sorted(found.identity.uids)) if found.any else (),
            unreadable=len(found.unreadable),
            again=again.entries + again.links + again.lines,
            sound=verdict.sound,
            compacted=compacted,
        )

    async def _refuse_at_work(self, found: Traces) -> None:
        """What a runner has read already, it would still send."""
        for plan_id in {*found.own, *found.mentions}:
            for run in await self._journal.runs_of(plan_id):
                owner = holder(self._paths.locks, run.portal_id, run.mapping)
                if run.state is RunState.RUNNING and owner is not None:
                    raise LockedByAnother(owner, run.mapping, run.portal_id)

    def _clean(self, wanted: Sequence[bytes]) -> tuple[dict[str, int], list[str]]:
        """Our own files without the person; and those that still name them."""
        cleaned: dict[str, int] = {}
        for path in files_with(self._paths.state, wanted):
            gone = clean(path, wanted)
            if gone:
                cleaned[str(path)] = gone
        folders = dict.fromkeys([self._paths.state, self._paths.config])
        return cleaned, [str(path) for folder in folders for path in files_with(folder, wanted)]
