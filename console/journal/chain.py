"""The audit chain: whoever changes, removes or inserts what was recorded does not go unnoticed.

Every audit line, every approval and end of a run, and every commit of outcomes appends one row. A row holds a
salted digest of what it stands for, and a MAC over itself and the row before. The chain says nothing by itself:
what is erased takes its salt along, and the chain still holds.

The outcomes of a run are one number: the sum of the proofs of its entries (a keyed multiset hash), so that a commit
of a hundred outcomes costs a hundred MACs, whatever the size of the run. docs/journal.md says what this finds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, select

from console.journal.schema import chain
from console.settings.sealing import Mac

ADOPTED = "adopted"
"""The note of rows about what was there before there was a chain."""

_SALT_BYTES = 16
PROOF_BYTES = 16
_ZERO = bytes(PROOF_BYTES)
_MODULUS = 1 << (8 * PROOF_BYTES)
_TOLERATED_SECONDS = 1.0
_pack = msgspec.msgpack.Encoder().encode


class Kind(StrEnum):
    """What a row of the chain stands for; its subject is the number of an audit line, or the id of a run."""

    AUDIT = "audit"
    APPROVED = "approved"
    BEGUN = "begun"
    OUTCOMES = "outcomes"
    ENDED = "ended"
    ERASED = "erased"


class Erasure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an ERASED row says went on purpose, without saying whom it was about.

    `salts` are chain positions whose salt was destroyed, `rehashed` maps a plan to its hash before and after,
    `unsound` lists plans whose hash was wrong already, `pruned` are plans that lost their entries.
    """

    salts: tuple[int, ...] = ()
    rehashed: dict[str, tuple[str, str]] = {}
    unsound: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a chain: enough to find out later whether rows went from it. `journal` tells journals apart."""

    journal: str
    position: int
    mac: str

    @property
    def text(self) -> str:
        """As it is printed and typed."""
        return f"{self.position}:{self.mac[:32]}"


class Chain:
    """Appends rows; made with the journal's chain key."""

    def __init__(self, key: bytes) -> None:
        own = Mac(key)
        self._macs = Mac(own.digest(b"chain"))
        self._proofs = Mac(own.digest(b"proof"))
        self._digests = Mac(own.digest(b"digest"))
        self.journal = own.digest(b"name").hex()[:16]
        self.beginning = self._macs.digest(b"beginning")

    def append(
        self,
        connection: Connection,
        kind: Kind,
        subject: str,
        digest: bytes,
        *,
        salt: bytes | None = None,
        note: str = "",
    ) -> int:
        """One more row; its position."""
        last = last_row(connection)
        position, before, then = (last.position, last.mac, last.at) if last is not None else (0, self.beginning, 0.0)
        now = time.time()
        back = then - now if then - now > _TOLERATED_SECONDS else 0.0  # a clock that was put back is no crime, but told
        values: dict[str, Any] = {
            "position": position + 1, "at": now, "back": back, "kind": kind.value, "subject": subject, "digest": digest,
            "note": note,
        }  # fmt: skip
        connection.execute(_APPEND, {"salt": salt, "mac": self.mac(before, **values), **values})
        return position + 1

    def append_salted(
        self, connection: Connection, kind: Kind, subject: str, values: Iterable[Any], *, note: str = ""
    ) -> int:
        """One more row that stands for `values`."""
        salt = os.urandom(_SALT_BYTES)
        return self.append(connection, kind, subject, self.salted(salt, values), salt=salt, note=note)

    def append_erasure(self, connection: Connection, erasure: Erasure) -> int:
        """One more row that says what was erased on purpose."""
        note = msgspec.json.encode(erasure).decode()
        return self.append(connection, Kind.ERASED, "", b"", note=note)

    def mac(
        self, before: bytes, *, position: int, at: float, back: float, kind: str, subject: str, digest: bytes, note: str
    ) -> bytes:
        """What holds a row to the one before. The salt is not under it: it may go."""
        return self._macs.digest(before + _pack((position, at, back, kind, subject, digest, note)))

    def salted(self, salt: bytes, values: Iterable[Any]) -> bytes:
        """The digest of values that nobody can guess once the salt is gone."""
        return self._digests.digest(salt + _pack(tuple(values)))

    def proof(
        self,
        plan_id: str,
        number: int,
        state: str,
        uid: str | None,
        cause: str,
        settled_at: float,
        outcome: bytes | None,
        befores: bytes | None,
    ) -> bytes:
        """What proves an entry's outcome as it lies in its row."""
        content = _pack((plan_id, number, state, uid, cause, settled_at, outcome, befores))
        return self._proofs.digest(content)[:PROOF_BYTES]

    def head(self, connection: Connection) -> Head | None:
        """The last row; None where there is none yet."""
        last = last_row(connection)
        return Head(journal=self.journal, position=last.position, mac=last.mac.hex()) if last is not None else None


_LAST = select(chain).where(chain.c.position == select(func.max(chain.c.position)).scalar_subquery())
_APPEND = insert(chain)


def moved(total: bytes | None, gone: Iterable[bytes | None], come: Iterable[bytes]) -> bytes:
    """A sum of proofs after some went and some came."""
    number = int.from_bytes(total or _ZERO, "big")
    number += sum(int.from_bytes(proof, "big") for proof in come)
    number -= sum(int.from_bytes(proof, "big") for proof in gone if proof is not None)
    return (number % _MODULUS).to_bytes(PROOF_BYTES, "big")


def last_row(connection: Connection) -> Row[Any] | None:
    """The end of the chain."""
    return connection.execute(_LAST).first()


def holds(connection: Connection, head: Head) -> bool:
    """Whether the chain still has the row that was its end once."""
    mac = connection.execute(select(chain.c.mac).where(chain.c.position == head.position)).scalar_one_or_none()
    return mac is not None and mac.hex() == head.mac


def audit_values(row: Any) -> tuple[Any, ...]:
    """What the chain covers of an audit line."""
    return (
        row.id, row.at, row.kind, row.plan_id, row.run_id, row.login, row.sudo_user, row.via, row.session, row.detail,
    )  # fmt: skip


def approved_values(row: Any) -> tuple[Any, ...]:
    """What the chain covers of a run from its approval on."""
    return (
        row.id, row.plan_id, row.portal_id, row.mapping, row.object_class, row.plan_hash, row.total, row.approved_at,
        row.approved_by,
    )  # fmt: skip


def ended_values(row: Any, counts: Iterable[tuple[str, str, int]]) -> tuple[Any, ...]:
    """What the chain covers of a run that stands still; `counts` are kind, name and number."""
    kept = sorted((kind, name, number) for kind, name, number in counts if number)
    return (row.id, row.state, row.message, row.requests, row.rate_limited, row.started_at, row.finished_at, *kept)
