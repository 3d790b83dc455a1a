"""Proves the journal: against itself, and against the end of its chain that the last proof left in the vault."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from console.journal.chain import Head
from console.journal.chain_check import Verdict
from console.settings.errors import VaultError
from console.settings.new_file import new_private

if TYPE_CHECKING:
    from console.journal.journal import Journal
    from console.settings.vault import Vault

_MAC_DIGITS = 32


def parsed_head(text: str) -> Head | None:
    """A noted end of a chain, `1234:9f0c...`; None where the text is none."""
    position, _, mac = text.partition(":")
    digits = mac.strip().lower()
    if not position.strip().isdecimal() or len(digits) < _MAC_DIGITS or set(digits) - set("0123456789abcdef"):
        return None
    return Head(journal="", position=int(position), mac=digits)


def of_journal(head: Head, journal: Journal) -> Head:
    """A noted end, as one of this journal where it does not say so itself."""
    return msgspec.structs.replace(head, journal=head.journal or journal.chain_name)


async def prove(
    journal: Journal, vault: Vault, heads: Sequence[tuple[str, Head]] = (), *, note: Callable[[str], None]
) -> Verdict:
    """Check the whole journal, and leave the end of a sound one in the vault. `note` is told what was not possible."""
    verdict = await journal.verify([*heads, *await anchors(journal, vault, note)])
    if verdict.sound and verdict.head is not None:
        await keep_anchor(verdict.head, vault, note)
    return verdict


async def anchors(journal: Journal, vault: Vault, note: Callable[[str], None]) -> list[tuple[str, Head]]:
    """The end of the chain that the last proof left in the vault."""
    from console.settings.vault import MACHINE

    bound = vault.bound("")
    try:
        kept = await bound.get(MACHINE, _name(journal.chain_name)) if bound.persistent else None
    except VaultError:
        kept = ""
    head = parsed_head(kept) if kept else None
    if kept is not None and head is None:
        note(f"The {bound.label} could not be asked for the last verified end of the chain.")
    return [(f"the {bound.label}", of_journal(head, journal))] if head is not None else []


async def keep_anchor(head: Head, vault: Vault, note: Callable[[str], None]) -> None:
    """Leave the end of the chain in the vault, where the next proof finds it."""
    from console.settings.vault import MACHINE

    bound = vault.bound("")
    if not bound.persistent:
        return
    try:
        await bound.set(MACHINE, _name(head.journal), f"{head.position}:{head.mac}")
    except VaultError:
        note(f"The {bound.label} could not take the end of the chain; note it yourself: --head {head.text}")


def _name(journal: str) -> str:
    return f"journalHead-{journal}"


async def export_to(path: Path, lines: AsyncIterator[Any]) -> int:
    """Write the journal's lines to a new file that its owner alone can read; how many.

    Raises:
        SettingsError: the file is there already, or cannot be written.
    """
    number = 0
    with new_private(path) as file:
        async for line in lines:
            file.write(msgspec.json.encode(line) + b"\n")
            number += 1
    return number
