"""The journal's words about plans and their entries."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Collection, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection

from console.journal import plan_rows, rows, run_rows
from console.journal.errors import JournalError, UnknownPlan
from console.journal.ids import new_id
from console.journal.model import Approver, Entry, NewEntry, Payload, Plan, PlanTotals, RunState
from console.journal.schema import plans
from console.journal.seal import Digester
from console.journal.store import Store
from console.journal.who import approver
from console.settings.sealing import Seal, new_key

_SCAN = 500


class PlanStore(Store):
    """Plans and entries."""

    def digester(self, portal_id: int, mapping: str, object_class: str) -> Digester:
        """Makes the keyed digests of source ids and correlation keys of this mapping."""
        return Digester(self._keys.digest_key, portal_id, mapping, object_class)

    async def new_plan(self, plan: Plan) -> Plan:
        """Begin a plan; the answer has its id, and its time where it had none."""
        key = new_key() if self._keys.sealed else None
        now = time.time()
        created = plan.created_at or dt.datetime.fromtimestamp(now, dt.UTC).isoformat(timespec="seconds")

        def job(connection: Connection) -> Plan:
            bump = 0
            while plan_rows.taken(connection, found := plan.id or new_id("p", now, bump)):
                if plan.id:
                    raise JournalError(f"There is a plan {plan.id} already.")
                bump += 1
            begun = msgspec.structs.replace(
                plan,
                id=found,
                created_at=created,
                state=RunState.PLANNED,
                complete=False,
                hash="",
                sealed=key is not None,
            )
            wrapped = self._keys.master.wrap(key, found) if key is not None else None
            connection.execute(plans.insert().values(**rows.plan_row(begun, Seal(key)), key=wrapped))
            return begun

        begun = await self._writer.write(job)
        self._seals[begun.id] = Seal(key)
        return begun

    async def add_entries(self, plan_id: str, entries: Sequence[NewEntry]) -> None:
        """Add entries to a plan that is not finished. Numbers must be new in the plan."""
        if not entries:
            return
        seal = await self._seal(plan_id)
        if seal is None:
            raise UnknownPlan(f"The key of the plan {plan_id} is gone.", remedy="Make a new plan.")
        key = self._keys.digest_key
        await self._writer.write(
            lambda connection: plan_rows.add_entries(
                connection, plan_id, [rows.entry_row(plan_id, entry, seal, key) for entry in entries]
            )
        )

    async def mark_duplicates(self, plan_id: str) -> int:
        """Turn entries with the same source id, correlation key or record into INVALID exceptions; how many.

        All of them are marked, the first one too: nobody can say which one is right.
        """
        return await self._writer.write(lambda connection: plan_rows.mark_duplicates(connection, plan_id))

    async def totals(self, plan_id: str) -> PlanTotals:
        """What the entries add up to: what guards are judged by."""
        return await self._read(lambda connection: plan_rows.totals(connection, plan_id))

    async def add_up(self, plan: Plan) -> tuple[PlanTotals, str]:
        """Mark duplicates, then count the totals and compute the hash.

        All at once, for a run may wait for it; where there were duplicates, what was counted meanwhile is counted anew.
        """
        marked, totals, hashed = await asyncio.gather(
            self.mark_duplicates(plan.id), self.totals(plan.id), self.compute_hash(plan)
        )
        return (await self.totals(plan.id), await self.compute_hash(plan)) if marked else (totals, hashed)

    async def finish_plan(self, plan: Plan, added_up: tuple[PlanTotals, str] | None = None) -> Plan:
        """Close a plan, with the totals and the hash of what is in the journal."""
        counted, hashed = added_up or (await self.totals(plan.id), await self.compute_hash(plan))
        total = msgspec.structs.replace(
            plan,
            complete=True,
            state=RunState.PLANNED,
            situations=counted.situations,
            actions=counted.actions,
            undo=counted.undo,
            clears=counted.clears,
            invalid=counted.invalid,
            hash=hashed,
        )
        return await self._store_head(total, approver())

    async def compute_hash(self, plan: Plan) -> str:
        """The plan's hash, from the entries that are in the journal now."""
        return await self._read(lambda connection: plan_rows.plan_hash(connection, plan, self._keys.digest_key))

    async def _store_head(self, plan: Plan, who: Approver) -> Plan:
        seal = await self._seal(plan.id)
        if seal is None:
            raise UnknownPlan(f"The key of the plan {plan.id} is gone.", remedy="Make a new plan.")
        stored = msgspec.structs.replace(plan, sealed=seal.sealed)

        def job(connection: Connection) -> None:
            plan_rows.finish_plan(connection, rows.plan_row(stored, seal))
            run_rows.add_event(connection, self._keys.chain, "plan", who, plan.id, "", "")

        await self._writer.write(job)
        await self._note_head()
        return stored

    async def drop_plan(self, plan_id: str) -> None:
        """Forget a plan that was given up while it was made."""

        def job(connection: Connection) -> None:
            if run_rows.find_run(connection, plan_id) is not None:
                raise JournalError(f"The plan {plan_id} was approved and is kept.")
            plan_rows.drop_plan(connection, plan_id)

        await self._writer.write(job)

    async def plan(self, plan_id: str) -> Plan:
        """A plan by its id.

        Raises:
            UnknownPlan: there is none.
        """
        row = await self._read(lambda connection: plan_rows.plan_row(connection, plan_id))
        return rows.plan_of(row, self._seal_of(row))

    async def plans(self, limit: int = 50) -> list[Plan]:
        """The newest plans first."""
        found = await self._read(lambda connection: plan_rows.newest_plans(connection, limit))
        return [rows.plan_of(row, self._seal_of(row)) for row in found]

    async def entries(
        self,
        plan_id: str,
        *,
        actions: Collection[str] | None = None,
        states: Collection[str] | None = None,
        situations: Collection[str] | None = None,
        text: str | None = None,
        after: int = 0,
        limit: int = 200,
    ) -> list[Entry]:
        """The next `limit` entries after the number `after` that fit; `text` is looked for in what is sealed."""
        found: list[Entry] = []
        found.extend(
            await self.keyed_entries(
                plan_id, actions=actions, states=states, situations=situations, text=text, after=after, limit=limit
            )
        )
        return found

    async def keyed_entries(
        self,
        plan_id: str,
        *,
        actions: Collection[str] | None = None,
        states: Collection[str] | None = None,
        situations: Collection[str] | None = None,
        text: str | None = None,
        after: int = 0,
        limit: int = 200,
    ) -> list[NewEntry]:
        """Like `entries`, with the digests."""
        seal = await self._seal(plan_id)
        conditions = plan_rows.entry_conditions(plan_id, actions, states, situations)
        if not text:
            return await self._page(seal, conditions, after, limit)
        found: list[NewEntry] = []
        while len(found) < limit:
            part = await self._page(seal, conditions, after, _SCAN)
            found.extend(entry for entry in part if mentions(entry, text))
            if len(part) < _SCAN:
                break
            after = part[-1].number
        return found[:limit]

    async def _page(
        self, seal: Seal | None, conditions: Sequence[ColumnElement[bool]], after: int, limit: int
    ) -> list[NewEntry]:
        key = self._keys.digest_key
        return await self._read(
            lambda connection: [
                rows.entry_of(row, seal, key) for row in plan_rows.entry_rows(connection, conditions, after, limit)
            ]
        )

    async def entry(self, plan_id: str, number: int) -> Entry:
        """One entry.

        Raises:
            UnknownPlan: there is none of that number.
        """
        found = await self.entries(plan_id, after=number - 1, limit=1)
        if not found or found[0].number != number:
            raise UnknownPlan(f"The plan {plan_id} has no entry {number}.")
        return found[0]

    async def numbers_by_uid(self, plan_id: str, uids: Collection[str]) -> dict[str, list[int]]:
        """The numbers of the plan's entries that were planned for these records."""
        wanted = list(dict.fromkeys(uids))
        return await self._read(lambda connection: plan_rows.numbers_by_uid(connection, plan_id, wanted))

    async def fingerprints(self, plan_id: str, digests: Collection[bytes]) -> dict[bytes, NewEntry]:
        """Entries with a fingerprint whose records were equal after that plan, by key digest; without payloads."""
        wanted, key = list(dict.fromkeys(digests)), self._keys.digest_key
        return await self._read(
            lambda connection: {
                row.key_digest: rows.entry_of(row, None, key)
                for row in plan_rows.fingerprints(connection, plan_id, wanted)
            }
        )

    async def count(
        self,
        plan_id: str,
        *,
        actions: Collection[str] | None = None,
        states: Collection[str] | None = None,
        situations: Collection[str] | None = None,
    ) -> int:
        """How many entries fit."""
        conditions = plan_rows.entry_conditions(plan_id, actions, states, situations)
        return await self._read(lambda connection: plan_rows.count_entries(connection, conditions))

    async def stream(self, plan_id: str, *, states: Collection[str] | None = None) -> AsyncIterator[Entry]:
        """All entries in plan order, a page at a time."""
        after = 0
        while page := await self.entries(plan_id, states=states, after=after, limit=_SCAN):
            for entry in page:
                yield entry
            after = page[-1].number


def mentions(entry: Entry, text: str) -> bool:
    """Whether a person would find `text` in what this entry shows; letter case does not count."""
    needle = text.casefold()
    shown: list[str | None] = [entry.uid, entry.outcome, entry.cause]
    payload = entry.payload or Payload(source_id="")
    shown += [payload.source_id, payload.label, payload.key]
    for change in payload.changes:
        shown += [change.name, change.before, change.after]
    shown += [problem.message for problem in payload.problems]
    return any(value and needle in value.casefold() for value in shown)
