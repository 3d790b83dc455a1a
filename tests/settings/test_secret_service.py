"""A real gnome-keyring in a private D-Bus session: found, opened, created, and survived."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import keyring.backends.SecretService
import keyring.core
import pytest

from console.settings import preferences
from console.settings.chain import open_vault
from console.settings.errors import (
    VaultAbsent,
    VaultLocked,
    VaultNeedsCollection,
    VaultUnreachable,
    WeakPassphrase,
    WrongPassphrase,
)
from console.settings.handover import pack, unpack
from console.settings.paths import Paths
from console.settings.secret_service import SecretServiceVault
from console.settings.secrets import CLIENT_SECRET, REFRESH_TOKEN, Secrets
from console.settings.vault import Vault
from tests.support.secret_service import PrivateSession

HUBSPOT = "https://api.hubapi.com"
PASSPHRASE = "login passphrase"
CANARY = "canary-7731-ключ"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateSession]:
    with PrivateSession() as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        yield started


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config", tmp_path / "state")


async def secret_service(paths: Paths, patience: float = 5) -> SecretServiceVault:
    vault = await open_vault(paths, prefer="secret-service", patience=patience)
    assert isinstance(vault, SecretServiceVault)
    return vault


def of(vault: Vault, profile: str = "prod") -> Secrets:
    return Secrets(vault, profile, HUBSPOT, {})


async def test_an_unlocked_keyring_is_found_probed_used_and_remembered(session: PrivateSession, paths: Paths) -> None:
    session.start(PASSPHRASE)
    vault = await open_vault(paths)
    status = await vault.status()
    assert (status.state, status.label, vault.persistent) == ("ready", "Secret Service", True)
    await vault.probe()
    assert not paths.settings_file.exists()
    await of(vault).set(CLIENT_SECRET, CANARY)
    assert preferences.load(paths).vault == "secret-service"
    assert await of(vault).get(CLIENT_SECRET) == CANARY
    assert of(vault).source(CLIENT_SECRET) == "Secret Service"
    assert isinstance(keyring.core.get_keyring(), keyring.backends.SecretService.Keyring)  # set, not chosen
    assert await of(vault, "test").get(CLIENT_SECRET) is None
    assert await Secrets(vault, "prod", "https://evil.example", {}).get(CLIENT_SECRET) is None
    await of(vault).delete(CLIENT_SECRET)
    await of(vault).delete(CLIENT_SECRET)
    assert await of(vault).get(CLIENT_SECRET) is None


@pytest.mark.parametrize("value", ["x" * 5000, "\U0001f511" * 2500, "hubspoke-parts:1:"])
async def test_long_and_odd_values_come_back_whole_and_leave_nothing(
    session: PrivateSession, paths: Paths, value: str
) -> None:
    session.start(PASSPHRASE)
    vault = await secret_service(paths)
    await of(vault).set(REFRESH_TOKEN, value)
    assert await of(vault).get(REFRESH_TOKEN) == value
    await of(vault).set(REFRESH_TOKEN, "short")
    assert items_of_hubspoke() == 1
    await of(vault).set(REFRESH_TOKEN, value)
    await of(vault).delete(REFRESH_TOKEN)
    assert items_of_hubspoke() == 0


async def test_a_locked_keyring_opens_with_the_right_passphrase_only(session: PrivateSession, paths: Paths) -> None:
    session.start(PASSPHRASE)
    await of(await secret_service(paths)).set(CLIENT_SECRET, CANARY)
    session.stop()
    assert all(CANARY.encode() not in path.read_bytes() for path in session.home.rglob("*") if path.is_file())

    session.start()  # a new login by SSH key: nobody gave the passphrase
    vault = await open_vault(paths)
    status = await vault.status()
    assert (status.label, status.state) == ("Secret Service", "locked")
    assert "passphrase" in status.remedy
    started = time.monotonic()
    for attempt in (of(vault).get(CLIENT_SECRET), of(vault).set(CLIENT_SECRET, "x"), vault.probe()):
        with pytest.raises(VaultLocked):
            await attempt
    assert time.monotonic() - started < 2  # no dialog was tried
    for wrong in ("wrong passphrase", ""):
        with pytest.raises(WrongPassphrase):
            await vault.unlock(wrong)
    assert (await vault.status()).state == "locked"
    await vault.unlock(PASSPHRASE)
    assert (await vault.status()).ready
    assert await of(vault).get(CLIENT_SECRET) == CANARY
    await vault.unlock(PASSPHRASE)  # once more does no harm
    await vault.probe()


async def test_a_keyring_that_was_never_set_up_is_created(session: PrivateSession, paths: Paths) -> None:
    session.start()
    vault = await open_vault(paths)
    status = await vault.status()
    assert (status.label, status.state) == ("Secret Service", "needs_collection")
    assert "passphrase" in status.remedy
    assert await of(vault).get(CLIENT_SECRET) is None
    await of(vault).delete(CLIENT_SECRET)
    with pytest.raises(VaultNeedsCollection):
        await of(vault).set(CLIENT_SECRET, CANARY)
    with pytest.raises(WeakPassphrase):
        await vault.unlock("short")
    await vault.unlock(PASSPHRASE)
    assert (await vault.status()).ready
    await vault.probe()
    await of(vault).set(CLIENT_SECRET, CANARY)

    session.stop()
    session.start()
    again = await secret_service(paths)
    assert (await again.status()).state == "locked"
    await again.unlock(PASSPHRASE)
    assert await of(again).get(CLIENT_SECRET) == CANARY


async def test_a_frozen_keyring_is_given_up_in_time_and_taken_up_again(session: PrivateSession, paths: Paths) -> None:
    session.start(PASSPHRASE)
    vault = await secret_service(paths, patience=0.4)
    await of(vault).set(CLIENT_SECRET, CANARY)
    session.freeze()
    started = time.monotonic()
    with pytest.raises(VaultUnreachable, match="did not answer"):
        await of(vault).get(CLIENT_SECRET)
    status = await vault.status()
    assert (status.state, "still does not answer" in status.detail) == ("unreachable", True)
    assert time.monotonic() - started < 2
    session.thaw()
    deadline = time.monotonic() + 5
    while not (await vault.status()).ready:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert await of(vault).get(CLIENT_SECRET) == CANARY


async def test_a_bus_that_ended_is_told_and_a_run_goes_on_without_it(session: PrivateSession, paths: Paths) -> None:
    session.start(PASSPHRASE)
    vault = await secret_service(paths)
    await of(vault).set(REFRESH_TOKEN, CANARY)
    handed = unpack(await pack(vault, of(vault)))
    await of(handed).set(REFRESH_TOKEN, "rotated")
    assert await of(vault).get(REFRESH_TOKEN) == "rotated"
    session.stop()
    assert (await vault.status()).state == "absent"
    with pytest.raises(VaultAbsent, match="No Secret Service"):
        await of(vault).get(REFRESH_TOKEN)
    session.stop_bus()
    status = await vault.status()
    assert status.state == "unreachable"
    assert "vault file" in status.remedy
    assert await of(handed).get(REFRESH_TOKEN) == "rotated"
    with pytest.raises(VaultUnreachable):
        await of(handed).set(REFRESH_TOKEN, "rotated again")


STAND_IN = """
import sys
from jeepney import HeaderFields, MessageType, new_error, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import Proxy, open_dbus_connection
connection = open_dbus_connection()
Proxy(message_bus, connection).RequestName("org.freedesktop.secrets", 0)
print("ready", flush=True)
answers = {
    "ReadAlias": ("o", ("/org/freedesktop/secrets/collection/database" if sys.argv[1] == "locked" else "/",)),
    "Get": ("v", (("b", True),)),
    "Introspect": ("s", (sys.argv[2],)),
}
while True:
    message = connection.receive()
    if message.header.message_type is MessageType.method_call:
        member = message.header.fields[HeaderFields.member]
        if member in answers:
            connection.send(new_method_return(message, *answers[member]))
        else:
            print("asked for", member, flush=True)
            connection.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))
