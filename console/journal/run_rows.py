"""What is read and written about runs, as plain functions on a connection."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from console.journal import proofs
from console.journal.chain import Chain, Kind, audit_values
from console.journal.errors import JournalError, UnknownPlan
from console.journal.model import WORK, Action, Approver, EntryState, Origin, RunProgress, RunState
from console.journal.plan_rows import set_plan_state
from console.journal.progress import UNDONE_BY, progress_of
from console.journal.quick import Many, given, tuples
from console.journal.schema import audit, commands, entries, run_counts, runs

_COUNTED = sorted({action.value for action in WORK} | {Action.EXCEPTION.value})
_DID = (EntryState.DONE.value, EntryState.NOT_ACCEPTED.value)
_TROUBLE = (
    EntryState.FAILED.value,
    EntryState.CONFLICT.value,
    EntryState.UNCERTAIN.value,
    EntryState.NOT_ACCEPTED.value,
    EntryState.NEEDS_DECISION.value,
)
_IN = 500


def find_run(connection: Connection, run_or_plan: str) -> Row[Any] | None:
    """The run of that id, or of the plan of that id."""
    return connection.execute(select(runs).where(or_(runs.c.id == run_or_plan, runs.c.plan_id == run_or_plan))).first()


def run_row(connection: Connection, run_or_plan: str) -> Row[Any]:
    """The run of that id, or of the plan of that id.

    Raises:
        UnknownPlan: there is none.
    """
    row = find_run(connection, run_or_plan)
    if row is None:
        raise UnknownPlan(f"There is no run {run_or_plan}.", remedy="See hubspoke runs list.")
    return row


def progress(connection: Connection, run_or_plan: str) -> RunProgress:
    """A run at this moment."""
    row = run_row(connection, run_or_plan)
    return progress_of(row._mapping, _counts(connection, [row.id]).get(row.id, {}))


def newest_runs(connection: Connection, limit: int) -> list[RunProgress]:
    """The newest runs first."""
    rows = connection.execute(select(runs).order_by(runs.c.approved_at.desc(), runs.c.id.desc()).limit(limit)).all()
    counts = _counts(connection, [row.id for row in rows])
    return [progress_of(row._mapping, counts.get(row.id, {})) for row in rows]


def _counts(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = {}
    statement = (
        select(run_counts).where(run_counts.c.run_id.in_(ids), run_counts.c.count > 0).order_by(run_counts.c.name)
    )
    for run_id, kind, name, count in connection.execute(statement):
        found.setdefault(run_id, {}).setdefault(kind, {})[name] = count
    return found


def create_run(connection: Connection, chain: Chain, values: dict[str, Any]) -> None:
    """An approved run, with its counters."""
    plan_id, run_id = values["plan_id"], values["id"]
    mine = (entries.c.plan_id == plan_id, entries.c.action.in_(_COUNTED))
    # two statements, for the first of them an index tells all
    states = connection.execute(select(entries.c.state, func.count()).where(*mine).group_by(entries.c.state)).all()
    causes = connection.execute(
        select(entries.c.cause, func.count())
        .where(*mine, entries.c.state.in_(_TROUBLE), entries.c.cause != "")
        .group_by(entries.c.cause)
    ).all()
    total = sum(count for _, count in states)
    connection.execute(insert(runs).values(total=total, state=RunState.APPROVED.value, **values))
    deltas = {("state", state): count for state, count in states} | {("cause", cause): count for cause, count in causes}
    _add_counts(connection, run_id, deltas)
    set_plan_state(connection, plan_id, RunState.APPROVED)
    proofs.approved(connection, chain, run_id)


def begin_run(connection: Connection, chain: Chain, run_id: str, owner: str) -> None:
    """The run has an owner now. Commands of earlier times are over."""
    now = time.time()
    row = run_row(connection, run_id)
    connection.execute(
        update(runs)
        .where(runs.c.id == run_id)
        .values(
            state=RunState.RUNNING.value,
            owner=owner,
            message="",
            started_at=row.started_at or now,
            updated_at=now,
            finished_at=None,
        )
    )
    connection.execute(update(commands).where(commands.c.run_id == run_id).values(taken=1))
    set_plan_state(connection, row.plan_id, RunState.RUNNING)
    proofs.begun(connection, chain, run_id)


def end_run(connection: Connection, chain: Chain, run_id: str, state: RunState, message: str) -> None:
    """The run stands still: for good, or until it is started again."""
    now = time.time()
    row = run_row(connection, run_id)
    over = state in (RunState.DONE, RunState.FAILED, RunState.CANCELLED)
    connection.execute(
        update(runs)
        .where(runs.c.id == run_id)
        .values(state=state.value, message=message, owner="", updated_at=now, finished_at=now if over else None)
    )
    set_plan_state(connection, row.plan_id, state)
    proofs.ended(connection, chain, run_id)


def touch(connection: Connection, run_id: str, requests: int, rate_limited: int, message: str | None) -> None:
    """The runner is alive: its counters since it last said so."""
    values: dict[str, Any] = {
        "updated_at": time.time(),
        "requests": runs.c.requests + requests,
        "rate_limited": runs.c.rate_limited + rate_limited,
    }
    if message is not None:
        values["message"] = message
    connection.execute(update(runs).where(runs.c.id == run_id).values(**values))


def claim(connection: Connection, run_id: str, plan_id: str, owner: str, numbers: Sequence[int]) -> None:
    """Mark planned entries as in flight.

    Raises:
        JournalError: one of them is not planned any more, or the run has another owner by now.
    """
    if connection.execute(select(runs.c.owner).where(runs.c.id == run_id)).scalar_one() != owner:
        raise JournalError(
            "Another process took this run over.", remedy="See hubspoke runs list, and watch the other one."
        )
    now = time.time()
    claimed = 0
    for start in range(0, len(numbers), _IN):
        part = {"plan": plan_id, "numbers": list(numbers[start : start + _IN]), "at": now}
        claimed += connection.execute(_CLAIM, part).rowcount
    if claimed != len(numbers):
        raise JournalError(
            "Another process works on the same entries.", remedy="See hubspoke runs list, and wait for the other run."
        )
    _add_counts(connection, run_id, {("state", "planned"): -claimed, ("state", "inflight"): claimed})


def settle(connection: Connection, chain: Chain, run_id: str, plan_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write outcomes, prove and count them. Each row: n, state, u (the record), outcome and befores (sealed), cause."""
    now = time.time()
    known = _standing(connection, plan_id, [row["n"] for row in rows])
    deltas: dict[tuple[str, str], int] = {}
    gone: list[bytes | None] = []
    come: list[bytes] = []
    values: list[dict[str, Any]] = []
    for row in rows:
        number, new, cause = row["n"], row["state"], row["cause"]
        state, old_cause, action, uid, befores, proof = known[number]
        uid = uid if row["u"] is None else row["u"]
        befores = befores if row["befores"] is None else row["befores"]
        _bump(deltas, "state", state, -1)
        _bump(deltas, "state", new, 1)
        if old_cause and state in _TROUBLE:
            _bump(deltas, "cause", old_cause, -1)
        if cause and new in _TROUBLE:
            _bump(deltas, "cause", cause, 1)
        _bump(deltas, "action", action, (new in _DID) - (state in _DID))
        gone.append(proof)
        proof = (
            None
            if new in proofs.UNPROVEN
            else chain.proof(plan_id, number, new, uid, cause, now, row["outcome"], befores)
        )
        if proof is not None:
            come.append(proof)
        values.append(
            {"plan": plan_id, "n": number, "s": new, "u": uid, "o": row["outcome"], "c": cause, "b": befores, "at": now,
             "p": proof}
        )  # fmt: skip
    _SETTLE.run(connection, values)
    _add_counts(connection, run_id, deltas)
    proofs.record(connection, chain, run_id, gone, come)


