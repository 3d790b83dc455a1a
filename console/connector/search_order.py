"""Several sort keys: HubSpot orders by the first, records alike in it are put into order here."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from console.connector.classes import UID
from console.connector.filter_types import SIZED, Schema, kind_of, size
from console.connector.paging import Step
from console.connector.query import Query, SortKey
from console.hubspot.model import Record

Key = float | str


def offset_of(mark: str | None) -> str | None:
    """Where HubSpot's pages begin for a mark of `in_order`."""
    return (mark or "").partition(".")[0] or None


async def in_order(pages: AsyncGenerator[Step, None], query: Query, mark: str | None) -> AsyncGenerator[Step, None]:
    """The pages in the order of all keys; records without a value come last.

    A mark is the offset at which records alike begin, and how many of them were given.
    """
    alike = _Alike(query.order, query.schema, mark)
    async with aclosing(pages):
        async for step in pages:
            for record, after in zip(step.records, step.marks, strict=True):
                alike.add(record, after)
            if step.after is None:
                alike.settle()
            records, marks = alike.take()
            yield Step(records, marks, step.after, step.total)


class _Alike:
    """Collects records that are alike in the first key, and hands them on when the next other one came."""

    def __init__(self, order: Sequence[SortKey], schema: Schema, mark: str | None) -> None:
        self._order = order
        self._schema = schema
        offset, _, done = (mark or "0").partition(".")
        self._begins = self._ends = int(offset)
        self._done = int(done or 0)
        self._alike: list[Record] = []
        self._ready: list[tuple[Record, str]] = []

    def add(self, record: Record, mark: str) -> None:
        first = self._order[0][0]
        if self._alike and _key(record, first, self._schema) != _key(self._alike[-1], first, self._schema):
            self.settle()
        self._alike.append(record)
        self._ends = int(mark)

    def settle(self) -> None:
        """Nothing more is like these."""
        records = _sorted(self._alike, self._order[1:], self._schema)
        marks = [f"{self._begins}.{number}" for number in range(1, len(records))] + [str(self._ends)]
        self._ready += list(zip(records, marks, strict=False))[self._done :]
        self._alike, self._begins, self._done = [], self._ends, 0

    def take(self) -> tuple[list[Record], list[str]]:
        ready, self._ready = self._ready, []
        return [record for record, _ in ready], [mark for _, mark in ready]


def _sorted(records: list[Record], order: Sequence[SortKey], schema: Schema) -> list[Record]:
    found = sorted(records, key=lambda record: int(record.id))
    for name, descending in reversed(order):
        keyed = [(_key(record, name, schema), record) for record in found]
        there = [(key, record) for key, record in keyed if key is not None]
        there.sort(key=lambda pair: pair[0], reverse=descending)
        found = [record for _, record in there] + [record for key, record in keyed if key is None]
    return found


def _key(record: Record, name: str, schema: Schema) -> Key | None:
    """A value as it is ordered by; None where there is none."""
    text = record.id if name == UID else record.properties.get(name)
    if not text:
        return None
    kind = kind_of(name, schema)
    return size(text, kind) if kind in SIZED else text.lower()
