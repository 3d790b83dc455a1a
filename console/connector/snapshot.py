"""A snapshot as it is used: how old it is, its records by position, and answers to filter, words and order."""

from __future__ import annotations

import time
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from threading import Event, Lock

import msgspec

from console.connector.classes import UID, object_class
from console.connector.filter import FilterError, attributes
from console.connector.filter_parser import clauses
from console.connector.filter_types import kind_of
from console.connector.query import Query, build_query, filter_of, order_of
from console.connector.snapshot_file import Columns, SnapshotError, SnapshotFile, Starts, column, parts
from console.connector.snapshot_order import Cancelled, by_keys, key_of
from console.connector.snapshot_sorting import ordered
from console.hubspot.model import PropertyDefinition, Record

_BLOCKS_KEPT, _RECORDS_KEPT = 4, 600
"""Neighbours are in one block; in another order each row of a screen has its own, of which only the row is kept."""
_FEW = 20_000
"""Up to so many matches are sorted by themselves; of more, the order of all records is found once and kept."""


class SnapshotInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a snapshot. `expected` is what HubSpot counted when it was begun; times are epoch seconds.

    `ended_at` None: it was interrupted, and `records` of them are there.
    """

    object_class: str
    portal_id: int
    records: int
    begun_at: float
    ended_at: float | None
    properties: tuple[str, ...]
    sealed: bool
    size: int
    expected: int | None = None

    @property
    def complete(self) -> bool:
        """Whether every record is in it."""
        return self.ended_at is not None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a snapshot, in the words of a live search."""

    filter: str = ""
    text: str = ""
    sort: str = ""


class Snapshot:
    """All records of a class as they were; make one with `Snapshots.open`. Reading blocks for a moment only."""

    def __init__(self, file: SnapshotFile) -> None:
        counts, self._gone = file.counts()
        self._file = file
        self._starts = Starts(counts)
        self._blocks: OrderedDict[int, Columns] = OrderedDict()
        self._records: OrderedDict[int, Record | None] = OrderedDict()
        self._turn = Lock()
        self.info = info_of(file, self.count)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def count(self) -> int:
        """How many records it has."""
        return len(self._starts) - self._gone

    @property
    def schema(self) -> dict[str, PropertyDefinition]:
        """The definitions of its properties, as they were."""
        return {one.name: one for one in self._file.head.schema}

    def record(self, position: int) -> Record | None:
        """The record at a position; None for one that was forgotten. Raises SnapshotError.

        The screen asks while an answer is worked on in a thread.
        """
        with self._turn:
            return self._kept(position)

    def _kept(self, position: int) -> Record | None:
        if position in self._records:
            self._records.move_to_end(position)
            return self._records[position]
        block, place = self._starts.find(position)
        record = self._records[position] = self._made(self._block(block), place)
        while len(self._records) > _RECORDS_KEPT:
            self._records.popitem(last=False)
        return record

    def _block(self, block: int) -> Columns:
        columns = self._blocks.get(block)
        if columns is None:
            columns = self._blocks[block] = self._file.block(block)
            while len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        return columns

    def _made(self, columns: Columns, place: int) -> Record | None:
        uid = columns[0][place] if columns and place < len(columns[0]) else None
        if uid is None:
            return None
        values = [values[place] for values in columns[1:]]
        return Record(id=uid, properties=dict(zip(self._file.head.properties, values, strict=True)))

    def question(self, question: Question) -> Query:
        """The question against this snapshot's own schema.

        Raises:
            FilterError: it is no filter, or compares what the snapshot does not hold.
            SnapshotError: an order by such a property.
        """
        self._held(question)
        kind = object_class(self.info.object_class)
        return build_query(kind, self.schema, filter=question.filter, text=question.text, sort=question.sort)

    def wrong(self, filter: str) -> FilterError | None:  # noqa: A002 - the word of the command line
        """What is wrong with a filter of this snapshot."""
        try:
            self.question(Question(filter=filter))
        except FilterError as error:
            return error
        return None

    def _held(self, question: Question) -> None:
        kind, held = object_class(self.info.object_class), {*self.info.properties, UID}
        node = filter_of(kind, question.filter)
        if node is not None and not set(attributes(node)) <= held:
            wrong = next(one for one in clauses(question.filter) if kind.property_of(one.attribute) not in held)
            said = f"the snapshot does not hold {wrong.attribute}: take it anew with that column, or search live"
            raise FilterError(said, wrong.at, question.filter)
        for name, _ in order_of(kind, question.sort):
            if name not in held:
                raise SnapshotError(
                    f"The snapshot does not hold {name}.", "Take it anew with that column, or sort live."
                )

    def answer(self, question: Question) -> Answer:
        """Begin an answer; `Answer.work` finds it, in a thread. Raises as `question` does."""
        return Answer(self, self._file, self._starts, self.question(question), forgotten=self._gone > 0)


