"""The records: compact, versioned for the lagging search index, unique where HubSpot is unique."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from random import Random
from sys import intern

from console.simulator.schema import MODIFIED, TYPE_IDS

FIRST_ID = 1001
HISTORY = 20  # earlier values kept of each property


class Record:
    """One version of a record; a write makes a new one, so the index can keep seeing the old. Times in ms."""

    __slots__ = ("archived", "created", "id", "updated", "values")

    def __init__(self, id_: int, created: int, updated: int, archived: int, values: dict[str, str]) -> None:
        self.id = id_
        self.created = created
        self.updated = updated
        self.archived = archived
        self.values = values


class Table:
    """All records of one object type, ordered by id.

    `gone` has the records that no call shows any more: merged ones with the id of the survivor, erased ones with 0.
    `past` has the earlier values of properties with the moment each was replaced, oldest first.
    """

    def __init__(self, object_type: str, rng: Random) -> None:
        self.object_type = object_type
        self.type_id = TYPE_IDS[object_type]
        self.modified = MODIFIED[object_type]
        self.records: dict[int, Record] = {}
        self.ids = array("q")
        self.unique: dict[str, dict[str, int]] = {"email": {}} if object_type == "contacts" else {}
        self.version = 0
        self.archived_count = 0
        self.gone: dict[int, int] = {}
        self.past: dict[int, dict[str, list[tuple[int, str]]]] = {}
        self._rng = rng
        self._next = FIRST_ID
        self._stale: dict[int, list[tuple[float, Record | None]]] = {}
        self._fresh_at: deque[tuple[float, int]] = deque()

    def new_id(self) -> int:
        """The next id: growing, with gaps."""
        id_ = self._next
        self._next += self._rng.randint(1, 9)
        return id_

    def put(self, record: Record, now: float, lag: float) -> None:
        """Store a new version; searches see the version before it for `lag` seconds."""
        old = self.records.get(record.id)
        if old is None:
            self._append(record.id)
        elif old.values is not record.values:
            self._remember(old, record)
        self.records[record.id] = record
        self.archived_count += bool(record.archived) - bool(old is not None and old.archived)
        self._reindex(old, record)
        self.version += 1
        if lag > 0:
            self._stale.setdefault(record.id, []).append((now + lag, old))
            self._fresh_at.append((now + lag, record.id))

    def load(self, records: Iterator[Record]) -> None:
        """Fill the table at start: no lag, ids must grow."""
        stored, ids = self.records, self.ids
        for record in records:
            stored[record.id] = record
            ids.append(record.id)
            self.archived_count += bool(record.archived)
            self._reindex(None, record)
        if ids:
            self._next = max(self._next, ids[-1] + 1)
        self.version += 1

    def retire(self, record: Record, survivor: int, now: float, lag: float) -> None:
        """Take a record out of every answer for good: merged into `survivor`, or erased (0)."""
        self.put(Record(record.id, record.created, record.updated, int(now * 1000), {}), now, lag)
        self.gone[record.id] = survivor
        self.past.pop(record.id, None)

    def survivor(self, id_: int) -> int:
        """The id that stands for `id_` after all merges; 0 if there is none."""
        while (later := self.gone.get(id_)) is not None:
            id_ = later
        return id_

    def holder(self, name: str, key: str) -> int | None:
        """The id of the active record that has `key` in unique property `name`."""
        return self.unique[name].get(key)

    def make_unique(self, name: str) -> None:
        """Keep a custom property unique from now on."""
        self.unique[name] = {
            record.values[name]: record.id
            for record in self.records.values()
            if not record.archived and name in record.values
        }

    def position(self, id_: int) -> int:
        """Where `id_` stands, or would stand, in the order of ids."""
        return bisect_left(self.ids, id_)

    def indexed(self, now: float, start: int = 0) -> Iterator[Record]:
        """The records as the search index has them, by id, from position `start`; archived ones are not in it."""
        self._settle(now)
        records, stale = self.records, self._stale
        for position in range(start, len(self.ids)):
            id_ = self.ids[position]
            record: Record | None = records[id_]
            if stale and id_ in stale:
                record = self._seen(id_, now)
            if record is not None and not record.archived:
                yield record

    def indexed_one(self, id_: int, now: float) -> Record | None:
        """One record as the search index has it."""
        self._settle(now)
        record = self._seen(id_, now) if id_ in self._stale else self.records.get(id_)
        return None if record is None or record.archived else record

    def settled(self, now: float) -> bool:
        """Whether the index has caught up with every write."""
        self._settle(now)
        return not self._stale

    def _append(self, id_: int) -> None:
        if self.ids and id_ <= self.ids[-1]:
            self.ids.insert(self.position(id_), id_)
        else:
            self.ids.append(id_)
        self._next = max(self._next, id_ + 1)

    def _seen(self, id_: int, now: float) -> Record | None:
        for fresh_at, before in self._stale[id_]:
            if fresh_at > now:
                return before
        return self.records[id_]

    def _settle(self, now: float) -> None:
        while self._fresh_at and self._fresh_at[0][0] <= now:
            _, id_ = self._fresh_at.popleft()
            versions = self._stale[id_]
            del versions[0]
            if not versions:
                del self._stale[id_]

    def _remember(self, old: Record, new: Record) -> None:
        """Keep the values that `new` replaces."""
        before, after = old.values, new.values
        changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
        if not changed:
            return
        past = self.past.setdefault(new.id, {})
        for name in changed:
            versions = past.setdefault(name, [])
            versions.append((new.updated, before.get(name, "")))
            if len(versions) > HISTORY:
                del versions[0]

    def _reindex(self, old: Record | None, new: Record) -> None:
        for name, index in self.unique.items():
            before = _keys(name, old)
            after = _keys(name, new)
            for key in before:
                if key not in after and index.get(key) == new.id:
                    del index[key]
            for key in after:
                index.setdefault(key, new.id)


class Oldest:
    """The oldest active record with each value of a property that need not be unique."""

    def __init__(self, table: Table, name: str) -> None:
        self._table = table
        self._name = name
        self._ids: dict[str, int] = {}
        self._version = -1

    def get(self, value: str) -> int | None:
        """The id of the oldest record with `value`."""
        if self._version != self._table.version:
            self._ids = {}
            for id_ in self._table.ids:
                self._take(self._table.records[id_])
            self._version = self._table.version
        return self._ids.get(value)

    def put(self, record: Record, now: float, lag: float) -> None:
        """Store a new record without having to look at all others again."""
        current = self._version == self._table.version
        self._table.put(record, now, lag)
        if current:
            self._take(record)
            self._version = self._table.version

    def _take(self, record: Record) -> None:
        value = record.values.get(self._name)
        if value and not record.archived:
            self._ids.setdefault(value, record.id)


def _keys(name: str, record: Record | None) -> tuple[str, ...]:
    """The values a record occupies in a unique property; secondary emails count for `email`."""
    if record is None or record.archived:
        return ()
    value = record.values.get(name)
    keys: tuple[str, ...] = (value,) if value else ()
    if name == "email" and (more := record.values.get("hs_additional_emails")):
        keys += tuple(part for part in more.split(";") if part)
    return keys


def compact(values: dict[str, str], shared: Callable[[str], bool] | None = None) -> dict[str, str]:
    """Intern names and short repeated values, so that 100,000 records share them."""
    return {
        intern(name): intern(value) if shared is None or shared(name) else value
        for name, value in values.items()
        if value
    }
