"""Associations of contacts and companies: types, the primary rule, pages, labels, refusals. Facts: section 9."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

OBJECTS = "/crm/objects/2026-09"
DETAILS = "/crm/associations/2026-09/contact/company"
PRIMARY = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}
UNLABELED = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}
BILLING = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 931}
NUMBERS = count(1)


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with start_simulator(seed=9) as simulator:
        yield simulator


@pytest.fixture
def hubspot(running: Simulator) -> Iterator[Simulator]:
    """The portal of this file, with its switches back to where they were after each test."""
    before = running.state()["settings"]
    yield running
    running.settings(**before)


def contact(hubspot: Simulator, **more: Any) -> str:
    body = {"properties": {"email": f"p{next(NUMBERS)}@links.example"}, **more}
    answer = hubspot.post(f"{OBJECTS}/contacts", body)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def company(hubspot: Simulator) -> str:
    return str(hubspot.post(f"{OBJECTS}/companies", {"properties": {"name": f"Firm {next(NUMBERS)}"}}).json["id"])


def default(hubspot: Simulator, one: str, other: str) -> Answer:
    return hubspot.request("PUT", f"{OBJECTS}/contact/{one}/associations/default/company/{other}")


def put(hubspot: Simulator, one: str, other: str, *types: dict[str, Any]) -> Answer:
    return hubspot.request("PUT", f"{OBJECTS}/contact/{one}/associations/company/{other}", list(types))


def types_of(hubspot: Simulator, one: str) -> dict[int, list[int]]:
    """Company id -> the type ids of its association with the contact."""
    answer = hubspot.get(f"{OBJECTS}/contact/{one}/associations/company")
    assert answer.status == 200, answer.text
    return {r["toObjectId"]: [t["typeId"] for t in r["associationTypes"]] for r in answer.json["results"]}


def mirror(hubspot: Simulator, one: str) -> str | None:
    found = hubspot.get(f"{OBJECTS}/contacts/{one}?properties=associatedcompanyid").json["properties"]
    return None if found["associatedcompanyid"] is None else str(found["associatedcompanyid"])


def test_the_first_company_is_the_primary_one(hubspot: Simulator) -> None:
    one, firm, second = contact(hubspot), company(hubspot), company(hubspot)
    answer = default(hubspot, one, firm)
    assert answer.status == 200
    assert answer.json["status"] == "COMPLETE"
    assert {
        (r["from"]["id"], r["to"]["id"], r["associationSpec"]["associationTypeId"]) for r in answer.json["results"]
    } == {(one, firm, 279), (firm, one, 280)}
    default(hubspot, one, second)
    assert types_of(hubspot, one) == {int(firm): [1, 279], int(second): [279]}
    assert mirror(hubspot, one) == firm
    back = hubspot.get(f"{OBJECTS}/company/{firm}/associations/contact").json["results"]
    assert back == [
        {
            "toObjectId": int(one),
            "associationTypes": [
                {"category": "HUBSPOT_DEFINED", "typeId": 2, "label": "Primary"},
                {"category": "HUBSPOT_DEFINED", "typeId": 280, "label": None},
            ],
        }
    ]


def test_another_primary_demotes_the_old_one(hubspot: Simulator) -> None:
    one, firm, second = contact(hubspot), company(hubspot), company(hubspot)
    default(hubspot, one, firm)
    answer = put(hubspot, one, second, PRIMARY)
    assert answer.status == 201
    assert answer.json == {
        "fromObjectTypeId": "0-1",
        "fromObjectId": int(one),
        "toObjectTypeId": "0-2",
        "toObjectId": int(second),
        "labels": ["Primary"],
    }
    assert types_of(hubspot, one) == {int(firm): [279], int(second): [1, 279]}
    assert mirror(hubspot, one) == second


def test_labels_of_a_pair_are_replaced(hubspot: Simulator) -> None:
    one, firm, second = contact(hubspot), company(hubspot), company(hubspot)
    default(hubspot, one, second)
    assert put(hubspot, one, firm, PRIMARY, BILLING).json["labels"] == ["Primary", "Billing contact"]
    put(hubspot, one, firm, BILLING)
    assert types_of(hubspot, one) == {int(firm): [279, 931], int(second): [279]}
    assert mirror(hubspot, one) is None
    put(hubspot, one, firm, UNLABELED)
    assert types_of(hubspot, one)[int(firm)] == [279]


def test_taking_labels_away(hubspot: Simulator) -> None:
    one, firm = contact(hubspot), company(hubspot)
    put(hubspot, one, firm, PRIMARY, BILLING)

    def strip(spec: dict[str, Any]) -> int:
        inputs = [{"types": [spec], "from": {"id": one}, "to": {"id": firm}}]
        return hubspot.post(f"{DETAILS}/batch/labels/archive", {"inputs": inputs}).status

    assert strip(PRIMARY) == 200
    assert types_of(hubspot, one) == {int(firm): [279, 931]}
    assert mirror(hubspot, one) is None
    assert strip(UNLABELED) == 200  # removes all
    assert types_of(hubspot, one) == {}


def test_dissociating_is_quiet_about_what_is_not_there(hubspot: Simulator) -> None:
    one, firm = contact(hubspot), company(hubspot)
    default(hubspot, one, firm)
    path = f"{OBJECTS}/contact/{one}/associations/company/"
    assert [hubspot.request("DELETE", path + other).status for other in (firm, firm, "999999", "x")] == [204] * 4
    assert types_of(hubspot, one) == {}
    assert mirror(hubspot, one) is None


def test_association_changes_do_not_move_the_modified_date(hubspot: Simulator) -> None:
    one, firm = contact(hubspot), company(hubspot)
    before = hubspot.get(f"{OBJECTS}/contacts/{one}").json["updatedAt"]
    default(hubspot, one, firm)
    assert hubspot.get(f"{OBJECTS}/contacts/{one}").json["updatedAt"] == before
    hubspot.settings(associationBumps=True)
    put(hubspot, one, company(hubspot), PRIMARY)
    assert hubspot.get(f"{OBJECTS}/contacts/{one}").json["updatedAt"] > before


@pytest.mark.parametrize("status", [400, 404])
def test_ends_that_do_not_exist(hubspot: Simulator, status: int) -> None:
    hubspot.settings(missingAssociation=str(status))
    one, firm = contact(hubspot), company(hubspot)
    hubspot.request("DELETE", f"{OBJECTS}/companies/{firm}")
    for answer in (default(hubspot, one, firm), put(hubspot, one, "99999999", PRIMARY), default(hubspot, "x", firm)):
        assert answer.status == status
    if status == 400:
        context = default(hubspot, one, firm).json["context"]
        assert context["INVALID_OBJECT_IDS"] == [f"COMPANY={firm} is not valid"]
    inline = [{"to": {"id": firm}, "types": [UNLABELED]}]
    refused = hubspot.post(f"{OBJECTS}/contacts", {"properties": {"lastname": "Nobody"}, "associations": inline})
    assert refused.status == status
    assert not [values for values in hubspot.dump().values() if values.get("lastname") == "Nobody"]


@pytest.mark.parametrize(
    "body", [[{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 280}], [], "1", [{}]]
)
def test_types_that_make_no_sense(hubspot: Simulator, body: Any) -> None:
    one, firm = contact(hubspot), company(hubspot)
    answer = hubspot.request("PUT", f"{OBJECTS}/contact/{one}/associations/company/{firm}", body)
    assert answer.status == 400
    assert types_of(hubspot, one) == {}


def test_only_contacts_and_companies_associate(hubspot: Simulator) -> None:
    one = contact(hubspot)
    assert hubspot.get(f"{OBJECTS}/contacts/{one}/associations/contacts").json["category"] == "VALIDATION_ERROR"
    unknown = hubspot.get(f"{OBJECTS}/contacts/{one}/associations/butterflies")
    assert unknown.json["message"] == "Unable to infer object type from: butterflies"


def test_associations_at_create(hubspot: Simulator) -> None:
    firm, second = company(hubspot), company(hubspot)
    inline = [{"to": {"id": firm}, "types": [UNLABELED]}, {"to": {"id": int(second)}, "types": [BILLING]}]
    one = contact(hubspot, associations=inline)
    assert types_of(hubspot, one) == {int(firm): [1, 279], int(second): [279, 931]}
    assert mirror(hubspot, one) == firm
    back = [{"to": {"id": one}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 2}]}]
    body = {"properties": {"name": "Third"}, "associations": back}
    third = hubspot.post(f"{OBJECTS}/companies", body).json["id"]
    assert mirror(hubspot, one) == third


def test_associations_at_batch_create(hubspot: Simulator) -> None:
    firm = company(hubspot)

    def person(trace: str, to: str) -> dict[str, Any]:
        links = [{"to": {"id": to}, "types": [PRIMARY]}]
        values = {"email": f"{trace}-{next(NUMBERS)}@inline.example"}
        return {"properties": values, "associations": links, "objectWriteTraceId": trace}

    answer = hubspot.post(
        f"{OBJECTS}/contacts/batch/create", {"inputs": [person("good", firm), person("bad", "99999999")]}
    )
    assert answer.status == 207
    (made,), (error,) = answer.json["results"], answer.json["errors"]
    assert types_of(hubspot, made["id"]) == {int(firm): [1, 279]}
    assert error["context"]["objectWriteTraceId"] == ["bad"]


def test_reading_a_record_with_its_associations(hubspot: Simulator) -> None:
    one, firm, second = contact(hubspot), company(hubspot), company(hubspot)
    assert "associations" not in hubspot.get(f"{OBJECTS}/contacts/{one}?associations=companies").json
    default(hubspot, one, firm)
    default(hubspot, one, second)
    shown = hubspot.get(f"{OBJECTS}/contacts/{one}?associations=companies").json["associations"]
    assert shown == {
        "companies": {
            "results": [
                {"id": firm, "type": "contact_to_company"},
                {"id": firm, "type": "contact_to_company_unlabeled"},
                {"id": second, "type": "contact_to_company_unlabeled"},
            ]
        }
    }
    page = hubspot.get(f"{OBJECTS}/companies?associations=contact&limit=100&after={second}").json["results"][0]
    assert page["associations"]["contacts"]["results"] == [{"id": one, "type": "company_to_contact_unlabeled"}]
    assert page["properties"]["name"]
    assert "associations" not in hubspot.get(f"{OBJECTS}/contacts/{one}").json


def test_more_than_a_page_of_contacts(hubspot: Simulator) -> None:
    firm = company(hubspot)
    inputs = [{"properties": {"lastname": f"Page {number}"}} for number in range(100)]
    batches = [hubspot.post(f"{OBJECTS}/contacts/batch/create", {"inputs": inputs}).json["results"] for _ in range(6)]
    people = sorted(int(record["id"]) for batch in batches for record in batch)
    pairs = [{"from": {"id": str(id_)}, "to": {"id": firm}} for id_ in people]
    made = hubspot.post(f"{DETAILS}/batch/associate/default", {"inputs": pairs})
    assert (made.status, len(made.json["results"])) == (200, 1200)
    path = f"{OBJECTS}/company/{firm}/associations/contact"
    first = hubspot.get(path).json
    assert [one["toObjectId"] for one in first["results"]] == people[:500]
    rest = hubspot.get(f"{path}?after={first['paging']['next']['after']}&limit=100").json
    assert [one["toObjectId"] for one in rest["results"]] == people[500:]
    assert "paging" not in rest
    assert hubspot.get(f"{path}?limit=501").status == 400
    read = hubspot.post("/crm/v4/associations/company/contact/batch/read", {"inputs": [{"id": firm}]}).json
    assert len(read["results"][0]["to"]) == 500
    after = read["results"][0]["paging"]["next"]["after"]
    more = hubspot.post(
        "/crm/v4/associations/company/contact/batch/read", {"inputs": [{"id": firm, "after": after}]}
    ).json
    assert [one["toObjectId"] for one in more["results"][0]["to"]] == people[500:]
    block = hubspot.get(f"{OBJECTS}/companies/{firm}?associations=contacts").json["associations"]["contacts"]
    assert len({entry["id"] for entry in block["results"]}) == 100
    assert block["paging"]["next"]["after"] == str(people[100])
    values = hubspot.get(f"{OBJECTS}/companies/{firm}?properties=num_associated_contacts").json["properties"]
    assert values["num_associated_contacts"] == "600"


def test_batch_read_tells_who_has_none(hubspot: Simulator) -> None:
    one, lonely, firm = contact(hubspot), contact(hubspot), company(hubspot)
    default(hubspot, one, firm)
    answer = hubspot.post(f"{DETAILS}/batch/read", {"inputs": [{"id": one}, {"id": lonely}, {"id": "a@b.example"}]})
    assert answer.status == 207
    assert [(r["from"]["id"], r["to"][0]["toObjectId"]) for r in answer.json["results"]] == [(one, int(firm))]
    assert answer.json["numErrors"] == 2
    none, bad = answer.json["errors"]
    assert none == {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No company is associated with contact {lonely}.",
        "context": {"fromObjectId": [lonely], "fromObjectType": ["contact"], "toObjectType": ["company"]},
    }
    assert bad["subCategory"] == "crm.associations.INVALID_IDENTIFIER"
    assert hubspot.post(f"{DETAILS}/batch/read", {"inputs": [{"id": one}]}).status == 200


def test_batch_create_answers_each_pair(hubspot: Simulator) -> None:
    one, two, firm = contact(hubspot), contact(hubspot), company(hubspot)
    inputs = [
        {"from": {"id": one}, "to": {"id": firm}, "types": [PRIMARY, BILLING]},
        {"from": {"id": two}, "to": {"id": "99999999"}, "types": [PRIMARY]},
    ]
    answer = hubspot.post(f"{DETAILS}/batch/create", {"inputs": inputs})
    assert answer.status == 207
    assert [r["labels"] for r in answer.json["results"]] == [["Primary", "Billing contact"]]
    assert answer.json["errors"][0]["context"]["fromObjectId"] == [two]
    assert hubspot.post(f"{DETAILS}/batch/create", {"inputs": inputs[:1]}).status == 201
    partings = {"inputs": [{"from": {"id": one}, "to": [{"id": firm}, {"id": "5"}]}]}
    assert hubspot.post("/crm/v4/associations/contact/company/batch/archive", partings).status == 204
    assert hubspot.post(f"{DETAILS}/batch/archive", partings).status == 200
    assert types_of(hubspot, one) == {}


@pytest.mark.parametrize(("name", "most"), [("read", 1000), ("create", 2000), ("associate/default", 2000)])
def test_batches_have_a_limit(hubspot: Simulator, name: str, most: int) -> None:
    one = {"id": "1"} if name == "read" else {"from": {"id": "1"}, "to": {"id": "2"}}
    answer = hubspot.post(f"{DETAILS}/batch/{name}", {"inputs": [one] * (most + 1)})
    assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")
    assert hubspot.post(f"{DETAILS}/batch/{name}", {"inputs": [one] * most}).status == 207


def test_label_definitions(hubspot: Simulator) -> None:
    path = f"{DETAILS}/labels"
    before = hubspot.get(path).json["results"]
    assert {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"} in before
    assert {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None} in before
    made = hubspot.post(path, {"label": "Boss of", "inverseLabel": "Works for", "name": "boss"}).json["results"]
    forward, inverse = made
    assert (forward["label"], inverse["label"]) == ("Boss of", "Works for")
    assert hubspot.post(path, {"label": "Again", "name": "boss"}).status == 400
    back = hubspot.get("/crm/v4/associations/companies/contacts/labels").json["results"]
    assert inverse in back
    one, firm = contact(hubspot), company(hubspot)
    spec = {"associationCategory": "USER_DEFINED", "associationTypeId": forward["typeId"]}
    assert put(hubspot, one, firm, spec).json["labels"] == ["Primary", "Boss of"]
    renamed = {"associationTypeId": forward["typeId"], "label": "Head of"}
    assert hubspot.request("PUT", path, renamed).status == 204
    assert put(hubspot, one, firm, spec).json["labels"] == ["Primary", "Head of"]
    assert hubspot.request("DELETE", f"{path}/{forward['typeId']}").status == 204
    assert types_of(hubspot, one) == {int(firm): [1, 279]}
    assert hubspot.request("DELETE", f"{path}/{forward['typeId']}").status == 404
    assert hubspot.request("DELETE", f"{path}/931").status == 400
    assert hubspot.get(path).json["results"] == before


def test_archived_companies_are_not_shown(hubspot: Simulator) -> None:
    one, firm, second = contact(hubspot), company(hubspot), company(hubspot)
    default(hubspot, one, firm)
    hubspot.request("DELETE", f"{OBJECTS}/companies/{firm}")
    assert types_of(hubspot, one) == {}
    assert mirror(hubspot, one) is None
    default(hubspot, one, second)
    assert mirror(hubspot, one) == second


def test_searching_by_association(hubspot: Simulator) -> None:
    one, two, firm = contact(hubspot), contact(hubspot), company(hubspot)
    default(hubspot, one, firm)
    default(hubspot, two, firm)

    def found(object_type: str, **condition: Any) -> set[str]:
        body = {"filterGroups": [{"filters": [condition]}]}
        return {r["id"] for r in hubspot.post(f"{OBJECTS}/{object_type}/search", body).json["results"]}

    assert found("contacts", propertyName="associations.company", operator="EQ", value=firm) == {one, two}
    assert found("companies", propertyName="associations.contact", operator="IN", values=[one, "5"]) == {firm}
    wrong = {"filters": [{"propertyName": "associations.company", "operator": "GT", "value": firm}]}
    assert hubspot.post(f"{OBJECTS}/contacts/search", wrong).status == 400


def test_ids_as_the_spec_has_them(hubspot: Simulator) -> None:
    one, firm = contact(hubspot), company(hubspot)
    hubspot.settings(associationIds="text")
    assert put(hubspot, one, firm, PRIMARY).json["toObjectId"] == firm


def test_seeded_contacts_work_for_their_company() -> None:
    with start_simulator(contacts=60, companies=6, seed=2) as hubspot:
        people, firms = hubspot.dump(), hubspot.dump("companies")
        employed = {id_: values for id_, values in people.items() if "company" in values}
        assert len(employed) > 40
        inputs = [{"id": id_} for id_ in employed]
        read = hubspot.post(f"{DETAILS}/batch/read", {"inputs": inputs}).json["results"]
        assert len(read) == len(employed)
        for result in read:
            (to,) = result["to"]
            values = employed[result["from"]["id"]]
            assert str(to["toObjectId"]) == values["associatedcompanyid"]
            assert firms[values["associatedcompanyid"]]["name"] == values["company"]
            assert [one["typeId"] for one in to["associationTypes"]] == [1, 279]


def test_only_some_scope_of_objects_is_needed() -> None:
    with start_simulator(contacts=1, companies=1, scopes="crm.objects.companies.read") as hubspot:
        assert hubspot.get(f"{DETAILS}/labels").status == 200
    with start_simulator(contacts=1, companies=1, scopes="crm.lists.read") as hubspot:
        assert hubspot.get(f"{DETAILS}/labels").json["category"] == "MISSING_SCOPES"
