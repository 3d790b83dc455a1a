"""Who calls: Basic, bearer, API key or client certificate, against the clients of gateway.toml."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from console.gateway.hashing import NOBODY, Checker
from console.gateway.lockout import Lockout
from console.gateway.ports import Caller
from console.gateway.settings import Client, GatewaySettings

KeptSecret = Callable[[str], Awaitable[str | None]]
"""The vault's hash for a client, None where nobody set one."""


class Said(NamedTuple):
    """What a request says of its sender."""

    kind: str
    user: str
    secret: str


class Denied(Exception):
    """The request may not come in; `wait` are seconds to wait before the next attempt, 0 for none."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class Clients:
    """The clients and their secrets; the secrets are read once, and again after `forget`."""

    def __init__(self, settings: GatewaySettings, kept: KeptSecret) -> None:
        self._settings = settings
        self._kept = kept
        self._checker = Checker()
        self._lockout = Lockout()
        self._secrets: dict[str, str | None] = {}

    def forget(self) -> None:
        """Secrets may have changed."""
        self._secrets.clear()

    async def caller(self, headers: Mapping[str, str], address: str, subjects: Sequence[str] = ()) -> Caller:
        """Who calls. `subjects` are the names of a certificate that TLS has checked.

        Raises:
            Denied: nobody who may; every reason looks the same from outside.
        """
        if subjects:
            for client in self._settings.client:
                if client.auth == "mtls" and client.subject in subjects:
                    return client.caller()
        said = said_in(headers)
        if said is None:
            raise Denied("no credentials")
        candidates = [client for client in self._settings.client if _fits(client, said)]
        name = said.user if said.kind == "basic" else said.kind
        wait = self._lockout.wait(address, name)
        if wait > 0:
            raise Denied("too many failures", wait)
        for client in candidates:
            kept = await self._secret(client)
            if kept is not None and await self._right(client, kept, said):
                self._lockout.succeeded(address, name)
                return client.caller()
        if not candidates:
            await asyncio.to_thread(self._checker.right, "", NOBODY, said.secret)  # as long as for somebody there is
        self._lockout.failed(address, name)
        raise Denied("wrong credentials", self._lockout.wait(address, name))

    async def _right(self, client: Client, kept: str, said: Said) -> bool:
        return await asyncio.to_thread(self._checker.right, client.name, kept, said.secret)

    async def _secret(self, client: Client) -> str | None:
        if client.name not in self._secrets:
            self._secrets[client.name] = await self._kept(client.name)
        return self._secrets[client.name]


def said_in(headers: Mapping[str, str]) -> Said | None:
    """The credentials of a request: Authorization, IDM's own headers, X-API-Key; None where there are none."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return Said("bearer", "", rest.strip())
    if scheme.lower() == "basic":
        try:
            user, colon, secret = base64.b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return Said("basic", user, secret) if colon else None
    if headers.get("x-openidm-username"):
        return Said("basic", headers["x-openidm-username"], headers.get("x-openidm-password", ""))
    if headers.get("x-api-key"):
        return Said("apiKey", "", headers["x-api-key"])
    return None


def _fits(client: Client, said: Said) -> bool:
    if client.auth != said.kind:
        return False
    return said.kind != "basic" or said.user == (client.user or client.name)
