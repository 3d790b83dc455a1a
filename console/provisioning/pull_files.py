"""Pulling HubSpot's records into a CSV or JSON Lines file, by ascending id.

The new file is written beside the old one and takes its place at the end, so a reader never sees half of it. An
incremental pull reads the old file along: nothing is held in memory. A file in which nothing changed is left alone.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from console.provisioning.pull_target import Deletions, Field, Pulled, PullRefused, Tally, Written
from console.settings.paths import private_open

SUFFIXES = (".csv", ".jsonl", ".ndjson")
_CELL = 10_000_000


class FileTarget:
    """A file with `id` and the fields; made 0600, and in one step."""

    default_deletions: Deletions = "remove"

    def __init__(self, path: Path, fields: Sequence[Field], deletions: Deletions) -> None:
        if deletions == "deactivate":
            raise PullRefused(
                "A file has nobody to deactivate.", remedy="Use --deletions remove (as without it) or --deletions keep."
            )
        if any(field.name == "id" for field in fields):
            raise PullRefused("The column id is the record's own id.", remedy="Give the field another name.")
        self.name = str(path).encode("utf-8", "backslashreplace").decode()
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._names = tuple(field.name for field in fields)
        self._keep = deletions == "keep"
        self._lines = path.suffix.lower() != ".csv"
        self._full = True
        self._file: IO[Any] | None = None
        self._old: Iterator[Pulled] = iter(())
        self._next: Pulled | None = None
        self._missing: set[int] = set()
        self._last = 0
        self._tally = Tally()
        self._changed = False

    def begin(self, *, full: bool, saved: dict[str, Any] | None) -> None:
        """Open the file beside; after an interruption, cut it where `save` was."""
        if self._path.is_dir():
            raise PullRefused(f"{self.name} is a folder.", remedy="Name a file inside it.")
        self._full = full
        self._old = self._read(strict=not full)
        self._next = next(self._old, None)
        resumed = saved is not None and self._part.exists() and self._part.stat().st_size >= saved["offset"]
        self._file = private_open(self._part, "r+b" if resumed else "wb")
        if resumed and saved is not None:
            self._file.truncate(saved["offset"])
            self._file.seek(saved["offset"])
            self._last, self._changed = saved["last"], saved["changed"]
            while self._next is not None and self._next.id <= self._last:
                self._next = next(self._old, None)
        elif not self._lines:
            self._write_cells(("id", *self._names))

    def put(self, records: Sequence[Pulled]) -> Written:
        """Write these records, and before each what the old file has below it."""
        before = msgspec.structs.replace(self._tally)
        for record in records:
            self._pass(record.id)
            if self._next is not None and self._next.id == record.id:
                same = self._next.values == _blank(record.values)
                self._tally.unchanged += same
                self._tally.updated += not same
                self._changed |= not same
                self._next = next(self._old, None)
            else:
                self._tally.created += 1
                self._changed = True
            self._write(record)
        return Written(tally=_difference(self._tally, before))

    def holds_any(self) -> bool:
        """Whether the old file has records."""
        return self._next is not None

    def present(self, after: int, until: int | None) -> list[int]:  # noqa: ARG002 - the old file is read along instead
        """Nobody: who is gone shows when the new file is compared with the old one."""
        return []

    def gone(self, ids: Sequence[int]) -> int:
        """Leave these out; they are counted when the old file was read along."""
        self._missing.update(ids)
        return 0

    def save(self) -> dict[str, Any]:
        """Flush to disk; where the file is cut after an interruption."""
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        return {"offset": self._file.tell(), "last": self._last, "changed": self._changed}

    def finish(self) -> Tally:
        """Pass the rest of the old file, then put the new one in its place."""
        before = msgspec.structs.replace(self._tally)
        self._pass(None)
        self.save()
        self.close()
        if self._changed or not self._path.exists():
            self._part.replace(self._path)
        else:
            self._part.unlink()
        return _difference(self._tally, before)

    def close(self) -> None:
        """Close the file; an unfinished one stays for the next time."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _pass(self, until: int | None) -> None:
        """Take over what the old file has below an id, except what is gone."""
        while self._next is not None and (until is None or self._next.id < until):
            if self._keep or not (self._full or self._next.id in self._missing):
                self._write(self._next)
            else:
                self._tally.gone += 1
                self._changed = True
            self._next = next(self._old, None)

    def _write(self, record: Pulled) -> None:
        assert self._file is not None
        self._last = record.id
        if self._lines:
            values = {name: record.values.get(name) for name in self._names}
            self._file.write(msgspec.json.encode({"id": str(record.id), **values}) + b"\n")
        else:
            self._write_cells((str(record.id), *(record.values.get(name) or "" for name in self._names)))

    def _write_cells(self, cells: Sequence[str]) -> None:
        assert self._file is not None
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerow(cells)
        self._file.write(text.getvalue().encode("utf-8", "surrogatepass"))

    def _read(self, *, strict: bool) -> Iterator[Pulled]:
        """The old file's records by ascending id; one that is not ours ends it, or is refused where `strict`."""
        if not self._path.exists():
            return
        last = 0
        with self._path.open(encoding="utf-8", newline="") as file:
            for record in self._records_of(file):
                if record is None or record.id <= last:
                    if strict:
                        raise PullRefused(
                            f"{self.name} is not as the last pull left it: other columns, or not in the order of ids.",
                            remedy="Pull everything again: leave --incremental out.",
                        )
                    return
                last = record.id
                yield record

    def _records_of(self, file: IO[str]) -> Iterator[Pulled | None]:
        try:
            if self._lines:
                for line in file:
                    yield self._record(msgspec.json.decode(line))
                return
            csv.field_size_limit(_CELL)
            rows = csv.reader(file)
            header = next(rows, None)
            for cells in rows:
                right = header == ["id", *self._names] and len(cells) == len(header)
                yield self._record(dict(zip(header or (), cells, strict=False))) if right else None
        except (msgspec.DecodeError, csv.Error, UnicodeDecodeError):
            yield None

    def _record(self, values: Any) -> Pulled | None:
        number = values.pop("id", "") if isinstance(values, dict) else ""
        if not isinstance(number, str) or not number.isdecimal() or set(values) != set(self._names):
            return None
        return Pulled(int(number), _blank(values))


def _blank(values: dict[str, Any]) -> dict[str, str | None]:
    return {name: value or None for name, value in values.items()}


def _difference(now: Tally, before: Tally) -> Tally:
    return Tally(**{name: getattr(now, name) - getattr(before, name) for name in Tally.__struct_fields__})
