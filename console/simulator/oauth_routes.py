"""Tokens and the installation of the OAuth app. Facts: sections 2.1 to 2.4."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.routing import BaseRoute

from console.simulator.authorize_page import authorize
from console.simulator.gate import Call, Reply
from console.simulator.portal import Portal
from console.simulator.problems import ApiError, bad_json
from console.simulator.routing import DATED, VERSIONS, Table, anyone

V1_TEXTS = {"BAD_REFRESH_TOKEN": "missing or invalid refresh token"}


def routes(portal: Portal) -> list[BaseRoute]:
    """Every route of OAuth."""
    table = Table(portal)
    table.add("/oauth/authorize", "GET", authorize)
    table.add("/oauth/{hub:int}/authorize", "GET", authorize)
    for version in ("v1", *VERSIONS):
        table.add(f"/oauth/{version}/token", "POST", token)
        table.add(f"/oauth/{version}/token/introspect", "POST", introspect)
        table.add(f"/oauth/{version}/token/revoke", "POST", revoke)
    table.add("/oauth/v1/access-tokens/{token}", "GET", access_metadata)
    table.add("/oauth/v1/refresh-tokens/{token}", "GET", refresh_metadata)
    table.add("/oauth/v1/refresh-tokens/{token}", "DELETE", forget)
    for version in ("v3", *DATED):
        table.add(f"/appinstalls/{version}/external-install", "DELETE", uninstall, anyone)
    return table.routes


async def token(call: Call) -> Reply:
    """POST /oauth/{version}/token."""
    return await _told(call, call.portal.credentials.token)


async def introspect(call: Call) -> Reply:
    """POST /oauth/{version}/token/introspect."""
    return await _told(call, call.portal.credentials.introspect)


async def revoke(call: Call) -> Reply:
    """POST /oauth/{version}/token/revoke."""
    return await _told(call, call.portal.credentials.revoke)


async def access_metadata(call: Call) -> Reply:
    """GET /oauth/v1/access-tokens/{token}."""
    return Reply(200, call.portal.credentials.access_metadata(call.path("token")))


async def refresh_metadata(call: Call) -> Reply:
    """GET /oauth/v1/refresh-tokens/{token}."""
    return Reply(200, call.portal.credentials.refresh_metadata(call.path("token")))


async def forget(call: Call) -> Reply:
    """DELETE /oauth/v1/refresh-tokens/{token}: 204, unknown ones too."""
    call.portal.credentials.forget(call.path("token"))
    return Reply(204)


async def uninstall(call: Call) -> Reply:
    """DELETE /appinstalls/{version}/external-install: the OAuth app takes itself out of the account."""
    if call.caller is not None and not call.caller.app.private:
        call.portal.credentials.uninstall()
    return Reply(204)


async def _told(call: Call, ask: Callable[[Mapping[str, str]], dict[str, Any]]) -> Reply:
    """The answer to a form, refusals in the words of the path's version and of the switch `client_error`."""
    try:
        return Reply(200, ask(await _form(call)))
    except ApiError as problem:
        body, status = problem.body, problem.status
        if body.get("error") == "invalid_client":
            status = 401 if call.portal.switches.client_error == "unauthorized" else status
        plain = body.get("error") == "invalid_client" and call.portal.switches.client_error == "plain"
        if plain or call.request.url.path.startswith("/oauth/v1/"):
            text = V1_TEXTS.get(str(body.get("status")), body["message"])
            body = {"status": body.get("status", "error"), "message": text}
        raise ApiError(status, body) from None


async def _form(call: Call) -> dict[str, str]:
    """The form in the body; the query counts for v1 only."""
    raw = await call.body()
    try:
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise bad_json("the body is not a form") from None
    if call.request.url.path.startswith("/oauth/v1/"):
        form = dict(call.request.query_params) | form
    return form
