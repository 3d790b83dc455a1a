"""Records into a file, as they come: CSV or JSON lines, 0600, never over a file unasked, never half of one."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import tempfile
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Literal

import msgspec

from console.hubspot.model import Record
from console.settings.errors import SettingsError
from console.settings.paths import expanded

Format = Literal["csv", "jsonl"]
FORMATS: tuple[Format, ...] = ("csv", "jsonl")
_BATCH = 200


class ExportError(SettingsError):
    """The file cannot be written, or is there already."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What was written, and where."""

    path: Path
    records: int
    size: int


def target(text: str, *, overwrite: bool = False) -> Path:
    """The file that a text names. Raises ExportError: it is there already, or cannot be made."""
    path = Path(os.path.abspath(expanded(text.strip())))  # noqa: PTH100 - keeps links as they were named
    if not text.strip() or path.is_dir():
        raise ExportError("That is no name of a file.", "Give a new file, such as ~/contacts.csv.")
    if path.exists() and not overwrite:
        raise ExportError(f"{path} is there already.", "Name a new file, or say that this one may go.")
    if not path.parent.is_dir():
        raise ExportError(f"There is no folder {path.parent}.", "Make it first, or name another one.")
    return path


async def export(
    records: AsyncGenerator[Record, None],
    path: Path,
    format: Format,  # noqa: A002 - the word of the command line
    columns: Sequence[str],
    *,
    overwrite: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Exported:
    """Write records with these properties, ids first. The file appears when it is whole; cancelled, there is none.

    Raises:
        ExportError: it is there already, or the disk is full.
    """
    written = 0
    try:
        handle, name = await asyncio.to_thread(tempfile.mkstemp, prefix=f".{path.name}.", dir=path.parent)  # made 0600
    except OSError as error:
        raise _said(error, path) from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            if format == "csv":
                stream.write(_csv([("id", *columns)]))
            batch: list[Record] = []
            async with aclosing(records) as given:
                async for record in given:
                    batch.append(record)
                    if len(batch) == _BATCH:
                        written += await asyncio.to_thread(_write, stream, batch, format, columns)
                        batch = []
                        if progress is not None:
                            progress(written)
            written += await asyncio.to_thread(_write, stream, batch, format, columns)
            stream.flush()
            await asyncio.to_thread(os.fsync, stream.fileno())
        await asyncio.to_thread(_place, temporary, path, overwrite)
    except OSError as error:
        raise _said(error, path) from None
    finally:
        await asyncio.to_thread(_remove, temporary)
    return Exported(path=path, records=written, size=await asyncio.to_thread(lambda: path.stat().st_size))


def _write(stream: io.BufferedWriter, records: Sequence[Record], format: Format, columns: Sequence[str]) -> int:  # noqa: A002 - as above
    if format == "csv":
        stream.write(_csv([(one.id, *(one.properties.get(name) or "" for name in columns)) for one in records]))
    else:
        for one in records:
            properties = {name: one.properties.get(name) for name in columns}
            stream.write(msgspec.json.encode({"id": one.id, "properties": properties}) + b"\n")
    return len(records)


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _place(temporary: Path, path: Path, overwrite: bool) -> None:
    """Give the finished file its name; one that came there meanwhile stays."""
    if overwrite:
        temporary.replace(path)
    else:
        os.link(temporary, path)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _said(error: OSError, path: Path) -> ExportError:
    if isinstance(error, FileExistsError):
        return ExportError(f"{path} is there already.", "Name a new file, or say that this one may go.")
    return ExportError(
        f"{path} cannot be written: {(error.strerror or 'unknown reason').lower()}.",
        "Choose another folder, or make room on the disk.",
    )
