"""Every answer becomes the error that says what to do, and none makes the reading fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from console.hubspot import errors as e
from console.hubspot.answer import Answer
from console.hubspot.classify import classify, classify_entry, partial_errors, property_problems
from console.hubspot.grants import Grant, grant_of

HTML = b"<html><head><title>414 Request-URI Too Large</title></head></html>"
STATUSES = st.one_of(
    st.integers(100, 999), st.sampled_from([200, 201, 204, 207, 302, 400, 401, 403, 404, 409, 423, 429, 477, 502, 530])
)


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return Answer(status=status, body=raw, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (301, b"", e.Unexpected),
        (400, {"category": "VALIDATION_ERROR", "message": "x"}, e.Invalid),
        (400, HTML, e.Invalid),
        (400, {"message": "Cannot set x on 15. 14 already has that value."}, e.Conflict),
        (401, {"category": "EXPIRED_AUTHENTICATION"}, e.Unauthorized),
        (401, HTML, e.Unauthorized),
        (403, {"category": "MISSING_SCOPES"}, e.MissingScopes),
        (403, {"message": "higher tier"}, e.Forbidden),
        (404, {"category": "OBJECT_NOT_FOUND", "message": "resource not found"}, e.NotFound),
        (404, HTML, e.Unexpected),
        (404, b"", e.Unexpected),
        (405, b"", e.Invalid),
        (408, b"", e.ServerFault),
        (409, {"category": "CONFLICT"}, e.Conflict),
        (413, b"", e.Invalid),
        (414, HTML, e.Invalid),
        (423, b"", e.Locked),
        (429, {"policyName": "TEN_SECONDLY_ROLLING"}, e.RateLimited),
        (429, b"error code: 1015", e.RateLimited),
        (429, {"policyName": "DAILY"}, e.DailyLimitReached),
        (429, {"message": "You have reached your daily limit."}, e.DailyLimitReached),
        (477, b"", e.Migrating),
        (500, b"", e.ServerFault),
        (524, HTML, e.ServerFault),
        (530, HTML, e.ServerFault),
        (999, b"", e.Unexpected),
    ],
)
def test_each_status_has_its_error(status: int, body: Any, kind: type[e.HubSpotError]) -> None:
    found = classify(answer(status, body, x_hubspot_correlation_id="c-9"))
    assert type(found) is kind
    assert (found.status, found.correlation_id) == (status, "c-9")
    assert found.message


@pytest.mark.parametrize("status", [200, 201, 204, 207, 299])
def test_every_2xx_is_a_success_whatever_its_number(status: int) -> None:
    assert classify(answer(status, b"")) is None


@pytest.mark.parametrize(
    ("body", "policy"),
    [
        (
            {"message": "You have reached your ten_secondly_rolling limit.", "policyName": "TEN_SECONDLY_ROLLING"},
            "TEN_SECONDLY_ROLLING",
        ),
        ({"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}, "SECONDLY"),
        ({"message": "You have reached your ten_secondly_rolling limit."}, ""),
        ({}, ""),
    ],
)
def test_the_policy_of_a_429_is_known_or_empty(body: dict[str, str], policy: str) -> None:
    found = classify(answer(429, body, retry_after="7"))
    assert isinstance(found, e.RateLimited)
    assert (found.policy, found.retry_after) == (policy, 7.0)


@pytest.mark.parametrize(
    ("header", "seconds"), [("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("nan", None), ("1e9", 86400.0), ("soon", None)]
)
def test_retry_after_is_seconds_or_nothing(header: str, seconds: float | None) -> None:
    found = classify(answer(477, b"", retry_after=header))
    assert found is not None
    assert found.retry_after == seconds


def test_a_lock_lasts_two_seconds_at_least() -> None:
    found = classify(answer(423, b"", retry_after="0"))
    assert found is not None
    assert found.retry_after == 2.0


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"context": {"requiredGranularScopes": ["a.read", "b.read"]}}], "category": "MISSING_SCOPES"},
        {"context": {"requiredGranularScopes": ["a.read", "b.read"]}},
    ],
)
def test_missing_scopes_are_found_in_both_places(body: dict[str, Any]) -> None:
    found = classify(answer(403, body))
    assert isinstance(found, e.MissingScopes)
    assert found.scopes == ("a.read", "b.read")
    assert "a.read, b.read" in found.advice


@pytest.mark.parametrize(
    ("body", "existing"),
    [
        ({"message": "Contact already exists. Existing ID: 501"}, "501"),
        ({"message": "Contact already exists", "context": {"existingId": ["77"]}}, "77"),
        ({"message": "Contact already exists"}, None),
        ({"message": "Cannot set PropertyValueCoordinates{} on 12. 34 already has that value."}, "34"),
    ],
)
def test_a_conflict_names_the_record_in_the_way(body: dict[str, Any], existing: str | None) -> None:
    found = classify(answer(409, body))
    assert isinstance(found, e.Conflict)
    assert found.existing_id == existing


def test_the_array_in_the_message_is_preferred_because_errors_is_cut_short() -> None:
    told = [
        {"isValid": False, "message": f"bad {n}", "error": "INVALID_OPTION", "name": f"p{n}", "portalId": 1}
        for n in range(4)
    ]
    document = {
        "message": f"Property values were not valid: {json.dumps(told)} and more",
        "errors": [{"message": "bad 0", "code": "INVALID_OPTION", "context": {"propertyName": ["p0"]}}],
        "category": "VALIDATION_ERROR",
    }
    found = classify(answer(400, document))
    assert isinstance(found, e.Invalid)
    assert [problem.property for problem in found.problems] == ["p0", "p1", "p2", "p3"]
    assert property_problems({**document, "message": "Property values were not valid: [{cut"}) == (
        e.PropertyProblem("p0", "INVALID_OPTION", "bad 0"),
    )


def test_a_redirect_names_the_host_without_the_query() -> None:
    found = classify(answer(302, b"", location="https://login.example.com/sso?state=canary"))
    assert isinstance(found, e.Unexpected)
    assert "login.example.com" in found.message
    assert "canary" not in found.message


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ({"category": "CONFLICT", "message": "Contact already exists. Existing ID: 9"}, e.Conflict),
        ({"category": "OBJECT_NOT_FOUND", "context": {"ids": ["1"]}}, e.NotFound),
        (
            {"category": "VALIDATION_ERROR", "message": 'x: [{"name":"a","error":"INVALID_EMAIL","message":"m"}]'},
            e.Invalid,
        ),
        ({"category": "RATE_LIMITS"}, e.RateLimited),
        ({"category": "INTERNAL_ERROR"}, e.ServerFault),
        ({"category": "SOMETHING_NEW"}, e.Unexpected),
        ({}, e.Unexpected),
        ("text", e.Unexpected),
    ],
)
def test_entries_of_a_partial_answer_go_by_their_category(entry: Any, kind: type[e.HubSpotError]) -> None:
    found = classify_entry(entry, answer(207, {}, x_hubspot_correlation_id="c-207"))
    assert type(found) is kind
    assert found.correlation_id == "c-207"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["status", "message", "category", "errors", "context", "errorType", "policyName", "correlationId", "code", "existingId",
                         "requiredGranularScopes", "propertyName", "error", "access_token", "refresh_token", "expires_in", "hub_id", "scopes"])
        | st.text(max_size=5),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=300),
    JSON.map(lambda value: json.dumps(value).encode()),
    JSON.map(lambda value: json.dumps({"message": "x: [{" + json.dumps(value)}).encode()),
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "location", "content-type", "x-hubspot-correlation-id", "cf-ray"]),
    st.text(max_size=40),
    max_size=5,
)


@given(STATUSES, HEADERS, BODIES)
@example(404, {}, b"[" * 100_000)
@example(302, {"location": "http://[::1"}, b"")
@example(400, {}, b'{"message": "[{' + b"[" * 50_000 + b'"}')
def test_no_answer_whatever_makes_the_reading_fail(status: int, headers: dict[str, str], body: bytes) -> None:
    whole = Answer(status=status, headers=headers, body=body)
    found = classify(whole)
    assert (found is None) == (200 <= status <= 299)
    assert all(isinstance(entry, dict) for entry in partial_errors(whole))
    if found is not None:
        assert str(found)
        assert found.correlation_id.isascii()
    grant = grant_of(whole)
    if not isinstance(grant, Grant):
        assert isinstance(grant, e.HubSpotError)
        assert grant.status == status


@given(JSON)
def test_no_error_entry_whatever_makes_the_reading_fail(entry: Any) -> None:
    assert isinstance(classify_entry(entry, Answer(status=207)), e.HubSpotError)


@given(st.binary(max_size=100))
def test_a_body_that_is_no_json_is_told_without_its_content(body: bytes) -> None:
    whole = Answer(status=200, body=b"canary-value " + body)
    with pytest.raises(e.Unexpected) as caught:
        whole.json()
    assert "canary" not in str(caught.value)
