"""The managed repository's store: one small SQLite file that processes share, each change durable when it returns.

    store = PeopleStore.open(paths.state / "people.sqlite", journal_key)
    ann = store.add("ann", {"mail": "ann@example.org"})
    store.replace(ann.uid, attributes={"mail": "ann@example.com"}, if_change=ann.change)

Everything here blocks; `People` is the same for those who await.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec

from console.repository.errors import Changed, NameTaken, NoSuchPerson, translated
from console.repository.groups import GroupStore
from console.repository.mentions import belongs, without
from console.repository.person import Payload, Person, addresses, encoded, folded
from console.repository.seal import PeopleSeal, fingerprint, wrapping
from console.repository.tables import connect, load_key
from console.settings.mention import whole

FILE = "people.sqlite"
PAGE = 500
_PAYLOAD = msgspec.json.Decoder(Payload)
_FIND = "select * from people where {}"
_READ = "select * from people where {} order by {} limit ?"


class PeopleStore:
    """People by uid, by user name (letter case does not count), by origin, and in the order of their changes."""

    def __init__(self, path: Path, connection: sqlite3.Connection, digest_key: bytes, seal: PeopleSeal) -> None:
        self.path = path
        self._connection = connection
        self._digest_key = digest_key
        self._seal = seal
        self._lock = threading.RLock()
        self.groups = GroupStore(self._rows, self._changing, seal, self._digest, _now)

    @classmethod
    def open(cls, path: Path, master_key: bytes | None) -> Self:
        """Open the store, made where missing. `master_key` is the vault's journal key; None keeps people plain.

        Raises RepositoryError.
        """
        wrap = wrapping(master_key)
        try:
            connection = connect(path)
        except sqlite3.Error as error:
            raise translated(error, path) from None
        try:
            connection.execute("begin immediate")
            digest_key, key = load_key(connection, "digest", wrap), load_key(connection, "people", wrap)
            connection.execute("commit")
        except sqlite3.Error as error:
            connection.close()
            raise translated(error, path) from None
        except BaseException:
            connection.close()
            raise
        store = cls(path, connection, digest_key, PeopleSeal(key if wrap.sealed else None))
        store._seal_plain_ones()
        return store

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @property
    def sealed(self) -> bool:
        """Whether what is written is sealed."""
        return self._seal.sealed

    # Reading

    def get(self, uid_or_name: str) -> Person:
        """One person by uid or user name. Raises NoSuchPerson."""
        found = self._one("uid = ? and removed = 0", uid_or_name) or self.named(uid_or_name)
        if found is None:
            raise NoSuchPerson(
                f"Nobody in the managed repository has the id or userName {uid_or_name[:80]}.",
                remedy="See hubspoke people list.",
            )
        return found

    def named(self, user_name: str) -> Person | None:
        """Who has this user name."""
        return self._one("name_digest = ?", self._digest(user_name))

    def addressed(self, email: str, limit: int = 2) -> list[Person]:
        """Who has this email address among the attributes, or as user name."""
        rows = self._rows(
            _FIND.format("uid in (select uid from addresses where digest = ?) order by uid limit ?"),
            (self._digest(email), limit),
        )
        return [self._person(row) for row in rows]

    def of_origins(self, origins: Sequence[str]) -> dict[str, Person]:
        """Who came from these origins, removed ones too; at most 500 at once."""
        if not origins:
            return {}
        marks = ", ".join("?" * len(origins))
        rows = self._rows(_FIND.format(f"origin in ({marks})"), tuple(origins))
        return {row["origin"]: self._person(row) for row in rows}

    def origins_between(self, prefix: str, after: int, until: int | None) -> list[tuple[int, str]]:
        """Numbers and uids of those present who came from `prefix`NUMBER, with after < NUMBER <= until, by number."""
        limit = 2**62 if until is None else until
        rows = self._rows(
            "select origin, origin_number, uid from people where origin_number > ? and origin_number <= ? and removed = 0 "
            "order by origin_number",
            (after, limit),
        )
        return [
            (row["origin_number"], row["uid"]) for row in rows if row["origin"] == f"{prefix}{row['origin_number']}"
        ]

    def page(self, after: str = "", limit: int = PAGE) -> list[Person]:
        """The next people by uid, without removed ones."""
        rows = self._rows(_READ.format("uid > ? and removed = 0", "uid"), (after, limit))
        return [self._person(row) for row in rows]

    def changes(self, after: int = 0, limit: int = PAGE, *, removed: bool = True) -> list[Person]:
        """The next changes after a number, oldest first: of each person only the last one."""
        condition = "change > ?" if removed else "change > ? and removed = 0"
        return [self._person(row) for row in self._rows(_READ.format(condition, "change"), (after, limit))]

    def changed_since(self, after: int) -> tuple[int, list[str]]:
        """How many people changed after a number, and the uids of those who were removed."""
        many = self._rows("select count(*) as people from people where change > ?", (after,))[0]["people"]
        removed = self._rows("select uid from people where change > ? and removed = 1 order by change", (after,))
        return int(many), [row["uid"] for row in removed]

    def page_of(self, uids: Sequence[str]) -> list[Person]:
        """Who of these uids is present."""
        found: list[Person] = []
        for start in range(0, len(uids), PAGE):
            part = tuple(uids[start : start + PAGE])
            marks = ", ".join("?" * len(part))
            found += map(self._person, self._rows(f"select * from people where removed = 0 and uid in ({marks})", part))  # noqa: S608 - marks only
        return found

    def last_state(self, uid: str) -> Person | None:
        """A person as last written: a removed one, too."""
        return self._one("uid = ?", uid)

    def window(self, offset: int, limit: int) -> list[Person]:
        """People by uid, from the one at `offset` on, without removed ones."""
        rows = self._rows("select * from people where removed = 0 order by uid limit ? offset ?", (limit, offset))
        return [self._person(row) for row in rows]

    def last_change(self) -> int:
        """The number of the last change."""
        return int(self._rows("select change from sequence", ())[0]["change"])

    def count(self) -> int:
        """How many people there are."""
        return int(self._rows("select count(*) as people from people where removed = 0", ())[0]["people"])

    # Changing

    def add(
        self,
        user_name: str,
        attributes: Mapping[str, Any],
        *,
        active: bool = True,
        uid: str | None = None,
        origin: str = "",
    ) -> Person:
        """A new person. An origin that was removed earlier comes back under its uid.

        Raises NameTaken and BadPerson.
        """
        payload = encoded(user_name, attributes)
        with self._changing() as change:
            before = self._one("origin = ?", origin) if origin else None
            chosen = before.uid if before is not None else uid or str(uuid.uuid4())
            if self._one("uid = ? and removed = 0", chosen) is not None:
                raise NameTaken(f"There is a person with the id {chosen} already.", uid=chosen, remedy="Edit that one.")
            self._free(user_name, chosen)
            now = _now()
            self._connection.execute(
                "insert or replace into people values (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
                (
                    chosen,
                    self._digest(user_name),
                    origin,
                    _number(origin),
                    int(active),
                    change,
                    now,
                    now,
                    self._seal.seal(payload, chosen),
                ),
            )
            self._address(chosen, addresses(user_name, attributes))
            return self._must(chosen)

    def replace(
        self,
        uid: str,
        *,
        user_name: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        active: bool | None = None,
        origin: str | None = None,
        if_change: int | None = None,
    ) -> Person:
        """Another state of a person; what is not given stays. Equal states change nothing.

        Raises NoSuchPerson, NameTaken, BadPerson, and Changed where the person's `change` is not `if_change`.
        """
        with self._changing() as change:
            present = self._must(uid)
            if if_change is not None and present.change != if_change:
                raise Changed(
                    f"{present.user_name} was changed meanwhile.", remedy="Read the person again, then change it."
                )
            wanted = msgspec.structs.replace(
                present,
                user_name=present.user_name if user_name is None else user_name.strip(),
                attributes=present.attributes if attributes is None else dict(attributes),
                active=present.active if active is None else active,
                origin=present.origin if origin is None else origin,
            )
            payload = encoded(wanted.user_name, wanted.attributes)
            if wanted == present:
                return present
            self._free(wanted.user_name, uid)
            self._connection.execute(
                "update people set name_digest = ?, origin = ?, origin_number = ?, active = ?, change = ?, "
                "modified_at = ?, payload = ? where uid = ?",
                (
                    self._digest(wanted.user_name),
                    wanted.origin,
                    _number(wanted.origin),
                    int(wanted.active),
                    change,
                    _now(),
                    self._seal.seal(payload, uid),
                    uid,
                ),
            )
            self._address(uid, addresses(wanted.user_name, wanted.attributes))
            return self._must(uid)

    def remove(self, uid: str) -> None:
        """Take a person out; that it happened stays in the stream of changes. Raises NoSuchPerson."""
        with self._changing() as change:
            self._must(uid)
            self._connection.execute(
                "update people set name_digest = null, payload = null, removed = 1, active = 0, change = ?, "
                "modified_at = ? where uid = ?",
                (change, _now(), uid),
            )
            self._address(uid, set())
            self.groups.without(uid)

    def forget(self, text: str) -> int:
        """Erase everybody whose email address or user name this is, without a trace; how many there were.

        People and groups who only mention the address lose it, and stay.
        """
        pattern, after = whole(text), ""
        own: list[str] = []
        others: list[str] = []
        while page := self.page(after):
            after = page[-1].uid
            own += [one.uid for one in page if belongs(one, text)]
            others += [one.uid for one in page if without(one.attributes, pattern) != one.attributes]
        with self._changing():
            for uid in own:
                self._connection.execute("delete from people where uid = ?", (uid,))
                self._address(uid, set())
                self.groups.without(uid)
            for person in self.page_of(others):
                self.replace(person.uid, attributes=without(person.attributes, pattern))
            self.groups.forget(pattern)
        with self._lock:
            self._connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        return len(own)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Changes within the block are on disk together or not at all."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            with self._words():
                self._connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            with self._words():
                self._connection.execute("commit")

    @contextmanager
    def _changing(self) -> Iterator[int]:
        """A transaction and the number of its change."""
        with self.together(), self._words():
            row = self._connection.execute("update sequence set change = change + 1 returning change").fetchall()
            yield int(row[0]["change"])

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise translated(error, self.path) from None

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        with self._lock, self._words():
            return self._connection.execute(query, values).fetchall()

    def _one(self, condition: str, value: Any) -> Person | None:
        rows = self._rows(_FIND.format(condition), (value,))
        return self._person(rows[0]) if rows else None

    def _must(self, uid: str) -> Person:
        found = self._one("uid = ? and removed = 0", uid)
        if found is None:
            raise NoSuchPerson(f"There is nobody with the id {uid}.", remedy="See hubspoke people list.")
        return found

    def _address(self, uid: str, found: set[str]) -> None:
        """Remember by which email addresses the person is found."""
        self._connection.execute("delete from addresses where uid = ?", (uid,))
        rows = [(self._digest(address), uid) for address in found]
        self._connection.executemany("insert or ignore into addresses values (?, ?)", rows)

    def _free(self, user_name: str, uid: str) -> None:
        owner = self.named(user_name)
        if owner is not None and owner.uid != uid:
            raise NameTaken(
                f"The userName {user_name.strip()} is taken by another person ({owner.uid}).",
                uid=owner.uid,
                remedy=f"Choose another one, or edit that person: hubspoke people edit {owner.uid} ...",
            )

    def _person(self, row: sqlite3.Row) -> Person:
        payload = Payload(user_name="", attributes={})
        if row["payload"] is not None:
            payload = _PAYLOAD.decode(self._seal.open(row["payload"], row["uid"]))
        return Person(
            uid=row["uid"],
            user_name=payload.user_name,
            attributes=payload.attributes,
            active=bool(row["active"]),
            created_at=row["created_at"],
            modified_at=row["modified_at"],
            change=row["change"],
            origin=row["origin"],
            removed=bool(row["removed"]),
        )

    def _digest(self, user_name: str) -> bytes:
        return fingerprint(self._digest_key, folded(user_name))

    def _seal_plain_ones(self) -> None:
        """People that were written while there was no vault are sealed now; their changes stay what they were."""
        if not self.sealed:
            return
        query = "select uid, payload from people where substr(payload, 1, 1) = x'00' limit 500"
        resealed = self.groups.seal_plain_ones()
        while rows := self._rows(query, ()):
            with self.together(), self._words():
                for row in rows:
                    sealed = self._seal.seal(self._seal.open(row["payload"], row["uid"]), row["uid"])
                    self._connection.execute("update people set payload = ? where uid = ?", (sealed, row["uid"]))
            resealed += len(rows)
        if resealed:
            with self._lock, self._words():
                self._connection.execute("pragma wal_checkpoint(truncate)").fetchall()


def _number(origin: str) -> int | None:
    """The number at the end of an origin, by which a pull reads along."""
    last = origin.rpartition("/")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