class Answer:
    """The positions that a question means, growing while they are found."""

    def __init__(
        self, snapshot: Snapshot, file: SnapshotFile, starts: Starts, query: Query, *, forgotten: bool
    ) -> None:
        self.query = query
        self.share = 0.0
        """How much of the work is done."""
        self.done = False
        self._cancelled = Event()
        self._snapshot = snapshot
        self._file = file
        self._starts = starts
        self._filters = query.test is not None or bool(query.words) or forgotten
        self.positions: Sequence[int] = array("I") if self._filters or query.order else range(len(starts))
        if isinstance(self.positions, range):
            self.done, self.share = True, 1.0

    def __len__(self) -> int:
        return len(self.positions)

    def record(self, index: int) -> Record | None:
        """The record at a place of the answer."""
        positions = self.positions
        return self._snapshot.record(positions[index]) if 0 <= index < len(positions) else None

    def records(self) -> Iterator[Record]:
        """Every record of the answer."""
        for index in range(len(self.positions)):
            record = self.record(index)
            if record is not None:
                yield record

    @property
    def note(self) -> str:
        """What the operator is told of what this answer leaves undone."""
        several = len(self.query.order) > 1 and len(self.positions) > _FEW
        return f"more than {_FEW:,} records are ordered by {self.query.order[0][0]} only" if several else ""

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self._cancelled.set()

    def work(self) -> None:
        """Find the answer; blocks, and lets others have the interpreter between blocks. Raises SnapshotError."""
        try:
            if not self.done:
                self._work()
        except Cancelled:
            return
        self.done, self.share = True, 1.0

    def _work(self) -> None:
        if not self._filters:
            self.positions = self._ordered()
            return
        found: array[int] = array("I")
        if not self.query.order:
            self.positions = found  # shown while it grows
        self._match(found)
        if self.query.order:
            self.positions = self._few(found) if len(found) <= _FEW else self._many(found)

    def _match(self, found: array[int]) -> None:
        words = [word.lower() for word in self.query.words.split()]
        quick = [word.encode() for word in words if word.isascii()]
        names, test = self._file.head.properties, self.query.test
        looked = {place for place, name in enumerate(names, 1) if name in self._looked()}
        total = max(1, len(self._starts))
        for block, plain in self._file.plain():
            if self._cancelled.is_set():
                raise Cancelled
            time.sleep(0)  # the screen goes first
            first = self._starts.of(block)
            self.share = first / total
            lowered = plain.lower() if quick else b""
            if not all(word in lowered for word in quick):
                continue
            packed = parts(plain)
            ids = column(packed[0])
            rows = [row for row, uid in enumerate(ids) if uid is not None]
            if words:
                rows = _with_words(rows, [column(part) for part in packed[1:]], words)
            if test is not None and rows:
                columns = [(names[place - 1], column(packed[place])) for place in looked]
                rows = [row for row in rows if test({**{name: values[row] for name, values in columns}, UID: ids[row]})]
            found.extend([first + row for row in rows])

    def _looked(self) -> set[str]:
        node = filter_of(object_class(self._file.head.object_class), self.query.identity[1])
        return {*(attributes(node) if node is not None else ()), "hs_additional_emails"}

    def _few(self, found: array[int]) -> array[int]:
        """Some records, in order: one sort for each key, the last key first."""
        for name, descending in reversed(self.query.order):
            key = key_of(kind_of(name, self._snapshot.schema))
            keys = []
            for count, position in enumerate(found):
                if count % 500 == 0:
                    self._pause()
                record = self._snapshot.record(position)
                value = (record.id if name == UID else record.properties.get(name)) if record is not None else None
                keys.append((key(value) if value else b"", position))
            found = by_keys(keys, descending=descending)
        return found

    def _many(self, found: array[int]) -> array[int]:
        wanted = bytearray(len(self._starts))
        for position in found:
            wanted[position] = 1
        return array("I", (position for position in self._ordered() if wanted[position]))

    def _ordered(self) -> array[int]:
        """All records in the order of the first key; further keys are for few records."""
        name, descending = self.query.order[0]

        def report(share: float) -> None:
            self.share = share

        return ordered(self._file, self._starts, name, descending=descending, cancelled=self._cancelled, report=report)

    def _pause(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled
        time.sleep(0)


def info_of(file: SnapshotFile, records: int | None = None) -> SnapshotInfo:
    """What is known of a file."""
    head, place = file.head, file.place
    return SnapshotInfo(
        object_class=head.object_class,
        portal_id=head.portal_id,
        records=place.records if records is None else records,
        begun_at=head.begun_at,
        ended_at=place.ended_at,
        properties=head.properties,
        sealed=file.sealed,
        size=file.size,
        expected=head.expected,
    )


def _with_words(rows: list[int], columns: list[list[str | None]], words: list[str]) -> list[int]:
    """The rows in whose values every word stands; letter case does not count."""
    found = []
    for row in rows:
        text = "\n".join([values[row] or "" for values in columns]).lower()
        if all(word in text for word in words):
            found.append(row)
    return found
