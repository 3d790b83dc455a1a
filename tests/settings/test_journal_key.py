"""One journal key, however many start at once; none rather than one nobody can read again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from console.settings.errors import VaultUnreachable
from console.settings.journal_key import journal_key
from console.settings.paths import Paths
from console.settings.sealed_vault import SealedVault
from console.settings.secrets import Secrets
from console.settings.vault import MemoryVault

ORIGIN = "https://api.hubapi.com"


async def secrets_of(path: Path) -> Secrets:
    vault = SealedVault(path)
    await vault.unlock("a long passphrase")
    return Secrets(vault, "test", ORIGIN, {})


async def test_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "config", tmp_path / "state")
    both = [await secrets_of(paths.vault_file) for _ in range(2)]
    keys = await asyncio.gather(*(journal_key(secrets, paths) for secrets in both * 3))
    assert len(set(keys)) == 1
    assert keys[0] is not None
    assert len(keys[0]) == 32


async def test_a_vault_that_ends_with_the_process_gives_none(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "config", tmp_path / "state")
    assert await journal_key(Secrets(MemoryVault(), "test", ORIGIN, {}), paths) is None


class Silent(SealedVault):
    """A vault whose service hangs."""

    async def get(self, profile: str, name: str) -> str | None:
        raise VaultUnreachable("No answer.", "Wait.")


async def test_a_vault_that_does_not_answer_is_no_reason_to_write_unsealed(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "config", tmp_path / "state")
    with pytest.raises(VaultUnreachable):
        await journal_key(Secrets(Silent(paths.vault_file), "test", ORIGIN, {}), paths)
