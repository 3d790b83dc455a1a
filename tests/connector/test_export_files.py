"""Records into a file: exact, private, whole or not at all."""

from __future__ import annotations

import asyncio
import csv
import json
import stat
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from console.connector.export import ExportError, export, target
from console.hubspot.model import Record


async def people(count: int, pause: float = 0.0) -> AsyncGenerator[Record, None]:
    for number in range(count):
        if pause:
            await asyncio.sleep(pause)
        yield Record(id=str(number), properties={"email": f"p{number}@x.example", "city": 'Sa\n"o' if number else None})


async def test_csv_and_jsonl_hold_the_same(tmp_path: Path) -> None:
    told: list[int] = []
    done = await export(people(450), tmp_path / "a.csv", "csv", ("email", "city"), progress=told.append)
    await export(people(450), tmp_path / "a.jsonl", "jsonl", ("email", "city"))
    assert done.records == 450
    assert told == [200, 400]
    with done.path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert rows[0] == ["id", "email", "city"]
    assert rows[2] == ["1", "p1@x.example", 'Sa\n"o']
    assert lines[0] == {"id": "0", "properties": {"email": "p0@x.example", "city": None}}
    assert [row[0] for row in rows[1:]] == [line["id"] for line in lines]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


async def test_a_file_that_is_there_stays_unless_it_may_go(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(ExportError, match="is there already"):
        target(str(path))
    with pytest.raises(ExportError, match="is there already"):
        await export(people(3), path, "csv", ("email",))
    assert path.read_text() == "mine"
    assert (await export(people(3), target(str(path), overwrite=True), "csv", ("email",), overwrite=True)).records == 3
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


async def test_cancelled_it_leaves_nothing(tmp_path: Path) -> None:
    task = asyncio.create_task(export(people(5000, 0.001), tmp_path / "a.csv", "csv", ("email",)))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "  ", "/", "/no/such/folder/a.csv"])
def test_what_is_no_file_is_said(text: str) -> None:
    with pytest.raises(ExportError):
        target(text)
