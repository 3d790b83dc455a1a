"""The page where an operator lets the OAuth app into the account, as HTML. Facts: section 2.1."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.simulator.authorize import Asked, Refused
from console.simulator.gate import Call
from console.simulator.problems import error

DECISION = "decision"
DENIED = ("access_denied", "The user denied access to the app.")
BROKEN = ("server_error", "The app could not be installed.")


async def authorize(call: Call) -> Response:
    """GET /oauth/authorize: asks, or decides at once as the switch `authorizePage` says."""
    portal, request = call.portal, call.request
    query = dict(request.query_params)
    decision = query.pop(DECISION, "") or portal.switches.authorize_page
    try:
        _check_account(request.path_params.get("hub"), portal.portal_id)
        asked = portal.credentials.installer.check(query, portal.credentials.scopes)
    except Refused as problem:
        return _page(400, problem.title, f"<p>{escape(problem.reason)}</p>")
    if decision == "ask":
        return _page(200, f"Connect the app to account {portal.portal_id}", _question(asked, query))
    return RedirectResponse(_target(call, asked, decision), 302)


def _check_account(named: int | None, portal_id: int) -> None:
    if named not in (None, portal_id):
        raise Refused("No access", "You do not have access to this account.")


def _target(call: Call, asked: Asked, decision: str) -> str:
    """Where the browser goes after the decision."""
    installer, now = call.portal.credentials.installer, call.portal.clock.now()
    answer: dict[str, str] = {}
    state = asked.state
    if decision in ("approve", "expired-code", "wrong-state"):
        answer["code"] = installer.code(asked, now, dead=decision == "expired-code")
        state = f"not-{state}" if decision == "wrong-state" else state
    elif decision in ("deny", "error"):
        answer["error"], answer["error_description"] = DENIED if decision == "deny" else BROKEN
    else:
        raise error(400, f"unknown decision {decision}")
    if state is not None:
        answer["state"] = state
    parts = urlsplit(asked.redirect_uri)
    query = "&".join(filter(None, (parts.query, urlencode(answer))))
    return urlunsplit(parts._replace(query=query))


def _question(asked: Asked, query: dict[str, str]) -> str:
    scopes = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in sorted(asked.scopes))
    links = " ".join(
        f'<a id="{decision}" rel="nofollow" href="?{escape(urlencode(query | {DECISION: decision}))}">{label}</a>'
        for decision, label in (("approve", "Connect app"), ("deny", "Cancel"))
    )
    back = escape(asked.redirect_uri)
    return f"<p>The app asks for:</p><ul>{scopes}</ul><p>It then continues at <code>{back}</code>.</p><p>{links}</p>"


def _page(status: int, title: str, body: str) -> Response:
    text = f"<!doctype html><html><head><title>{escape(title)}</title></head><body><h1>{escape(title)}</h1>{body}"
    safe = {"content-security-policy": "default-src 'none'", "cache-control": "no-store"}
    return HTMLResponse(f"{text}</body></html>", status, safe)
