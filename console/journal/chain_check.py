"""Does the journal still say what was recorded? Every finding names the row."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, select

from console.journal import plan_rows
from console.journal.chain import (
    ADOPTED,
    Chain,
    Erasure,
    Head,
    Kind,
    approved_values,
    audit_values,
    ended_values,
    moved,
)
from console.journal.model import EntryState, Plan, RunState
from console.journal.proofs import COUNTED, UNPROVEN, counts, proof_of
from console.journal.schema import audit, chain, entries, plans, runs
from console.journal.seal import content_digest
from console.settings.sealing import Seal, Unreadable

_PAGE = 1_000
_GAPS_NAMED = 5
_BULK = frozenset({EntryState.SKIPPED.value, EntryState.UNCERTAIN.value, EntryState.NEEDS_DECISION.value})
"""Settled states that entries also come to without an outcome of their own."""
_AT_WORK = frozenset({RunState.APPROVED.value, RunState.RUNNING.value})


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not what was recorded: where, and what about it."""

    place: str
    message: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked and what was found. `backwards` are rows before which the clock was put back, with seconds."""

    rows: int = 0
    audit_lines: int = 0
    runs: int = 0
    outcomes: int = 0
    erasures: int = 0
    pruned: int = 0
    unproven: int = 0
    backwards: tuple[tuple[int, float], ...] = ()
    findings: tuple[Finding, ...] = ()
    head: Head | None = None
    heads_checked: int = 0
    sealed: bool = True

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


class Keys(msgspec.Struct, frozen=True):
    """What reading the journal takes: its chain, its digest key, and how a plan is read and opened."""

    chain: Chain
    digest_key: bytes
    seal_of: Callable[[Row[Any]], Seal | None]
    plan_of: Callable[[Row[Any], Seal | None], Plan]


def check(connection: Connection, keys: Keys, heads: Sequence[tuple[str, Head]] = ()) -> Verdict:
    """Check everything in one snapshot; `heads` are ends of the chain that were noted elsewhere, each with its place.

    Blocks its thread: about a second for 100,000 outcomes. Memory does not grow with the number of entries.
    """
    connection.exec_driver_sql("BEGIN")
    try:
        return _Check(connection, keys).run(heads)
    finally:
        connection.exec_driver_sql("ROLLBACK")


class _RunRows:
    """What the chain says of one run, the newest row of each kind."""

    def __init__(self) -> None:
        self.approved: Row[Any] | None = None
        self.ended: Row[Any] | None = None
        self.sum: bytes | None = None
        self.moving = False
        self.adopted = False

    def add(self, row: Row[Any]) -> None:
        if row.kind == Kind.APPROVED:
            self.approved = row
            self.adopted = self.adopted or row.note == ADOPTED
        elif row.kind == Kind.ENDED:
            self.ended, self.moving = row, False
        elif row.kind == Kind.BEGUN:
            self.ended, self.moving = None, True
        elif row.kind == Kind.OUTCOMES:
            self.sum, self.moving = row.digest, True


class _Check:
    def __init__(self, connection: Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys
        self._findings: list[Finding] = []
        self._backwards: list[tuple[int, float]] = []
        self._audited: dict[int, Row[Any]] = {}
        self._runs: dict[str, _RunRows] = {}
        self._erased: set[int] = set()
        self._pruned: set[str] = set()
        self._unsound: set[str] = set()
        self._outcomes = self._unproven = 0
        self._counted_runs = self._erasures = 0

    def run(self, heads: Sequence[tuple[str, Head]]) -> Verdict:
        rows = self._links(heads)
        lines = self._audit()
        self._all_runs()
        return Verdict(
            rows=rows,
            audit_lines=lines,
            runs=self._counted_runs,
            outcomes=self._outcomes,
            erasures=self._erasures,
            pruned=len(self._pruned),
            unproven=self._unproven,
            backwards=tuple(self._backwards),
            findings=tuple(self._findings),
            head=self._keys.chain.head(self._connection),
            heads_checked=len(heads),
        )

    def _found(self, place: str, message: str) -> None:
        self._findings.append(Finding(place=place, message=message))

    # ------------------------------------------------------------- chain

    def _links(self, heads: Sequence[tuple[str, Head]]) -> int:
        """Every row against the one before; answers how many there are."""
        seen = {head.position: b"" for _, head in heads}
        before, expected, number = self._keys.chain.beginning, 1, 0
        for row in _pages(self._connection, select(chain), chain.c.position):
            number += 1
            if row.position != expected:
                missing = (
                    f"row {expected} is"
                    if row.position == expected + 1
                    else f"rows {expected} to {row.position - 1} are"
                )
                self._found("audit chain", f"{missing} missing")
            mac = self._keys.chain.mac(
                before, position=row.position, at=row.at, back=row.back, kind=row.kind, subject=row.subject,
                digest=row.digest, note=row.note,
            )  # fmt: skip
            if not hmac.compare_digest(mac, row.mac):
                self._found(
                    f"audit chain, row {row.position}", "is not what was written, or a row before it came or went"
                )
            if row.position in seen:
                seen[row.position] = row.mac
            self._note(row)
            before, expected = row.mac, row.position + 1
        for place, head in heads:
            known = seen[head.position]
            if head.journal != self._keys.chain.journal:
                self._found(place, "was noted of another journal: this one took its place")
            elif not known:
                self._found(
                    "audit chain", f"ends at row {expected - 1}, but {place} knows row {head.position}: rows went"
                )
            elif not known.hex().startswith(head.mac):
                self._found("audit chain", f"row {head.position} is another one than {place} knows: it was rewritten")
        return number

    def _note(self, row: Row[Any]) -> None:
        if row.back:
            self._backwards.append((row.position, row.back))
        if row.kind == Kind.AUDIT:
            self._audited[int(row.subject)] = row
        elif row.kind == Kind.ERASED:
            erasure = msgspec.json.decode(row.note, type=Erasure)
            self._erasures += not erasure.pruned
            self._erased.update(erasure.salts)
            self._pruned.update(erasure.pruned)
            self._unsound.update(erasure.unsound)
        else:
            self._runs.setdefault(row.subject, _RunRows()).add(row)

    def _holds(self, row: Row[Any], values: Iterable[Any], place: str) -> None:
        """Whether `values` are what a salted row of the chain stands for."""
        if row.salt is None:
            if row.position not in self._erased:
                self._found(place, "its salt is gone, and no erasure says so")
        elif not hmac.compare_digest(self._keys.chain.salted(row.salt, values), row.digest):
            self._found(place, "was changed")

    # ------------------------------------------------------------- audit

    def _audit(self) -> int:
        lines = 0
        waiting = dict(self._audited)
        for row in _pages(self._connection, select(audit), audit.c.id):
            lines += 1
            link = waiting.pop(row.id, None)
            place = f"audit line {row.id} ({row.kind}{f', {row.run_id or row.plan_id}' if row.plan_id else ''})"
            if link is None:
                self._found(place, "was inserted: the chain does not know it")
            else:
                self._holds(link, audit_values(row), place)
        for number in waiting:
            self._found(f"audit line {number}", "was removed")
        return lines

    # -------------------------------------------------------------- runs

    def _all_runs(self) -> None:
        waiting = {name: rows for name, rows in self._runs.items() if rows.approved is not None}
        for row in _pages(self._connection, select(runs), runs.c.id):
            self._counted_runs += 1
            known = waiting.pop(row.id, None)
            if known is None or known.approved is None:
                self._found(f"run {row.id}", "was inserted: the chain does not know it")
                continue
            self._run(row, known)
        for name in waiting:
            self._found(f"run {name}", "was removed")

    def _run(self, row: Row[Any], known: _RunRows) -> None:
        place = f"run {row.id}"
        assert known.approved is not None
        self._holds(known.approved, approved_values(row), f"{place}, its approval")
        if known.ended is not None and not known.moving:
            self._holds(known.ended, ended_values(row, counts(self._connection, row.id)), f"{place}, how it ended")
        elif row.state not in _AT_WORK and not known.adopted and not known.moving:
            self._found(place, f"says that it is {row.state}, but the chain knows of no end")
        plan = self._connection.execute(select(plans).where(plans.c.id == row.plan_id)).first()
        if plan is None:
            self._found(f"plan {row.plan_id}", "was removed")
            return
        self._plan(plan, row, known)

    def _plan(self, plan: Row[Any], run: Row[Any], known: _RunRows) -> None:
        place = f"plan {plan.id}"
        if plan.id in self._unsound:
            self._found(place, "was not what was approved already when something of it was erased")
        if plan.id in self._pruned or plan.pruned_at is not None:
            if plan.id not in self._pruned:
                self._found(place, "says that it was pruned, but the chain does not")
            return
        if plan.hash != run.plan_hash:
            self._found(place, "its hash is not the approved one")
        seal = self._keys.seal_of(plan)
        self._entries(plan, run, known, seal)
        if seal is None:
            self._found(place, "its key is gone, and no pruning says so")
            return
        head = self._keys.plan_of(plan, seal)
        if plan_rows.plan_hash(self._connection, head, self._keys.digest_key) != run.plan_hash:
            self._found(
                place, f"is not what was approved: an entry was changed, removed or inserted{self._gaps(plan.id)}"
            )

    def _gaps(self, plan_id: str) -> str:
        """Numbers that may be missing; plans of an undo have gaps by nature, so this is told of a broken plan only."""
        numbers = self._connection.execute(
            select(entries.c.number).where(entries.c.plan_id == plan_id).order_by(entries.c.number)
        ).scalars()
        gaps: list[int] = []
        expected = 1
        for number in numbers:
            gaps += range(expected, min(number, expected + _GAPS_NAMED))
            expected = number + 1
        return f"; there is no entry {', '.join(map(str, gaps[:_GAPS_NAMED]))}" if gaps else ""

    def _entries(self, plan: Row[Any], run: Row[Any], known: _RunRows, seal: Seal | None) -> None:
        total: bytes | None = None
        states: dict[str, int] = {}
        for row in _pages(self._connection, select(entries).where(entries.c.plan_id == plan.id), entries.c.number):
            place = f"plan {plan.id}, entry {row.number}"
            states[row.state] = states.get(row.state, 0) + 1
            if row.payload is not None and seal is not None and not self._opens(row, seal):
                self._found(place, "what was planned is not what was hashed")
            if row.proof is not None:
                self._outcomes += 1
                total = moved(total, [], [row.proof])
                if not hmac.compare_digest(proof_of(self._keys.chain, row), row.proof):
                    self._found(place, "its outcome was changed")
            elif row.state not in UNPROVEN and row.state not in _BULK:
                self._without(place, row, known)
        if (total or moved(None, [], [])) != (known.sum or moved(None, [], [])):
            self._found(f"run {run.id}", "its outcomes do not add up: one was removed, inserted or put back")
        self._recount(run, known, states)

    def _without(self, place: str, row: Row[Any], known: _RunRows) -> None:
        if known.adopted:
            self._unproven += 1
        else:
            self._found(place, f"says {row.state} without a proof")

    def _recount(self, run: Row[Any], known: _RunRows, states: dict[str, int]) -> None:
        """Whether the counters say what the entries say; a state that only entries without work have is not counted."""
        told = {
            name: number for kind, name, number in counts(self._connection, run.id) if kind == COUNTED[0] and number
        }
        wrong = [name for name, number in told.items() if states.get(name, 0) < number]
        if wrong and not known.adopted:
            self._found(f"run {run.id}", f"its counters do not fit its entries: {', '.join(wrong)}")

    def _opens(self, row: Row[Any], seal: Seal) -> bool:
        from console.journal.rows import place

        try:
            content = seal.open(row.payload, place(row.plan_id, row.number, "payload"))
        except Unreadable:
            return False
        return hmac.compare_digest(content_digest(self._keys.digest_key, content), row.content)


def _pages(connection: Connection, statement: Select[Any], column: Any) -> Iterator[Row[Any]]:
    """Rows by keyset, a page at a time."""
    after: Any = None
    ordered = statement.order_by(column).limit(_PAGE)
    while True:
        page = connection.execute(ordered if after is None else ordered.where(column > after)).all()
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]._mapping[column]
