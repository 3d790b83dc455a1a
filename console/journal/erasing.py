"""How one person is erased from the tables: plain functions on the writer's connection, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Connection, Row, delete, select, update

from console.journal import plan_rows, proofs, rows, run_rows
from console.journal.chain import Erasure, Kind
from console.journal.keys import JournalKeys
from console.journal.model import Approver, EntryState, Plan, RunState
from console.journal.person import Needle
from console.journal.schema import audit, chain, entries, links, plans, runs
from console.journal.seal import content_digest
from console.settings.sealing import Seal

if TYPE_CHECKING:
    from console.journal.person_store import Erased, Traces

_pack = msgspec.msgpack.Encoder().encode
_AT_WORK = frozenset({RunState.APPROVED.value, RunState.RUNNING.value})
_LEFT = {EntryState.PLANNED.value: EntryState.SKIPPED.value, EntryState.INFLIGHT.value: EntryState.UNCERTAIN.value}
"""What nobody will send any more, and what nobody will look for any more."""
_AUDIT_WORDS = ("login", "sudo_user", "session", "detail")
_RUN_WORDS = ("message", "approved_by", "owner")
_BLANK: dict[str, Any] = {
    "payload": None, "outcome": None, "befores": None, "fingerprint": None, "uid": None, "written_uid": None,
    "key_digest": b"", "correlation_digest": b"", "content": b"",
}  # fmt: skip


class Opened(msgspec.Struct, frozen=True):
    """What opens the journal's rows."""

    keys: JournalKeys
    seal_of: Callable[[Row[Any]], Seal | None]


def open_words(connection: Connection, needle: Needle) -> list[tuple[str, Any]]:
    """Audit lines ("audit", id) and runs ("run", id) whose open words name the address."""
    found: list[tuple[str, Any]] = []
    for kind, table, columns in (("audit", audit, _AUDIT_WORDS), ("run", runs, _RUN_WORDS)):
        for row in connection.execute(select(table)):
            named = any(needle.mentions(row._mapping[name]) for name in columns)
            found += [(kind, row.id)] if named else []
    return found


def erase(connection: Connection, opened: Opened, found: Traces, who: Approver) -> Erased:
    """Erase what was found; the audit trail and the chain say that it was done."""
    from console.journal.person_store import Erased  # which needs this module

    needle = Needle(found.identity.email)
    dropped, rehashed, unsound = 0, dict[str, tuple[str, str]](), list[str]()
    own = mentions = skipped = 0
    for plan_id in sorted({*found.own, *found.mentions, *found.heads}):
        row = connection.execute(select(plans).where(plans.c.id == plan_id)).first()
        if row is None:
            continue
        own += len(found.own.get(plan_id, ()))
        mentions += len(found.mentions.get(plan_id, ()))
        run = run_rows.find_run(connection, plan_id)
        if run is None:
            plan_rows.drop_plan(connection, plan_id)
            dropped += 1
            continue
        changed = _Plan(connection, opened, needle, row, run)
        skipped += changed.erase(found.own.get(plan_id, ()), found.mentions.get(plan_id, ()))
        rehashed[plan_id] = changed.rehash()
        if not changed.sound:
            unsound.append(plan_id)
    gone = _links(connection, found)
    remembered = _remembered(connection, opened, needle)
    salts, lines = _words(connection, opened, needle)
    opened.keys.chain.append_erasure(connection, Erasure(salts=tuple(salts), rehashed=rehashed, unsound=tuple(unsound)))
    erased = Erased(
        entries=own, mentions=mentions, plans_dropped=dropped, plans_changed=len(rehashed), skipped=skipped, links=gone,
        remembered=remembered, lines=lines,
    )  # fmt: skip
    told = ", ".join(f"{name} {number}" for name, number in msgspec.structs.asdict(erased).items() if number)
    run_rows.add_event(connection, opened.keys.chain, "forget", who, "", "", told or "nothing was found")
    return erased


