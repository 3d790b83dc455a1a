"""OAuth login: what is asked for, what may come back, and what each refusal says to do."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.hubspot import errors as e
from console.hubspot import retry
from console.hubspot.login import Login, give_back, open_login
from console.hubspot.login_answer import code_in
from console.hubspot.login_place import Redirect, place_of, redirect_of
from console.hubspot.login_refusals import LoginFailed
from console.hubspot.secret import Secret
from tests.support.browser import field, visit
from tests.support.hubspot_parts import CLIENT_SECRET, REFRESH, MemorySecrets, crash_report, profile
from tests.support.ports import free_port
from tests.support.scripted_server import RESET, Received, Reply, ScriptedServer

CODE = "na1-canary-code"
NEW = "na1-canary-new-refresh"
ASKED = "oauth crm.objects.contacts.read crm.objects.contacts.write crm.objects.companies.read"
GRANT = {
    "token_type": "bearer",
    "access_token": "canary-access",
    "refresh_token": NEW,
    "expires_in": 1800,
    "hub_id": 4711,
    "scopes": ["oauth", "crm.objects.contacts.read"],
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)


@asynccontextmanager
async def begun(
    server: ScriptedServer | None = None, secrets: MemorySecrets | None = None, *, pkce: bool = True, **settings: Any
) -> AsyncIterator[Login]:
    """A login that was begun."""
    url = server.url if server is not None else "http://127.0.0.1:9"
    chosen = profile(
        url, **{"authentication": "oauth", "authorize_url": "https://app.example/oauth/authorize"} | settings
    )
    async with open_login(chosen, secrets or MemorySecrets(), pkce=pkce) as login:
        yield login


def back(login: Login, **fields: str) -> Secret:
    """The address to which the browser is sent, with the state of this login unless another is given."""
    answer = {"code": CODE, "state": field(login.url, "state"), **fields}
    return Secret(f"{login.redirect.uri}?{urlencode({name: value for name, value in answer.items() if value})}")


async def failure(reply: Reply, **fields: str) -> LoginFailed:
    """How a login ends whose code meets this answer."""
    async with ScriptedServer([reply]) as server, begun(server) as login:
        with pytest.raises(LoginFailed) as caught:
            await login.finish(back(login, **fields))
    report = crash_report(caught.value) + caught.value.message + caught.value.advice
    assert not any(secret in report for secret in (CODE, CLIENT_SECRET, NEW, REFRESH))
    return caught.value


async def test_the_authorization_url_asks_for_what_the_console_needs() -> None:
    async with begun(scopes=(), redirect_uri="http://localhost:8765/callback") as login:
        parts = urlsplit(login.url)
        fields = parse_qs(parts.query, strict_parsing=True)
    assert login.url.startswith(
        "https://app.example/oauth/authorize?client_id=app-1&redirect_uri=http%3A%2F%2Flocalhost"
    )
    assert "+" not in parts.query, "HubSpot's examples write a blank as %20"
    assert fields["redirect_uri"] == ["http://localhost:8765/callback"]
    assert fields["scope"][0].startswith(ASKED)
    assert fields["optional_scope"] == ["crm.schemas.contacts.write crm.schemas.companies.write"]
    assert fields["code_challenge_method"] == ["S256"]
    assert len(fields["state"][0]) >= 32
    assert CLIENT_SECRET not in login.url


async def test_scopes_of_the_profile_are_asked_for_as_they_are() -> None:
    async with begun(scopes=("crm.lists.read", "oauth")) as login:
        assert field(login.url, "scope") == "oauth crm.lists.read"
        assert "optional_scope" not in login.url


async def test_no_login_is_like_another() -> None:
    async with begun() as one, begun() as other:
        assert field(one.url, "state") != field(other.url, "state")
        assert field(one.url, "code_challenge") != field(other.url, "code_challenge")


@pytest.mark.parametrize("how", ["url", "query", "code"])
async def test_a_code_becomes_a_refresh_token_in_the_vault(how: str) -> None:
    secrets = MemorySecrets()
    async with ScriptedServer([Reply(200, GRANT)]) as server, begun(server, secrets) as login:
        whole = back(login).reveal()
        given = {"url": whole, "query": whole.partition("?")[2], "code": CODE}[how]
        done = await login.finish(Secret(f"  {given}\n"))
        challenge = field(login.url, "code_challenge")
    assert secrets.values["refreshToken"] == NEW
    assert done.portal_id == 4711
    assert done.granted == ("oauth", "crm.objects.contacts.read")
    assert "crm.objects.contacts.write" in done.missing
    assert done.dropped == ("crm.schemas.contacts.write", "crm.schemas.companies.write")
    assert "canary" not in repr(done)
    [request] = server.received
    verifier = request.form["code_verifier"]
    assert base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode() == challenge
    assert request.target == "/oauth/2026-09/token"
    assert {name: value for name, value in request.form.items() if name != "code_verifier"} == {
        "grant_type": "authorization_code",
        "client_id": "app-1",
        "client_secret": CLIENT_SECRET,
        "redirect_uri": login.redirect.uri,
        "code": CODE,
    }


async def test_the_proof_can_be_left_out() -> None:
    async with ScriptedServer([Reply(200, GRANT)]) as server, begun(server, pkce=False) as login:
        assert "code_challenge" not in login.url
        await login.finish(back(login))
    assert "code_verifier" not in server.received[0].form


async def test_the_environments_token_that_hides_the_new_one_is_named() -> None:
    secrets = MemorySecrets(sources={"refreshToken": "environment"})
    async with ScriptedServer([Reply(200, GRANT)]) as server, begun(server, secrets) as login:
        assert (await login.finish(back(login))).hidden_by == "environment"


async def test_a_code_without_its_state_is_an_address_that_was_cut() -> None:
    async with ScriptedServer([Reply(200, GRANT)]) as server, begun(server) as login:
        with pytest.raises(LoginFailed, match="not whole") as caught:
            await login.finish(back(login, state=""))
        assert server.received == []
    assert caught.value.reason == "unread"


@pytest.mark.parametrize("state", ["another", "\u00e4"])
async def test_a_wrong_state_is_refused_before_anything_is_sent(state: str) -> None:
    async with ScriptedServer([Reply(200, GRANT)]) as server, begun(server) as login:
        with pytest.raises(LoginFailed, match="another login") as caught:
            await login.finish(back(login, state=state))
    assert caught.value.reason == "state"
    assert "Begin again" in caught.value.advice
    assert server.received == []


@pytest.mark.parametrize("state", [None, ""])
async def test_a_denial_says_who_must_grant(state: str | None) -> None:
    fields = {"code": "", "error": "access_denied", "error_description": "The user said no"}
    found = await failure(Reply(500), **fields, **({} if state is None else {"state": state}))
    assert found.reason == "denied"
    assert "The user said no" in found.message
    assert "super admin" in found.advice


async def test_scopes_that_the_app_may_not_ask_for_are_told() -> None:
    found = await failure(Reply(500), code="", error="invalid_scope", error_description="crm.lists.read")
    assert (found.reason, "crm.lists.read" in found.message) == ("scopes", True)


OFFICIAL = {
    "BAD_AUTH_CODE": ("invalid_grant", "code", "Begin again"),
    "BAD_REDIRECT_URI": ("invalid_request", "redirect", "Write exactly http://localhost:8765/callback"),
    "BAD_CLIENT_ID": ("invalid_client", "client", "clientId"),
    "BAD_CLIENT_SECRET": ("invalid_client", "client", "clientSecret"),
    "BAD_CODE_VERIFIER": ("invalid_grant", "pkce", "--no-pkce"),
    "BAD_GRANT_TYPE": ("unsupported_grant_type", "endpoint", "apiBaseUrl"),
    "BAD_HUB": ("access_denied", "account", "another account"),
}


@pytest.mark.parametrize("status", OFFICIAL)
@pytest.mark.parametrize("form", ["v1", "v3"])
async def test_every_official_refusal_says_what_to_do(status: str, form: str) -> None:
    error, reason, advice = OFFICIAL[status]
    body = {"status": status, "message": f"missing or unknown {CODE}"}
    found = await failure(Reply(400, body | ({} if form == "v1" else {"error": error, "error_description": "x"})))
    assert found.reason == reason
    assert advice in found.advice


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("invalid_grant", "code"),
        ("invalid_client", "client"),
        ("access_denied", "account"),
        ("unsupported_grant_type", "endpoint"),
        ("invalid_request", "request"),
    ],
)
async def test_refusals_without_a_status_of_hubspots_say_what_to_do(error: str, reason: str) -> None:
    found = await failure(Reply(400, {"error": error, "error_description": "no"}))
    assert found.reason == reason
    assert found.advice


@pytest.mark.parametrize("noise", [Reply(503, b"<html>"), Reply(429, {}, {"Retry-After": "0.01"}), RESET])
async def test_noise_is_no_refusal(noise: Reply) -> None:
    secrets = MemorySecrets()
    async with ScriptedServer([noise, Reply(200, GRANT)]) as server, begun(server, secrets) as login:
        assert (await login.finish(back(login))).portal_id == 4711
    assert secrets.values["refreshToken"] == NEW
    assert len(server.received) == 2


async def test_a_grant_without_a_refresh_token_is_none() -> None:
    secrets = MemorySecrets()
    grant = {name: value for name, value in GRANT.items() if name != "refresh_token"}
    async with ScriptedServer([Reply(200, grant)]) as server, begun(server, secrets) as login:
        with pytest.raises(e.Unexpected, match="without a refresh token"):
            await login.finish(back(login))
    assert secrets.values["refreshToken"] == REFRESH


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "no code"),
        ("   ", "no code"),
        ("two words", "no code"),
        ("http://localhost:8765/callback", "no code"),
        ("http://localhost:8765/callback?x=1", "no code"),
        ("http://localhost:8765/other?code=c&state=s", "does not begin"),
        ("http://localhost:9/callback?code=c&state=s", "does not begin"),
        ("https://localhost:8765/callback?code=c&state=s", "does not begin"),
        ("http://localhost:99999/callback?code=c", "no code"),
        ("https://app.hubspot.com/oauth/authorize?client_id=a&redirect_uri=b&state=s", "address of HubSpot's page"),
        ("x" * 9000, "no code"),
        ("code=c&state=s&" + "&".join(f"f{n}=1" for n in range(99)), "no code"),
    ],
)
def test_what_is_no_answer_says_what_to_copy(given: str, words: str) -> None:
    found = code_in(Secret(given), Redirect("http://localhost:8765/callback", "/callback", 8765), "s")
    assert isinstance(found, LoginFailed)
    assert words in found.message
    assert found.advice
    assert found.reason == "unread"


def test_two_states_are_no_state() -> None:
    redirect = Redirect("http://localhost:8765/callback", "/callback", 8765)
    found = code_in(Secret("?code=c&state=s&state=s"), redirect, "s")
    assert isinstance(found, LoginFailed)
    assert found.reason == "state"


@given(st.text(max_size=200))
def test_whatever_is_pasted_it_is_a_code_or_a_sentence(text: str) -> None:
    found = code_in(Secret(text), Redirect("http://localhost:8765/callback", "/callback", 8765), "s")
    assert isinstance(found, Secret) or (found.message and found.advice)


@pytest.mark.parametrize(
    ("uri", "listens", "path"),
    [
        ("http://localhost:8765/callback", True, "/callback"),
        ("http://LOCALHOST:8765", True, "/"),
        ("https://intranet.example/oauth/hubspot", False, "/oauth/hubspot"),
    ],
)
def test_where_the_browser_comes_back_to(uri: str, listens: bool, path: str) -> None:
    found = redirect_of(profile("http://127.0.0.1:9", redirect_uri=uri))
    assert (found.listens, found.path, found.uri) == (listens, path, uri)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:8765/callback", "http://[::1]:8765/callback"])
def test_an_address_is_refused_as_hubspot_would(uri: str) -> None:
    with pytest.raises(LoginFailed, match="localhost only") as caught:
        redirect_of(profile("http://127.0.0.1:9", redirect_uri=uri))
    assert "redirectUri=http://localhost:8765/callback" in caught.value.advice


LOCAL = Redirect("http://localhost:8765/callback", "/callback", 8765)


@pytest.mark.parametrize(
    ("environ", "ssh", "display"),
    [
        ({"DISPLAY": ":0"}, "", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "", True),
        ({}, "", False),
        (
            {"DISPLAY": ":10", "SSH_CONNECTION": "10.0.0.9 51000 10.0.0.5 22"},
            "ssh -L 8765:localhost:8765 vesper@10.0.0.5",
            False,
        ),
        (
            {"SSH_CONNECTION": "10.0.0.9 51000 10.0.0.5 2222"},
            "ssh -L 8765:localhost:8765 -p 2222 vesper@10.0.0.5",
            False,
        ),
        ({"SSH_CONNECTION": "a b c;reboot 22"}, "ssh -L 8765:localhost:8765 vesper@HOST", False),
        ({"SSH_TTY": "/dev/pts/1"}, "ssh -L 8765:localhost:8765 vesper@HOST", False),
    ],
)
def test_over_ssh_a_tunnel_is_named_and_no_browser_opened(environ: dict[str, str], ssh: str, display: bool) -> None:
    found = place_of(environ, LOCAL, "vesper")
    assert (found.ssh, found.display) == (ssh, display)


def test_an_https_redirect_needs_no_tunnel() -> None:
    assert place_of({"SSH_TTY": "x"}, Redirect("https://a.example/cb", "/cb", 0), "vesper").ssh == ""


async def test_a_profile_with_a_static_token_is_told_so_first() -> None:
    async with begun(authentication="token") as login:
        with pytest.raises(LoginFailed, match="static token"):
            await login.check()


async def test_a_missing_client_secret_is_told_before_a_browser_opens() -> None:
    async with begun(secrets=MemorySecrets({})) as login:
        with pytest.raises(e.Unauthorized) as caught:
            await login.check()
    assert "credentials set clientSecret" in caught.value.advice


# the listener


async def go(url: str, **more: str) -> Any:
    return await asyncio.to_thread(visit, url, **more)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_the_browser_comes_back_by_either_address(address: str) -> None:
    uri = f"http://localhost:{free_port()}/callback"
    async with begun(redirect_uri=uri) as login, login.listen() as listener:
        url = back(login).reveal()
        try:
            shown = await go(url, address=address)
        except OSError:
            pytest.skip("this machine has no IPv6")
        assert (await asyncio.wait_for(listener.answer(), 5)).reveal() == url
    assert shown.status == 200
    assert "Return to the terminal" in shown.text
    assert not {CODE, field(url, "state")} & set(shown.text.replace("<", " ").split())
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "no-referrer"


async def test_only_the_exact_request_is_taken_and_only_once() -> None:
    port = free_port()
    uri = f"http://localhost:{port}/callback"
    async with begun(redirect_uri=uri) as login, login.listen() as listener:
        query = back(login).reveal().partition("?")[2]
        script = "%3Cscript%3Ealert(1)%3C/script%3E"
        for target in ("/", "/favicon.ico", f"/callback/?{query}", "/callback", "/callback?x=1", f"/{script}?{query}"):
            shown = await go(f"http://localhost:{port}{target}", address="127.0.0.1")
            assert shown.status == 404, target
            assert "script" not in shown.text
        for host in ("evil.example", "127.0.0.1", f"127.0.0.1:{port}", f"localhost:{port}.evil.example"):
            assert (await go(f"{uri}?{query}", address="127.0.0.1", host=host)).status == 404, host
        assert (await go(f"{uri}?{query}", address="127.0.0.1", method="POST")).status == 404
        assert (await go(f"{uri}?{query}", address="127.0.0.1")).status == 200
        assert (await go(f"{uri}?{query}", address="127.0.0.1")).status == 404
        assert field((await listener.answer()).reveal(), "code") == CODE


async def test_a_port_that_is_taken_says_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        async with begun(redirect_uri=f"http://localhost:{port}/callback") as login:
            with pytest.raises(LoginFailed, match=f"Port {port}") as caught:
                async with login.listen():
                    pass
    assert caught.value.reason == "port"
    assert "--paste" in caught.value.advice


async def test_rubbish_and_silence_at_the_port_disturb_nobody() -> None:
    port = free_port()
    async with begun(redirect_uri=f"http://localhost:{port}/callback") as login, login.listen() as listener:
        silent = await asyncio.open_connection("127.0.0.1", port)
        _, rubbish = await asyncio.open_connection("127.0.0.1", port)
        rubbish.write(b"\x16\x03\x01" + b"x" * 40_000)
        url = back(login).reveal()
        assert (await go(url, address="127.0.0.1")).status == 200
        assert (await listener.answer()).reveal() == url
        rubbish.close()
    assert await silent[0].read() == b"", "whoever still waits is hung up on"
    silent[1].close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_nobody_hears_of_a_login_that_was_given_up() -> None:
    port = free_port()
    async with begun(redirect_uri=f"http://localhost:{port}/callback") as login, login.listen() as listener:
        waiting = asyncio.create_task(listener.answer())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with begun(redirect_uri=f"http://localhost:{port}/callback") as login, login.listen():
        assert login.redirect.port == port, "the port is free again"


# revoking


def hub(request: Received) -> Reply:
    return Reply(200, b"" if request.path.endswith("/revoke") else GRANT)


async def test_revoking_names_the_refresh_token_once_and_in_the_body() -> None:
    async with ScriptedServer(hub) as server:
        await give_back(profile(server.url, authentication="oauth"), MemorySecrets())
    [request] = server.received
    assert request.path == "/oauth/2026-09/token/revoke"
    assert request.form["refresh_token"] == request.form["token"] == REFRESH
    assert REFRESH not in request.target


async def test_a_grant_that_is_dead_already_counts_as_revoked() -> None:
    dead = Reply(400, {"status": "BAD_REFRESH_TOKEN", "error": "invalid_grant"})
    async with ScriptedServer([dead]) as server:
        assert await give_back(profile(server.url, authentication="oauth"), MemorySecrets()) is None
    assert len(server.received) == 1


async def test_what_hubspot_could_not_be_asked_is_not_revoked() -> None:
    async with ScriptedServer([Reply(503, b"")]) as server:
        with pytest.raises(e.NotSent):
            await give_back(profile(server.url, authentication="oauth"), MemorySecrets())


async def test_a_static_token_is_revoked_by_a_person() -> None:
    with pytest.raises(e.Unauthorized, match="in HubSpot itself"):
        await give_back(profile("http://127.0.0.1:9", authentication="token"), MemorySecrets())
