"""What HubSpot says to a gateway is what a console behind the gateway hears."""

from __future__ import annotations

from typing import Any

import pytest

from console.connector.remote_errors import answered, refused
from console.gateway.crest.answers import encoded
from console.gateway.crest.refused import of_hubspot
from console.hubspot import errors as hubspot
from console.hubspot.answer import Answer
from console.hubspot.errors import HubSpotError, PropertyProblem

KINDS: list[tuple[type[HubSpotError], dict[str, Any]]] = [
    (hubspot.Conflict, {"existing_id": "101", "status": 409}),
    (hubspot.DailyLimitReached, {"status": 429}),
    (hubspot.Forbidden, {"status": 403}),
    (hubspot.Invalid, {"problems": (PropertyProblem("email", "INVALID_EMAIL", "<b> is none"),), "status": 400}),
    (hubspot.Locked, {"status": 423}),
    (hubspot.Migrating, {"status": 477, "retry_after": 30.0}),
    (hubspot.NotFound, {"status": 404}),
    (hubspot.OutcomeUnknown, {}),
    (hubspot.RateLimited, {"status": 429, "retry_after": 3.0}),
    (hubspot.ServerFault, {"status": 502, "category": "BAD_GATEWAY"}),
    (hubspot.Unauthorized, {"status": 401}),
    (hubspot.Unmentioned, {"status": 207}),
]


@pytest.mark.parametrize(("kind", "more"), KINDS, ids=[kind.__name__ for kind, _ in KINDS])
def test_an_error_goes_through_a_gateway_and_stays_what_it_is(kind: type[HubSpotError], more: dict[str, Any]) -> None:
    error = kind("It is <so> & so", correlation_id="abc-1", **more)
    sent = of_hubspot(error, "CREATE", "contact")
    heard = answered(
        Answer(
            status=sent.status,
            headers={name.lower(): one for name, one in sent.headers.items()},
            body=encoded(sent.body),
        )
    )
    assert type(heard) is kind
    assert heard.message == error.message
    assert heard.category == error.category
    assert heard.retry_after == error.retry_after
    assert getattr(heard, "existing_id", None) == getattr(error, "existing_id", None)
    assert getattr(heard, "problems", ()) == getattr(error, "problems", ())
    assert "<so>" not in sent.body["message"]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"code": 401, "reason": "Unauthorized", "message": "Access Denied"}, hubspot.Unauthorized),
        (403, {"code": 403, "reason": "Forbidden", "message": "Access denied"}, hubspot.Forbidden),
        (404, {"code": 404, "reason": "Not Found", "message": "Object 1 not found", "detail": {}}, hubspot.NotFound),
        (412, {"code": 412, "message": "System object x already exists"}, hubspot.Conflict),
        (400, {"code": 400, "message": "Attribute value conflicts"}, hubspot.Invalid),
        (501, {"code": 501, "message": "Operation is not supported"}, hubspot.Invalid),
        (503, {"code": 503, "message": "Connection failed"}, hubspot.ServerFault),
        (500, {}, hubspot.ServerFault),
        (429, {"code": 429, "message": "slow down"}, hubspot.RateLimited),
        (302, {}, hubspot.Unexpected),
        (400, {"detail": {"icfError": 7, "hubspot": [], "problems": "x"}, "message": None}, hubspot.Invalid),
    ],
)
def test_what_an_identity_server_refuses_is_one_of_hubspots_errors(
    status: int, body: dict[str, Any], kind: type[HubSpotError]
) -> None:
    assert type(answered(Answer(status=status, body=encoded(body)))) is kind


def test_what_is_no_crest_is_an_error_too() -> None:
    assert answered(Answer(status=204)) is None
    assert isinstance(answered(Answer(status=502, body=b"<html>bad gateway</html>")), hubspot.ServerFault)
    assert refused({"message": "&lt;b&gt;"}, 400).message == "<b>"
