"""One probe for each thing that the simulator takes for granted without a source that confirms it.

Each says what the simulator does by default; a probe holds the account to it. `switch` is the simulator's name for it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tests.live.hub import VERSION, Hub, objects
from tests.support.judge import Answer

CONTACTS = objects("contacts")
NO_SUCH_ID = "987654321098765"
TOO_LARGE = 10_500_000


class Finding(NamedTuple):
    """What an account did; `holds` is None where it could not be found out."""

    holds: bool | None
    found: str


class Probe(NamedTuple):
    """One question to an account."""

    name: str
    switch: str
    expected: str
    ask: Callable[[Hub], Finding]


def told(answer: Answer) -> str:
    """An answer in a few words."""
    kind = answer.headers.get("content-type", "nothing").partition(";")[0]
    return f"{answer.status} {kind} {answer.text[:160]!r}"


def category(answer: Answer) -> str:
    """The category of a JSON error, "" without one."""
    if "json" not in answer.headers.get("content-type", ""):
        return ""
    return str(answer.json.get("category", ""))


def kind_of(answer: Answer) -> str:
    """The form of a body: html, json, empty or text."""
    media = answer.headers.get("content-type", "")
    if not answer.body:
        return "empty"
    return next((kind for kind in ("html", "json") if kind in media), "text")


def search_beyond(hub: Hub) -> Finding:
    """A search paged past 10,000."""
    answer = hub.post(f"{CONTACTS}/search", {"limit": 10, "after": "10000"})
    named = "10000" in answer.text.replace(",", "")
    return Finding(answer.status == 400 and category(answer) == "VALIDATION_ERROR" and named, told(answer))


def list_limit(hub: Hub) -> Finding:
    """A listing of 101."""
    answer = hub.get(f"{CONTACTS}?limit=101")
    return Finding(answer.status == 400 and category(answer) == "VALIDATION_ERROR", told(answer))


def batch_limit(hub: Hub) -> Finding:
    """A batch of 101."""
    answer = hub.post(f"{CONTACTS}/batch/read", {"inputs": [{"id": str(n)} for n in range(101)], "properties": []})
    named = category(answer) == "VALIDATION_ERROR" and "100" in answer.text
    return Finding(answer.status == 400 and named, told(answer))


def retry_after(hub: Hub) -> Finding:
    """More searches in a moment than the account has; the first 429 of them."""
    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(hub.post, f"{CONTACTS}/search", {"limit": 1}, patient=False) for _ in range(24)]
        answers = [one.result() for one in asked]
    limited = [answer for answer in answers if answer.status == 429]
    if not limited:
        return Finding(None, "24 searches side by side met no 429")
    header = limited[0].headers.get("retry-after")
    return Finding(header is None, f"429, Retry-After: {header}, {limited[0].text[:120]!r}")


def delete_missing(hub: Hub) -> Finding:
    """DELETE of an id that never was, and of one that is gone."""
    id_ = hub.contact("gone")
    first = hub.request("DELETE", f"{CONTACTS}/{id_}").status
    statuses = [hub.request("DELETE", f"{CONTACTS}/{one}").status for one in (id_, NO_SUCH_ID)]
    return Finding([first, *statuses] == [204] * 3, f"first {first}, again {statuses[0]}, never was {statuses[1]}")


def wrong_method(hub: Hub) -> Finding:
    """A method that a path does not know."""
    answer = hub.request("PUT", CONTACTS, {})
    return Finding(answer.status == 405 and kind_of(answer) == "html", told(answer))


def too_large(hub: Hub) -> Finding:
    """A body of more than 10 MB."""
    answer = hub.request("POST", f"{CONTACTS}/search", raw=b" " * TOO_LARGE)
    return Finding(answer.status == 413 and kind_of(answer) == "html", told(answer))


def wrong_media(hub: Hub) -> Finding:
    """A body that says it is plain text."""
    answer = hub.request("POST", f"{CONTACTS}/search", raw=b"{}", media="text/plain")
    return Finding(answer.status == 415 and kind_of(answer) == "empty", told(answer))


def client_id(hub: Hub) -> Finding:
    """A token request of an unknown app."""
    form = {"grant_type": "refresh_token", "client_id": "x", "client_secret": "x", "refresh_token": "x"}
    return _client_error(hub, form, "BAD_CLIENT_ID")


def client_secret(hub: Hub) -> Finding:
    """A token request with a wrong secret; needs the id of an app."""
    if not hub.client_id:
        return Finding(None, "needs HUBSPOKE_LIVE_CLIENT_ID, the id of an app")
    form = {"grant_type": "refresh_token", "client_id": hub.client_id, "client_secret": "x", "refresh_token": "x"}
    return _client_error(hub, form, "BAD_CLIENT_SECRET")


def secondary_email(hub: Hub) -> Finding:
    """Reading a contact by the address that it took over in a merge."""
    main, other = hub.contact("main"), hub.contact("second")
    merged = hub.post(f"{CONTACTS}/merge", {"primaryObjectId": main, "objectIdToMerge": other})
    if merged.status != 200:
        return Finding(None, f"the merge that makes a secondary address: {told(merged)}")
    hub.keep("contacts", merged.json["id"])
    answer = hub.get(f"{CONTACTS}/{hub.email('second')}?idProperty=email")
    return Finding(answer.status == 404, told(answer))


def property_names(hub: Hub) -> Finding:
    """A property with capital letters in its name."""
    name = hub.prefix.replace("-", "_").title()
    answer = hub.post(f"/crm/properties/{VERSION}/contacts", _property(name))
    if answer.status == 201:
        hub.keep_property(answer.json["name"])
    return Finding(answer.status == 400 and category(answer) == "VALIDATION_ERROR", told(answer))


def unique_clash(hub: Hub) -> Finding:
    """A value of a unique property that another contact has."""
    name = hub.prefix.replace("-", "_") + "_key"
    made = hub.post(f"/crm/properties/{VERSION}/contacts", _property(name, hasUniqueValue=True))
    if made.status != 201:
        return Finding(None, f"the unique property: {told(made)}")
    hub.keep_property(name)
    hub.contact("one", **{name: "7"})
    answer = hub.post(CONTACTS, {"properties": {"email": hub.email("two"), name: "7"}})
    if answer.status == 201:
        hub.keep("contacts", answer.json["id"])
    fits = answer.status == 409 and category(answer) == "CONFLICT" and "already has that value" in answer.text
    return Finding(fits, told(answer))


def older_paths(hub: Hub) -> Finding:
    """A create without a property that the create form requires, on the newest path and on the oldest."""
    if not hub.required:
        return Finding(None, "needs HUBSPOKE_LIVE_REQUIRED, a contact property that the create form requires")
    statuses = {}
    for version in (VERSION, "v3"):
        answer = hub.post(objects("contacts", version), {"properties": {"email": hub.email(f"rule-{version}")}})
        statuses[version] = answer.status
        if answer.status == 201:
            hub.keep("contacts", answer.json["id"])
    return Finding(statuses == {VERSION: 400, "v3": 201}, f"{statuses}")


def partial_upsert(hub: Hub) -> Finding:
    """An upsert by email with a bad input among two, trace ids on both."""
    good, bad = hub.email("good"), hub.email("bad")
    inputs = [
        {"id": good, "idProperty": "email", "properties": {"firstname": "G"}, "objectWriteTraceId": "1"},
        {"id": bad, "idProperty": "email", "properties": {"createdate": "1"}, "objectWriteTraceId": "2"},
    ]
    answer = hub.post(f"{CONTACTS}/batch/upsert", {"inputs": inputs})
    hub.keep_batch("contacts", answer)
    written = hub.get(f"{CONTACTS}/{good}?idProperty=email").status == 200
    return Finding(answer.status == 400 and not written, f"{told(answer)}, the good one written: {written}")


def echo_trace(hub: Hub) -> Finding:
    """Whether results carry the trace id, by version."""
    echoed = {}
    for version in ("v3", "2026-03", VERSION):
        item = {"properties": {"email": hub.email(f"trace-{version}")}, "objectWriteTraceId": f"t-{version}"}
        answer = hub.post(f"{objects('contacts', version)}/batch/create", {"inputs": [item]})
        hub.keep_batch("contacts", answer)
        results = answer.json.get("results", []) if kind_of(answer) == "json" else []
        if len(results) != 1:
            return Finding(None, f"{version}: {told(answer)}")
        echoed[version] = "objectWriteTraceId" in results[0]
    return Finding(not any(echoed.values()), f"echoed: {echoed}")


def newest_version(hub: Hub) -> Finding:
    """The newest version answers a batch as the one before: 207, the same keys."""
    id_ = hub.contact("both", "2026-03")
    shapes = {}
    for version in ("2026-03", VERSION):
        body = {"inputs": [{"id": id_}, {"id": NO_SUCH_ID}], "properties": ["email"]}
        answer = hub.post(f"{objects('contacts', version)}/batch/read", body)
        keys = set(answer.json) - {"requestedAt", "links"} if kind_of(answer) == "json" else set()
        errors = answer.json.get("errors", [{}])[0] if keys else {}
        shapes[version] = (answer.status, sorted(keys), sorted(errors))
    return Finding(shapes["2026-03"] == shapes[VERSION] and shapes[VERSION][0] == 207, f"{shapes}")


def stage_backward(hub: Hub) -> Finding:
    """A write of an earlier lifecycle stage."""
    id_ = hub.contact("stage", lifecyclestage="customer")
    answer = hub.request("PATCH", f"{CONTACTS}/{id_}", {"properties": {"lifecyclestage": "lead"}})
    stage = hub.get(f"{CONTACTS}/{id_}?properties=lifecyclestage").json["properties"]["lifecyclestage"]
    return Finding(answer.status == 200 and stage == "customer", f"{answer.status}, then it is {stage}")


def null_values(hub: Hub) -> Finding:
    """null as a value."""
    id_ = hub.contact("null", phone="1")
    answer = hub.request("PATCH", f"{CONTACTS}/{id_}", {"properties": {"phone": None}})
    phone = hub.get(f"{CONTACTS}/{id_}?properties=phone").json["properties"].get("phone")
    return Finding(answer.status == 200 and not phone, f"{answer.status}, then the phone is {phone!r}")


def json_scalars(hub: Hub) -> Finding:
    """A JSON boolean and a JSON number as values."""
    companies = objects("companies")
    values = {"name": hub.prefix, "is_public": True, "numberofemployees": 7}
    answer = hub.post(companies, {"properties": values})
    if answer.status != 201:
        return Finding(False, told(answer))
    hub.keep("companies", answer.json["id"])
    got = hub.get(f"{companies}/{answer.json['id']}?properties=is_public,numberofemployees").json["properties"]
    taken = (got["is_public"], got["numberofemployees"])
    return Finding(taken == ("true", "7"), f"201, then {taken}")


def _client_error(hub: Hub, form: dict[str, str], status: str) -> Finding:
    answer = hub.request("POST", f"/oauth/{VERSION}/token", form=form)
    body = answer.json if kind_of(answer) == "json" else {}
    fits = (answer.status, body.get("status"), body.get("error")) == (400, status, "invalid_client")
    return Finding(fits, told(answer))


def _property(name: str, **more: object) -> dict[str, object]:
    plain = {"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "contactinformation"}
    return plain | more


PROBES = (
    Probe("search-beyond-10000", "searchBeyondCap", "400 VALIDATION_ERROR that names 10,000", search_beyond),
    Probe("list-over-100", "listOverLimit", "400 VALIDATION_ERROR", list_limit),
    Probe("batch-over-100", "batchOverLimit", "400 VALIDATION_ERROR that names 100", batch_limit),
    Probe("retry-after-of-429", "retryAfter", "no Retry-After header", retry_after),
    Probe("delete-missing", "deleteMissing", "204 for an archived id and for one that never was", delete_missing),
    Probe("body-of-405", "wrongMethod", "an HTML page", wrong_method),
    Probe("body-of-413", "tooLarge", "an HTML page", too_large),
    Probe("body-of-415", "wrongMedia", "415 without a body", wrong_media),
    Probe("bad-client-id", "clientError", "400 BAD_CLIENT_ID, invalid_client", client_id),
    Probe("bad-client-secret", "clientError", "400 BAD_CLIENT_SECRET, invalid_client", client_secret),
    Probe(
        "secondary-email", "secondaryEmailReads", "idProperty=email does not find a secondary address", secondary_email
    ),
    Probe("property-names", "propertyNames", "capital letters are refused with 400", property_names),
    Probe("unique-value-clash", "uniqueClash", "409 CONFLICT, 'already has that value'", unique_clash),
    Probe("rules-on-older-paths", "validateOlderPaths", "required properties hold on 2026-09 only", older_paths),
    Probe("partial-upsert", "partialEmailUpsert", "one bad input refuses an upsert by email whole", partial_upsert),
    Probe("trace-ids-in-results", "echoTrace", "no version echoes objectWriteTraceId", echo_trace),
    Probe("newest-version", "newestVersion", "2026-09 answers a batch as 2026-03 does", newest_version),
    Probe("stage-backward", "stageBackward", "200, and the stage stays", stage_backward),
    Probe("null-values", "nullValues", "200, and the value is cleared", null_values),
    Probe("json-scalars", "jsonScalars", "taken as their text", json_scalars),
)
