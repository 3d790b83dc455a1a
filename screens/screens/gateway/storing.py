"""A client is stored; where the vault is locked, its passphrase is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.settings.errors import VaultError

if TYPE_CHECKING:
    from console.gateway.settings import Client
    from console.session import Session
    from screens.app import HubspokeApp


async def put(app: HubspokeApp, session: Session, client: Client, *, renew: bool = False) -> str:
    """As `administration.put`; must run in a worker. Raises VaultError where the vault stays locked."""
    from console.gateway import administration
    from screens.unlocking import unlocked

    try:
        return await administration.put(session, client, renew=renew)
    except VaultError:
        if not await unlocked(app, session, creating=True):
            raise
    return await administration.put(session, client, renew=renew)


async def remove(app: HubspokeApp, session: Session, name: str) -> None:
    """As `administration.remove`."""
    from console.gateway import administration
    from screens.unlocking import unlocked

    await unlocked(app, session)
    await administration.remove(session, name)
