"""A journal of every earlier version, made by the statements of that version, is brought up to date and holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import create_engine

from console.journal import migrations
from console.journal.errors import JournalTooNew
from console.journal.glance import last_runs
from console.journal.journal import Journal, Settlement
from console.journal.keys import JournalKeys
from console.journal.model import EntryState, RunState
from console.journal.schema import metadata
from console.journal.seal import Master
from tests.journal.journal_parts import MASTER, ME, entry, finished, journal_in

STEPS = len(migrations.STEPS)


def columns(connection: sqlite3.Connection) -> dict[str, Any]:
    """Tables and indexes as SQLite understands them."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: (
            sorted(row[1:3] + row[5:] for row in connection.execute(f"PRAGMA table_info({name})")),
            sorted(
                tuple(column[2] for column in connection.execute(f"PRAGMA index_info('{row[1]}')"))
                for row in connection.execute(f"PRAGMA index_list({name})")
            ),
        )
        for name in names
    }


def test_the_steps_lead_to_the_schema_of_today() -> None:
    with closing(sqlite3.connect(":memory:")) as stepped, closing(sqlite3.connect(":memory:")) as today:
        for step in migrations.STEPS:
            for statement in step:
                stepped.execute(statement)
        metadata.create_all(create_engine("sqlite://", creator=lambda: today, poolclass=None), checkfirst=False)
        assert columns(stepped) == columns(today)


async def first_version(path: Path, key: bytes | None) -> None:
    """A journal as version 1 left it: a plan, a paused run with outcomes, links and an audit line."""
    async with journal_in(path.parent.parent, key) as journal:
        plan = await finished(journal, *[entry(journal, n) for n in range(1, 6)])
        run = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
        await journal.claim(run, [1, 2])
        done = [Settlement(number=n, state=EntryState.DONE, uid=str(n), outcome=f"written {n}") for n in (1, 2)]
        await journal.settle(run, done)
        await journal.end_run(run.id, RunState.PAUSED, "paused")
        await journal.compact()
    new = path.with_suffix(".new")
    with closing(sqlite3.connect(new, isolation_level=None)) as first:
        for statement in migrations.STEPS[0]:
            first.execute(statement)
        first.execute("ATTACH ? AS today", (str(path),))
        for name in ("keys", "plans", "entries", "links", "runs", "run_counts", "commands", "audit"):
            kept = ", ".join(row[1] for row in first.execute(f"PRAGMA main.table_info({name})"))
            first.execute(f"INSERT INTO main.{name} ({kept}) SELECT {kept} FROM today.{name}")
        first.execute("DELETE FROM keys WHERE name = 'chain'")
        first.execute("DELETE FROM audit WHERE kind <> 'approve'")
        first.execute("DETACH today")
        first.execute("PRAGMA user_version = 1")
    for leftover in path.parent.iterdir():
        if leftover != new:
            leftover.unlink()
    new.rename(path)


@pytest.mark.parametrize("key", [MASTER, None], ids=["sealed", "plain"])
async def test_a_journal_of_the_first_version_goes_on(tmp_path: Path, key: bytes | None) -> None:
    path = tmp_path / "state" / "journal.sqlite"
    await first_version(path, key)
    assert [run.state for run in last_runs(path)] == [RunState.PAUSED]  # Home reads it before anybody upgrades it
    async with journal_in(tmp_path, key) as journal:
        (run,) = await journal.runs()
        plan = await journal.plan(run.plan_id)
        assert await journal.compute_hash(plan) == plan.hash == run.plan_hash
        assert [one.outcome for one in await journal.entries(plan.id, limit=2)] == ["written 1", "written 2"]
        verdict = await journal.verify()
        assert verdict.findings == ()
        assert verdict.unproven == 2
        again = await journal.begin_run(run.id, "me")
        await journal.claim(again, [3, 4, 5])
        await journal.settle(again, [Settlement(number=n, state=EntryState.DONE) for n in (3, 4, 5)])
        ended = await journal.end_run(run.id, RunState.DONE)
        assert ended.states == {"done": 5}
        assert (await journal.verify()).findings == ()
        assert (await finished(journal, entry(journal, 1))).complete
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (STEPS,)
        assert [row[0] for row in connection.execute("SELECT kind FROM audit ORDER BY id")] == ["approve", "plan"]


async def test_what_the_first_version_recorded_is_guarded_from_now_on(tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.sqlite"
    await first_version(path, MASTER)
    async with journal_in(tmp_path):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE audit SET login = 'eve'")
        connection.execute("UPDATE entries SET uid = '9' WHERE number = 1")
    async with journal_in(tmp_path) as journal:
        told = [f"{finding.place}: {finding.message}" for finding in (await journal.verify()).findings]
    assert "audit line" in told[0]
    assert "not what was approved" in told[1]


def test_the_glance_knows_every_version() -> None:
    from console.journal import glance

    assert set(range(1, STEPS + 1)) == glance._KNOWN_VERSIONS


async def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state" / "journal.sqlite"
    await first_version(path, MASTER)
    before = path.read_bytes()
    broken: tuple[Sequence[str], ...] = (*migrations.STEPS, ("CREATE TABLE more (a TEXT)", "NO STATEMENT AT ALL"))
    monkeypatch.setattr(migrations, "STEPS", broken)
    with pytest.raises(Exception, match="NO"):
        await Journal.open(path, master_key=MASTER)
    monkeypatch.undo()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert "chain" not in columns(connection)
    assert len(before) == path.stat().st_size
    async with journal_in(tmp_path) as journal:
        assert (await journal.verify()).findings == ()


async def test_a_journal_from_the_future_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with journal_in(tmp_path):
        pass
    monkeypatch.setattr(migrations, "STEPS", migrations.STEPS[:1])
    with pytest.raises(JournalTooNew, match=f"version {STEPS}"):
        await Journal.open(tmp_path / "state" / "journal.sqlite", master_key=MASTER)


def test_what_was_there_before_the_chain_is_taken_over_once(tmp_path: Path) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as raw:
        engine = create_engine("sqlite://", creator=lambda: raw)
        with engine.connect() as connection:
            migrations.migrate(connection, "memory")
            connection.exec_driver_sql("INSERT INTO audit VALUES (1, 1.0, 'approve', 'p', 'r', 'ann', '', '', '', '')")
            one = JournalKeys.load(connection, Master(MASTER))
            two = JournalKeys.load(connection, Master(MASTER))
            assert one.chain.journal == two.chain.journal
            assert connection.exec_driver_sql("SELECT count(*) FROM chain").scalar_one() == 1
            assert msgspec.json.encode(one.chain.head(connection)) == msgspec.json.encode(two.chain.head(connection))
