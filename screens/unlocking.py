"""Asking for the vault's passphrase in the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.literal import stack

if TYPE_CHECKING:
    from console.session import Session
    from console.settings.vault import Vault
    from screens.app import HubspokeApp

TRIES = 3


async def unlocked(app: HubspokeApp, session: Session, *, creating: bool = False) -> bool:
    """Whether the session's vault is open after asking, as often as it takes, for its passphrase.

    Must run in a worker. `creating` also sets up a vault that never was.
    """
    return await open_up(app, await session.vault, creating=creating)


async def open_up(app: HubspokeApp, vault: Vault, *, creating: bool = False) -> bool:
    """As `unlocked`, for a vault."""
    status = await vault.status()
    fresh = status.state == "needs_collection"
    if status.ready or (fresh and not creating):
        return status.ready
    if status.state not in ("locked", "needs_collection"):
        app.say(f"{status.label}: {status.detail} {status.remedy}", severity="warning")
        return False
    return await _ask(app, vault, fresh)


async def _ask(app: HubspokeApp, vault: Vault, fresh: bool) -> bool:
    from console.settings.errors import WrongPassphrase
    from screens.screens.dialogs import Ask

    wrong = ""
    for _ in range(TRIES):
        title = f"{'A new passphrase for' if fresh else 'Unlock'} the {vault.label}"
        text = "It protects the secrets of HubSpot on this machine. Without it they cannot be read again."
        given = await app.push_screen_wait(
            Ask(title, stack(text, wrong) if wrong else text, label="passphrase", secret=True)
        )
        if not given:
            return False
        if fresh and await app.push_screen_wait(Ask(title, "Once more.", label="passphrase", secret=True)) != given:
            wrong = "✗ The two were not the same."
            continue
        try:
            await vault.unlock(given)
        except WrongPassphrase as error:
            wrong = f"✗ {error.message}"
        else:
            return True
    app.say("The vault stays locked.", severity="warning")
    return False
