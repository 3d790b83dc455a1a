"""Section 4 of the facts, rule by rule, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/objects/2026-09/contacts"
COMPANIES = "/crm/objects/2026-09/companies"


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


def create(hubspot: Simulator, *emails: str, traced: bool = False, **values: str) -> Answer:
    inputs: list[dict[str, Any]] = [{"properties": {"email": email, **values}} for email in emails]
    if traced:
        for number, item in enumerate(inputs):
            item["objectWriteTraceId"] = f"t{number}"
    return hubspot.post(f"{CONTACTS}/batch/create", {"inputs": inputs})


def ids(answer: Answer) -> dict[str, str]:
    return {result["properties"]["email"]: result["id"] for result in answer.json["results"]}


def test_a_hundred_inputs_and_no_more(hubspot: Simulator) -> None:
    emails = [f"p{number}@x.example" for number in range(101)]
    refused = create(hubspot, *emails)
    assert (refused.status, refused.json["category"]) == (400, "VALIDATION_ERROR")
    assert hubspot.state()["objects"]["contacts"] == 0
    made = create(hubspot, *emails[:100])
    assert (made.status, made.json["status"]) == (201, "COMPLETE")
    assert len(ids(made)) == 100


def test_results_are_not_in_input_order(hubspot: Simulator) -> None:
    emails = [f"p{number:02d}@x.example" for number in range(50)]
    made = create(hubspot, *emails)
    assert list(ids(made)) != emails
    assert sorted(ids(made)) == emails


def test_without_trace_ids_one_bad_value_refuses_the_whole_batch(hubspot: Simulator) -> None:
    refused = create(hubspot, "good@x.example", "000", "worse@", "bad@@x.example", "also-bad")
    assert refused.status == 400
    assert len(refused.json["errors"]) == 3  # the message lists all four
    assert refused.json["message"].count('"error":"INVALID_EMAIL"') == 4
    assert "Email address 000 is invalid" in refused.json["message"]
    assert hubspot.dump() == {}


def test_without_trace_ids_one_conflict_refuses_the_whole_batch_and_hides_the_id(hubspot: Simulator) -> None:
    create(hubspot, "taken@x.example")
    refused = create(hubspot, "fresh@x.example", "TAKEN@x.example")
    assert refused.status == 409
    assert refused.json["message"] == "Contact already exists"
    assert set(hubspot.by_email()) == {"taken@x.example"}


def test_with_trace_ids_good_inputs_are_written_and_bad_ones_told(hubspot: Simulator) -> None:
    taken = ids(create(hubspot, "taken@x.example"))["taken@x.example"]
    mixed = create(hubspot, "fresh@x.example", "TAKEN@x.example", "000", traced=True)
    assert mixed.status == 207
    assert list(ids(mixed)) == ["fresh@x.example"]
    errors = {error["context"]["objectWriteTraceId"][0]: error for error in mixed.json["errors"]}
    assert errors["t1"]["message"] == f"Contact already exists. Existing ID: {taken}"
    assert errors["t1"]["context"]["existingId"] == [taken]
    assert errors["t2"]["category"] == "VALIDATION_ERROR"
    assert "errors" not in errors["t2"]
    assert mixed.json["numErrors"] == 2
    assert "objectWriteTraceId" not in mixed.json["results"][0]


def test_trace_ids_that_are_not_unique_do_not_help(hubspot: Simulator) -> None:
    inputs = [{"properties": {"email": email}, "objectWriteTraceId": "same"} for email in ("a@x.example", "bad")]
    assert hubspot.post(f"{CONTACTS}/batch/create", {"inputs": inputs}).status == 400
    assert hubspot.dump() == {}


def test_two_creates_of_one_email_in_a_batch_conflict(hubspot: Simulator) -> None:
    assert create(hubspot, "a@x.example", "A@x.example").status == 409
    assert hubspot.dump() == {}
    mixed = create(hubspot, "a@x.example", "A@x.example", traced=True)
    assert mixed.status == 207
    assert mixed.json["errors"][0]["category"] == "CONFLICT"
    assert len(hubspot.dump()) == 1


def test_missing_ids_come_as_one_error(hubspot: Simulator) -> None:
    known = ids(create(hubspot, "a@x.example"))["a@x.example"]
    inputs = [{"id": id_} for id_ in (known, "777777", "888888")]
    read = hubspot.post(f"{CONTACTS}/batch/read", {"inputs": inputs, "properties": ["email"]})
    assert read.status == 207
    assert ids(read) == {"a@x.example": known}
    assert read.json["numErrors"] == 1
    assert read.json["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert read.json["errors"][0]["context"]["ids"] == ["777777", "888888"]
    changes = [{"id": id_, "properties": {"city": "Kandy"}} for id_ in (known, "777777")]
    updated = hubspot.post(f"{CONTACTS}/batch/update", {"inputs": changes})
    assert updated.status == 207
    assert updated.json["errors"][0]["context"]["ids"] == ["777777"]
    assert hubspot.dump()[known]["city"] == "Kandy"


@pytest.mark.parametrize("operation", ["read", "update", "archive"])
def test_duplicate_ids_refuse_the_request(hubspot: Simulator, operation: str) -> None:
    known = ids(create(hubspot, "a@x.example"))["a@x.example"]
    inputs: list[dict[str, Any]] = [
        {"id": known, "properties": {}, "objectWriteTraceId": trace} for trace in ("1", "2")
    ]
    refused = hubspot.post(f"{CONTACTS}/batch/{operation}", {"inputs": inputs})
    assert refused.status == 400
    assert refused.json["message"] == f"Duplicate IDs found in batch input: [{known}]. IDs must be unique"
    assert refused.json["context"] == {"ids": [known]}


def upsert(hubspot: Simulator, *items: tuple[str, dict[str, str]], path: str = CONTACTS, key: str = "email") -> Answer:
    inputs = [
        {"id": id_, "idProperty": key, "properties": values, "objectWriteTraceId": str(number)}
        for number, (id_, values) in enumerate(items)
    ]
    return hubspot.post(f"{path}/batch/upsert", {"inputs": inputs})


def test_upsert_by_email_says_what_is_new(hubspot: Simulator) -> None:
    create(hubspot, "old@x.example")
    answer = upsert(hubspot, ("OLD@x.example", {"city": "Galle"}), ("new@x.example", {"city": "Matara"}))
    assert answer.status == 200
    assert {result["properties"]["city"]: result["new"] for result in answer.json["results"]} == {
        "Galle": False,
        "Matara": True,
    }
    assert set(hubspot.by_email()) == {"old@x.example", "new@x.example"}


def test_upsert_by_email_is_all_or_nothing_unless_switched(hubspot: Simulator) -> None:
    items = (("a@x.example", {"city": "Galle"}), ("b@x.example", {"no_such": "x"}))
    assert upsert(hubspot, *items).status == 400
    assert hubspot.dump() == {}
    hubspot.settings(partialEmailUpsert=True)
    assert upsert(hubspot, *items).status == 207
    assert set(hubspot.by_email()) == {"a@x.example"}


def test_upsert_duplicates_compare_emails_trimmed_and_lower_cased(hubspot: Simulator) -> None:
    assert upsert(hubspot, ("a@x.example", {}), (" A@X.example ", {})).status == 400
    assert hubspot.dump() == {}


def test_upsert_needs_one_unique_property(hubspot: Simulator) -> None:
    refused = upsert(hubspot, ("Engines", {"city": "Kandy"}), path=COMPANIES, key="name")
    assert refused.status == 400
    assert "Unable to perform upsert by non-unique 0-2 property name" in refused.json["message"]
    mixed = [{"id": "a@x.example", "idProperty": "email"}, {"id": "1"}]
    assert hubspot.post(f"{CONTACTS}/batch/upsert", {"inputs": mixed}).status == 400


def test_a_custom_unique_property_identifies_companies(hubspot: Simulator) -> None:
    new = {
        "name": "erp_id",
        "label": "ERP id",
        "type": "string",
        "fieldType": "text",
        "groupName": "companyinformation",
        "hasUniqueValue": True,
    }
    assert hubspot.post("/crm/properties/2026-09/companies", new).status == 201
    assert hubspot.post("/crm/properties/2026-09/companies", new).json["category"] == "OBJECT_ALREADY_EXISTS"
    first = upsert(hubspot, ("E1", {"name": "One"}), ("E2", {"name": "Two"}), path=COMPANIES, key="erp_id")
    assert [result["new"] for result in first.json["results"]] == [True, True]
    second = upsert(
        hubspot,
        ("E1", {"city": "Jaffna"}),
        ("E3", {"name": "Three", "numberofemployees": "many"}),
        path=COMPANIES,
        key="erp_id",
    )
    assert second.status == 207  # partial success holds for unique properties other than email
    assert [result["new"] for result in second.json["results"]] == [False]
    read = hubspot.get(f"{COMPANIES}/E1?idProperty=erp_id&properties=city,erp_id")
    assert read.json["properties"]["city"] == "Jaffna"
    clash = hubspot.post(COMPANIES, {"properties": {"name": "Thief", "erp_id": "E1"}})
    assert clash.status == 409
    assert "already has that value" in clash.json["message"]


def test_update_by_email_is_refused_unless_switched(hubspot: Simulator) -> None:
    create(hubspot, "a@x.example")
    body = {"inputs": [{"id": "a@x.example", "idProperty": "email", "properties": {"city": "Kandy"}}]}
    assert hubspot.post(f"{CONTACTS}/batch/update", body).status == 400
    hubspot.settings(updateByEmail=True)
    assert hubspot.post(f"{CONTACTS}/batch/update", body).status == 200


def test_inputs_of_the_wrong_shape_do_nothing(hubspot: Simulator) -> None:
    answer = hubspot.post(f"{CONTACTS}/batch/read", {"inputs": [{"vid": "1"}], "properties": []})
    assert (answer.status, answer.json["results"]) == (200, [])


def test_archive_is_silent_about_unknown_ids(hubspot: Simulator) -> None:
    known = ids(create(hubspot, "a@x.example"))["a@x.example"]
    answer = hubspot.post(f"{CONTACTS}/batch/archive", {"inputs": [{"id": known}, {"id": "777777"}]})
    assert (answer.status, answer.body) == (204, b"")
    assert hubspot.dump() == {}
    assert list(hubspot.dump(archived=True)) == [known]


def test_the_write_log_tells_key_and_trace(hubspot: Simulator) -> None:
    create(hubspot, "A@x.example", traced=True)
    (made,) = hubspot.state()["creates"]
    assert (made["key"], made["trace"], made["type"]) == ("a@x.example", "t0", "contacts")
    known = made["id"]
    hubspot.post(f"{CONTACTS}/batch/update", {"inputs": [{"id": known, "properties": {"city": "Kandy"}}]})
    assert [line["op"] for line in hubspot.log()] == ["create", "update"]
    assert hubspot.log("update")[0]["id"] == known
