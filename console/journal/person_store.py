"""The journal's words about one person: everything that it holds of them, and how that is erased."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, or_, select

from console.journal import erasing, rows, run_rows
from console.journal.model import Approver, NewEntry
from console.journal.person import Identity, Needle
from console.journal.run_store import RunStore
from console.journal.schema import entries, links, plans
from console.settings.sealing import Seal

_PAGE = 500
_ROUNDS = 4


class Traces(msgspec.Struct, kw_only=True):
    """Where a person is in the journal. `own` and `mentions` map a plan to numbers of its entries."""

    identity: Identity
    own: dict[str, set[int]] = msgspec.field(default_factory=dict)
    mentions: dict[str, set[int]] = msgspec.field(default_factory=dict)
    heads: set[str] = msgspec.field(default_factory=set)
    links: int = 0
    remembered: int = 0
    """Other people's links that remember a value with the address in it."""
    lines: int = 0
    unreadable: set[str] = msgspec.field(default_factory=set)

    @property
    def entries(self) -> int:
        """How many entries are the person's or name them."""
        return sum(map(len, self.own.values())) + sum(map(len, self.mentions.values()))

    @property
    def any(self) -> bool:
        """Whether there is anything at all."""
        return bool(self.entries or self.heads or self.links or self.remembered or self.lines)


