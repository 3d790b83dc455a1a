"""The journal's words about runs: approval, claims, outcomes, commands, the audit trail."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Select, select
from sqlalchemy.exc import IntegrityError

from console.journal import plan_rows, rows, run_rows
from console.journal.errors import NeedsOtherEyes, NotApproved, UnknownPlan
from console.journal.ids import new_id
from console.journal.link_store import LinkStore
from console.journal.model import (
    WORK,
    Approver,
    AuditEvent,
    EntryState,
    Link,
    NewEntry,
    Origin,
    Plan,
    RunProgress,
    RunState,
)
from console.journal.plan_store import PlanStore
from console.journal.progress import CANARY, FIRST, QUARANTINE, TRIES, UNDOES, UNTIL
from console.journal.schema import audit
from console.settings.sealing import Seal

Command = Literal["pause", "resume", "cancel"]

_WORK = sorted(action.value for action in WORK)


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one entry. `link` is remembered and `unlink` forgotten in the same commit."""

    number: int
    state: EntryState
    uid: str | None = None
    outcome: str = ""
    cause: str = ""
    befores: dict[str, str | None] = {}
    link: Link | None = None
    unlink: bytes | None = None


class RunStore(PlanStore, LinkStore):
    """Runs, over plans and links."""

    async def approve(self, plan: Plan, who: Approver, *, detail: str = "") -> RunProgress:
        """Approve this plan, by its hash, with the guards as accepted in it; its run is there afterwards.

        Approving what is approved already answers its run.

        Raises:
            NotApproved: the plan is unfinished, its hash is another one, or a guard still holds.
        """
        kept = await self.plan(plan.id)
        if not kept.complete:
            raise NotApproved(
                f"The plan {plan.id} was never finished.", remedy="Make a new plan: hubspoke plan MAPPING."
            )
        if not plan.hash or kept.hash != plan.hash:
            raise NotApproved(
                f"The plan {plan.id} is not the one that was shown: its hash differs.", remedy="Look at it again."
            )
        holding = [guard.name for guard in plan.guards if guard.holds]
        if holding:
            raise NotApproved(
                f"The plan {plan.id} is held by a guard: {', '.join(holding)}.", remedy="Accept the exact number."
            )
        if kept.pruned:
            raise NotApproved(f"The plan {plan.id} is too old: its entries were pruned.", remedy="Make a new plan.")
        if kept.rules.four_eyes:
            await self._other_eyes(kept, who)
        seal = await self._seal(plan.id)
        if seal is None:
            raise NotApproved(f"The key of the plan {plan.id} is gone.", remedy="Make a new plan.")
        head = rows.plan_row(msgspec.structs.replace(kept, guards=plan.guards), seal)
        now = time.time()

        def job(connection: Connection) -> RunProgress:
            if run_rows.find_run(connection, plan.id) is None:
                plan_rows.finish_plan(connection, head)
                values = {
                    "plan_id": kept.id,
                    "portal_id": kept.portal_id,
                    "mapping": kept.mapping,
                    "object_class": kept.object_class,
                    "plan_hash": kept.hash,
                    "approved_at": now,
                    "approved_by": who.title,
                }
                run_id = self._new_run(connection, values, now)
                if kept.origin is not None and kept.origin.kind == "undo":
                    run_rows.set_counts(connection, run_id, UNDOES, {kept.origin.run_id: 1})
                run_rows.add_event(connection, self._keys.chain, "approve", who, plan.id, run_id, detail)
            return run_rows.progress(connection, plan.id)

        run = await self._writer.write(job)
        await self._note_head()
        return run

    async def _other_eyes(self, plan: Plan, who: Approver) -> None:
        """Refuse the approval of whoever made the plan."""
        makers = await self._read(lambda connection: run_rows.makers(connection, plan.id))
        if who.person not in makers and makers:
            return
        told = f"{who.person} planned it" if makers else "it is not recorded who planned it"
        raise NeedsOtherEyes(
            f"The mapping {plan.mapping} asks for four eyes, and {told}: the plan {plan.id} is not approved.",
            remedy=f"Let somebody else look at it from a login of their own: hubspoke apply {plan.id}",
        )

    def _new_run(self, connection: Connection, values: dict[str, Any], now: float) -> str:
        bump = 0
        while True:
            run_id = new_id("r", now, bump)
            try:
                with connection.begin_nested():
                    run_rows.create_run(connection, self._keys.chain, {"id": run_id, **values})
            except IntegrityError:
                if run_rows.find_run(connection, run_id) is None:
                    raise
                bump += 1
            else:
                return run_id

    async def begin_run(self, run_id: str, owner: str) -> RunProgress:
        """The run belongs to `owner` now and is running; only the holder of its lock may call this."""

        def job(connection: Connection) -> RunProgress:
            run_rows.begin_run(connection, self._keys.chain, run_id, owner)
            return run_rows.progress(connection, run_id)

        run = await self._writer.write(job)
        await self._note_head()
        return run

    async def end_run(self, run_id: str, state: RunState, message: str = "") -> RunProgress:
        """The run stands still: done, failed, cancelled or paused."""

        def job(connection: Connection) -> RunProgress:
            run_rows.end_run(connection, self._keys.chain, run_id, state, message)
            return run_rows.progress(connection, run_id)

        run = await self._writer.write(job)
        await self._note_head()
        return run

    async def touch_run(
        self, run_id: str, *, requests: int = 0, rate_limited: int = 0, message: str | None = None
    ) -> None:
        """The runner lives; how many requests and 429s there were since it last said so."""
        await self._writer.write(lambda connection: run_rows.touch(connection, run_id, requests, rate_limited, message))

    async def pending(self, plan_id: str, state: EntryState, *, after: int = 0, limit: int = 500) -> list[NewEntry]:
        """The next entries with work that are in `state`, with their digests."""
        return await self.keyed_entries(plan_id, actions=_WORK, states=[state.value], after=after, limit=limit)

    async def claim(self, run: RunProgress, numbers: Sequence[int]) -> None:
        """Mark planned entries as in flight: before anything of them is sent."""
        await self._writer.write(lambda connection: run_rows.claim(connection, run.id, run.plan_id, run.owner, numbers))

    async def settle(
        self, run: RunProgress, settlements: Sequence[Settlement], *, origin: Origin | None = None
    ) -> None:
        """Write what became of entries, with their links, in one commit; so is what that means for the run of `origin`."""
        if not settlements:
            return
        seal = await self._seal(run.plan_id) or Seal(None)
        values = [
            {
                "n": one.number,
                "state": one.state.value,
                "u": one.uid,
                "outcome": rows.sealed_text(one.outcome, seal, run.plan_id, one.number),
                "cause": one.cause,
                "befores": rows.sealed_befores(one.befores, seal, run.plan_id, one.number),
            }
            for one in settlements
        ]
        scope = (run.portal_id, run.mapping, run.object_class)
        links = self._link_rows(*scope, [one.link for one in settlements if one.link is not None])
        gone = [one.unlink for one in settlements if one.unlink is not None]
        done = [one.number for one in settlements if one.state is EntryState.DONE]

        def job(connection: Connection) -> None:
            run_rows.settle(connection, self._keys.chain, run.id, run.plan_id, values)
            plan_rows.put_links(connection, links)
            plan_rows.drop_links(connection, *scope, gone)
            if origin is not None:
                run_rows.take_back(connection, self._keys.chain, origin, run.id, done)

        await self._writer.write(job)

    async def set_canary(self, run_id: str, first: int) -> None:
        """So many writes come first, then the run pauses by itself; 0 for no such thing."""
        await self._writer.write(lambda connection: run_rows.set_counts(connection, run_id, CANARY, {FIRST: first}))

    async def set_quarantine(self, run_id: str, tries: int, until: float | None) -> None:
        """So many tries failed, and the next one is at `until`, in seconds since the epoch; 0 and None for none."""
        values = {TRIES: tries, UNTIL: math.ceil(until or 0)}
        await self._writer.write(lambda connection: run_rows.set_counts(connection, run_id, QUARANTINE, values))

    async def move_entries(self, run: RunProgress, old: EntryState, new: EntryState, *, cause: str = "") -> int:
        """Move all entries with work from one state to another; how many."""
        return await self._writer.write(
            lambda connection: run_rows.move_all(connection, self._keys.chain, run.id, run.plan_id, old, new, cause)
        )

    async def progress(self, run_or_plan: str) -> RunProgress:
        """A run at this moment, by its id or its plan's.

        Raises:
            UnknownPlan: there is none.
        """
        return await self._read(lambda connection: run_rows.progress(connection, run_or_plan))

    async def approved(self, run_or_plan: str) -> RunProgress:
        """The run of an approved plan.

        Raises:
            NotApproved: there is such a plan, but nobody approved it.
            UnknownPlan: there is neither.
        """
        try:
            return await self.progress(run_or_plan)
        except UnknownPlan:
            if await self._read(lambda connection: plan_rows.taken(connection, run_or_plan)):
                raise NotApproved(
                    f"The plan {run_or_plan} is not approved.", remedy=f"Look at it, then: hubspoke apply {run_or_plan}"
                ) from None
            raise

    async def runs(self, limit: int = 50) -> list[RunProgress]:
        """The newest runs first."""
        return await self._read(lambda connection: run_rows.newest_runs(connection, limit))

    async def command(self, run_id: str, command: Command, who: Approver) -> None:
        """Leave a command for whoever owns the run."""

        def job(connection: Connection) -> None:
            row = run_rows.run_row(connection, run_id)
            run_rows.add_command(connection, row.id, command)
            run_rows.add_event(connection, self._keys.chain, command, who, row.plan_id, row.id, "")

        await self._writer.write(job)
        await self._note_head()

    async def commands(self, run_id: str) -> list[str]:
        """Commands that were not obeyed yet, oldest first; each comes once."""
        waiting = await self._read(lambda connection: run_rows.waiting_commands(connection, run_id))
        if waiting:
            numbers = [number for number, _ in waiting]
            await self._writer.write(lambda connection: run_rows.take_commands(connection, numbers))
        return [command for _, command in waiting]

    async def record(self, kind: str, who: Approver, *, plan_id: str = "", run_id: str = "", detail: str = "") -> None:
        """Add a line to the audit trail."""
        chain = self._keys.chain
        await self._writer.write(
            lambda connection: run_rows.add_event(connection, chain, kind, who, plan_id, run_id, detail)
        )
        await self._note_head()

    async def plan_events(self, plan_id: str) -> list[AuditEvent]:
        """What the audit trail says of a plan, oldest first."""
        return await self._events(select(audit).where(audit.c.plan_id == plan_id).order_by(audit.c.id))

    async def events(self, *, run_id: str = "", after: int = 0, limit: int = 200) -> list[AuditEvent]:
        """The audit trail after the line `after`, of one run or of all."""
        statement = select(audit).where(audit.c.id > after).order_by(audit.c.id).limit(limit)
        if run_id:
            statement = statement.where(audit.c.run_id == run_id)
        return await self._events(statement)

    async def _events(self, statement: Select[Any]) -> list[AuditEvent]:
        found = await self._read(lambda connection: connection.execute(statement).all())
        return [
            AuditEvent(
                id=row.id,
                at=row.at,
                kind=row.kind,
                who=Approver(login=row.login, sudo_user=row.sudo_user, via=row.via, session=row.session),
                plan_id=row.plan_id,
                run_id=row.run_id,
                detail=row.detail,
            )
            for row in found
        ]
