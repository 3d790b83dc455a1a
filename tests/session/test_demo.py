"""The demo leaves nothing behind, lives as long as somebody uses it, and holds believable people."""

from __future__ import annotations

import asyncio
import csv
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from console.demo import Demo, DemoFailed
from console.session import Session
from console.settings.secrets import ACCESS_TOKEN


def until(true: Callable[[], bool], seconds: float = 8.0) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


async def test_it_starts_at_once_and_is_ready_soon() -> None:
    began = time.monotonic()
    demo = Demo.start(contacts=300, users=100)
    try:
        assert time.monotonic() - began < 0.5
        assert demo.profile.api_base_url.startswith("http://127.0.0.1:")
        assert demo.mapping.exists()
        await asyncio.gather(demo.ready(), demo.ready())
        assert demo.portal_id
        assert await demo.vault.bound(demo.profile.origin).get("demo", ACCESS_TOKEN)
        async with Session.open(demo.paths, None, demo.vault) as session:
            account = await session.account
            assert account.portal_id == demo.portal_id
    finally:
        demo.stop()
    assert not demo.folder.exists()


async def test_the_personnel_file_holds_known_new_and_bad_rows() -> None:
    demo = Demo.start(contacts=400, users=100)
    try:
        await demo.ready()
        rows = list(csv.DictReader(demo.people.read_text().splitlines()))
        assert len(rows) == 104
        assert sum(row["mail"].endswith("@meridian-tea.example.com") for row in rows) in range(58, 64)
        mails = [row["mail"].lower() for row in rows]
        assert len(mails) - len(set(mails)) == 1  # one twin
        assert "" in mails
        assert "anna.example.com" in mails
        assert len({row["given_name"] for row in rows}) > 40
        assert all(value.isprintable() for row in rows for value in row.values())
    finally:
        demo.stop()


async def test_it_is_private_whatever_the_umask() -> None:
    before = os.umask(0)
    try:
        demo = Demo.start(contacts=20, users=10)
    finally:
        os.umask(before)
    try:
        await demo.ready()
        loose = [path for path in demo.folder.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
        assert loose == []
        assert stat.S_IMODE(demo.folder.stat().st_mode) == 0o700
    finally:
        demo.stop()


async def test_the_simulator_outlives_the_console_while_a_session_uses_it() -> None:
    demo = Demo.start(contacts=20, users=10)
    await demo.ready()
    async with Session.open(demo.paths, None, demo.vault) as session:
        os.close(demo._alive)  # the console is gone
        demo._alive = None
        await asyncio.sleep(0.5)
        details = await (await session.hubspot).account.details()
        assert details.portal_id == demo.portal_id
        assert demo.folder.exists()
    assert await asyncio.to_thread(until, lambda: not demo.folder.exists())


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_when_the_console_is_killed(number: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import asyncio, time\nfrom console.demo import Demo\n"
        "demo = Demo.start(contacts=20, users=10)\nasyncio.run(demo.ready())\n"
        "print(demo.folder, demo._simulator.pid, flush=True)\ntime.sleep(60)"
    )
    console = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(tmp_path)}
    )
    assert console.stdout is not None
    with console, console.stdout as said:
        folder, pid = said.readline().split()
        assert Path(folder).parent == tmp_path
        console.send_signal(number)
        console.wait(10)
    assert until(lambda: not Path(folder).exists())
    assert until(lambda: not Path(f"/proc/{pid}").exists())


async def test_a_kept_demo_goes_on_with_the_same_hubspot(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    demo = Demo.start(kept, contacts=20, users=10)
    await demo.ready()
    demo.people.write_text("employee_id,mail\nE1,my.own@example.com\n")
    demo.stop()
    assert (kept / "hubspot.data").exists()
    again = Demo.start(kept)
    try:
        await again.ready()
        assert again.portal_id == demo.portal_id
        assert "my.own@example.com" in again.people.read_text()
        with pytest.raises(DemoFailed, match="running"):
            Demo.start(kept)
    finally:
        again.stop()
    assert kept.exists()


def test_a_folder_of_somebody_else_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DemoFailed, match="not empty"):
        Demo.start(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


async def test_a_simulator_that_cannot_listen_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.demo._free_port", lambda: 1)
    if os.geteuid() == 0:
        import socket

        taken = socket.create_server(("127.0.0.1", 0))
        monkeypatch.setattr("console.demo._free_port", lambda: taken.getsockname()[1])
    demo = Demo.start(contacts=20, users=10)
    try:
        with pytest.raises(DemoFailed, match="cannot listen"):
            await demo.ready()
    finally:
        demo.stop()
        if os.geteuid() == 0:
            taken.close()


async def test_secrets_of_the_environment_never_reach_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", "the-operators-own")
    demo = Demo.start(contacts=20, users=10)
    try:
        await demo.ready()
        assert demo._simulator is not None
        environ = Path(f"/proc/{demo._simulator.pid}/environ").read_bytes()
        assert b"the-operators-own" not in environ
        async with Session.open(demo.paths, None, demo.vault) as session:
            assert await (await session.secrets).get(ACCESS_TOKEN) != "the-operators-own"
    finally:
        demo.stop()
