"""The journal's own lasting keys: for digests, for what links remember, for the audit chain."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from console.journal.chain import ADOPTED, Chain, Kind, approved_values, audit_values
from console.journal.schema import audit, keys, runs
from console.journal.seal import Master
from console.settings.sealing import new_key

_DIGEST, _LINK, _CHAIN = "digest", "link", "chain"


class JournalKeys:
    """Random keys, made once per journal and wrapped by the vault's journal key.

    A journal that was begun without a vault keeps them plain; the first opening with one wraps them,
    and links and digests stay valid.
    """

    def __init__(self, master: Master, digest_key: bytes, link_key: bytes, chain: Chain) -> None:
        self.master = master
        self.digest_key = digest_key
        self.chain = chain
        self.link_key: bytes | None = link_key if master.present else None

    @property
    def sealed(self) -> bool:
        """Whether there is a journal key."""
        return self.master.present

    @classmethod
    def load(cls, connection: Connection, master: Master) -> JournalKeys:
        """Read the keys, or make them.

        Raises:
            JournalLocked: they are wrapped, and the journal key is missing or another one.
        """
        begins = connection.execute(select(keys.c.name).where(keys.c.name == _CHAIN)).first() is None
        digest_key, link_key, chain_key = (cls._key(connection, master, name) for name in (_DIGEST, _LINK, _CHAIN))
        chain = Chain(chain_key)
        if begins:
            _adopt(connection, chain)
        return cls(master, digest_key, link_key, chain)

    @staticmethod
    def _key(connection: Connection, master: Master, name: str) -> bytes:
        row = connection.execute(select(keys).where(keys.c.name == name)).first()
        if row is None:
            key = new_key()
            connection.execute(insert(keys).values(name=name, key=master.wrap(key, name), sealed=int(master.present)))
            return key
        key = master.unwrap(row.key, name)
        if master.present and not row.sealed:
            connection.execute(update(keys).where(keys.c.name == name).values(key=master.wrap(key, name), sealed=1))
        return key


def _adopt(connection: Connection, chain: Chain) -> None:
    """What an earlier version recorded without a chain stands at its beginning, as it was found."""
    for row in connection.execute(select(audit).order_by(audit.c.id)).all():
        chain.append_salted(connection, Kind.AUDIT, str(row.id), audit_values(row))
    for row in connection.execute(select(runs).order_by(runs.c.approved_at, runs.c.id)).all():
        chain.append_salted(connection, Kind.APPROVED, row.id, approved_values(row), note=ADOPTED)
