"""A keyring that hangs, fails or is locked: a message in time, and never a hung program."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time

import keyring.errors
import pytest

from console.settings.errors import VaultAbsent, VaultError, VaultLocked, VaultUnreachable
from console.settings.keyring_vault import KeyringVault
from console.settings.vault import VaultState
from console.settings.worker import TIMEOUT, Worker


class Hanging:
    """A keyring that waits for a dialog nobody sees, until it is answered."""

    def __init__(self) -> None:
        self.answered = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.answered.wait(20)
        return "value"

    def set_password(self, service: str, username: str, password: str) -> None:
        self.answered.wait(20)

    def delete_password(self, service: str, username: str) -> None:
        self.answered.wait(20)


class Failing:
    """A keyring whose every call ends with one error, quoting what it was given."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error("get")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error(f"cannot store {password}")

    def delete_password(self, service: str, username: str) -> None:
        raise self.error("delete")


def test_the_time_out_is_the_designs() -> None:
    assert TIMEOUT == 5.0


async def test_a_hung_call_ends_in_time_while_the_loop_goes_on() -> None:
    backend = Hanging()
    vault = KeyringVault(backend, label="Secret Service", timeout=0.2)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    started = time.monotonic()
    with pytest.raises(VaultUnreachable, match=r"did not answer within 0\.2 seconds") as told:
        await vault.get("p", "n")
    assert 0.15 < time.monotonic() - started < 1.5
    assert ticks > 5
    assert told.value.remedy
    ticking.cancel()

    started = time.monotonic()
    with pytest.raises(VaultUnreachable, match="still does not answer"):
        await vault.bound("https://x").set("p", "n", "v")
    status = await vault.status()
    assert status.state == "unreachable"
    assert time.monotonic() - started < 0.35  # no second thread waits behind the first
    assert sum(thread.name.startswith("vault (") for thread in threading.enumerate()) == 1

    backend.answered.set()
    while any(thread.name.startswith("vault (") for thread in threading.enumerate()):
        await asyncio.sleep(0.01)
    assert await vault.get("p", "n") == "value"


EXIT = """
import asyncio, time
from console.settings.errors import VaultUnreachable
from console.settings.worker import Worker
async def main():
    try:
        await Worker("keyring", 0.1).call(time.sleep, 30)
    except VaultUnreachable:
        print("told")
asyncio.run(main())
"""


def test_a_hung_call_does_not_hold_the_exit() -> None:
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", EXIT], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "told\n"
    assert time.monotonic() - started < 5


async def test_a_cancelled_call_leaves_the_worker_usable() -> None:
    worker = Worker("keyring", 5)
    waiting = asyncio.create_task(worker.call(time.sleep, 0.2))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await worker.call(lambda: 7) == 7


async def test_a_time_out_of_the_keyring_itself_is_an_error_like_others() -> None:
    vault = KeyringVault(Failing(TimeoutError), timeout=5)
    with pytest.raises(VaultUnreachable, match="TimeoutError"):
        await vault.get("p", "n")


@pytest.mark.parametrize(
    ("error", "kind", "state"),
    [
        (keyring.errors.KeyringLocked, VaultLocked, "locked"),
        (keyring.errors.NoKeyringError, VaultAbsent, "absent"),
        (keyring.errors.InitError, VaultUnreachable, "unreachable"),
        (OSError, VaultUnreachable, "unreachable"),
    ],
)
async def test_each_failure_has_its_state_and_a_remedy(
    error: type[Exception], kind: type[VaultError], state: VaultState
) -> None:
    vault = KeyringVault(Failing(error))
    status = await vault.status()
    assert status.state == state
    assert status.remedy.endswith(".")
    with pytest.raises(kind) as told:
        await vault.set("p", "n", "canary-7731")
    assert "canary" not in f"{told.value}{told.value!r}{told.value.remedy}"
    assert told.value.__cause__ is None
    assert told.value.__context__ is None


async def test_a_refused_change_is_told_without_its_value() -> None:
    class Refusing(Failing):
        def get_password(self, service: str, username: str) -> str | None:
            return None

    vault = KeyringVault(Refusing(keyring.errors.PasswordSetError), label="macOS Keychain")
    with pytest.raises(VaultError, match="macOS Keychain refuses the change") as told:
        await vault.set("p", "n", "canary-7731")
    assert "canary" not in str(told.value)
    assert (await vault.status()).ready
