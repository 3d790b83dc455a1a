"""Installing the OAuth app at the simulator: page, redirects, codes, PKCE, legacy metadata. Facts: sections 2.1 to 2.4."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from console.simulator.authorize import registrable, verified
from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

BACK = "http://localhost:8765/callback"
SCOPES = "oauth crm.objects.contacts.read"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123"
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    """One process for the file."""
    with start_simulator(contacts=2) as running:
        yield running


@pytest.fixture
def hubspot(process: Simulator) -> Simulator:
    """A portal with the settings of the start."""
    process.reset()
    return process


def asks(hubspot: Simulator, *, path: str = "/oauth/authorize", **changed: Any) -> Answer:
    """A browser follows the app's link."""
    query = {"client_id": hubspot.client_id, "redirect_uri": BACK, "scope": SCOPES, "state": "s 1"} | changed
    sent = {name: value for name, value in query.items() if value is not None}
    return hubspot.get(f"{path}?{urlencode(sent)}", token=None)


def came_back(answer: Answer, at: str = BACK) -> dict[str, str]:
    """What the redirect carries."""
    assert answer.status == 302, answer.text
    location = answer.headers["location"]
    assert location.startswith(at)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def approved(hubspot: Simulator, **changed: Any) -> str:
    """A code, as handed out at once."""
    hubspot.settings(authorizePage="approve")
    return came_back(asks(hubspot, **changed))["code"]


def redeem(hubspot: Simulator, code: str, path: str = "/oauth/2026-09/token", **changed: str) -> Answer:
    form = {
        "grant_type": "authorization_code",
        "client_id": hubspot.client_id,
        "client_secret": hubspot.client_secret,
        "redirect_uri": BACK,
        "code": code,
    }
    return hubspot.request("POST", path, form=form | changed, token=None)


def test_the_page_asks_and_its_links_decide(hubspot: Simulator) -> None:
    page = asks(hubspot, state='"><script>x</script>')
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "<script>" not in page.text
    assert "crm.objects.contacts.read" in page.text
    links = {name: unescape(href) for name, href in re.findall(r'id="(\w+)"[^>]*href="([^"]+)"', page.text)}
    said = came_back(hubspot.get("/oauth/authorize" + links["approve"], token=None))
    assert said["state"] == '"><script>x</script>'
    assert redeem(hubspot, said["code"]).status == 200
    said = came_back(hubspot.get("/oauth/authorize" + links["deny"], token=None))
    assert (said["error"], "code" in said) == ("access_denied", False)
    assert said["error_description"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("approve", {"state", "code"}),
        ("deny", {"state", "error", "error_description"}),
        ("error", {"state", "error", "error_description"}),
    ],
)
def test_it_can_decide_by_itself(hubspot: Simulator, mode: str, expected: set[str]) -> None:
    hubspot.settings(authorizePage=mode)
    said = came_back(asks(hubspot))
    assert set(said) == expected
    assert said["state"] == "s 1"
    assert "state" not in came_back(asks(hubspot, state=None))


def test_a_code_gives_tokens_of_the_granted_scopes_once(hubspot: Simulator) -> None:
    code = approved(hubspot)
    answer = redeem(hubspot, code)
    assert answer.status == 200
    assert answer.json["scopes"] == sorted(SCOPES.split())
    assert answer.json["refresh_token"].startswith("na1-")
    token = answer.json["access_token"]
    assert hubspot.get("/crm/objects/2026-09/contacts", token=token).status == 200
    assert (
        hubspot.post("/crm/objects/2026-09/contacts", {"properties": {"email": "a@x.example"}}, token=token).status
        == 403
    )
    assert redeem(hubspot, code).json["status"] == "BAD_AUTH_CODE"
    form = {"grant_type": "refresh_token", "client_id": hubspot.client_id, "client_secret": hubspot.client_secret}
    again = hubspot.request(
        "POST", "/oauth/v3/token", form=form | {"refresh_token": answer.json["refresh_token"]}, token=None
    )
    assert again.json["scopes"] == sorted(SCOPES.split())


