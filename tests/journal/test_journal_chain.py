"""The audit chain: what was changed, removed or inserted is found and named; what was erased on purpose is not."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.journal.chain import Head, moved
from console.journal.chain_check import Verdict
from console.journal.journal import Journal, Settlement
from console.journal.model import Action, Approver, EntryState, Plan, RunProgress, RunState
from tests.journal.journal_parts import MASTER, ME, entry, finished, journal_in

OTHER = Approver(login="carol")


async def ended_run(journal: Journal, people: int = 6) -> tuple[Plan, RunProgress]:
    """A run of some updates, one of which failed."""
    plan = await finished(
        journal, *[entry(journal, n, action=Action.UPDATE, uid=str(100 + n)) for n in range(1, people + 1)]
    )
    run = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
    await journal.claim(run, range(1, people + 1))
    settled = [
        Settlement(number=n, state=EntryState.DONE, uid=str(100 + n), befores={"lastname": f"Before{n}"})
        for n in range(2, people + 1)
    ]
    await journal.settle(run, settled[:2])
    await journal.settle(run, [*settled[2:], Settlement(number=1, state=EntryState.FAILED, outcome="no", cause="BAD")])
    return plan, await journal.end_run(run.id, RunState.DONE)


def changed(folder: Path, *statements: str) -> None:
    """What somebody does to the file who knows SQL, but not the key."""
    with closing(sqlite3.connect(folder / "state" / "journal.sqlite", isolation_level=None)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement


async def verified(folder: Path, key: bytes | None = MASTER, *heads: tuple[str, Head]) -> Verdict:
    async with journal_in(folder, key) as journal:
        return await journal.verify(heads)


async def test_what_was_recorded_holds(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        await ended_run(journal)
        plan = await finished(journal, entry(journal, 1))
        await journal.approve(plan, ME)
        await journal.record("resume", OTHER, plan_id=plan.id)
        verdict = await journal.verify()
    assert verdict.findings == ()
    assert (verdict.runs, verdict.outcomes, verdict.audit_lines, verdict.heads_checked) == (2, 6, 5, 1)
    assert verdict.head is not None
    assert verdict.head.position == verdict.rows


TAMPERED = [
    ("UPDATE audit SET login = 'eve' WHERE kind = 'approve'", "audit line 2 (approve"),
    ("UPDATE audit SET at = at + 1 WHERE id = 1", "audit line 1"),
    ("DELETE FROM audit WHERE id = 2", "audit line 2: was removed"),
    ("INSERT INTO audit SELECT 99, at, kind, plan_id, run_id, login, sudo_user, via, detail, session FROM audit WHERE id = 2", "audit line 99"),
    ("UPDATE chain SET salt = NULL WHERE position = 1", "its salt is gone"),
    ("UPDATE chain SET digest = zeroblob(32) WHERE position = 3", "audit chain, row 3"),
    ("UPDATE chain SET at = at - 1 WHERE position = 4", "audit chain, row 4"),
    ("DELETE FROM chain WHERE position = 2", "row 2 is missing"),
    ("DELETE FROM chain WHERE position > 3", "knows row"),
    ("UPDATE entries SET state = 'done' WHERE number = 1", "entry 1: its outcome was changed"),
    ("UPDATE entries SET written_uid = '666' WHERE number = 3", "entry 3: its outcome was changed"),
    ("UPDATE entries SET settled_at = settled_at + 1 WHERE number = 3", "entry 3: its outcome was changed"),
    ("UPDATE entries SET befores = zeroblob(40) WHERE number = 3", "entry 3: its outcome was changed"),
    ("UPDATE entries SET befores = NULL, proof = NULL, state = 'skipped' WHERE number = 3", "do not add up"),
    ("UPDATE entries SET proof = NULL WHERE number = 3", "entry 3: says done without a proof"),
    ("UPDATE entries SET payload = zeroblob(60) WHERE number = 4", "entry 4: what was planned"),
    ("UPDATE entries SET uid = '666' WHERE number = 4", "is not what was approved"),
    ("DELETE FROM entries WHERE number = 4", "there is no entry 4"),
    ("UPDATE runs SET approved_by = 'eve'", "its approval: was changed"),
    ("UPDATE runs SET requests = 7", "how it ended: was changed"),
    ("UPDATE runs SET state = 'cancelled'", "how it ended: was changed"),
    ("UPDATE runs SET plan_hash = 'ff'", "its hash is not the approved one"),
    ("UPDATE run_counts SET count = count + 1 WHERE name = 'done'", "how it ended: was changed"),
    ("DELETE FROM runs", "was removed"),
    ("DELETE FROM plans", "was removed"),
    ("UPDATE plans SET key = NULL", "its key is gone"),
    ("UPDATE plans SET pruned_at = 1", "says that it was pruned"),
]  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a journal with one run, to be copied for every kind of tampering."""
    import asyncio

    folder = tmp_path_factory.mktemp("recorded")

    async def make() -> None:
        async with journal_in(folder) as journal:
            await ended_run(journal)
            await journal.compact()

    asyncio.run(make())
    return {path.name: path.read_bytes() for path in (folder / "state").iterdir()}


