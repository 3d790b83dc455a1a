"""Access tokens: one refresh for all, before the old one ends, and never a lost refresh token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from console.hubspot import errors as e
from console.hubspot import oauth, retry, token_endpoint
from console.hubspot.auth import StaticToken
from console.hubspot.model import Write
from console.hubspot.oauth import OAuthTokens
from console.hubspot.requestlog import RequestLog
from console.hubspot.secret import Secret
from console.hubspot.transport import Transport
from console.settings.errors import VaultLocked
from tests.support.hubspot_parts import (
    ACCESS,
    CLIENT_SECRET,
    REFRESH,
    MemorySecrets,
    TinyBudget,
    crash_report,
    opened,
    profile,
)
from tests.support.scripted_server import RESET, Received, Reply, ScriptedServer

DEAD = Reply(400, {"status": "BAD_REFRESH_TOKEN", "error": "invalid_grant", "message": "refresh token is invalid"})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)


class Hub:
    """A token endpoint that mints `access-1`, `access-2`, ... and an API that takes the newest only."""

    def __init__(self, seconds: float = 1800, delay: float = 0.0, **grant: Any) -> None:
        self.minted = 0
        self.seconds = seconds
        self.delay = delay
        self.grant = grant
        self.noise: list[Reply] = []

    def __call__(self, request: Received) -> Reply:
        if not request.path.endswith("/token"):
            good = request.headers["authorization"] == f"Bearer access-{self.minted}"
            return Reply(200, {"portalId": 1}) if good else Reply(401, {"category": "EXPIRED_AUTHENTICATION"})
        if self.noise:
            return self.noise.pop(0)
        self.minted += 1
        body = {
            "access_token": f"access-{self.minted}",
            "refresh_token": REFRESH,
            "expires_in": self.seconds,
            **self.grant,
        }
        return Reply(200, body, delay=self.delay)


@asynccontextmanager
async def tokens(
    server: ScriptedServer, secrets: MemorySecrets | None = None, portal_id: int | None = None, **settings: Any
) -> AsyncIterator[OAuthTokens]:
    chosen = profile(server.url, authentication="oauth", **settings)
    transport = Transport(chosen)
    source = OAuthTokens(chosen, secrets or MemorySecrets(), transport, RequestLog(), portal_id=portal_id)
    try:
        yield source
    finally:
        await source.aclose()
        await transport.aclose()


async def test_the_grant_is_asked_for_in_the_body_alone() -> None:
    async with ScriptedServer(Hub()) as server, tokens(server) as source:
        assert (await source.token()).reveal() == "access-1"
    [request] = server.received
    assert (request.method, request.target) == ("POST", "/oauth/2026-09/token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers
    assert request.form == {
        "grant_type": "refresh_token",
        "client_id": "app-1",
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH,
    }


async def test_many_who_wait_make_one_refresh() -> None:
    async with ScriptedServer(Hub(delay=0.1)) as server, tokens(server) as source:
        found = await asyncio.gather(*(source.token() for _ in range(50)))
    assert {token.reveal() for token in found} == {"access-1"}
    assert len(server.received) == 1


async def test_many_who_were_refused_make_one_refresh() -> None:
    async with ScriptedServer(Hub(delay=0.05)) as server, tokens(server) as source:
        old = await source.token()
        assert await asyncio.gather(*(source.refused(old) for _ in range(20))) == [True] * 20
        assert await source.refused(old) is True
        assert (await source.token()).reveal() == "access-2"
    assert len(server.received) == 2


@pytest.mark.parametrize(("seconds", "least", "most"), [(1800, 60, 120), (100, 20, 20), (2, 0.4, 0.4)])
async def test_the_margin_fits_the_life_of_the_token(
    seconds: float, least: float, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(oauth, "_now", lambda: now[0])
    async with ScriptedServer(Hub(seconds)) as server, tokens(server) as source:
        await source.token()
        now[0] += seconds - most - 0.2
        assert (await source.token()).reveal() == "access-1"
        now[0] += 0.2 + most - least + 0.01
        assert (await source.token()).reveal() == "access-2"


@pytest.mark.parametrize("seconds", ["soon", None, -5, True, 0])
async def test_an_unreadable_life_still_gives_a_token(seconds: Any) -> None:
    async with ScriptedServer(Hub(seconds)) as server, tokens(server) as source:
        assert (await source.token()).reveal() == "access-1"


async def test_a_rotated_refresh_token_is_stored() -> None:
    secrets = MemorySecrets()
    async with ScriptedServer(Hub(refresh_token="na1-new")) as server, tokens(server, secrets) as source:
        old = await source.token()
        assert secrets.values["refreshToken"] == "na1-new"
        await source.refused(old)
    assert server.received[1].form["refresh_token"] == "na1-new"


@pytest.mark.parametrize("where", ["environment", "systemd"])
async def test_a_rotated_refresh_token_that_cannot_be_stored_stops(where: str) -> None:
    secrets = MemorySecrets(sources={"refreshToken": where})
    async with ScriptedServer(Hub(refresh_token="na1-canary-new")) as server, tokens(server, secrets) as source:
        for _ in range(2):
            with pytest.raises(e.TokenNotKept, match=where) as caught:
                await source.token()
        assert caught.value.stops_run
        assert "vault" in caught.value.advice
        assert "canary" not in str(caught.value)
        assert secrets.values["refreshToken"] == REFRESH
    assert len(server.received) == 1


async def test_the_same_refresh_token_from_the_environment_is_no_rotation() -> None:
    async with (
        ScriptedServer(Hub()) as server,
        tokens(server, MemorySecrets(sources={"refreshToken": "environment"})) as source,
    ):
        assert (await source.token()).reveal() == "access-1"


async def test_a_vault_that_does_not_take_it_stops_until_it_does() -> None:
    secrets = MemorySecrets(broken=True)
    async with ScriptedServer(Hub(refresh_token="na1-canary-new")) as server, tokens(server, secrets) as source:
        with pytest.raises(e.TokenNotKept, match="RuntimeError") as caught:
            await source.token()
        assert "canary" not in crash_report(caught.value)
        secrets.broken = False
        assert (await source.token()).reveal() == "access-1"
    assert secrets.values["refreshToken"] == "na1-canary-new"
    assert len(server.received) == 1


async def test_a_caller_that_is_cancelled_does_not_take_the_new_refresh_token_with_it() -> None:
    secrets = MemorySecrets()
    async with ScriptedServer(Hub(delay=0.1, refresh_token="na1-new")) as server, tokens(server, secrets) as source:
        caller = asyncio.create_task(source.token())
        await asyncio.sleep(0.05)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert (await source.token()).reveal() == "access-1"
    assert secrets.values["refreshToken"] == "na1-new"
    assert len(server.received) == 1


async def test_closing_waits_for_a_refresh_under_way() -> None:
    secrets = MemorySecrets()
    async with ScriptedServer(Hub(delay=0.1, refresh_token="na1-new")) as server, tokens(server, secrets) as source:
        caller = asyncio.create_task(source.token())
        await asyncio.sleep(0.05)
        caller.cancel()
    assert secrets.values["refreshToken"] == "na1-new"


NOISE = {
    "429": Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}, {"Retry-After": "0.01"}),
    "503": Reply(503, b"<html>busy</html>"),
    "html-400": Reply(400, b"<html>bad gateway of some proxy</html>"),
    "html-401": Reply(401, b"<html>sign in</html>"),
    "html-200": Reply(200, b"<html>sign in</html>"),
    "reset": RESET,
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE.keys())
async def test_noise_is_asked_again_and_never_a_revoked_grant(noise: Reply) -> None:
    hub = Hub()
    hub.noise = [noise]
    async with ScriptedServer(hub) as server, tokens(server) as source:
        assert (await source.token()).reveal() == "access-1"
    assert len(server.received) == 2


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE.keys())
async def test_lasting_noise_says_that_nothing_was_sent_and_keeps_the_credentials(noise: Reply) -> None:
    secrets = MemorySecrets()
    async with ScriptedServer([noise]) as server, tokens(server, secrets) as source:
        with pytest.raises((e.NotSent, e.RateLimited)):
            await source.token()
    assert len(server.received) == token_endpoint.ATTEMPTS
    assert secrets.values["refreshToken"] == REFRESH


async def test_while_the_old_token_is_good_a_failing_refresh_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(oauth, "_now", lambda: now[0])
    hub = Hub(1800)
    async with ScriptedServer(hub) as server, tokens(server) as source:
        await source.token()
        hub.noise = [Reply(503, b"")] * 40
        now[0] += 1741
        assert (await source.token()).reveal() == "access-1"
        asked = len(server.received)
        assert (await source.token()).reveal() == "access-1"
        assert len(server.received) == asked
        now[0] += 60
        with pytest.raises(e.NotSent):
            await source.token()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"}, e.GrantDead),
        ({"status": "BAD_HUB", "error": "access_denied", "message": "missing or unknown hub id"}, e.GrantDead),
        ({"error": "invalid_grant"}, e.GrantDead),
        ({"status": "BAD_CLIENT_ID", "error": "invalid_client"}, e.ClientRefused),
        ({"status": "BAD_CLIENT_SECRET"}, e.ClientRefused),
        ({"status": "BAD_REDIRECT_URI", "error": "invalid_grant"}, e.ClientRefused),
        ({"error": "unsupported_grant_type"}, e.ClientRefused),
        ({"message": "something else"}, e.NotSent),
    ],
)
async def test_verdicts_of_the_token_endpoint(body: dict[str, str], kind: type[e.HubSpotError]) -> None:
    async with ScriptedServer([Reply(400, body)]) as server, tokens(server) as source:
        with pytest.raises(kind) as caught:
            await source.token()
    assert type(caught.value) is kind
    assert len(server.received) == 1


async def test_a_dead_grant_looks_whether_another_process_stored_a_newer_one() -> None:
    secrets = MemorySecrets()
    good = Hub()

    def script(request: Received) -> Reply:
        if request.form["refresh_token"] == REFRESH:
            secrets.values["refreshToken"] = "na1-newer"
            return DEAD
        return Reply(200, {"access_token": "access-1", "refresh_token": "na1-newer", "expires_in": 1800})

    async with ScriptedServer(script) as server, tokens(server, secrets) as source:
        assert (await source.token()).reveal() == "access-1"
    assert [request.form["refresh_token"] for request in server.received] == [REFRESH, "na1-newer"]
    assert good.minted == 0


@pytest.mark.parametrize("missing", ["refreshToken", "clientSecret"])
async def test_a_missing_secret_is_named_before_anything_is_sent(missing: str) -> None:
    secrets = MemorySecrets()
    del secrets.values[missing]
    async with ScriptedServer(Hub()) as server, tokens(server, secrets) as source:
        with pytest.raises(e.Unauthorized) as caught:
            await source.token()
    assert missing in caught.value.advice
    assert server.received == []


@pytest.mark.parametrize("authentication", ["oauth", "token"])
async def test_a_locked_vault_means_that_nothing_was_sent(authentication: str) -> None:
    class Locked(MemorySecrets):
        async def get(self, name: str) -> str | None:
            raise VaultLocked("The vault is locked.", "Unlock it.")

    async with ScriptedServer(Hub()) as server, opened(server.url, Locked(), authentication=authentication) as hubspot:
        [outcome] = await hubspot.contacts.batch_create([Write(properties={"email": "a@b.example"})])
    assert isinstance(outcome.error, e.NotSent)
    assert outcome.error.stops_run
    assert (outcome.error.message, outcome.error.advice) == ("The vault is locked.", "Unlock it.")
    assert server.received == []


async def test_a_token_is_fresh_when_the_slot_comes() -> None:
    """A slot may be waited for longer than a token lives."""

    class SlowBudget(TinyBudget):
        @asynccontextmanager
        async def slot(self, kind: Any = "burst", priority: Any = "bulk") -> AsyncIterator[Any]:
            async with super().slot(kind, priority) as lease:
                await asyncio.sleep(1.1)
                yield lease

    async with (
        ScriptedServer(Hub(seconds=1)) as server,
        opened(server.url, budget=SlowBudget(), authentication="oauth") as hubspot,
    ):
        await hubspot.account.details()
    assert [request.headers.get("authorization") for request in server.received] == [None, None, "Bearer access-2"]


async def test_an_echoed_secret_is_hidden() -> None:
    echo = Reply(400, {"status": "BAD_CLIENT_SECRET", "message": f"{CLIENT_SECRET} is not the secret for {REFRESH}"})
    async with ScriptedServer([echo]) as server, tokens(server) as source:
        with pytest.raises(e.ClientRefused) as caught:
            await source.token()
    assert "canary" not in str(caught.value)
    assert "[hidden]" in str(caught.value)


@pytest.mark.parametrize("status", [200, 201])
async def test_tokens_in_an_answer_do_not_show_in_a_crash_report(status: int) -> None:
    strange = Reply(status, {"access_token": ["canary-a"], "refresh_token": "canary-b", "expires_in": 5})
    async with ScriptedServer([strange]) as server, tokens(server) as source:
        with pytest.raises(e.NotSent, match="without an access token") as caught:
            await source.token()
    assert "canary" not in crash_report(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, b"<html></html>"),
        Reply(302, b"", {"Location": "https://login.example/"}),
        Reply(409, {"message": "x"}),
    ],
)
async def test_whatever_the_token_endpoint_says_the_request_itself_was_not_sent(reply: Reply) -> None:
    async with ScriptedServer([reply]) as server, opened(server.url, authentication="oauth") as hubspot:
        [outcome] = await hubspot.contacts.batch_create([Write(properties={"email": "a@b.example"})])
    assert type(outcome.error) is e.NotSent
    assert [request.path for request in server.received] == ["/oauth/2026-09/token"]


async def test_static_tokens_are_read_again_when_refused() -> None:
    secrets = MemorySecrets()
    source = StaticToken(secrets)
    token = await source.token()
    assert token.reveal() == ACCESS
    assert await source.refused(token) is False
    secrets.values["accessToken"] = "pat-na1-rotated\n"
    assert await source.refused(token) is True
    assert (await source.token()).reveal() == "pat-na1-rotated"


@pytest.mark.parametrize("value", ["", "  ", "two words", "caf\u00e9", "line\nbreak"])
async def test_what_cannot_be_a_token_is_refused_unseen(value: str) -> None:
    with pytest.raises(e.Unauthorized) as caught:
        await StaticToken(MemorySecrets({"accessToken": value})).token()
    assert not value.strip() or value.strip() not in str(caught.value)


async def test_the_identity_is_per_app_and_shows_nothing() -> None:
    one = await StaticToken(MemorySecrets()).identity()
    other = await StaticToken(MemorySecrets({"accessToken": "pat-na1-other"})).identity()
    assert one != other
    assert ACCESS not in one


async def test_one_app_in_two_portals_has_two_budgets_that_outlive_a_restart() -> None:
    async with ScriptedServer(Hub(hub_id=11)) as first, ScriptedServer(Hub(hub_id=22)) as second:
        async with tokens(first) as a, tokens(second) as b, tokens(first, client_id="app-2") as c:
            asked = [await source.identity() for source in (a, b, c)]
        assert len(set(asked)) == 3
        assert len(first.received) == 2
        async with tokens(first, portal_id=11) as a, tokens(second, portal_id=22) as b:
            assert [await a.identity(), await b.identity()] == asked[:2]
        assert len(first.received) == 2, "a portal that is known is not asked for"
    assert not any(REFRESH in one or CLIENT_SECRET in one for one in asked)


@pytest.mark.parametrize("noise", [Reply(503, b""), DEAD, RESET])
async def test_where_the_portal_cannot_be_asked_the_app_alone_is_counted(noise: Reply) -> None:
    async with ScriptedServer([noise]) as server, tokens(server) as a, tokens(server, client_id="app-2") as b:
        assert await a.identity() == await a.identity() != await b.identity()


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("canary")
    assert "canary" not in f"{secret} {secret!r} {[secret]} {secret!s:>10}"
    with pytest.raises(TypeError):
        secret.__reduce__()


async def test_expiry_in_the_middle_of_a_run_is_one_refresh_and_one_replay_each() -> None:
    hub = Hub()
    async with ScriptedServer(hub) as server, opened(server.url, authentication="oauth") as hubspot:
        await hubspot.account.details()
        hub.minted += 1  # as if HubSpot had ended access-1 early
        details = await asyncio.gather(*(hubspot.account.details() for _ in range(10)))
    assert [found.portal_id for found in details] == [1] * 10
    assert sum(request.path.endswith("/token") for request in server.received) == 2


def calls(server: ScriptedServer, suffix: str) -> int:
    return sum(request.path.endswith(suffix) for request in server.received)


@pytest.mark.parametrize("authentication", ["oauth", "token"])
async def test_a_second_401_is_final(authentication: str) -> None:
    def script(request: Received) -> Reply:
        if request.path.endswith("/token"):
            return Reply(200, {"access_token": f"access-{calls(server, '/token')}", "expires_in": 1800})
        return Reply(401, {"category": "INVALID_AUTHENTICATION", "message": "no"})

    async with ScriptedServer(script) as server, opened(server.url, authentication=authentication) as hubspot:
        with pytest.raises(e.Unauthorized) as caught:
            await hubspot.contacts.create({"email": "a@b.example"})
        assert caught.value.stops_run
        assert calls(server, "/contacts") == (2 if authentication == "oauth" else 1)
