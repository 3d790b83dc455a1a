"""The journal's file: private, sealed, and clear about what is wrong with it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.journal.errors import (
    JournalDamaged,
    JournalFull,
    JournalLocked,
    JournalReadOnly,
    JournalTooNew,
    NetworkFileSystem,
)
from console.journal.files import refuse_network
from console.journal.journal import Journal, Settlement
from console.journal.model import EntryState, Link, Problem
from tests.journal.journal_parts import ME, entry, finished, journal_in


async def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        async with journal_in(tmp_path) as journal:
            await finished(journal, entry(journal, 1))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
            assert modes == dict.fromkeys(
                ("journal.head", "journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"), 0o600
            )
            assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    finally:
        os.umask(old)


async def test_a_commit_is_on_disk_when_it_is_answered(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2)):
            found = await journal._writer.write(lambda c, p=pragma: c.exec_driver_sql(f"PRAGMA {p}").scalar_one())
            assert found == value


async def test_a_plain_payload_that_was_changed_is_not_shown_as_planned(tmp_path: Path) -> None:
    """The approved hash covers what is applied, also where no vault seals it."""
    async with journal_in(tmp_path, None) as journal:
        plan = await finished(journal, entry(journal, 1), entry(journal, 2))
        change = "UPDATE entries SET payload = (SELECT payload FROM entries WHERE number = 2) WHERE number = 1"
        await journal._writer.write(lambda c: c.exec_driver_sql(change))
        first, second = await journal.entries(plan.id)
        assert first.payload is None
        assert second.payload is not None


async def test_no_person_is_readable_in_the_state_folder(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        secret = entry(journal, 1, key="canary.person@example.com", source_id="canary-source-id")
        plan = await finished(journal, secret, problems=(Problem(message="canary.problem@example.com"),))
        run = await journal.approve(plan, ME)
        link = Link(digest=secret.key_digest, uid="1", accepted={"lastname": ("canary-sent", "canary-kept")})
        told = Settlement(
            number=1, state=EntryState.FAILED, outcome="canary.outcome@example.com", befores={"lastname": "canary-before"}, link=link
        )  # fmt: skip
        await journal.settle(run, [told])
        held = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
        assert b"canary" not in held
        assert b"Family1" not in held
        assert b"example.com" not in held
        assert (await journal.entry(plan.id, 1)).befores == {"lastname": "canary-before"}


async def test_without_a_vault_it_is_plain_and_says_so(tmp_path: Path) -> None:
    async with journal_in(tmp_path, None) as journal:
        plan = await finished(journal, entry(journal, 1))
        assert not journal.sealed
        assert not plan.sealed
        digest = journal.digester(1, "m", "contact").source("E1")
        await journal.put_links(
            1, "m", [Link(digest=digest, uid="5", accepted={"a": ("b", "c")})], object_class="contact"
        )
    async with journal_in(tmp_path) as journal:  # a vault came later
        assert journal.sealed
        assert not (await journal.plan(plan.id)).sealed
        assert (await journal.entry(plan.id, 1)).payload is not None
        assert (await finished(journal, entry(journal, 1))).sealed
        assert journal.digester(1, "m", "contact").source("E1") == digest
        assert (await journal.links(1, "m", [digest], object_class="contact"))[digest].accepted == {"a": ("b", "c")}
    with pytest.raises(JournalLocked):
        await Journal.open(tmp_path / "state" / "journal.sqlite", master_key=None)


async def test_another_journal_key_is_refused(tmp_path: Path) -> None:
    async with journal_in(tmp_path):
        pass
    with pytest.raises(JournalLocked) as refused:
        await Journal.open(tmp_path / "state" / "journal.sqlite", master_key=bytes(32))
    assert "--state" in refused.value.remedy


async def test_a_plan_whose_key_was_destroyed_shows_its_numbers_only(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        plan = await finished(journal, entry(journal, 1))
    with sqlite3.connect(tmp_path / "state" / "journal.sqlite") as connection:
        connection.execute("UPDATE plans SET key = NULL")
    connection.close()
    async with journal_in(tmp_path) as journal:
        assert (await journal.plan(plan.id)).hash == plan.hash
        shown = (await journal.entries(plan.id))[0]
        assert (shown.number, shown.payload) == (1, None)


async def test_a_newer_journal_is_refused(tmp_path: Path) -> None:
    async with journal_in(tmp_path):
        pass
    path = tmp_path / "state" / "journal.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalTooNew) as refused:
        await Journal.open(path, master_key=None)
    assert "99" in refused.value.message
    assert refused.value.remedy


async def test_what_is_no_journal_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"this is no database at all " * 200)
    with pytest.raises(JournalDamaged):
        await Journal.open(path, master_key=None)


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalReadOnly) as refused:
        await Journal.open(tmp_path / "file" / "state" / "journal.sqlite", master_key=None)
    assert "--state" in refused.value.remedy


@contextmanager
def mere_mortal() -> Iterator[None]:
    """Without the superuser's rights, where the tests run with them."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_a_read_only_file_is_told() -> None:
    folder = Path(tempfile.mkdtemp())  # pytest's own are closed to everybody else
    try:
        async with journal_in(folder):
            pass
        path = folder / "state" / "journal.sqlite"
        path.chmod(0o444)
        for place in (folder, path.parent):
            place.chmod(0o755)
        with mere_mortal(), pytest.raises(JournalReadOnly) as refused:
            await Journal.open(path, master_key=None)
        assert "--state" in refused.value.remedy
    finally:
        shutil.rmtree(folder)


async def test_a_full_disk_is_told_and_survived(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        plan = await finished(journal, entry(journal, 1))

        def shrink(connection: object) -> int:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()  # type: ignore[attr-defined]
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]
            return int(pages)

        await journal._writer.write(shrink)
        with pytest.raises(JournalFull) as refused:
            await finished(journal, *[entry(journal, n) for n in range(1, 5_000)])
        assert "space" in refused.value.remedy
        await journal._writer.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000").scalar_one())
        assert (await finished(journal, entry(journal, 1))).hash == plan.hash


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_network_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    share = tmp_path / "a share"
    (share / "state").mkdir(parents=True)
    mounts = tmp_path / "mounts"
    escaped = str(share).replace(" ", "\\040")
    mounts.write_text(f"/dev/root / ext4 rw 0 0\nserver:/x {escaped} {kind} rw 0 0\nbroken\n")
    with pytest.raises(NetworkFileSystem) as refused:
        refuse_network(share / "state", mounts)
    assert kind in refused.value.message
    assert "--state" in refused.value.remedy
    refuse_network(tmp_path, mounts)
    refuse_network(tmp_path, tmp_path / "no such list")
