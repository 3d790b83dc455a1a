"""Requests to a Hubspoke gateway, or to an identity server's own connector, instead of to HubSpot (profile: remoteUrl)."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from console.connector.remote_errors import answered
from console.hubspot.answer import Answer
from console.hubspot.auth import StaticToken
from console.hubspot.budget_port import Kind, Lease, Priority
from console.hubspot.client import Client, Params
from console.hubspot.errors import HubSpotError, Invalid
from console.hubspot.model import ObjectType
from console.hubspot.paths import object_path, property_path
from console.hubspot.requestlog import RequestLog
from console.hubspot.secret import Secret
from console.settings.profile import origin_of

if TYPE_CHECKING:
    from console.hubspot.auth import SecretStore
    from console.hubspot.budget_port import Budget
    from console.hubspot.client import _Call
    from console.hubspot.transport import Transport
    from console.settings.profile import Profile

CLASSES: dict[ObjectType, str] = {"contacts": "contact", "companies": "company"}
"""The other side's classes by HubSpot's types."""
DEFINITIONS: dict[ObjectType, str] = {"contacts": "contactProperties", "companies": "companyProperties"}
SYSTEM = "/openidm/system/hubspot"
_ADVICE = "Use a profile that leads to HubSpot itself, without remoteUrl."


def place_of(url: str) -> str:
    """The path of the system at a remoteUrl: `https://host`, `.../openidm` and `.../openidm/system/NAME` all do."""
    path = urlsplit(url).path.rstrip("/")
    if "/system/" in path:
        return path
    return f"{path}/system/hubspot" if path.endswith("/openidm") else f"{path}{SYSTEM}"


class RemoteClient(Client):
    """A client whose requests are CREST's. Errors are those that HubSpot's answers would be."""

    def __init__(
        self, profile: Profile, secrets: SecretStore, budget: Budget, transport: Transport, log: RequestLog
    ) -> None:
        tokens = StaticToken(secrets)
        super().__init__(origin_of(profile.remote_url), profile.api_version, tokens, budget, transport, log)
        self._place = place_of(profile.remote_url)
        self._user = profile.client_id

    async def crest(
        self,
        method: str,
        resource: str = "",
        *,
        json: Any = None,
        params: Params | None = None,
        priority: Priority = "bulk",
        safe: bool,
        shown: str = "",
    ) -> Answer:
        """One request for a resource of the system, such as `/contact/101`; `shown` is its name in the log.

        Raises:
            HubSpotError: as `Client.request`.
        """
        path = f"{self._place}{resource}"
        return await super().request(
            method,
            path,
            json=json,
            params={"_prettyPrint": "false", **(params or {})},
            priority=priority,
            safe=safe,
            shown=f"{self._place}{shown}" if shown else path,
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Params | None = None,
        kind: Kind = "burst",  # noqa: ARG002 - the signature of all clients
        priority: Priority = "bulk",
        safe: bool,
        shown: str | None = None,  # noqa: ARG002 - as above
    ) -> Answer:
        """HubSpot's own paths: those of definitions lead to the classes of definitions, others are not over there.

        Raises:
            Invalid: the remote connector does not reach that.
        """
        for object_type, cls in CLASSES.items():
            if method == "PATCH" and path == object_path(object_type, self.version, "0"):  # may records be written?
                return await self.crest("PATCH", f"/{cls}/0", json=[], priority=priority, safe=True)
            start = property_path(object_type, self.version)
            rest = path.removeprefix(start).strip("/") if path.startswith(start) else "groups"
            if rest.partition("/")[0] != "groups" and (params or {}).get("archived") != "true":
                return await self._definitions(DEFINITIONS[object_type], method, rest, json, priority, safe=safe)
        raise Invalid("A remote connector does not reach that part of HubSpot.", advice=_ADVICE)

    async def _definitions(
        self, cls: str, method: str, name: str, json: Any, priority: Priority, *, safe: bool
    ) -> Answer:
        """HubSpot's request about definitions, as one about their class."""
        params: dict[str, str] = {}
        shown = f"/{cls}"
        if method == "GET" and not name:
            params, shown = {"_queryFilter": "true"}, f"/{cls}/search"
        elif method == "POST":
            params = {"_action": "create"}
        elif method == "PATCH":
            json = [{"operation": "replace", "field": f"/{key}", "value": value} for key, value in json.items()]
        resource = f"/{cls}/{name}" if name else f"/{cls}"
        answer = await self.crest(method, resource, json=json, params=params, priority=priority, safe=safe, shown=shown)
        found = answer.decode(dict[str, Any])
        listed = found.get("result")
        body = {"results": [_definition(one) for one in listed]} if isinstance(listed, list) else _definition(found)
        return msgspec.structs.replace(answer, body=msgspec.json.encode(body))

    async def _send(self, call: _Call, token: Secret, lease: Lease) -> Answer | HubSpotError:
        began = time.monotonic()
        answer: Answer | None = None
        error: HubSpotError | None = None
        try:
            answer = await self.transport.send(
                call.method,
                call.url,
                bearer=None if self._user else token,
                headers=self._headers(token),
                body=call.body,
                on_started=lease.sent,
                on_sent=self.on_sent if call.writes else None,
                on_head=lease.answered,
            )
            error = answered(answer)
        except HubSpotError as failure:
            error = failure
        except asyncio.CancelledError:
            self._write(call, began, None, "Cancelled")
            raise
        self._write(call, began, answer, type(error).__name__ if error is not None else "")
        if error is not None:
            return error
        assert answer is not None
        return answer

    def _headers(self, token: Secret) -> Mapping[str, str]:
        """With a user, the token is their password: Basic, which identity servers and gateways take alike."""
        found = {"Accept-API-Version": "resource=1.0"}
        if self._user:
            basic = base64.b64encode(f"{self._user}:{token.reveal()}".encode()).decode()
            found["Authorization"] = f"Basic {basic}"
        return found


def _definition(found: dict[str, Any]) -> dict[str, Any]:
    """A definition as HubSpot writes it; its name is its id."""
    own = {name: value for name, value in found.items() if not name.startswith("_")}
    return {"name": str(found.get("_id") or ""), **own}
