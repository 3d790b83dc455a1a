"""Rules of an account's admin: required properties by path version, forms of values, where they can be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

NEW, OLD, DATED = "/crm/objects/2026-09/contacts", "/crm/v3/objects/contacts", "/crm/objects/2026-03/contacts"


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    """One process for the file."""
    with start_simulator(require="contacts.lastname,contacts.phone@hs_lead_status=CONNECTED") as running:
        yield running


@pytest.fixture
def hubspot(process: Simulator) -> Simulator:
    """The two rules of the start."""
    process.reset()
    return process


def code(answer: Answer) -> tuple[str, str]:
    assert answer.status == 400, answer.text
    (error,) = answer.json["errors"]
    assert error["code"] in answer.json["message"]
    return error["code"], error["context"]["propertyName"][0]


def made(hubspot: Simulator, email: str, path: str = NEW, **values: str) -> Answer:
    return hubspot.post(path, {"properties": {"email": email, **values}})


def test_the_create_form_is_enforced_on_creates_only(hubspot: Simulator) -> None:
    assert code(made(hubspot, "a@x.example")) == ("MISSING_REQUIRED_PROPERTY", "lastname")
    record = made(hubspot, "a@x.example", lastname="A").json["id"]
    assert hubspot.request("PATCH", f"{NEW}/{record}", {"properties": {"lastname": ""}}).status == 200


def test_conditions_are_enforced_on_updates_too(hubspot: Simulator) -> None:
    record = made(hubspot, "a@x.example", lastname="A").json["id"]
    path, missing = f"{NEW}/{record}", ("MISSING_CONDITIONAL_REQUIRED_PROPERTY", "phone")
    connect = {"properties": {"hs_lead_status": "CONNECTED"}}
    assert code(hubspot.request("PATCH", path, connect)) == missing
    assert code(made(hubspot, "b@x.example", lastname="B", hs_lead_status="CONNECTED")) == missing
    connect["properties"]["phone"] = "1"
    assert hubspot.request("PATCH", path, connect).status == 200
    assert code(hubspot.request("PATCH", path, {"properties": {"phone": ""}})) == missing
    assert hubspot.request("PATCH", path, {"properties": {"city": "Kandy"}}).status == 200


def test_older_paths_are_spared_unless_a_switch_says_otherwise(hubspot: Simulator) -> None:
    assert made(hubspot, "a@x.example", OLD).status == 201
    assert made(hubspot, "b@x.example", DATED).status == 201
    hubspot.settings(validateOlderPaths=True)
    for path in (OLD, DATED):
        assert code(made(hubspot, "c@x.example", path))[0] == "MISSING_REQUIRED_PROPERTY"


def test_batches_obey(hubspot: Simulator) -> None:
    inputs = [
        {"properties": {"email": f"{name}@x.example", **values}, "objectWriteTraceId": name}
        for name, values in (("a", {"lastname": "A"}), ("b", {}))
    ]
    answer = hubspot.post(f"{NEW}/batch/create", {"inputs": inputs})
    assert (answer.status, len(answer.json["results"])) == (207, 1)
    assert "MISSING_REQUIRED_PROPERTY" in answer.json["errors"][0]["message"]
    assert hubspot.post(f"{OLD}/batch/create", {"inputs": inputs[1:]}).status == 201


def test_forms_of_values_are_enforced_everywhere(hubspot: Simulator) -> None:
    hubspot.rules(
        "",
        {"objectType": "0-1", "property": "zip", "ruleType": "ALPHANUMERIC", "ruleArguments": ["NUMERIC_ONLY"]},
        {"objectType": "contacts", "property": "city", "ruleType": "MAX_LENGTH", "ruleArguments": ["5"]},
        {
            "objectType": "contacts",
            "property": "email",
            "ruleType": "EMAIL_BLOCKED_DOMAINS",
            "ruleArguments": ["y.example"],
        },
    )
    assert code(made(hubspot, "a@x.example", OLD, zip="K1")) == ("INVALID_ALPHANUMERIC", "zip")
    assert code(made(hubspot, "a@x.example", city="Colombo"))[1] == "city"
    assert code(made(hubspot, "a@y.example"))[1] == "email"
    assert made(hubspot, "a@x.example", zip="10100", city="Kandy").status == 201


def test_rules_can_be_read(hubspot: Simulator) -> None:
    hubspot.rules(
        "companies.name",
        {"objectType": "contacts", "property": "zip", "ruleType": "REGEX", "ruleArguments": ["[0-9]+"]},
    )
    for path in ("/crm/v3/property-validations", "/crm/property-validations/2026-09"):
        listed = hubspot.get(f"{path}/0-1").json["results"]
        assert listed == [
            {"propertyName": "zip", "propertyValidationRules": [{"ruleType": "REGEX", "ruleArguments": ["[0-9]+"]}]}
        ]
        assert hubspot.get(f"{path}/contacts/zip").json["results"][0]["ruleType"] == "REGEX"
        assert hubspot.get(f"{path}/contacts/email").json["results"] == []
        assert hubspot.get(f"{path}/contacts/nosuch").status == 404
    assert hubspot.get("/crm/v3/property-validations/0-2").json["results"][0]["propertyName"] == "name"


@pytest.mark.parametrize(
    "body",
    [
        {"spec": "contacts"},
        {"spec": "tickets.x"},
        {"forms": [{"objectType": "contacts", "property": "zip", "ruleType": "NOSUCH"}]},
        {"forms": [{"objectType": "contacts", "property": "zip", "ruleType": "MAX_LENGTH", "ruleArguments": ["x"]}]},
        {"forms": [{"objectType": "contacts", "property": "zip", "ruleType": "REGEX", "ruleArguments": ["("]}]},
        {"forms": [{"objectType": "contacts", "property": "zip", "ruleType": "MIN_NUMBER"}]},
    ],
)
def test_rules_that_make_no_sense(hubspot: Simulator, body: dict[str, object]) -> None:
    assert hubspot.post("/_simulator/rules", body).status == 400