def test_a_code_does_not_last(hubspot: Simulator) -> None:
    code = approved(hubspot)
    hubspot.advance(61)
    assert redeem(hubspot, code).json["status"] == "BAD_AUTH_CODE"
    hubspot.credentials(codeSeconds=40)
    code = approved(hubspot)
    hubspot.advance(20)
    assert redeem(hubspot, code).status == 200
    hubspot.settings(authorizePage="expired-code")
    late = came_back(asks(hubspot))
    assert redeem(hubspot, late["code"]).json["status"] == "BAD_AUTH_CODE"


def test_the_state_can_be_forged(hubspot: Simulator) -> None:
    hubspot.settings(authorizePage="wrong-state")
    assert came_back(asks(hubspot))["state"] != "s 1"


def test_the_token_endpoint_wants_the_same_redirect_uri(hubspot: Simulator) -> None:
    code = approved(hubspot)
    refused = redeem(hubspot, code, redirect_uri="http://localhost:8766/callback")
    assert (refused.status, refused.json["status"], refused.json["error"]) == (400, "BAD_REDIRECT_URI", "invalid_grant")
    assert redeem(hubspot, code).status == 200


def test_pkce_is_checked(hubspot: Simulator) -> None:
    pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    code = approved(hubspot, **pkce)
    for wrong in ({}, {"code_verifier": VERIFIER + "x"}):
        assert redeem(hubspot, code, **wrong).json["status"] == "BAD_CODE_VERIFIER"
    assert redeem(hubspot, code, code_verifier=VERIFIER).status == 200
    assert redeem(hubspot, approved(hubspot), code_verifier=VERIFIER).json["status"] == "BAD_CODE_VERIFIER"
    assert asks(hubspot, code_challenge=VERIFIER, code_challenge_method="plain").status == 400
    assert asks(hubspot, code_challenge="short", code_challenge_method="S256").status == 400
    hubspot.credentials(pkce=False)
    assert redeem(hubspot, approved(hubspot, **pkce)).status == 200  # an app without PKCE
    assert verified("", "")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client_id": "x"}, "client_id"),
        ({"redirect_uri": "http://localhost:9999/callback"}, "registered"),
        ({"redirect_uri": "http://localhost:8765/callback/"}, "registered"),
        ({"redirect_uri": "http://127.0.0.1:8765/callback"}, "IP addresses"),
        ({"redirect_uri": "http://[::1]:8765/callback"}, "IP addresses"),
        ({"redirect_uri": "http://hub.example/callback"}, "https"),
        ({"redirect_uri": None}, "absolute URL"),
        ({"scope": None}, "scope"),
        ({"scope": "oauth tickets"}, "tickets"),
        ({"response_type": "token"}, "response_type"),
    ],
)
def test_requests_that_never_come_back(hubspot: Simulator, changed: dict[str, Any], words: str) -> None:
    hubspot.settings(authorizePage="approve")
    answer = asks(hubspot, **changed)
    assert answer.status == 400
    assert words in answer.text
    assert "location" not in answer.headers


def test_optional_scopes_that_the_account_lacks_are_dropped(hubspot: Simulator) -> None:
    hubspot.credentials(scopes=["oauth", "crm.objects.contacts.read"])
    code = approved(hubspot, scope="oauth", optional_scope="crm.objects.contacts.read crm.objects.contacts.write")
    assert redeem(hubspot, code).json["scopes"] == ["crm.objects.contacts.read", "oauth"]
    missing = asks(hubspot, scope="oauth crm.objects.contacts.write")
    assert (missing.status, "crm.objects.contacts.write" in missing.text) == (400, True)


def test_an_account_can_be_named_in_the_path(hubspot: Simulator) -> None:
    hubspot.settings(authorizePage="approve")
    assert came_back(asks(hubspot, path=f"/oauth/{hubspot.portal_id}/authorize"))["code"]
    assert asks(hubspot, path="/oauth/1/authorize").status == 400


def test_redirect_uris_are_registered_by_option() -> None:
    uris = ["http://localhost:9001/back?x=1", "https://hub.example/back"]
    with start_simulator(redirect_uri=uris, assume=["authorize-page=approve"]) as hubspot:
        assert came_back(asks(hubspot, redirect_uri=uris[0]), "http://localhost:9001/back?x=1&code=")["x"] == "1"
        assert came_back(asks(hubspot, redirect_uri=uris[1]), uris[1])["state"] == "s 1"
        assert asks(hubspot).status == 400
        refused = hubspot.post("/_simulator/credentials", {"redirectUris": ["http://127.0.0.1:1/x"]})
        assert (refused.status, "IP addresses" in refused.text) == (400, True)


