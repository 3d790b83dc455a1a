"""Property definitions and groups over HTTP: made, changed, archived, brought back, refused. Facts: section 8."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/properties/2026-09/contacts"
VERSIONS = ("/crm/v3/properties", "/crm/properties/2026-03", "/crm/properties/2026-09")
TRUTH = [
    {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
    {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
]


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    """One process for the file."""
    with start_simulator() as running:
        yield running


@pytest.fixture
def hubspot(process: Simulator) -> Simulator:
    """A portal with HubSpot's own properties only."""
    process.reset()
    return process


def new(name: str = "shoe_size", **changed: Any) -> dict[str, Any]:
    plain = {"name": name, "label": name.title(), "type": "string", "fieldType": "text"}
    return plain | {"groupName": "contactinformation"} | changed


def option(value: str, order: int = 0) -> dict[str, Any]:
    return {"label": value.title(), "value": value, "displayOrder": order, "hidden": False}


def refused(answer: Answer, status: int = 400) -> str:
    assert answer.status == status, answer.text
    return str(answer.json.get("subCategory") or answer.json["message"])


@pytest.mark.parametrize("prefix", VERSIONS)
def test_the_whole_life_of_a_property(hubspot: Simulator, prefix: str) -> None:
    path = f"{prefix}/contacts"
    made = hubspot.post(path, new(description="EU", displayOrder=3, formField=False))
    assert made.status == 201
    assert (made.json["description"], made.json["displayOrder"], made.json["formField"]) == ("EU", 3, False)
    assert made.json["createdUserId"]
    assert "hubspotDefined" not in made.json
    assert made.json["modificationMetadata"]["archivable"] is True
    changed = hubspot.request("PATCH", f"{path}/shoe_size", {"label": "Size", "hidden": True})
    assert (changed.status, changed.json["label"], changed.json["hidden"]) == (200, "Size", True)
    assert changed.json["description"] == "EU"
    assert changed.json["updatedAt"] >= changed.json["createdAt"]
    assert hubspot.request("DELETE", f"{path}/shoe_size").status == 204
    assert hubspot.get(f"{path}/shoe_size").status == 404
    archived = hubspot.get(f"{path}?archived=true").json["results"]
    assert [(one["name"], one["archived"]) for one in archived] == [("shoe_size", True)]
    assert archived[0]["archivedAt"]
    assert hubspot.get(f"{path}/shoe_size?archived=true").json["label"] == "Size"


def test_the_name_of_an_archived_property_brings_it_back(hubspot: Simulator) -> None:
    hubspot.post(CONTACTS, new())
    record = hubspot.post(
        "/crm/objects/2026-09/contacts", {"properties": {"email": "a@x.example", "shoe_size": "44"}}
    ).json["id"]
    hubspot.request("DELETE", f"{CONTACTS}/shoe_size")
    read = f"/crm/objects/2026-09/contacts/{record}?properties=shoe_size"
    assert "shoe_size" not in hubspot.get(read).json["properties"]
    assert hubspot.post(CONTACTS, new()).status == 201
    assert hubspot.get(read).json["properties"]["shoe_size"] == "44"
    assert hubspot.get(f"{CONTACTS}?archived=true").json["results"] == []


def test_a_list_can_be_narrowed(hubspot: Simulator) -> None:
    some = hubspot.get(f"{CONTACTS}?properties=email,firstname&properties=nosuch").json["results"]
    assert {one["name"] for one in some} == {"email", "firstname"}
    assert hubspot.get(f"{CONTACTS}?dataSensitivity=sensitive").json["results"] == []
    assert len(hubspot.get(CONTACTS).json["results"]) >= 80


