"""Approval, claims, outcomes, commands, and the glance at all of it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from console.journal.errors import JournalError, NotApproved, UnknownPlan
from console.journal.glance import last_runs, waiting_plans
from console.journal.journal import Journal, Settlement
from console.journal.model import Action, EntryState, GuardVerdict, Link, RunState
from tests.journal.journal_parts import ME, PORTAL, entry, finished, journal_in


async def test_approval_is_of_that_exact_plan(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        guard = GuardVerdict(name="deletes", count=12, limit=5, rule="5% or 50")
        plan = await finished(journal, entry(journal, 1), guards=(guard,))
        with pytest.raises(NotApproved, match="guard"):
            await journal.approve(plan, ME)
        with pytest.raises(NotApproved, match="hash"):
            await journal.approve(msgspec.structs.replace(plan, hash="0" * 64, guards=()), ME)
        with pytest.raises(NotApproved, match="not approved"):
            await journal.approved(plan.id)
        accepted = msgspec.structs.replace(plan, guards=(msgspec.structs.replace(guard, accepted=12),))
        run = await journal.approve(accepted, ME, detail="deletes=12")
        assert run.state is RunState.APPROVED
        assert run.approved_by == "bob (as ann) from 192.0.2.7"
        assert run.plan_hash == plan.hash
        assert (await journal.plan(plan.id)).guards[0].accepted == 12
        assert (await journal.plan(plan.id)).state is RunState.APPROVED
        assert await journal.approve(accepted, ME) == run
        event = (await journal.events(run_id=run.id))[0]
        assert (event.kind, event.who, event.detail, event.plan_id) == ("approve", ME, "deletes=12", plan.id)


async def test_an_unfinished_plan_is_not_approved(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        from tests.journal.journal_parts import new_plan

        plan = await journal.new_plan(new_plan())
        with pytest.raises(NotApproved, match="never finished"):
            await journal.approve(plan, ME)
        with pytest.raises(UnknownPlan):
            await journal.approved("p-none")


async def test_counters_follow_every_outcome(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        entries = [entry(journal, n) for n in range(1, 6)]
        plan = await finished(
            journal, *entries, entry(journal, 6, action=Action.EXCEPTION), entry(journal, 7, action=Action.NONE)
        )
        run = await journal.approve(plan, ME)
        assert (run.total, run.settled, run.states) == (6, 1, {"needs_decision": 1, "planned": 5})
        run = await journal.begin_run(run.id, "ann@host, process 1")
        assert (run.state, run.owner) == (RunState.RUNNING, "ann@host, process 1")

        await journal.claim(run, [1, 2, 3])
        assert [one.number for one in await journal.pending(plan.id, EntryState.INFLIGHT)] == [1, 2, 3]
        with pytest.raises(JournalError, match="Another process"):
            await journal.claim(run, [3, 4])
        assert [one.number for one in await journal.pending(plan.id, EntryState.PLANNED)] == [4, 5]
        await journal.settle(
            run,
            [
                Settlement(
                    number=1, state=EntryState.DONE, uid="501", befores={"lastname": "Old"},
                    link=Link(digest=entries[0].key_digest, uid="501", created_by_us=True),
                ),
                Settlement(number=2, state=EntryState.FAILED, outcome="Email ann@x is invalid", cause="INVALID_EMAIL"),
                Settlement(number=3, state=EntryState.PLANNED),
            ],
        )  # fmt: skip
        await journal.touch_run(run.id, requests=4, rate_limited=1)
        now = await journal.progress(run.id)
        assert now.states == {"planned": 3, "done": 1, "failed": 1, "needs_decision": 1}
        assert (now.actions, now.failures, now.requests, now.rate_limited) == (
            {"CREATE": 1},
            {"INVALID_EMAIL": 1},
            4,
            1,
        )
        settled = await journal.entry(plan.id, 1)
        assert (settled.uid, settled.befores, settled.state) == ("501", {"lastname": "Old"}, EntryState.DONE)
        assert (await journal.entry(plan.id, 2)).outcome == "Email ann@x is invalid"
        links = await journal.links(PORTAL, run.mapping, [entries[0].key_digest], object_class="contact")
        assert links[entries[0].key_digest].uid == "501"

        assert await journal.move_entries(run, EntryState.PLANNED, EntryState.SKIPPED, cause="cancelled") == 3
        ended = await journal.end_run(run.id, RunState.CANCELLED, "cancelled")
        assert (ended.settled, ended.total, ended.ended, ended.owner) == (6, 6, True, "")
        assert (await journal.plan(plan.id)).state is RunState.CANCELLED


async def test_whoever_lost_a_run_to_another_process_claims_nothing_more(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        plan = await finished(journal, entry(journal, 1), entry(journal, 2))
        run_id = (await journal.approve(plan, ME)).id
        first = await journal.begin_run(run_id, "ann@host, process 1")
        await journal.claim(first, [1])
        second = await journal.begin_run(run_id, "ann@host, process 2")
        with pytest.raises(JournalError, match="took this run over"):
            await journal.claim(first, [2])
        await journal.claim(second, [2])


async def test_commands_come_once_and_old_ones_not_at_all(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal, journal_in(tmp_path) as console:
        plan = await finished(journal, entry(journal, 1))
        run = await journal.approve(plan, ME)
        await console.command(run.id, "pause", ME)
        await journal.begin_run(run.id, "me")
        assert await journal.commands(run.id) == []
        await console.command(run.id, "pause", ME)
        await console.command(run.id, "cancel", ME)
        assert await journal.commands(run.id) == ["pause", "cancel"]
        assert await journal.commands(run.id) == []
        assert [event.kind for event in await journal.events(run_id=run.id)] == ["approve", "pause", "pause", "cancel"]


async def test_the_glance_sees_what_the_journal_says(tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.sqlite"
    assert last_runs(path) == []
    assert waiting_plans(path) == []
    async with journal_in(tmp_path) as journal:
        waiting = await finished(journal, entry(journal, 1))
        await finished(journal, entry(journal, 1, action=Action.NONE))
        approved = await finished(journal, entry(journal, 2))
        run = await journal.begin_run((await journal.approve(approved, ME)).id, "me")
        assert last_runs(path) == [run]
        assert [(plan.id, plan.writes) for plan in waiting_plans(path)] == [(waiting.id, 1)]
    assert last_runs(path) == [run]
    path.write_bytes(b"not a database, but long enough to be looked at " * 100)
    assert last_runs(path) == []


def test_the_glance_needs_no_heavy_library() -> None:
    code = "import sys, console.journal.glance; print([m for m in ('sqlalchemy', 'cryptography', 'httpx') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


async def test_many_writers_share_commits_and_one_failure_stays_alone(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        plan = await finished(journal, *[entry(journal, n) for n in range(1, 41)])
        run = await journal.approve(plan, ME)
        results = await asyncio.gather(*[journal.claim(run, [n]) for n in [*range(1, 41), 7]], return_exceptions=True)
        assert [type(result) for result in results[:40]] == [type(None)] * 40
        assert isinstance(results[40], JournalError)
        assert (await journal.progress(run.id)).states == {"inflight": 40}


async def test_nobody_waits_for_ever_at_a_journal_that_closes(tmp_path: Path) -> None:
    for round_ in range(20):
        journal = await Journal.open(tmp_path / str(round_) / "journal.sqlite", master_key=None)

        def write(journal: Journal = journal) -> int:
            async def writing() -> int:
                for done in range(10_000):
                    try:
                        await asyncio.wait_for(journal.record("note", ME), 5)
                    except JournalError:
                        return done
                return -1

            return asyncio.run(writing())

        work = [asyncio.create_task(asyncio.to_thread(write)) for _ in range(3)]
        await asyncio.sleep(0.01)
        await journal.close()
        assert all(done >= 0 for done in await asyncio.gather(*work))


async def test_two_processes_write_one_journal(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as one, journal_in(tmp_path) as other:
        await asyncio.gather(*[finished(journal, entry(journal, 1)) for journal in (one, other) * 10])
        assert len(await one.plans()) == 20
