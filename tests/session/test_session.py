"""A session is cheap to open, makes each service once, and closes what it made."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.session import Lazy, Session
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from console.settings.secrets import ACCESS_TOKEN
from console.settings.vault import MemoryVault
from tests.support.simulator import start_simulator


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))


async def vault_for(profile: Profile, token: str) -> MemoryVault:
    vault = MemoryVault()
    await vault.bound(profile.origin).set(profile.name, ACCESS_TOKEN, token)
    return vault


async def test_a_service_is_made_once_however_many_await_it() -> None:
    made = []

    async def make() -> object:
        await asyncio.sleep(0.01)
        made.append(1)
        return object()

    lazy = Lazy(make)
    assert lazy.value is None
    found = await asyncio.gather(*(lazy._get() for _ in range(5)))
    assert len(set(map(id, found))) == len(made) == 1
    assert lazy.value is found[0]


async def test_a_failure_is_not_remembered_and_a_cancelled_waiter_harms_nobody() -> None:
    attempts = []

    async def make() -> str:
        attempts.append(1)
        await asyncio.sleep(0.02)
        if len(attempts) < 3:
            raise RuntimeError("not yet")
        return "made"

    lazy = Lazy(make)
    with pytest.raises(RuntimeError):
        await lazy
    first = asyncio.ensure_future(lazy._get())
    second = asyncio.ensure_future(lazy._get())
    await asyncio.sleep(0.005)
    first.cancel()
    assert await second == "made"


async def test_no_profile_is_told_with_what_to_do(paths: Paths) -> None:
    with pytest.raises(SettingsError) as caught:
        async with Session.open(paths):
            raise AssertionError
    assert "profile add" in caught.value.remedy


async def test_opening_touches_nothing_but_the_profile(paths: Paths) -> None:
    Profiles(paths).save(Profile(name="acme", authentication="token"))
    async with Session.open(paths) as session:
        assert session.profile.name == "acme"
        assert session.vault.value is None
    assert not paths.state.exists()


def test_opening_imports_nothing_heavy(paths: Paths) -> None:
    Profiles(paths).save(Profile(name="acme", authentication="token"))
    code = (
        "import asyncio, sys\nfrom console.session import Session\nfrom console.settings.paths import Paths\n"
        "async def main():\n"
        f"    async with Session.open(Paths.resolve({str(paths.config)!r}, {str(paths.state)!r})): pass\n"
        "asyncio.run(main())\n"
        "print(sorted({'httpx', 'sqlalchemy', 'keyring', 'cryptography', 'textual', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_the_account_is_read_remembered_and_binds_the_budget(paths: Paths) -> None:
    with start_simulator() as hubspot:
        profile = Profile(name="acme", authentication="token", api_base_url=hubspot.url)
        Profiles(paths).save(profile)
        vault = await vault_for(profile, hubspot.token)
        async with Session.open(paths, vault=vault) as session:
            assert (await session.budget).portal is None
            assert (await session.account).portal_id == hubspot.portal_id
            assert (await session.budget).portal == hubspot.portal_id
        async with Session.open(paths, vault=vault) as session:
            assert (await session.budget).portal == hubspot.portal_id


async def test_without_credentials_the_budget_still_opens(paths: Paths) -> None:
    Profiles(paths).save(Profile(name="acme", authentication="token"))
    async with Session.open(paths, vault=MemoryVault()) as session:
        assert (await session.budget).app == "profile acme"


async def test_a_vault_that_ends_with_us_seals_no_journal(paths: Paths) -> None:
    Profiles(paths).save(Profile(name="acme"))
    async with Session.open(paths, vault=MemoryVault()) as session:
        assert not (await session.journal).sealed


async def test_a_vault_file_gives_the_journal_its_key_once(paths: Paths) -> None:
    from console.settings.chain import open_vault

    Profiles(paths).save(Profile(name="acme"))
    keys = []
    for _ in range(2):
        vault = await open_vault(paths, prefer="file")
        await vault.unlock("correct horse battery staple")
        async with Session.open(paths, vault=vault) as session:
            assert (await session.journal).sealed
            keys.append(await (await session.secrets).get("journalKey"))
    assert keys[0] == keys[1]
    assert len(keys[0] or "") == 64


async def test_a_session_of_a_demo_holds_its_simulator_alive(paths: Paths) -> None:
    Profiles(paths).save(Profile(name="acme"))
    paths.state.mkdir(parents=True)
    fifo = paths.state / "demo.alive"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        async with Session.open(paths):
            with pytest.raises(BlockingIOError):  # somebody holds the other end
                os.read(reader, 1)
        assert os.read(reader, 1) == b""  # nobody does
    finally:
        os.close(reader)