"""


@pytest.mark.parametrize(("holds", "state"), [("locked", "locked"), ("nothing", "needs_collection")])
@pytest.mark.parametrize("introspection", ["<node><interface name='org.freedesktop.Secret.Service'/></node>", "<no"])
async def test_a_service_that_takes_no_passphrase_is_left_to_its_own_program(
    session: PrivateSession, paths: Paths, holds: str, state: str, introspection: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STAND_IN, holds, introspection], stdout=subprocess.PIPE, text=True
    ) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "ready\n"
        vault = await secret_service(paths)
        status = await vault.status()
        assert status.state == state
        assert "own program" in status.remedy
        with pytest.raises(VaultLocked, match="takes no passphrase") as told:
            await vault.unlock(PASSPHRASE)
        assert "own program" in told.value.remedy
        service.terminate()
        assert service.stdout.read() == ""  # no dialog, no private method was asked for


def test_the_session_leaves_no_process_behind() -> None:
    with PrivateSession() as session:
        session.start(PASSPHRASE)
        mark = str(session.folder).encode()
        assert running_with(mark) == 2
    assert running_with(mark) == 0
    assert not session.folder.exists()


def running_with(mark: bytes) -> int:
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                count += mark in (entry / "cmdline").read_bytes()
            except OSError:
                continue  # it ended meanwhile
    return count


def items_of_hubspoke() -> int:
    """How many items of ours the keyring holds, parts included."""
    import secretstorage

    connection = secretstorage.dbus_init()
    try:
        items = secretstorage.get_default_collection(connection).get_all_items()
        return sum(item.get_attributes().get("service", "").startswith("hubspoke:") for item in items)
    finally:
        connection.close()
