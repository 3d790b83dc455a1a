"""The journal's own lasting keys: one for digests, one for what links remember."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from console.journal.schema import keys
from console.journal.seal import Master, new_key

_DIGEST, _LINK = "digest", "link"


class JournalKeys:
    """Random keys, made once per journal and wrapped by the vault's journal key.

    A journal that was begun without a vault keeps them plain; the first opening with one wraps them,
    and links and digests stay valid.
    """

    def __init__(self, master: Master, digest_key: bytes, link_key: bytes) -> None:
        self.master = master
        self.digest_key = digest_key
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
        return cls(master, cls._key(connection, master, _DIGEST), cls._key(connection, master, _LINK))

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
