"""The proofs of a run's outcomes: one for each settled entry, and their sum at the end of the audit chain.

Whatever changes what an entry's proof covers (state, record, cause, outcome, before-images, time) ends with `prove`
in the same commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from console.journal.chain import Chain, Kind, approved_values, ended_values, moved
from console.journal.model import EntryState
from console.journal.quick import Many, given, tuples
from console.journal.schema import entries, run_counts, runs

UNPROVEN = frozenset({EntryState.PLANNED.value, EntryState.INFLIGHT.value})
"""States of which there is nothing to prove yet."""
COUNTED = ("state", "action", "cause")
"""The kinds of counters that follow from the entries of the run itself."""

_IN = 500


def prove(connection: Connection, chain: Chain, run_id: str, plan_id: str, numbers: Sequence[int]) -> None:
    """The outcomes of these entries were written: prove them as they stand now."""
    gone: list[bytes | None] = []
    come: list[bytes] = []
    values: list[dict[str, Any]] = []
    for start in range(0, len(numbers), _IN):
        part = {"plan": plan_id, "numbers": list(numbers[start : start + _IN])}
        for *covered, before in tuples(connection, _SETTLED, part):
            proof = None if covered[2] in UNPROVEN else chain.proof(*covered)
            gone.append(before)
            if proof is not None:
                come.append(proof)
            values.append({"plan": plan_id, "n": covered[1], "p": proof})
    if values:
        _PROVE.run(connection, values)
        record(connection, chain, run_id, gone, come)


def withdraw(connection: Connection, chain: Chain, run_id: str, plan_id: str, state: EntryState) -> None:
    """All entries of this state are about to leave it at once: what was proven of them is not so any more."""
    gone: list[bytes | None] = []
    if state.value not in UNPROVEN:
        proven = (entries.c.plan_id == plan_id, entries.c.state == state.value, entries.c.proof.is_not(None))
        gone += connection.execute(select(entries.c.proof).where(*proven)).scalars()
        connection.execute(update(entries).where(*proven).values(proof=None))
    record(connection, chain, run_id, gone, [])  # also where nothing went: the counters are on the move


def approved(connection: Connection, chain: Chain, run_id: str) -> None:
    """The run as it was approved goes into the chain."""
    chain.append_salted(connection, Kind.APPROVED, run_id, approved_values(_run(connection, run_id)))


def begun(connection: Connection, chain: Chain, run_id: str) -> None:
    """A process took the run; until it stands still again, its row is on the move."""
    chain.append(connection, Kind.BEGUN, run_id, b"")


def ended(connection: Connection, chain: Chain, run_id: str) -> None:
    """The run as it stands still goes into the chain."""
    chain.append_salted(
        connection, Kind.ENDED, run_id, ended_values(_run(connection, run_id), counts(connection, run_id))
    )


def counts(connection: Connection, run_id: str) -> list[tuple[str, str, int]]:
    """The run's counters of its own entries: kind, name, number."""
    statement = select(run_counts.c.kind, run_counts.c.name, run_counts.c.count).where(run_counts.c.run_id == run_id)
    return [(kind, name, number) for kind, name, number in connection.execute(statement) if kind in COUNTED]


def proof_of(chain: Chain, row: Any) -> bytes:
    """The proof of an entry as it lies in its row."""
    return chain.proof(
        row.plan_id, row.number, row.state, row.written_uid, row.cause, row.settled_at, row.outcome, row.befores
    )


def record(
    connection: Connection, chain: Chain, run_id: str, gone: Sequence[bytes | None], come: Sequence[bytes]
) -> None:
    """These proofs went and those came: their sum, at the end of the chain."""
    total = moved(connection.execute(_SUM, {"run": run_id}).scalar_one(), gone, come)
    connection.execute(_SUM_NOW, {"run": run_id, "sum": total})
    chain.append(connection, Kind.OUTCOMES, run_id, total)


def _run(connection: Connection, run_id: str) -> Row[Any]:
    return connection.execute(select(runs).where(runs.c.id == run_id)).one()


_COVERED = (
    entries.c.plan_id, entries.c.number, entries.c.state, entries.c.written_uid, entries.c.cause, entries.c.settled_at,
    entries.c.outcome, entries.c.befores, entries.c.proof,
)  # fmt: skip
# statements that each commit needs: made once, for making one takes longer than running it
_SETTLED = select(*_COVERED).where(
    entries.c.plan_id == bindparam("plan"), entries.c.number.in_(bindparam("numbers", expanding=True))
)
_SUM = select(runs.c.proofs).where(runs.c.id == bindparam("run"))
_SUM_NOW = update(runs).where(runs.c.id == bindparam("run")).values(proofs=bindparam("sum"))
_proven = given(entries, plan="plan_id", n="number", p="proof")
_PROVE = Many(
    update(entries)
    .where(entries.c.plan_id == _proven.c.plan, entries.c.number == _proven.c.n)
    .values(proof=_proven.c.p)
)
