"""Who may call: static and OAuth tokens, their errors, life, revocation and scopes. Facts: section 2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/objects/2026-09/contacts"
VERSIONS = ("v1", "v3", "2026-03", "2026-09")


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    """One process for the file."""
    with start_simulator() as running:
        yield running


@pytest.fixture
def hubspot(process: Simulator) -> Simulator:
    """An empty portal."""
    process.reset()
    return process


def grant(hubspot: Simulator, path: str = "/oauth/2026-09/token", **changed: str) -> Answer:
    form = {
        "grant_type": "refresh_token",
        "client_id": hubspot.client_id,
        "client_secret": hubspot.client_secret,
        "refresh_token": hubspot.refresh_token,
    }
    return hubspot.request("POST", path, form=form | changed, token=None)


def test_a_refresh_token_gives_access_tokens(hubspot: Simulator) -> None:
    for version in VERSIONS:
        answer = grant(hubspot, f"/oauth/{version}/token")
        assert answer.status == 200
        assert answer.json["expires_in"] == 1800
        assert answer.json["hub_id"] == hubspot.portal_id
        assert answer.json["refresh_token"] == hubspot.refresh_token  # the same value today
        assert hubspot.get(CONTACTS, token=answer.json["access_token"]).status == 200
    assert len(set(hubspot.state()["tokens"])) == len(VERSIONS)


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"refresh_token": "na1-unknown"}, "BAD_REFRESH_TOKEN", "invalid_grant"),
        ({"client_id": "x"}, "BAD_CLIENT_ID", "invalid_client"),
        ({"client_secret": "x"}, "BAD_CLIENT_SECRET", "invalid_client"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE", "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "BAD_AUTH_CODE", "invalid_grant"),
    ],
)
def test_oauth_errors(hubspot: Simulator, changed: dict[str, str], status: str, error: str) -> None:
    answer = grant(hubspot, **changed)
    assert answer.status == 400
    assert (answer.json["status"], answer.json["error"]) == (status, error)
    assert answer.json["message"] == answer.json["error_description"]


def test_parameters_in_the_query_count_for_v1_only(hubspot: Simulator) -> None:
    query = (
        f"?grant_type=refresh_token&client_id={hubspot.client_id}&client_secret={hubspot.client_secret}"
        f"&refresh_token={hubspot.refresh_token}"
    )
    assert hubspot.request("POST", "/oauth/v1/token" + query, form={}, token=None).status == 200
    assert hubspot.request("POST", "/oauth/v3/token" + query, form={}, token=None).status == 400


def test_an_access_token_ends(hubspot: Simulator) -> None:
    token = hubspot.access_token()
    hubspot.advance(1799)
    assert hubspot.get(CONTACTS, token=token).status == 200
    hubspot.advance(76)
    answer = hubspot.get(CONTACTS, token=token)
    assert answer.status == 401
    assert answer.json["category"] == "EXPIRED_AUTHENTICATION"
    assert answer.json["message"].startswith("The OAuth token used to make this call expired 7")
    assert answer.json["context"]["expire time"][0].endswith("Z")
    assert hubspot.get(CONTACTS, token=hubspot.access_token()).status == 200


def test_short_lives_and_forced_ends(hubspot: Simulator) -> None:
    hubspot.credentials(tokenSeconds=7)
    assert grant(hubspot).json["expires_in"] == 7
    token = hubspot.access_token()
    hubspot.credentials(expireAccess=True)
    assert hubspot.get(CONTACTS, token=token).json["category"] == "EXPIRED_AUTHENTICATION"


@pytest.mark.parametrize("token", [None, "", "pat-na1-00000000-0000-4000-8000-000000000000"])
def test_no_or_unknown_static_credentials(hubspot: Simulator, token: str | None) -> None:
    answer = hubspot.get(CONTACTS, token=token)
    assert answer.status == 401
    assert answer.json["category"] == "INVALID_AUTHENTICATION"
    assert answer.json["message"].startswith("Authentication credentials not found.")


def test_a_made_up_oauth_token_ended_in_1970(hubspot: Simulator) -> None:
    answer = hubspot.get(CONTACTS, token="CKgarbage")
    assert answer.json["category"] == "EXPIRED_AUTHENTICATION"
    assert "day(s) ago" in answer.json["message"]
    assert answer.json["context"]["expire time"] == ["1970-01-01T00:00:00.000Z"]


def test_introspection_and_revocation(hubspot: Simulator) -> None:
    client = {"client_id": hubspot.client_id, "client_secret": hubspot.client_secret}
    token = hubspot.access_token()

    def ask(verb: str, **form: str) -> Answer:
        return hubspot.request("POST", f"/oauth/2026-09/token/{verb}", form=client | form, token=None)

    for field in ("token", "access_token"):
        about = ask("introspect", token_type_hint="access_token", **{field: token}).json
        assert (about["active"], about["token_use"], about["hub_id"]) == (True, "access_token", hubspot.portal_id)
    about = ask("introspect", token=hubspot.refresh_token).json
    assert (about["token_use"], "expires_in" in about) == ("refresh_token", False)
    assert ask("revoke", token=hubspot.refresh_token).status == 200
    assert ask("introspect", token=hubspot.refresh_token).json == {"active": False}
    assert grant(hubspot).json["status"] == "BAD_REFRESH_TOKEN"
    assert hubspot.get(CONTACTS, token=token).status == 200  # issued tokens live on
    ask("revoke", token=token)
    assert hubspot.get(CONTACTS, token=token).status == 401
    assert ask("introspect", token="x", client_secret="wrong").status == 400


def test_a_rotated_refresh_token_kills_the_old_one(hubspot: Simulator) -> None:
    hubspot.credentials(rotateRefresh=True)
    rotated = grant(hubspot).json["refresh_token"]
    assert rotated != hubspot.refresh_token
    assert grant(hubspot).json["status"] == "BAD_REFRESH_TOKEN"
    assert grant(hubspot, refresh_token=rotated).status == 200


def test_missing_scopes() -> None:
    with start_simulator(scopes="oauth,crm.objects.contacts.read", contacts=3) as hubspot:
        assert hubspot.get(CONTACTS).status == 200
        assert hubspot.get("/crm/v3/properties/contacts").status == 200  # either scope will do
        assert hubspot.get("/account-info/v3/details").status == 200
        answer = hubspot.post(CONTACTS, {"properties": {"email": "a@x.example"}})
        assert answer.status == 403
        assert answer.json["category"] == "MISSING_SCOPES"
        context = answer.json["errors"][0]["context"]
        assert context["requiredGranularScopes"] == ["crm.objects.contacts.write"]
        refused = hubspot.get("/crm/v3/properties/companies").json["errors"][0]["context"]["requiredGranularScopes"]
        assert refused == ["crm.schemas.companies.read", "crm.objects.companies.read"]
        hubspot.credentials(scopes=["crm.objects.contacts.write"])
        assert hubspot.post(CONTACTS, {"properties": {"email": "a@x.example"}}).status == 201
        hubspot.credentials(staticWorks=False)
        assert hubspot.get(CONTACTS).status == 401


def test_the_control_panel_wants_the_static_token_and_is_not_counted(hubspot: Simulator) -> None:
    assert hubspot.get("/_simulator/state", token=None).status == 401
    assert hubspot.get("/_simulator/state", token=hubspot.access_token()).status == 401
    before = hubspot.state()["requests"]["total"]
    assert hubspot.state()["requests"]["total"] == before
    assert hubspot.post("/_simulator/settings", {"noSuch": 1}).status == 400
    assert hubspot.post("/_simulator/faults", {"spec": "nonsense"}).status == 400
    assert hubspot.post("/_simulator/clock", {"advance": -1}).status == 400
    assert hubspot.post("/_simulator/records", {"objectType": "contacts", "id": "5"}).status == 400
