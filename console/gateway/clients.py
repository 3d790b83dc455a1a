"""Who calls: Basic, bearer, API key or client certificate, against the clients of gateway.toml."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from console.gateway.hashing import NOBODY, Checker
from console.gateway.lockout import Lockout
from console.gateway.ports import Caller
from console.gateway.settings import Client, GatewaySettings

KeptSecret = Callable[[str], Awaitable[str | None]]
"""The vault's hash for a client, None where nobody set one."""
_HASHED_AT_ONCE = 2
_GUESSES_WAITING = 10


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
    """The clients and their secrets; the secrets are read once, and again after `renew`.

    Guesses are worked on two at a time, one of each address: whoever guesses waits for themselves, nobody else does.
    """

    def __init__(self, settings: GatewaySettings, kept: KeptSecret) -> None:
        self._settings = settings
        self._kept = kept
        self._checker = Checker()
        self._lockout = Lockout()
        self._secrets: dict[str, str | None] = {}
        self._hashing = asyncio.Semaphore(_HASHED_AT_ONCE)
        self._guessing: dict[str, int] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._under_way: dict[tuple[str, Said], asyncio.Task[Caller]] = {}

    def renew(self, settings: GatewaySettings) -> None:
        """Others may call now, and secrets may have changed."""
        self._settings = settings
        self._secrets.clear()

    async def caller(self, headers: Mapping[str, str], address: str, subjects: Sequence[str] = ()) -> Caller:
        """Who calls. `subjects` are the names of a certificate that TLS has checked.

        Raises:
            Denied: nobody who may; every reason looks the same from outside.
        """
        for client in self._settings.client:
            if client.auth == "mtls" and client.subject in subjects:
                return client.caller()
        said = said_in(headers)
        if said is None:
            raise Denied("no credentials")
        name = said.user if said.kind == "basic" else said.kind
        self._not_locked(address, name)
        candidates = [(client, await self._secret(client)) for client in self._settings.client if _fits(client, said)]
        for client, kept in candidates:
            if kept is not None and self._checker.known(client.name, kept, said.secret):
                self._lockout.succeeded(address, name)
                return client.caller()
        return await asyncio.shield(self._looked_at(address, name, candidates, said))

    def _looked_at(
        self, address: str, name: str, candidates: Sequence[tuple[Client, str | None]], said: Said
    ) -> asyncio.Task[Caller]:
        """One look for all who say the very same at once: a client that opens many connections guesses nothing."""
        key = (address, said)
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._look(address, name, candidates, said))

            def looked(done: asyncio.Task[Caller]) -> None:
                self._under_way.pop(key, None)
                if not done.cancelled():
                    done.exception()  # whoever waited may have gone

            task.add_done_callback(looked)
        return task

    async def _look(
        self, address: str, name: str, candidates: Sequence[tuple[Client, str | None]], said: Said
    ) -> Caller:
        async with self._turn(address):
            self._not_locked(address, name)  # others of this address were wrong meanwhile
            found = await self._found(candidates, said)
            if found is not None:
                self._lockout.succeeded(address, name)
                return found.caller()
            self._lockout.failed(address, name)
            raise Denied("wrong credentials", self._lockout.wait(address, name))

    def _not_locked(self, address: str, name: str) -> None:
        wait = self._lockout.wait(address, name)
        if wait > 0:
            raise Denied("too many failures", wait)

    async def _found(self, candidates: Sequence[tuple[Client, str | None]], said: Said) -> Client | None:
        """Who it is. Somebody unknown, or without a secret, takes as long as somebody there is."""
        for client, kept in candidates:
            right = await asyncio.to_thread(self._checker.right, client.name, kept or NOBODY, said.secret)
            if right and kept is not None:
                return client
        if not candidates:
            await asyncio.to_thread(self._checker.right, "", NOBODY, said.secret)
        return None

    @asynccontextmanager
    async def _turn(self, address: str) -> AsyncIterator[None]:
        """One guess of an address at a time."""
        waiting = self._guessing.get(address, 0)
        if waiting >= _GUESSES_WAITING:
            raise Denied("too many guesses at once", 1.0)
        self._guessing[address] = waiting + 1
        try:
            async with self._turns.setdefault(address, asyncio.Lock()), self._hashing:
                yield
        finally:
            self._guessing[address] -= 1
            if not self._guessing[address]:
                del self._guessing[address]
                self._turns.pop(address, None)

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
