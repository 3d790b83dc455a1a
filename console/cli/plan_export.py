"""A plan's entries as a file: CSV with a line for each change, JSON lines, or one HTML page."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from console.cli.diff import COLUMNS, csv_lines, shape
from console.cli.diff_page import page
from console.provisioning.errors import PlanRefused
from console.settings.new_file import new_private
from console.settings.paths import expanded

if TYPE_CHECKING:
    from console.journal.model import Entry, Plan

Form = Literal["csv", "jsonl", "html"]
FORMS: tuple[Form, ...] = get_args(Form)
_PIECES = 200


def form_of(path: Path) -> Form:
    """What a file is to hold, by its ending. Raises PlanRefused."""
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMS:
        raise PlanRefused(f"{path.name} ends in none of .csv, .jsonl and .html", remedy="Name the file by its kind.")
    return ending


async def export(
    plan: Plan, entries: AsyncIterator[Entry], file_name: str, moved: Callable[[int], None] | None = None
) -> int:
    """Write the entries to a new file that only its owner can read; how many. `moved` is told how many so far.

    Raises PlanRefused for a name without a kind, SettingsError where the file exists or cannot be written; then none is
    left behind.
    """
    path = _named(file_name)
    form = form_of(path)
    written = 0

    async def counted() -> AsyncIterator[Entry]:
        nonlocal written
        async for entry in entries:
            written += 1
            if moved is not None and written % _PIECES == 0:
                moved(written)
            yield entry

    with new_private(path) as file:
        batch: list[str] = []
        async for piece in _pieces(form, plan, counted()):
            batch.append(piece)
            if len(batch) >= _PIECES:
                await asyncio.to_thread(file.write, _bytes(batch))
                batch.clear()
        await asyncio.to_thread(file.write, _bytes(batch))
    return written


def _named(file_name: str) -> Path:
    return expanded(file_name)


def _bytes(pieces: list[str]) -> bytes:
    return "".join(pieces).encode("utf-8", "surrogatepass")


async def _pieces(form: Form, plan: Plan, entries: AsyncIterator[Entry]) -> AsyncIterator[str]:
    if form == "html":
        async for piece in page(plan, entries):
            yield piece
    elif form == "jsonl":
        async for entry in entries:
            yield msgspec.json.encode(shape(entry), enc_hook=str).decode() + "\n"
    else:
        yield _row(COLUMNS)
        async for entry in entries:
            for line in csv_lines(entry):
                yield _row(line)


def _row(cells: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(["" if cell is None else str(cell) for cell in cells])
    return text.getvalue()