def test_options_are_replaced_as_a_whole(hubspot: Simulator) -> None:
    colours = [option("red", 1), option("green", 2) | {"description": "as grass"}]
    hubspot.post(CONTACTS, new("colour", type="enumeration", fieldType="select", options=colours))
    assert hubspot.get(f"{CONTACTS}/colour").json["options"][1]["description"] == "as grass"
    changed = hubspot.request("PATCH", f"{CONTACTS}/colour", {"options": [option("blue", 5)]})
    assert [(one["value"], one["displayOrder"]) for one in changed.json["options"]] == [("blue", 5)]
    write = {"properties": {"email": "a@x.example", "colour": "red"}}
    assert "INVALID_OPTION" in hubspot.post("/crm/objects/2026-09/contacts", write).text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "Shoe_Size"}, "lower-case"),
        ({"name": "1shoe"}, "begin with a letter"),
        ({"name": "shoe size"}, "not valid"),
        ({"name": "s" * 101}, "100"),
        ({"fieldType": "checkbox"}, "not allowed for type"),
        ({"type": "json"}, "not allowed for type"),
        ({"groupName": "nowhere"}, "does not exist"),
        ({"options": [option("x")]}, "cannot have options"),
        ({"type": "bool", "fieldType": "booleancheckbox"}, "true and false"),
        ({"type": "enumeration", "fieldType": "select", "options": [option("x"), option("x")]}, "unique"),
        ({"type": "enumeration", "fieldType": "select", "options": [option("a;b")]}, "semicolons"),
        ({"type": "enumeration", "fieldType": "select", "options": [{"label": "x", "value": "x"}]}, "displayOrder"),
        ({"fieldType": "calculation_equation"}, "calculationFormula"),
        ({"label": None}, "label"),
    ],
)
def test_definitions_that_are_refused(hubspot: Simulator, changed: dict[str, Any], words: str) -> None:
    assert words in refused(hubspot.post(CONTACTS, new() | changed))


def test_names_can_be_lowered_instead(hubspot: Simulator) -> None:
    hubspot.settings(propertyNames="lowered")
    assert hubspot.post(CONTACTS, new("Shoe_Size")).json["name"] == "shoe_size"


def test_what_exists_stays(hubspot: Simulator) -> None:
    hubspot.post(CONTACTS, new())
    assert refused(hubspot.post(CONTACTS, new()), 409) == "Properties.PROPERTY_WITH_NAME_EXISTS"
    assert "read only" in refused(hubspot.request("PATCH", f"{CONTACTS}/email", {"label": "Mail"}))
    assert "read only" in refused(hubspot.request("PATCH", f"{CONTACTS}/lifecyclestage", {"options": []}))
    assert "cannot be archived" in refused(hubspot.request("DELETE", f"{CONTACTS}/email"))
    unique = hubspot.request("PATCH", f"{CONTACTS}/shoe_size", {"hasUniqueValue": True})
    assert "when a property is created" in refused(unique)
    assert hubspot.request("PATCH", f"{CONTACTS}/nosuch", {"label": "x"}).status == 404
    statuses = [option("NEW"), option("LOST")]
    assert hubspot.request("PATCH", f"{CONTACTS}/hs_lead_status", {"options": statuses}).status == 200


def test_a_property_in_use_cannot_be_archived(hubspot: Simulator) -> None:
    hubspot.post(CONTACTS, new())
    hubspot.post("/_simulator/properties", {"contacts": ["shoe_size"]})
    in_use = "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE"
    assert refused(hubspot.request("DELETE", f"{CONTACTS}/shoe_size")) == in_use
    hubspot.post("/_simulator/properties", {})
    hubspot.rules("contacts.shoe_size")
    assert refused(hubspot.request("DELETE", f"{CONTACTS}/shoe_size")) == in_use
    hubspot.rules()
    assert hubspot.request("DELETE", f"{CONTACTS}/shoe_size").status == 204


def test_ten_unique_properties_at_most(hubspot: Simulator) -> None:
    answers = [hubspot.post(CONTACTS, new(f"key{n}", hasUniqueValue=True)).status for n in range(11)]
    assert answers == [201] * 10 + [400]
    made = hubspot.get(f"{CONTACTS}/key3").json
    assert made["hasUniqueValue"] is True
    create = {"properties": {"email": "a@x.example", "key3": "7"}}
    assert hubspot.post("/crm/objects/2026-09/contacts", create).status == 201
    found = hubspot.get("/crm/objects/2026-09/contacts/7?idProperty=key3")
    assert found.json["properties"]["email"] == "a@x.example"


def test_calculated_properties_take_no_values(hubspot: Simulator) -> None:
    formula = new("total", type="number", fieldType="calculation_equation", calculationFormula="1 + 1")
    made = hubspot.post(CONTACTS, formula).json
    assert (made["calculated"], made["calculationFormula"]) == (True, "1 + 1")
    assert made["modificationMetadata"]["readOnlyValue"] is True
    write = {"properties": {"email": "a@x.example", "total": "2"}}
    assert "READ_ONLY_VALUE" in hubspot.post("/crm/objects/2026-09/contacts", write).text


