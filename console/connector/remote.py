"""The remote connector: a profile with `remoteUrl` works through a Hubspoke gateway, or through an identity server.

What is above sees a HubSpot: the same records, definitions and account, behind the other side's REST. Associations,
merges and what else CREST has no operation for is not there, and says so.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from console.connector.remote_client import RemoteClient, place_of
from console.connector.remote_objects import Kind, RemoteObjects
from console.hubspot.account import Account, DailyUsage
from console.hubspot.errors import Invalid, NotFound
from console.hubspot.hubspot import HubSpot
from console.hubspot.model import AccountDetails
from console.hubspot.requestlog import RequestLog
from console.settings.profile import Profile, origin_of
from console.settings.secrets import PROXY_PASSWORD

if TYPE_CHECKING:
    from console.hubspot.auth import SecretStore
    from console.hubspot.budget_port import Budget, Priority


def open_remote(profile: Profile, secrets: SecretStore, budget: Budget) -> RemoteHubSpot:
    """Make it ready; no network, no vault."""
    from console.hubspot.transport import Transport  # httpx comes with the first HubSpot opened

    transport = Transport(as_remote(profile), lambda: secrets.get(PROXY_PASSWORD))
    return RemoteHubSpot(RemoteClient(profile, secrets, budget, transport, RequestLog()), profile)


def as_remote(profile: Profile) -> Profile:
    """The profile with the other side in HubSpot's place, for whatever looks at addresses: TLS, proxy, tests."""
    if not profile.remote_url:
        return profile
    return msgspec.structs.replace(profile, api_base_url=origin_of(profile.remote_url), authentication="token")


class RemoteHubSpot(HubSpot):
    """One account as the other side shows it."""

    client: RemoteClient

    def __init__(self, client: RemoteClient, profile: Profile) -> None:
        super().__init__(client)
        far = _Far(client, profile)
        self.contacts = RemoteObjects(client, "contacts", far.kind)
        self.companies = RemoteObjects(client, "companies", far.kind)
        self.account = _RemoteAccount(client, far)


class _Far:
    """What is on the other side, asked once."""

    def __init__(self, client: RemoteClient, profile: Profile) -> None:
        self._client = client
        self._profile = profile
        self._lock = asyncio.Lock()
        self._known: tuple[Kind, AccountDetails] | None = None

    async def kind(self) -> Kind:
        """Gateway or identity server."""
        async with self._lock:
            if self._known is None:
                self._known = await self._asked("bulk")
            return self._known[0]

    async def details(self, priority: Priority) -> AccountDetails:
        """The account behind the other side, asked now."""
        async with self._lock:
            self._known = await self._asked(priority)
            return self._known[1]

    async def _asked(self, priority: Priority) -> tuple[Kind, AccountDetails]:
        try:
            answer = await self._client.crest(
                "POST", "", params={"_action": "describe"}, priority=priority, safe=True, shown="/describe/search"
            )
            found = answer.decode(dict[str, Any])
            if found.get("connector") == "hubspoke":
                return "gateway", msgspec.convert(found["account"], AccountDetails)
        except (Invalid, NotFound, msgspec.ValidationError, KeyError):
            pass  # nobody but our own gateway knows this action
        answer = await self._client.crest(
            "POST", "", params={"_action": "test"}, priority=priority, safe=True, shown="/test/search"
        )
        status = answer.json()
        status = status[0] if isinstance(status, list) and status else status
        if not isinstance(status, Mapping) or status.get("ok") is not True:
            told = status.get("error") if isinstance(status, Mapping) else ""
            raise Invalid(
                f"The identity server's connector is not well: {told or 'it says no more'}.", advice="Mend it there."
            )
        return "server", _unnamed(self._profile, str(status.get("displayName") or "identity server"))


def _unnamed(profile: Profile, title: str) -> AccountDetails:
    """An identity server does not tell whose account it is: its address stands for it, the same number each time."""
    place = f"{origin_of(profile.remote_url)}{place_of(profile.remote_url)}"
    number = int.from_bytes(hashlib.sha256(place.encode()).digest()[:5])
    return AccountDetails(portal_id=9_000_000_000_000 + number, account_type="STANDARD", portal_name=title[:100])


class _RemoteAccount(Account):
    def __init__(self, client: RemoteClient, far: _Far, priority: Priority = "bulk") -> None:
        super().__init__(client, priority)
        self._remote = client
        self._far = far

    def at(self, priority: Priority) -> _RemoteAccount:
        return _RemoteAccount(self._remote, self._far, priority)

    async def details(self) -> AccountDetails:
        return await self._far.details(self._priority)

    async def daily_usage(self) -> DailyUsage | None:
        """The other side keeps its own accounts."""
        return None