def move_all(
    connection: Connection, chain: Chain, run_id: str, plan_id: str, old: EntryState, new: EntryState, cause: str
) -> int:
    """Move all entries with work from one state to another; how many."""
    mine = (entries.c.plan_id == plan_id, entries.c.action.in_(_COUNTED), entries.c.state == old.value)
    proofs.withdraw(connection, chain, run_id, plan_id, old)
    moved = connection.execute(
        update(entries).where(*mine).values(state=new.value, cause=cause, settled_at=time.time())
    ).rowcount
    deltas = {("state", old.value): -moved, ("state", new.value): moved}
    if cause and new.value in _TROUBLE:
        deltas["cause", cause] = moved
    _add_counts(connection, run_id, deltas)
    return moved


def set_counts(connection: Connection, run_id: str, kind: str, values: dict[str, int]) -> None:
    """Give a run these counters of a kind, and no others of that kind."""
    connection.execute(delete(run_counts).where(run_counts.c.run_id == run_id, run_counts.c.kind == kind))
    _add_counts(connection, run_id, {(kind, name): value for name, value in values.items()})


def take_back(connection: Connection, chain: Chain, origin: Origin, by_run: str, numbers: Sequence[int]) -> None:
    """What the run of `origin` did about these entries is undone now, or what it failed to do was made good."""
    undo = origin.kind == "undo"
    new, old = (EntryState.UNDONE, _DID) if undo else (EntryState.SKIPPED, _TROUBLE)
    known = _states(connection, origin.plan_id, numbers)
    mine = [number for number, (state, _, _) in known.items() if state in old]
    deltas: dict[tuple[str, str], int] = {}
    for state, cause, action in map(known.__getitem__, mine):
        _bump(deltas, "state", state, -1)
        _bump(deltas, "state", new.value, 1)
        _bump(deltas, "action", action, -(state in _DID))
        if cause and state in _TROUBLE:
            _bump(deltas, "cause", cause, -1)
        if undo:
            _bump(deltas, UNDONE_BY, by_run, 1)
    values = {"state": new.value} if undo else {"state": new.value, "cause": f"made good by {by_run}"}
    for start in range(0, len(mine), _IN):
        part = entries.c.number.in_(mine[start : start + _IN])
        connection.execute(update(entries).where(entries.c.plan_id == origin.plan_id, part).values(**values))
    _add_counts(connection, origin.run_id, deltas)
    proofs.prove(connection, chain, origin.run_id, origin.plan_id, mine)


