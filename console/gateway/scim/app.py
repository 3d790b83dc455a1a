"""SCIM over HTTP: which dialect somebody speaks, the core in between, and the answer in the same dialect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from scim2_models import ForbiddenException, InvalidSyntaxException, SCIMException
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from console.gateway.front import caller_of
from console.gateway.scim import request as wire
from console.gateway.scim import version1
from console.gateway.scim.fed import CALLER, FedStorage
from console.gateway.scim.service import Service, provider
from console.gateway.scim.storage import RepositoryStorage

if TYPE_CHECKING:
    from console.gateway.gateway import Gateway
    from console.repository.people import People

_WRITES = frozenset({"POST", "PUT", "PATCH"})
_ENDPOINTS = {"contacts": "Users", "users": "Users", "groups": "Groups"}
"""Names under /hubspot: the tutorials' User Endpoint is /hubspot/contacts."""


def scim_app(gateway: Gateway) -> ASGIApp:
    """The ASGI application of all SCIM paths."""
    served = _Scim(gateway)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await served.answer(Request(scope, receive))
        await response(scope, receive, send)

    return app


class _Scim:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._service = Service(provider(gateway.settings.max_body_bytes))
        self._ready: tuple[People, AsyncScimHandler] | None = None

    async def answer(self, request: Request) -> Response:
        """Serve one request."""
        talk = _Talk(request)
        caller = caller_of(request)
        CALLER.set(caller)
        try:
            if not caller.may("scim:read" if talk.reads else "scim:write"):
                raise ForbiddenException(detail="This client may not do that.")
            if talk.version_1 and talk.path.lower() == "/serviceproviderconfigs":
                return talk.response(ScimResponse(200, version1.provider_config(talk.url)))  # type: ignore[arg-type]
            people, handler = await self._core()
            asked = await self._asked(talk, people)
            response = await handler.handle(asked)
            if talk.again:
                response.status = 201  # type: ignore[assignment]
        except (SCIMException, wire.BadBody) as error:
            response = self._refused(error)
        response.headers.setdefault("Location", talk.url)
        response.headers.setdefault("Cache-Control", "no-store")
        return talk.response(response)

    async def _core(self) -> tuple[People, AsyncScimHandler]:
        people = await self._gateway.session.people
        if self._ready is None or self._ready[0] is not people:
            storage = FedStorage(RepositoryStorage(people.store), self._gateway.feed)
            self._ready = people, AsyncScimHandler(self._service, storage)
        return self._ready

    async def _asked(self, talk: _Talk, people: People) -> ScimRequest:
        body = await talk.request.body()
        if talk.method in _WRITES and body:
            body = msgspec.json.encode(await self._body(talk, wire.body_of(body), people))
        return ScimRequest(
            method=talk.method,
            base_url=talk.base,
            path=talk.path,
            query=wire.query_of(talk.request.url.query),
            headers={**dict(talk.request.headers), "content-type": "application/scim+json"},
            body=body,
        )

    async def _body(self, talk: _Talk, values: dict[str, Any], people: People) -> dict[str, Any]:
        """The body as the core wants it; WSO2's second POST of somebody becomes a change of that person."""
        if talk.path.lower() in ("/bulk", "/.search") or talk.path.lower().endswith("/.search"):
            return _bulk(values) if talk.path.lower() == "/bulk" else values
        if talk.version_1:
            known = await self._members(values, people)
            if talk.method == "PATCH" and "Operations" not in values:
                return wire.patch(version1.patch_to_2(values, lambda name: known.get(name, "")))
            values = version1.to_2(values, lambda name: known.get(name, ""))
        if talk.method == "PATCH":
            return wire.patch(values)
        made = wire.resource(values, talk.kind)
        if talk.method == "POST" and talk.kind == "User" and talk.idempotent:
            present = await people.named(str(made.get("userName") or ""))
            if present is not None:
                talk.change_instead(present.uid)
                given = {name: value for name, value in made.items() if name not in ("schemas", "id", "meta")}
                return wire.patch({"Operations": [{"op": "replace", "value": given}]})
        return made

    async def _members(self, values: dict[str, Any], people: People) -> dict[str, str]:
        """The uids of members who are named by `display` alone."""
        members = values.get("members")
        if not isinstance(members, list):
            return {}
        names = {str(one.get("display") or "") for one in members if isinstance(one, dict) and not one.get("value")}

        def look_up() -> dict[str, str]:
            found = {name: people.store.named(name) for name in names if name}
            return {name: person.uid for name, person in found.items() if person is not None}

        return await asyncio.to_thread(look_up)

    def _refused(self, error: SCIMException | wire.BadBody) -> ScimResponse:
        if isinstance(error, wire.BadBody):
            error = InvalidSyntaxException(detail=str(error))
        return self._service.error_response(error)


