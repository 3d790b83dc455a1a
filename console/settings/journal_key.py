"""The key that seals what the journal holds of people."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex

from console.settings.errors import VaultAbsent, VaultNeedsCollection, VaultUnreachable
from console.settings.paths import Paths, private_dir, private_open
from console.settings.secrets import JOURNAL_KEY, Secrets

_PATIENCE = 15.0
_PAUSE = 0.05


async def journal_key(secrets: Secrets, paths: Paths) -> bytes | None:
    """The journal's master key, 32 bytes, made on first use; None where there is no vault to hold one.

    Raises:
        VaultLocked: there may be one, but a passphrase is needed first.
        VaultUnreachable: there is a vault and it does not answer; going on unsealed would be a silent loss.
    """
    try:
        kept = await secrets.get(JOURNAL_KEY)
        if kept is None:
            if not secrets.vault.persistent:
                return None  # sealed with a key that ends with this process, nobody could read it again
            async with _alone(private_dir(paths.locks) / "journal-key.lock"):
                kept = await secrets.get(JOURNAL_KEY)
                if kept is None:
                    kept = token_hex(32)
                    await secrets.set(JOURNAL_KEY, kept)
    except (VaultAbsent, VaultNeedsCollection):
        return None
    return bytes.fromhex(kept)


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    """Two first starts at once would each make a key, and what one of them sealed would be lost."""
    with private_open(path, "a") as stream:
        for _ in range(int(_PATIENCE / _PAUSE)):
            try:
                fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_PAUSE)
        else:
            raise VaultUnreachable(
                "Another process of Hubspoke holds the journal's key.", "Try again when its question is answered."
            )
        yield