def test_a_bool_has_two_options(hubspot: Simulator) -> None:
    made = hubspot.post(CONTACTS, new("vip", type="bool", fieldType="booleancheckbox", options=TRUTH))
    assert [one["value"] for one in made.json["options"]] == ["true", "false"]


def test_batches(hubspot: Simulator) -> None:
    made = hubspot.post(f"{CONTACTS}/batch/create", {"inputs": [new("a"), new("b"), new("email"), new("B")]})
    assert (made.status, [one["name"] for one in made.json["results"]]) == (207, ["a", "b"])
    assert [error["context"]["name"] for error in made.json["errors"]] == [["email"], ["B"]]
    assert made.json["numErrors"] == 2
    assert hubspot.post(f"{CONTACTS}/batch/create", {"inputs": [new("c")]}).status == 201
    read = hubspot.post(f"{CONTACTS}/batch/read", {"archived": False, "inputs": [{"name": "a"}, {"name": "nosuch"}]})
    assert (read.status, len(read.json["results"])) == (207, 1)
    assert read.json["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    gone = hubspot.post(f"{CONTACTS}/batch/archive", {"inputs": [{"name": "a"}, {"name": "nosuch"}]})
    assert gone.status == 204
    read = hubspot.post(f"{CONTACTS}/batch/read", {"archived": True, "inputs": [{"name": "a"}]})
    assert (read.status, read.json["results"][0]["archived"]) == (200, True)
    assert hubspot.post(f"{CONTACTS}/batch/read", {"inputs": [{"name": "a"}] * 101}).status == 400


def test_groups(hubspot: Simulator) -> None:
    path = f"{CONTACTS}/groups"
    assert "contactinformation" in {group["name"] for group in hubspot.get(path).json["results"]}
    made = hubspot.post(path, {"name": "hr", "label": "People", "displayOrder": 2})
    assert (made.status, made.json) == (201, {"name": "hr", "label": "People", "displayOrder": 2, "archived": False})
    assert hubspot.post(path, {"name": "hr", "label": "x"}).status == 409
    assert hubspot.post(path, {"name": "H R", "label": "x"}).status == 400
    assert hubspot.request("PATCH", f"{path}/hr", {"label": "Staff"}).json["label"] == "Staff"
    assert hubspot.get(f"{path}/hr").json["label"] == "Staff"
    hubspot.post(CONTACTS, new(groupName="hr"))
    held = hubspot.request("DELETE", f"{path}/hr")
    assert refused(held) == "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES"
    hubspot.request("DELETE", f"{CONTACTS}/shoe_size")
    assert hubspot.request("DELETE", f"{path}/hr").status == 204
    assert hubspot.get(f"{path}/hr").status == 404


def test_the_limit_counts_what_was_made(hubspot: Simulator) -> None:
    hubspot.post(CONTACTS, new())
    limits = hubspot.get("/crm/limits/2026-09/custom-properties").json
    usage = {one["objectTypeId"]: (one["limit"], one["usage"]) for one in limits["byObjectType"]}
    assert usage == {"0-1": (1000, 1), "0-2": (1000, 0)}
    assert limits["overallUsage"] == 1


def test_scopes_of_definitions(hubspot: Simulator) -> None:
    hubspot.credentials(scopes=["crm.objects.contacts.read"])
    assert hubspot.get(f"{CONTACTS}/groups").status == 200
    for method, path, body in (
        ("POST", CONTACTS, new()),
        ("PATCH", f"{CONTACTS}/email", {"label": "x"}),
        ("DELETE", f"{CONTACTS}/email", None),
        ("POST", f"{CONTACTS}/batch/create", {"inputs": []}),
        ("POST", f"{CONTACTS}/groups", {"name": "x", "label": "x"}),
    ):
        answer = hubspot.request(method, path, body)
        assert answer.status == 403
        assert answer.json["errors"][0]["context"]["requiredGranularScopes"] == ["crm.schemas.contacts.write"]
    hubspot.settings(scopeErrors="context")
    answer = hubspot.get("/crm/v3/properties/companies")
    assert (answer.status, "errors" in answer.json) == (403, False)
    assert answer.json["context"]["requiredGranularScopes"] == [
        "crm.schemas.companies.read",
        "crm.objects.companies.read",
    ]
