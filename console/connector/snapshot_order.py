"""The records of a snapshot in the order of a property, in little memory and without holding up the screen.

Keys go into buckets between sampled splitters, so that never more than a bucket is sorted at once; a value that many
records share is a splitter itself, and those records need no sorting at all.
"""

from __future__ import annotations

import datetime as dt
import struct
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from threading import Event

from console.connector.filter_match import moment, number
from console.connector.filter_types import Kind, kind_of
from console.connector.snapshot_file import SnapshotFile, Starts, column, parts

_BUCKETS = 128
_SAMPLED = 64
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_ISO_SECONDS = 19
Report = Callable[[float], object]


class Cancelled(Exception):
    """Nobody waits for it any more."""


def in_order(
    file: SnapshotFile, starts: Starts, name: str, *, descending: bool, cancelled: Event, report: Report
) -> array[int]:
    """Every position in the order of a property; records without a value come last, alike ones by id.

    Raises Cancelled and SnapshotError.
    """
    key = key_of(kind_of(name, {one.name: one for one in file.head.schema}))
    sorter = _Sorter(_sample(file, starts, name, key))
    blanks, total = array("I"), max(1, len(starts))
    for position, values in columns_of(file, starts, name, cancelled):
        for offset, value in enumerate(values):
            if value:
                sorter.add(key(value), position + offset)
            else:
                blanks.append(position + offset)
        report(position / total)
    order = sorter.sorted(descending=descending, cancelled=cancelled)
    order.extend(blanks)
    return order


def columns_of(
    file: SnapshotFile, starts: Starts, name: str, cancelled: Event
) -> Iterator[tuple[int, list[str | None]]]:
    """One column block by block, each with its first position. Raises Cancelled."""
    place = file.head.properties.index(name) + 1 if name in file.head.properties else 0
    for block, plain in file.plain():
        if cancelled.is_set():
            raise Cancelled
        time.sleep(0)  # whoever waits for the interpreter, such as the screen, goes first
        yield starts.of(block), column(parts(plain)[place])


def key_of(kind: Kind) -> Callable[[str], bytes]:
    """What a property's values are ordered by, as bytes that compare alike."""
    if kind == "number":
        return _number_key
    return _moment_key if kind in ("date", "datetime") else _text_key


def by_keys(keys: Sequence[tuple[bytes, int]], *, descending: bool) -> array[int]:
    """Positions of a few records by their keys; b"" is no value and comes last."""
    there = sorted([pair for pair in keys if pair[0]], key=lambda pair: pair[0], reverse=descending)
    return array("I", [position for _, position in there] + [position for key, position in keys if not key])


def _sample(file: SnapshotFile, starts: Starts, name: str, key: Callable[[str], bytes]) -> list[bytes]:
    blocks = starts.find(max(0, len(starts) - 1))[0] + 1
    place = file.head.properties.index(name) + 1 if name in file.head.properties else 0
    seen = []
    for block in range(0, blocks, max(1, blocks // _SAMPLED)):
        columns = file.block(block)
        seen += [key(value) for value in (columns[place] if columns else []) if value]
    seen.sort()
    return sorted(set(seen[:: max(1, len(seen) // _BUCKETS)]))


class _Sorter:
    """Positions in buckets: one for each splitter, one for what lies between each two of them."""

    def __init__(self, splitters: list[bytes]) -> None:
        self._splitters = splitters
        self._alike = [array("I") for _ in splitters]
        self._between = [array("I") for _ in range(len(splitters) + 1)]
        self._keys = [bytearray() for _ in range(len(splitters) + 1)]

    def add(self, key: bytes, position: int) -> None:
        place = bisect_left(self._splitters, key)
        if place < len(self._splitters) and self._splitters[place] == key:
            self._alike[place].append(position)
        else:
            self._between[place].append(position)
            self._keys[place] += key + b"\x00"

    def sorted(self, *, descending: bool, cancelled: Event) -> array[int]:
        order = array("I")
        for place in range(len(self._between)):
            if cancelled.is_set():
                raise Cancelled
            time.sleep(0)
            place = len(self._between) - 1 - place if descending else place  # noqa: PLW2901 - from the other end
            if descending and place < len(self._alike):
                order.extend(self._alike[place])
            order.extend(self._bucket(place, descending=descending))
            if not descending and place < len(self._alike):
                order.extend(self._alike[place])
        return order

    def _bucket(self, place: int, *, descending: bool) -> array[int]:
        keys = bytes(self._keys[place]).split(b"\x00")[:-1]
        positions = self._between[place]
        self._keys[place] = bytearray()
        ranks = sorted(range(len(keys)), key=keys.__getitem__, reverse=descending)
        return array("I", [positions[rank] for rank in ranks])


def _text_key(text: str) -> bytes:
    return text.lower().encode("utf-8", "surrogatepass").replace(b"\x00", b" ")


def _number_key(text: str) -> bytes:
    value = number(text)
    if value is None:
        return b"~" + _text_key(text)  # no number: after all numbers
    (bits,) = struct.unpack(">Q", struct.pack(">d", value + 0.0))
    return b"%016x" % (bits ^ (0xFFFFFFFFFFFFFFFF if bits >> 63 else 1 << 63))


def _moment_key(text: str) -> bytes:
    if len(text) > _ISO_SECONDS and text[10] == "T" and text[-1] == "Z":
        return text[:-1].encode("utf-8", "surrogatepass")
    value = number(text)
    value = moment(text) if value is None else value
    if value is None:
        return b"~" + _text_key(text)
    try:
        return (_EPOCH + dt.timedelta(milliseconds=value)).strftime("%Y-%m-%dT%H:%M:%S.%f").encode()
    except OverflowError:
        return b"~" + _text_key(text)