class TrailLine(msgspec.Struct, frozen=True, kw_only=True):
    """What happened about a person in one plan. Times are seconds since the epoch; 0 where it did not happen."""

    plan_id: str
    planned_at: str
    mapping: str
    object_class: str
    portal_id: int
    entry: NewEntry
    run_id: str = ""
    approved_by: str = ""
    approved_at: float = 0.0
    written_at: float = 0.0


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What went from the journal, in numbers."""

    entries: int = 0
    mentions: int = 0
    plans_dropped: int = 0
    plans_changed: int = 0
    skipped: int = 0
    links: int = 0
    remembered: int = 0
    lines: int = 0


class PersonStore(RunStore):
    """One person, over runs, plans and links."""

    async def traces(self, email: str, *, source_ids: Iterable[str] = (), uids: Iterable[str] = ()) -> Traces:
        """Everything that the journal holds of the person with this address, or with one of these ids.

        By keyed digest, by opening all that is sealed, then by what was learned: the same source id, the same record.
        Reads the whole journal: some ten seconds for a million entries.
        """
        needle = Needle(email)
        found = Traces(identity=Identity(email=needle.email))
        known = [needle.email, *source_ids]
        for portal, mapping, kind in await self._read(_scopes):
            digester = self.digester(portal, mapping, kind)
            found.identity.digests |= {(portal, mapping, kind, digester.source(one)) for one in known}
            found.identity.uids |= {(portal, kind, uid) for uid in uids}
        for plan in await self._read(lambda connection: connection.execute(select(plans)).all()):
            await self._scan(plan, needle, found)
        for _ in range(_ROUNDS):  # a record leads to a source id, which leads to another record
            before = (len(found.identity.digests), len(found.identity.uids), found.entries)
            await self._read(lambda connection: self._links_of(connection, found))
            await self._follow(found)
            if (len(found.identity.digests), len(found.identity.uids), found.entries) == before:
                break
        await self._read(lambda connection: self._open_words(connection, needle, found))
        return found

    async def _scan(self, plan: Row[Any], needle: Needle, found: Traces) -> None:
        seal = self._seal_of(plan)
        if seal is None:
            found.unreadable.add(plan.id)
        elif needle.head(rows.plan_of(plan, seal)):
            found.heads.add(plan.id)
        digester = self.digester(plan.portal_id, plan.mapping, plan.object_class)
        mine = {digester.source(needle.email), digester.correlation(needle.email)}
        after = -1
        while page := await self._entry_page(plan.id, seal, after):
            after = page[-1].number
            for entry in page:
                if entry.key_digest in mine or entry.correlation_digest in mine or needle.about(entry):
                    self._own(found, plan, entry)
                elif needle.mentioned(entry):
                    found.mentions.setdefault(plan.id, set()).add(entry.number)

    async def _entry_page(self, plan_id: str, seal: Seal | None, after: int) -> list[NewEntry]:
        mine = select(entries).where(entries.c.plan_id == plan_id, entries.c.number > after)
        return await self._opened(mine.order_by(entries.c.number).limit(_PAGE), seal)

    async def _opened(self, statement: Select[Any], seal: Seal | None) -> list[NewEntry]:
        key = self._keys.digest_key
        return await self._read(
            lambda connection: [rows.entry_of(row, seal, key) for row in connection.execute(statement)]
        )

    @staticmethod
    def _own(found: Traces, plan: Row[Any], entry: NewEntry) -> None:
        """An entry of the person's own, and what it teaches about them. A company is nobody's own record."""
        if plan.object_class != "contact" and entry.key_digest not in {digest for *_, digest in found.identity.digests}:
            found.mentions.setdefault(plan.id, set()).add(entry.number)
            return
        found.own.setdefault(plan.id, set()).add(entry.number)
        found.mentions.get(plan.id, set()).discard(entry.number)
        if entry.key_digest:
            found.identity.digests.add((plan.portal_id, plan.mapping, plan.object_class, entry.key_digest))
        if entry.uid:
            found.identity.uids.add((plan.portal_id, plan.object_class, entry.uid))
        if entry.payload is not None:
            found.identity.learn(entry.payload)

    @staticmethod
    def _links_of(connection: Connection, found: Traces) -> None:
        """Links of the known digests and records; each teaches the other half."""
        number = 0
        for row in (
            connection.execute(select(links).where(_is_linked(found.identity))) if found.identity.digests else ()
        ):
            number += 1
            found.identity.digests.add((row.portal_id, row.mapping, row.object_class, row.digest))
            found.identity.uids.add((row.portal_id, row.object_class, row.uid))
        found.links = number

    async def _follow(self, found: Traces) -> None:
        """Entries of the known digests and records that name no address."""
        for plan in await self._read(lambda connection: connection.execute(select(plans)).all()):
            scope = (plan.portal_id, plan.mapping, plan.object_class)
            digests = [digest for *where, digest in found.identity.digests if tuple(where) == scope and digest]
            uids = [uid for portal, kind, uid in found.identity.uids if (portal, kind) == (scope[0], scope[2])]
            same = or_(entries.c.key_digest.in_(digests), entries.c.uid.in_(uids), entries.c.written_uid.in_(uids))
            statement = select(entries).where(entries.c.plan_id == plan.id, same)
            page = await self._opened(statement, self._seal_of(plan))
            for entry in page:
                self._own(found, plan, entry)

    def _open_words(self, connection: Connection, needle: Needle, found: Traces) -> None:
        """What lies open, and what links remember of other people."""
        seal = Seal(self._keys.link_key)
        found.remembered = sum(
            any(needle.mentions(text) for pair in rows.link_of(row, seal).accepted.values() for text in pair)
            for row in connection.execute(select(links).where(links.c.accepted.is_not(None)))
        )
        found.lines = len(erasing.open_words(connection, needle))

    async def trail(self, email: str) -> AsyncIterator[TrailLine]:
        """What was planned about a person, approved by whom, written and when; oldest first."""
        found = await self.traces(email)
        for plan_id in sorted(found.own):
            plan = await self.plan(plan_id)
            run = await self._read(lambda connection, name=plan_id: run_rows.find_run(connection, name))  # type: ignore[misc]
            for number in sorted(found.own[plan_id]):
                (entry,) = await self.keyed_entries(plan_id, after=number - 1, limit=1)
                yield TrailLine(
                    plan_id=plan_id,
                    planned_at=plan.created_at,
                    mapping=plan.mapping,
                    object_class=plan.object_class,
                    portal_id=plan.portal_id,
                    entry=entry,
                    run_id=run.id if run is not None else "",
                    approved_by=run.approved_by if run is not None else "",
                    approved_at=run.approved_at if run is not None else 0.0,
                    written_at=entry.settled_at if entry.works else 0.0,
                )

    async def erase(self, found: Traces, who: Approver) -> Erased:
        """Erase what `traces` found, in one commit; the chain says that something went, not whose it was.

        Plans that nobody approved are dropped whole: they would do something else than was shown.
        The caller makes sure that no run with entries of this person is at work, and compacts the file afterwards.
        """
        opened = erasing.Opened(keys=self._keys, seal_of=self._seal_of)
        erased = await self._writer.write(lambda connection: erasing.erase(connection, opened, found, who))
        await self._note_head()
        return erased


def _scopes(connection: Connection) -> list[tuple[int, str, str]]:
    """Where digests are made for: portal, mapping, object class."""
    found: set[tuple[int, str, str]] = set()
    for table in (plans, links):
        columns = (table.c.portal_id, table.c.mapping, table.c.object_class)
        found |= {(portal, mapping, kind) for portal, mapping, kind in connection.execute(select(*columns).distinct())}
    return sorted(found)


def _is_linked(identity: Identity) -> Any:
    by_digest = [
        (links.c.portal_id == portal)
        & (links.c.mapping == mapping)
        & (links.c.object_class == kind)
        & (links.c.digest == digest)
        for portal, mapping, kind, digest in identity.digests
    ]
    by_uid = [
        (links.c.portal_id == portal) & (links.c.object_class == kind) & (links.c.uid == uid)
        for portal, kind, uid in identity.uids
    ]
    return or_(*by_digest, *by_uid)
