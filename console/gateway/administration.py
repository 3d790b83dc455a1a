"""Clients of the gateway: added, changed and removed with their secrets, the same way from every front end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from console.gateway.hashing import hashed, new_secret
from console.gateway.settings import Client, check, load, save
from console.settings.errors import SettingsError
from console.settings.secrets import gateway_secret

if TYPE_CHECKING:
    from console.session import Session

SHORTEST = 8


async def put(session: Session, client: Client, *, secret: str | None = None, renew: bool = False) -> str:
    """Add or change a client. Of its secret only a hash is kept; a new one is made where none is given and it has none.

    Returns the secret that was made, to be shown once; "" where none was.

    Raises:
        SettingsError: the client cannot be; nothing was changed.
    """
    settings = load(session.paths)
    known = settings.named(client.name) is not None
    clients = [client if one.name == client.name else one for one in settings.client]
    changed = msgspec.structs.replace(settings, client=tuple(clients if known else [*clients, client]))
    check(changed)
    if secret is not None and len(secret) < SHORTEST:
        raise SettingsError(
            f"The secret has fewer than {SHORTEST} characters.", "Leave it out, and a long one is made."
        )
    made = ""
    if client.auth != "mtls":
        secrets = await session.secrets
        if secret is None and (renew or await secrets.get(gateway_secret(client.name)) is None):
            secret = made = new_secret()
        if secret is not None:
            await secrets.set(gateway_secret(client.name), hashed(secret))
    save(session.paths, changed)  # last: a gateway that runs looks at this file, and then at the secrets
    return made


async def remove(session: Session, name: str) -> None:
    """Remove a client and its secret. Raises SettingsError where there is none of this name."""
    settings = load(session.paths)
    if settings.named(name) is None:
        raise SettingsError(f"There is no client {name}.", "See hubspoke gateway clients.")
    left = tuple(one for one in settings.client if one.name != name)
    save(session.paths, msgspec.structs.replace(settings, client=left))
    await (await session.secrets).delete(gateway_secret(name))