def laid(folder: Path, files: dict[str, bytes]) -> Path:
    """The copied files as the journal of this folder."""
    (folder / "state").mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / "state" / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(("statement", "named"), TAMPERED)
async def test_what_was_tampered_with_is_named(
    tmp_path: Path, recorded: dict[str, bytes], statement: str, named: str
) -> None:
    changed(laid(tmp_path, recorded), statement)
    verdict = await verified(tmp_path)
    told = [f"{finding.place}: {finding.message}" for finding in verdict.findings]
    assert any(named in line for line in told), told


async def test_an_older_row_put_back_with_its_own_proof_is_found(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        _, run = await ended_run(journal)
        failed = await journal.keyed_entries(run.plan_id, states=["failed"])
        before = sqlite_row(tmp_path, "SELECT * FROM entries WHERE number = 1")
        retried = await journal.begin_run(run.id, "me")
        await journal.settle(retried, [Settlement(number=failed[0].number, state=EntryState.DONE, uid="101")])
        await journal.end_run(run.id, RunState.DONE)
    assert (await verified(tmp_path)).sound
    with closing(sqlite3.connect(tmp_path / "state" / "journal.sqlite", isolation_level=None)) as connection:
        connection.execute("DELETE FROM entries WHERE number = 1")
        connection.execute(f"INSERT INTO entries VALUES ({','.join('?' * len(before))})", before)
    findings = (await verified(tmp_path)).findings
    assert any("do not add up" in finding.message for finding in findings), findings


def sqlite_row(folder: Path, statement: str) -> tuple[object, ...]:
    with closing(sqlite3.connect(folder / "state" / "journal.sqlite")) as connection:
        return tuple(connection.execute(statement).fetchone())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_bit_of_a_covered_column_is_found(
    tmp_path_factory: pytest.TempPathFactory, recorded: dict[str, bytes], place: float, bit: int
) -> None:
    """One bit of what was planned, approved or written about one of the entries."""
    import asyncio

    folder = laid(tmp_path_factory.mktemp("bit"), recorded)
    columns = ("payload", "content", "key_digest", "proof", "befores")
    with closing(sqlite3.connect(folder / "state" / "journal.sqlite", isolation_level=None)) as connection:
        cells = [
            (number, name, value)
            for name in columns
            for number, value in connection.execute(f"SELECT number, {name} FROM entries WHERE {name} IS NOT NULL")
        ]
        number, name, value = cells[int(place * len(cells))]
        position = int(place * 7919) % len(value)
        other = value[:position] + bytes([value[position] ^ (1 << bit)]) + value[position + 1 :]
        connection.execute(f"UPDATE entries SET {name} = ? WHERE number = ?", (other, number))
    assert not asyncio.run(verified(folder)).sound


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=8), st.randoms())
def test_a_sum_of_proofs_knows_no_order_and_forgets_what_went(proofs: list[bytes], order: object) -> None:
    shuffled = list(proofs)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    total = moved(None, [], proofs)
    assert total == moved(moved(None, [], shuffled[:3]), [], shuffled[3:])
    assert moved(total, proofs, []) == moved(None, [], [])