class _Plan:
    """One approved plan that loses a person, and keeps what else was approved."""

    def __init__(self, connection: Connection, opened: Opened, needle: Needle, plan: Row[Any], run: Row[Any]) -> None:
        self._connection = connection
        self._opened = opened
        self._needle = needle
        self._row = plan
        self._run = run
        self._seal = opened.seal_of(plan)
        self.sound = self._seal is None or self._hash() == plan.hash == run.plan_hash

    def _plan(self) -> Plan:
        return rows.plan_of(self._row, self._seal)

    def _hash(self) -> str:
        return plan_rows.plan_hash(self._connection, self._plan(), self._opened.keys.digest_key)

    def erase(self, own: Iterable[int], mentions: Iterable[int]) -> int:
        """Blank the person's entries, scrub the others; how many will not be written any more."""
        skipped = 0
        numbers = sorted(own)
        for number in numbers:
            state = self._connection.execute(select(entries.c.state).where(*self._entry(number))).scalar_one()
            values = dict(_BLANK)
            if state in _LEFT:
                skipped += 1
                values |= {"state": _LEFT[state], "cause": "forgotten"}
                deltas = {("state", state): -1, ("state", _LEFT[state]): 1}
                if _LEFT[state] == EntryState.UNCERTAIN.value:
                    deltas["cause", "forgotten"] = 1
                run_rows.add_up(self._connection, self._run.id, deltas)
            self._connection.execute(update(entries).where(*self._entry(number)).values(**values))
        scrubbed = [number for number in sorted(mentions) if self._scrub(number)]
        proofs.prove(self._connection, self._opened.keys.chain, self._run.id, self._row.id, [*numbers, *scrubbed])
        return skipped

    def _scrub(self, number: int) -> bool:
        """Somebody else's entry without what it says of the person."""
        row = self._connection.execute(select(entries).where(*self._entry(number))).first()
        if row is None or self._seal is None:
            return False
        key = self._opened.keys.digest_key
        entry = self._needle.without(rows.entry_of(row, self._seal, key))
        content = _pack(entry.payload) if row.payload is not None and entry.payload is not None else b""
        place = rows.place(self._row.id, number, "payload")
        values = {
            "payload": self._seal.seal(content, place) if content else None,
            "content": content_digest(key, content),
            "outcome": rows.sealed_text(entry.outcome, self._seal, self._row.id, number),
            "befores": rows.sealed_befores(entry.befores, self._seal, self._row.id, number),
            "fingerprint": None,
        }
        self._connection.execute(update(entries).where(*self._entry(number)).values(**values))
        return True

    def rehash(self) -> tuple[str, str]:
        """The plan stands for what is left of it: its hash before and after."""
        plan = self._plan()
        plan = msgspec.structs.replace(
            plan,
            source=self._needle.scrubbed(plan.source),
            problems=self._needle.unproblematic(plan.problems),
            hash=self._hash(),
        )
        if self._seal is not None:
            head = rows.plan_row(plan, self._seal)
            self._connection.execute(
                update(plans).where(plans.c.id == plan.id).values(hash=plan.hash, head=head["head"])
            )
            self._connection.execute(update(runs).where(runs.c.id == self._run.id).values(plan_hash=plan.hash))
            stand(self._connection, self._opened, self._run.id, self._run.state)
        return self._row.hash, plan.hash

    def _entry(self, number: int) -> tuple[Any, Any]:
        return entries.c.plan_id == self._row.id, entries.c.number == number


def stand(connection: Connection, opened: Opened, run_id: str, state: str) -> None:
    """The run's row was changed on purpose: the chain stands for it as it is now."""
    proofs.approved(connection, opened.keys.chain, run_id)
    if state not in _AT_WORK:
        proofs.ended(connection, opened.keys.chain, run_id)


def _links(connection: Connection, found: Traces) -> int:
    gone = 0
    for portal, mapping, kind, digest in found.identity.digests:
        place = (links.c.portal_id == portal, links.c.mapping == mapping, links.c.object_class == kind)
        gone += connection.execute(delete(links).where(*place, links.c.digest == digest)).rowcount
    for portal, kind, uid in found.identity.uids:
        place = (links.c.portal_id == portal, links.c.object_class == kind, links.c.uid == uid)
        gone += connection.execute(delete(links).where(*place)).rowcount
    return gone


def _remembered(connection: Connection, opened: Opened, needle: Needle) -> int:
    """What links of others remember of the address."""
    seal = Seal(opened.keys.link_key)
    number = 0
    for row in connection.execute(select(links).where(links.c.accepted.is_not(None))).all():
        link = rows.link_of(row, seal)
        kept = {name: pair for name, pair in link.accepted.items() if not any(map(needle.mentions, pair))}
        if len(kept) == len(link.accepted):
            continue
        number += 1
        less = msgspec.structs.replace(link, accepted=kept)
        value = rows.link_row(row.portal_id, row.mapping, row.object_class, less, seal, row.updated_at)["accepted"]
        place = (links.c.portal_id == row.portal_id, links.c.mapping == row.mapping)
        mine = (*place, links.c.object_class == row.object_class, links.c.digest == row.digest)
        connection.execute(update(links).where(*mine).values(accepted=value))
    return number


def _words(connection: Connection, opened: Opened, needle: Needle) -> tuple[list[int], int]:
    """Scrub what lies open; the positions of chain rows whose salt went, and how many lines."""
    salts: list[int] = []
    words = open_words(connection, needle)
    for kind, number in words:
        table, columns = (audit, _AUDIT_WORDS) if kind == "audit" else (runs, _RUN_WORDS)
        row = connection.execute(select(table).where(table.c.id == number)).one()
        values = {name: needle.scrubbed(row._mapping[name]) for name in columns}
        connection.execute(update(table).where(table.c.id == number).values(**values))
        kinds = [Kind.AUDIT.value] if kind == "audit" else [Kind.APPROVED.value, Kind.ENDED.value]
        mine = (chain.c.subject == str(number), chain.c.kind.in_(kinds))
        salts += connection.execute(select(chain.c.position).where(*mine)).scalars()
        connection.execute(update(chain).where(*mine).values(salt=None))
        if kind == "run":
            stand(connection, opened, str(number), row.state)
    return salts, len(words)