@pytest.mark.parametrize(
    "uri", ["", "callback", "http://10.0.0.1/x", "ftp://localhost/x", "https://a.example/#x", "http://[::/"]
)
def test_what_cannot_be_registered(uri: str) -> None:
    assert registrable(uri)


def test_a_deleted_account(hubspot: Simulator) -> None:
    hubspot.credentials(hubDeleted=True)
    answer = redeem(hubspot, "x")
    assert (answer.json["status"], answer.json["error"]) == ("BAD_HUB", "access_denied")
    assert answer.json["message"] == "missing or unknown hub id"


def test_v1_errors_have_status_and_message_only(hubspot: Simulator) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    client = {"client_id": hubspot.client_id, "client_secret": hubspot.client_secret}
    answer = hubspot.request("POST", "/oauth/v1/token", form=form | client, token=None)
    assert set(answer.json) == {"status", "message", "correlationId"}
    assert answer.json["message"] == "missing or invalid refresh token"


def test_legacy_metadata(hubspot: Simulator) -> None:
    tokens = redeem(hubspot, approved(hubspot)).json
    about = hubspot.get(f"/oauth/v1/access-tokens/{tokens['access_token']}", token=None).json
    assert (about["token_type"], about["hub_id"], about["scopes"]) == (
        "access",
        hubspot.portal_id,
        sorted(SCOPES.split()),
    )
    assert about["signed_access_token"]["hubId"] == hubspot.portal_id
    path = f"/oauth/v1/refresh-tokens/{tokens['refresh_token']}"
    assert hubspot.get(path, token=None).json["token_type"] == "refresh"
    assert hubspot.request("DELETE", path, token=None).status == 204
    assert hubspot.get(path, token=None).status == 404
    assert hubspot.get("/oauth/v1/access-tokens/x", token=None).status == 404
    assert all("na1-" not in one["path"] and "CK" not in one["path"] for one in hubspot.asked())


def test_an_app_can_leave(hubspot: Simulator) -> None:
    token = hubspot.access_token()
    assert hubspot.request("DELETE", "/appinstalls/2026-09/external-install", token=token).status == 204
    assert hubspot.get("/crm/objects/2026-09/contacts", token=token).status == 401
    assert hubspot.get("/crm/objects/2026-09/contacts").status == 200  # the private app stays


def test_an_app_token_of_its_own_opens_no_records(hubspot: Simulator) -> None:
    answer = redeem(hubspot, "", grant_type="client_credentials")
    assert (answer.status, answer.json["token_use"]) == (200, "client_credentials")
    assert hubspot.get("/crm/objects/2026-09/contacts", token=answer.json["access_token"]).status == 403


def test_tokens_can_die_before_they_say(hubspot: Simulator) -> None:
    hubspot.credentials(tokenDiesAfter=60)
    answer = redeem(hubspot, approved(hubspot))
    assert answer.json["expires_in"] == 1800
    token = answer.json["access_token"]
    hubspot.advance(30)
    assert hubspot.get("/crm/objects/2026-09/contacts", token=token).status == 200
    hubspot.advance(30)
    assert hubspot.get("/crm/objects/2026-09/contacts", token=token).json["category"] == "EXPIRED_AUTHENTICATION"
    with start_simulator(token_dies_after=3) as other:
        token = other.access_token()
        other.advance(3)
        assert other.get("/account-info/v3/details", token=token).status == 401


def test_grants_outlive_the_process(tmp_path: Path) -> None:
    data = tmp_path / "portal"
    with start_simulator(data=data) as first:
        refresh = redeem(first, approved(first)).json["refresh_token"]
        assert first.stop() == 0
    with start_simulator(data=data) as second:
        answer = redeem(second, "", grant_type="refresh_token", refresh_token=refresh)
        assert answer.json["scopes"] == sorted(SCOPES.split())
