"""A part of a plan reads its source once, and still sees who shares a key with those it asks for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.journal.model import Entry, Problem
from console.provisioning.errors import PlanRefused
from console.sources.csv_file import CsvSource
from console.sources.model import SourceRow
from tests.provisioning.plan_support import Desk, desk
from tests.support.simulator import Simulator


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one entry each time that a file's rows are asked for."""
    asked: list[int] = []
    real = CsvSource.rows

    def rows(self: CsvSource, *arguments: Any) -> Iterator[SourceRow | Problem]:
        asked.append(1)
        return real(self, *arguments)

    monkeypatch.setattr(CsvSource, "rows", rows)
    return asked


async def told(on: Desk, **asked: Any) -> dict[str, Entry]:
    plan = await on.plan(**asked)
    assert plan.partial
    return {entry.payload.source_id: entry for entry in await on.entries(plan) if entry.payload is not None}


@pytest.mark.parametrize("seed", range(3))
async def test_twins_before_and_behind(tmp_path: Path, hubspot: Simulator, reads: list[int], seed: int) -> None:
    async with desk(tmp_path, hubspot) as on:
        people = [f"{n},p{n}@x.org,P,L{n},,true" for n in range(600)]
        people += ["twin,P300@X.org,P,Twin,,true", "three,p300@x.org,P,Three,,true"]
        random.Random(seed).shuffle(people)
        on.people(*people)
        found = await told(on, only="300")
        assert {name: entry.situation.value for name, entry in found.items()} == dict.fromkeys(
            ("300", "twin", "three"), "INVALID"
        )
        assert len(reads) == 1
        assert set(await told(on, only="twin")) == {"300", "twin", "three"}
        scoped = await told(on, scope='last eq "L300" or last eq "L5"')
        assert {name: entry.action.value for name, entry in scoped.items()} == {
            "300": "EXCEPTION", "twin": "EXCEPTION", "three": "EXCEPTION", "5": "CREATE"
        }  # fmt: skip
        assert len(reads) == 3


async def test_somebody_who_may_be_in_a_row_that_cannot_be_read(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,a@x.org,A,B,,true", '"2,b@x.org,A,B,,true')
        with pytest.raises(PlanRefused, match=r"1 rows of .* 2 may be one of them"):
            await on.plan(only="2")
        assert set(await told(on, only="1")) == {"1"}


async def test_a_full_disk_is_told(tmp_path: Path, hubspot: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from console.provisioning import aside

    monkeypatch.setattr(aside, "_TABLES", (*aside._TABLES[:-1], "PRAGMA max_page_count = 8", "BEGIN"))
    async with desk(tmp_path, hubspot) as on:
        on.people(*[f"{n},p{n}@x.org,P,L{n},,true" for n in range(400)])
        with pytest.raises(PlanRefused, match="cannot be kept on the local disk") as refused:
            await on.plan(only="300")
        assert "TMPDIR" in refused.value.remedy
        assert await on.journal.plans() == []
