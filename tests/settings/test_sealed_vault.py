"""The sealed vault file: only the passphrase opens it, and nothing but the file holds it."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.settings.errors import (
    VaultDamaged,
    VaultLocked,
    VaultNeedsCollection,
    VaultUnreachable,
    WeakPassphrase,
    WrongPassphrase,
)
from console.settings.sealed_file import COST, SealedFile
from console.settings.sealed_vault import SealedVault

PASSPHRASE = "correct horse"
CANARY = "canary-7731-ключ"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "vault.sealed"


@pytest.fixture
def file(path: Path) -> SealedFile:
    made = SealedFile(path, cost=2**14)
    made.unlock(PASSPHRASE)
    made.write("service", "name", CANARY)
    return made


async def test_it_goes_from_nothing_to_ready_to_locked(path: Path) -> None:
    vault = SealedVault(path, cost=2**14)
    assert (await vault.status()).state == "needs_collection"
    assert await vault.get("p", "n") is None
    await vault.delete("p", "n")
    with pytest.raises(VaultNeedsCollection):
        await vault.set("p", "n", "v")
    with pytest.raises(WeakPassphrase):
        await vault.unlock("short")
    assert not path.exists()
    await vault.unlock(PASSPHRASE)
    assert (await vault.status()).state == "ready"
    await vault.set("p", "n", "v")

    again = SealedVault(path)
    status = await again.status()
    assert (status.state, bool(status.remedy)) == ("locked", True)
    for attempt in (again.get("p", "n"), again.set("p", "n", "w"), again.delete("p", "n"), again.probe()):
        with pytest.raises(VaultLocked):
            await attempt
    with pytest.raises(WrongPassphrase):
        await again.unlock("correct house")
    assert (await again.status()).state == "locked"
    await again.unlock(PASSPHRASE)
    assert await again.get("p", "n") == "v"
    again.file.lock()
    assert (await again.status()).state == "locked"


def test_the_file_is_private_and_shows_nothing(file: SealedFile, path: Path) -> None:
    data = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for hidden in (CANARY.encode(), b"canary", b"service", PASSPHRASE.encode(), file.key or b"?"):
        assert hidden not in data
        assert hidden.hex().encode() not in data
    assert PASSPHRASE not in repr(file)
    assert (file.key or b"?").hex() not in repr(vars(SealedVault(path))) + repr(file)


def test_each_write_takes_a_fresh_nonce_and_keeps_the_salt(file: SealedFile, path: Path) -> None:
    def header() -> dict[str, str]:
        loaded: dict[str, str] = json.loads(path.read_bytes().split(b"\n")[1])
        return loaded

    before = header()
    file.write("service", "name", CANARY)
    after = header()
    assert before["nonce"] != after["nonce"]
    assert before["salt"] == after["salt"]


def test_the_derived_key_opens_it_and_another_does_not(file: SealedFile, path: Path) -> None:
    assert SealedFile(path, key=file.key).read("service", "name") == CANARY
    with pytest.raises(VaultDamaged):
        SealedFile(path, key=b"x" * 32).read("service", "name")


def test_a_passphrase_is_the_same_however_it_was_typed(path: Path) -> None:
    SealedFile(path, cost=2**14).unlock("caf\u00e9 caf\u00e9")
    again = SealedFile(path)
    again.unlock("cafe\u0301 cafe\u0301")
    assert not again.locked


def test_every_altered_byte_is_noticed(file: SealedFile, path: Path) -> None:
    data = path.read_bytes()
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(VaultDamaged):
            file.read("service", "name")
    for cut in (0, 5, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:cut])
        with pytest.raises(VaultDamaged):
            file.read("service", "name")
    path.write_bytes(data)
    assert file.read("service", "name") == CANARY


@pytest.mark.parametrize(
    "change", [{"n": 2**26}, {"n": 2**15 + 1}, {"n": 2}, {"r": 1000}, {"p": 64}, {"kdf": "none"}, {"salt": ""}]
)
def test_a_file_cannot_ask_for_too_little_or_too_much_work(
    file: SealedFile, path: Path, change: dict[str, object]
) -> None:
    magic, line, sealed = path.read_bytes().split(b"\n", 2)
    path.write_bytes(b"\n".join((magic, json.dumps(json.loads(line) | change).encode(), sealed)))
    started = time.perf_counter()
    with pytest.raises(VaultDamaged):
        SealedFile(path).unlock(PASSPHRASE)
    assert time.perf_counter() - started < 0.5


def test_a_newer_format_is_refused_by_name(file: SealedFile, path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"hubspoke-vault 1\n", b"hubspoke-vault 2\n"))
    with pytest.raises(VaultDamaged, match="newer"):
        file.read("service", "name")


def test_a_folder_in_its_place_is_told(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(VaultUnreachable, match="cannot be read"):
        SealedFile(path).unlock(PASSPHRASE)


def test_the_cost_of_a_new_file_is_what_the_design_asks() -> None:
    assert 2**15 <= COST <= 2**17


WRITER = """
import sys
from pathlib import Path
from console.settings.sealed_file import SealedFile
file = SealedFile(Path(sys.argv[1]), key=bytes.fromhex(sys.stdin.readline().strip()))
for number in range(40):
    file.write("service", f"{sys.argv[2]}-{number}", "v")
"""


def test_two_processes_writing_at_once_lose_nothing(file: SealedFile, path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], stdin=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write((file.key or b"").hex() + "\n")
        writer.stdin.close()
    assert [writer.wait(30) for writer in writers] == [0, 0]
    assert len(file.names("service")) == 81
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["vault.sealed", "vault.sealed.lock"]


async def test_two_consoles_setting_it_up_at_once_end_with_one_file(path: Path) -> None:
    vaults = [SealedVault(path, cost=2**14) for _ in range(4)]
    await asyncio.gather(*(vault.unlock(PASSPHRASE) for vault in vaults))
    for number, vault in enumerate(vaults):
        await vault.set("p", str(number), "v")
    assert [await vaults[0].get("p", str(number)) for number in range(4)] == ["v"] * 4


async def test_an_error_carries_no_frame_that_holds_the_secret(path: Path) -> None:
    path.mkdir(parents=True)
    vault = SealedVault(path, key=b"k" * 32)
    with pytest.raises(VaultUnreachable) as told:
        await vault.set("p", "n", CANARY)
    frames = []
    trace = told.value.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    assert "sealed_file.py" not in {Path(frame.f_code.co_filename).name for frame in frames}
    assert told.value.__context__ is None