async def test_a_chain_that_was_cut_with_its_head_file_is_found_by_a_noted_head(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        await finished(journal, entry(journal, 1))
        old = {path.name: path.read_bytes() for path in (tmp_path / "state").iterdir()}
        await ended_run(journal)
        noted = await journal.head()
    assert noted is not None
    for path in (tmp_path / "state").iterdir():
        path.unlink()
    laid(tmp_path, old)  # the whole folder from yesterday's backup
    assert (await verified(tmp_path)).sound
    verdict = await verified(tmp_path, MASTER, ("the vault", noted))
    assert [finding.place for finding in verdict.findings] == ["audit chain"]
    assert "the vault knows row" in verdict.findings[0].message


async def test_the_head_file_keeps_what_it_knows_of_a_chain_that_was_cut(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        await ended_run(journal)
    changed(tmp_path, "DELETE FROM chain WHERE position > 2", "DELETE FROM audit WHERE id > 1", "DELETE FROM runs")
    async with journal_in(tmp_path) as journal:
        for _ in range(12):
            await journal.record("resume", OTHER)
        assert any("another one than" in finding.message for finding in (await journal.verify()).findings)
    (tmp_path / "state" / "journal.head").write_text("{}")
    assert any("journal did not write it" in finding.message for finding in (await verified(tmp_path)).findings)


async def test_operators_who_share_the_journal_share_the_head_file(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o2770)
    async with journal_in(tmp_path) as journal:
        await finished(journal, entry(journal, 1))
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()}
    assert modes == {"journal.sqlite": 0o660, "journal.head": 0o660}


async def test_another_journal_in_its_place_is_found(tmp_path: Path) -> None:
    async with journal_in(tmp_path / "one") as journal:
        await ended_run(journal)
        noted = await journal.head()
    async with journal_in(tmp_path / "two") as journal:
        await ended_run(journal)
        await ended_run(journal)
        assert noted is not None
        assert "another journal" in (await journal.verify([("the vault", noted)])).findings[0].message


async def test_a_clock_that_was_put_back_is_marked_and_no_crime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    async with journal_in(tmp_path) as journal:
        await finished(journal, entry(journal, 1))
        monkeypatch.setattr(time, "time", lambda: real() - 7200)
        await ended_run(journal)
        monkeypatch.setattr(time, "time", lambda: real() + 86_400)
        await finished(journal, entry(journal, 1))
        verdict = await journal.verify()
        assert verdict.sound
        ((position, seconds),) = verdict.backwards
        assert position == 2
        assert 7190 < seconds < 7210
    changed(tmp_path, "UPDATE chain SET back = 0 WHERE position = 2")
    assert not (await verified(tmp_path)).sound


async def test_a_run_under_way_and_one_that_was_killed_hold_too(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        plan = await finished(journal, *[entry(journal, n, action=Action.UPDATE, uid=str(n)) for n in range(1, 9)])
        run = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
        await journal.claim(run, [1, 2, 3, 4])
        await journal.settle(run, [Settlement(number=1, state=EntryState.DONE)])
        await journal.touch_run(run.id, requests=3, message="on it")
        assert (await journal.verify()).findings == ()
        await journal.end_run(run.id, RunState.PAUSED, "paused")
        await journal.move_entries(run, EntryState.INFLIGHT, EntryState.UNCERTAIN, cause="interrupted")
        assert (await journal.verify()).findings == ()  # between two commits of a cancel
        await journal.move_entries(run, EntryState.PLANNED, EntryState.SKIPPED, cause="cancelled")
        await journal.end_run(run.id, RunState.CANCELLED)
        assert (await journal.verify()).findings == ()
        again = await journal.begin_run(run.id, "me")
        await journal.move_entries(again, EntryState.UNCERTAIN, EntryState.PLANNED)
        await journal.settle(again, [Settlement(number=2, state=EntryState.FAILED, cause="X")])
        await journal.move_entries(again, EntryState.FAILED, EntryState.PLANNED)
        await journal.end_run(run.id, RunState.PAUSED)
        assert (await journal.verify()).findings == ()


async def test_without_a_vault_it_says_that_it_proves_little(tmp_path: Path) -> None:
    async with journal_in(tmp_path, None) as journal:
        await ended_run(journal)
        verdict = await journal.verify()
        assert verdict.sound
        assert not verdict.sealed
    changed(tmp_path, "UPDATE audit SET detail = 'x' WHERE id = 1")
    assert not (await verified(tmp_path, None)).sound


async def test_four_eyes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from console.journal.errors import NeedsOtherEyes, NotApproved
    from console.journal.model import ApplyRules
    from console.journal.who import approver

    me = approver()
    async with journal_in(tmp_path) as journal:
        plan = await finished(journal, entry(journal, 1), rules=ApplyRules(four_eyes=True))
        with pytest.raises(NeedsOtherEyes) as refused:
            await journal.approve(plan, me)
        assert f"hubspoke apply {plan.id}" in refused.value.remedy
        with pytest.raises(NotApproved):
            await journal.approve(plan, msgspec.structs.replace(me, via="192.0.2.9"))  # the same person elsewhere
        other = msgspec.structs.replace(me, session="carol") if me.session else Approver(login="carol")
        assert (await journal.approve(plan, other)).approved_by.startswith(other.login)


def test_the_human_is_the_account_and_the_login_that_the_kernel_remembers(tmp_path: Path) -> None:
    import os
    import pwd

    from console.journal.who import approver

    me = pwd.getpwuid(os.getuid()).pw_name
    file = tmp_path / "loginuid"
    nobody = approver({"LOGNAME": "eve", "USER": "eve"}, loginuid=file)
    assert (nobody.login, nobody.session, nobody.person) == (me, "", me)
    file.write_text("4294967295")
    assert approver({"SUDO_USER": "bob"}, loginuid=file).person == "bob"
    file.write_text("0")
    known = approver({"SUDO_USER": "bob", "SSH_CONNECTION": "192.0.2.7 1 192.0.2.1 22"}, loginuid=file)
    assert (known.session, known.sudo_user, known.via, known.person) == ("root", "bob", "192.0.2.7", "root")
    file.write_text("3999999999")
    assert approver({}, loginuid=file).session == "3999999999"