def _states(connection: Connection, plan_id: str, numbers: Sequence[int]) -> dict[int, tuple[str, str, str]]:
    return {number: standing[:3] for number, standing in _standing(connection, plan_id, numbers).items()}


def _standing(connection: Connection, plan_id: str, numbers: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """State, cause, action, record, before-images and proof of each entry."""
    found: dict[int, tuple[Any, ...]] = {}
    for start in range(0, len(numbers), _IN):
        part = {"plan": plan_id, "numbers": list(numbers[start : start + _IN])}
        for number, *standing in tuples(connection, _STANDING, part):
            found[number] = tuple(standing)
    return found


def _bump(deltas: dict[tuple[str, str], int], kind: str, name: str, by: int) -> None:
    deltas[kind, name] = deltas.get((kind, name), 0) + by


def add_up(connection: Connection, run_id: str, deltas: dict[tuple[str, str], int]) -> None:
    """Change a run's counters by kind and name."""
    _add_counts(connection, run_id, deltas)


def _add_counts(connection: Connection, run_id: str, deltas: dict[tuple[str, str], int]) -> None:
    rows = [{"run_id": run_id, "kind": kind, "name": name, "count": by} for (kind, name), by in deltas.items() if by]
    _COUNT.run(connection, rows)


def add_command(connection: Connection, run_id: str, command: str) -> None:
    """Leave a command for whoever owns the run."""
    connection.execute(insert(commands).values(run_id=run_id, command=command, at=time.time()))


def waiting_commands(connection: Connection, run_id: str) -> list[tuple[int, str]]:
    """Commands that nobody took yet, oldest first."""
    statement = select(commands.c.id, commands.c.command).where(commands.c.run_id == run_id, commands.c.taken == 0)
    return [(number, command) for number, command in connection.execute(statement.order_by(commands.c.id))]


def take_commands(connection: Connection, numbers: Sequence[int]) -> None:
    """These are obeyed."""
    connection.execute(update(commands).where(commands.c.id.in_(numbers)).values(taken=1))


def add_event(
    connection: Connection, chain: Chain, kind: str, who: Approver, plan_id: str, run_id: str, detail: str
) -> None:
    """One line of the audit trail, and of the chain."""
    added = connection.execute(
        insert(audit).values(
            at=time.time(),
            kind=kind,
            plan_id=plan_id,
            run_id=run_id,
            login=who.login,
            sudo_user=who.sudo_user,
            via=who.via,
            session=who.session,
            detail=detail,
        )
    )
    number = added.inserted_primary_key[0] if added.inserted_primary_key else 0
    row = connection.execute(select(audit).where(audit.c.id == number)).one()
    chain.append_salted(connection, Kind.AUDIT, str(number), audit_values(row))


def makers(connection: Connection, plan_id: str) -> set[str]:
    """The persons who made a plan, by the audit trail."""
    statement = select(audit).where(audit.c.plan_id == plan_id, audit.c.kind == "plan")
    return {
        Approver(login=row.login, sudo_user=row.sudo_user, via=row.via, session=row.session).person
        for row in connection.execute(statement)
    }


# made once: making a statement takes longer than running it
_OF_PLAN = entries.c.plan_id == bindparam("plan")
_STANDING = select(
    entries.c.number, entries.c.state, entries.c.cause, entries.c.action, entries.c.written_uid, entries.c.befores,
    entries.c.proof,
).where(_OF_PLAN, entries.c.number.in_(bindparam("numbers", expanding=True)))  # fmt: skip
_settled = given(
    entries,
    plan="plan_id", n="number", s="state", u="written_uid", o="outcome", c="cause", b="befores", at="settled_at",
    p="proof",
)  # fmt: skip
_SETTLE = Many(
    update(entries)
    .where(entries.c.plan_id == _settled.c.plan, entries.c.number == _settled.c.n)
    .values(
        state=_settled.c.s,
        written_uid=_settled.c.u,
        outcome=_settled.c.o,
        cause=_settled.c.c,
        befores=_settled.c.b,
        settled_at=_settled.c.at,
        proof=_settled.c.p,
    )
)
_CLAIM = (
    update(entries)
    .where(
        _OF_PLAN,
        entries.c.number.in_(bindparam("numbers", expanding=True)),
        entries.c.state == EntryState.PLANNED.value,
    )
    .values(state=EntryState.INFLIGHT.value, claimed_at=bindparam("at"))
)
_counted = upsert(run_counts)
_COUNT = Many(
    _counted.on_conflict_do_update(
        index_elements=["run_id", "kind", "name"], set_={"count": run_counts.c.count + _counted.excluded.count}
    ),
    ("run_id", "kind", "name", "count"),
)
