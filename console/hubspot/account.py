"""The account behind the credentials: its details, its daily use, and the grant itself."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from console.hubspot.budget_port import Priority
from console.hubspot.client import Client
from console.hubspot.errors import HubSpotError, NotFound, Unexpected
from console.hubspot.grants import TokenFacts
from console.hubspot.model import AccountDetails
from console.hubspot.paths import account_path


class DailyUsage(NamedTuple):
    """How much of the day's allowance is gone; `resets_at` is HubSpot's ISO time, or empty."""

    limit: int
    used: int
    resets_at: str


class _Details(msgspec.Struct, rename="camel"):
    portal_id: int
    account_type: str | None = ""
    portal_name: str | None = ""
    time_zone: str | None = ""
    ui_domain: str | None = ""
    data_hosting_location: str | None = ""
    utc_offset: str | None = ""


class _Usage(msgspec.Struct, rename="camel"):
    name: str | None = ""
    usage_limit: int | None = None
    current_usage: int | None = None
    fetch_status: str | None = ""
    resets_at: str | None = ""


class _Usages(msgspec.Struct):
    results: list[_Usage] = []


class Account:
    """Questions about the account, not about records."""

    def __init__(self, client: Client, priority: Priority = "bulk") -> None:
        self._client = client
        self._priority: Priority = priority

    def at(self, priority: Priority) -> Account:
        """The same questions, asked with another priority."""
        return Account(self._client, priority)

    async def details(self) -> AccountDetails:
        """Which account this is."""
        path = account_path("details", self._client.version)
        found = (await self._client.request("GET", path, priority=self._priority, safe=True)).decode(_Details)
        return AccountDetails(
            portal_id=found.portal_id,
            account_type=found.account_type or "",
            portal_name=found.portal_name or "",
            time_zone=found.time_zone or "",
            ui_domain=found.ui_domain or "",
            data_hosting_location=found.data_hosting_location or "",
            utc_offset=found.utc_offset or "",
        )

    async def daily_usage(self) -> DailyUsage | None:
        """The day's allowance; None where HubSpot tells none (OAuth apps)."""
        path = account_path("api-usage/daily/private-apps", self._client.version)
        try:
            answer = await self._client.request("GET", path, priority=self._priority, safe=True)
            found = answer.decode(_Usages).results
        except (NotFound, Unexpected):
            return None
        except HubSpotError as error:
            if error.status in (400, 403):
                return None
            raise
        for usage in found:
            if (
                usage.usage_limit is not None
                and usage.current_usage is not None
                and usage.fetch_status in ("SUCCESS", "CACHED", "")
            ):
                return DailyUsage(usage.usage_limit, usage.current_usage, usage.resets_at or "")
        return None

    async def introspect(self) -> TokenFacts | None:
        """Scopes, user and app of the access token; None for static tokens."""
        return await self._client.tokens.introspect()

    async def revoke(self) -> None:
        """Give the OAuth grant back to HubSpot."""
        await self._client.tokens.revoke()