class _Talk:
    """One request: whose dialect it is in, and where it leads in the core."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.method = request.method.upper()
        root = request.scope.get("root_path", "")
        relative = request.scope["path"].removeprefix(root).removesuffix(".scim") or "/"
        self._hubspot = root.endswith("/hubspot")
        self.base = f"{request.url.scheme}://{request.headers.get('host', '')}{root}"
        self.path = _hubspot_path(relative) if self._hubspot else relative
        self.url = f"{self.base}{quote(relative, safe='/:@')}".rstrip("/")
        self.again = False
        media = f"{request.headers.get('content-type', '')} {request.headers.get('accept', '')}"
        newer = "scim+json" in media or "count=" in request.url.query
        self.version_1 = root.endswith("/v1") or (self._hubspot and not newer)

    @property
    def kind(self) -> str:
        """User or Group."""
        return "Group" if self.path.lower().startswith("/groups") else "User"

    @property
    def reads(self) -> bool:
        """Whether nothing is changed."""
        return self.method in ("GET", "HEAD", "OPTIONS") or self.path.lower().endswith("/.search")

    @property
    def idempotent(self) -> bool:
        """Whether a POST of somebody who is there is a change: WSO2 posts until it was told that it worked."""
        return self._hubspot or self.version_1 or self.request.headers.get("user-agent", "").lower().startswith("wso2")

    def change_instead(self, uid: str) -> None:
        """The POST becomes a PATCH of this person, and is answered as the POST would be."""
        self.method, self.path, self.again = "PATCH", f"/Users/{uid}", True

    def response(self, answer: ScimResponse) -> Response:
        """The answer in the request's dialect."""
        body = answer.body
        if body is not None and "totalResults" in body:
            body.setdefault("Resources", [])
        media = answer.headers.pop("Content-Type", "application/scim+json")
        if self.version_1:
            body, media = version1.from_2(body), "application/json"
        elif self._hubspot and "scim+json" not in self.request.headers.get("accept", ""):
            media = "application/json" if body is not None else media
        content = b"" if body is None else msgspec.json.encode(body)
        return Response(content, int(answer.status), answer.headers, media)


def _hubspot_path(path: str) -> str:
    """/hubspot/contacts/ID as /Users/ID; /hubspot/Users and /hubspot/groups are served as well."""
    first, _, rest = path.strip("/").partition("/")
    known = _ENDPOINTS.get(first.lower())
    if known is None:
        return path
    return f"/{known}/{rest}" if rest else f"/{known}"


def _bulk(values: dict[str, Any]) -> dict[str, Any]:
    """A BulkRequest whose data are as the standard has them."""
    operations = [_bulk_operation(one) for one in values.get("Operations") or []]
    return {**values, "Operations": operations}


def _bulk_operation(one: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(one.get("data"), dict):
        return one
    kind = "Group" if str(one.get("path", "")).lower().startswith("/groups") else "User"
    patched = str(one.get("method", "")).upper() == "PATCH"
    return {**one, "data": wire.patch(one["data"]) if patched else wire.resource(one["data"], kind)}
