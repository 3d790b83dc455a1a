"""Rules of records that the facts leave open, history, companies that HubSpot makes. Facts: sections 3, 4 and 15."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/objects/2026-09/contacts"
COMPANIES = "/crm/objects/2026-09/companies"
NUMBERS = count(1)


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with start_simulator(seed=17) as simulator:
        yield simulator


@pytest.fixture
def hubspot(running: Simulator) -> Iterator[Simulator]:
    """The portal of this file, with its switches back to where they were after each test."""
    before = running.state()["settings"]
    yield running
    running.settings(**before)


def make(hubspot: Simulator, **values: Any) -> str:
    email = values.pop("email", f"r{next(NUMBERS)}@rules.example")
    answer = hubspot.post(CONTACTS, {"properties": {"email": email, **values}})
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def change(hubspot: Simulator, id_: str, **values: Any) -> Answer:
    return hubspot.request("PATCH", f"{CONTACTS}/{id_}", {"properties": values})


@pytest.mark.parametrize(
    ("rule", "status", "stage"), [("ignored", 200, "customer"), ("refused", 400, "customer"), ("accepted", 200, "lead")]
)
def test_a_step_back_in_the_lifecycle(hubspot: Simulator, rule: str, status: int, stage: str) -> None:
    hubspot.settings(stageBackward=rule)
    id_ = make(hubspot, lifecyclestage="customer")
    assert change(hubspot, id_, lifecyclestage="lead").status == status
    assert hubspot.dump()[id_]["lifecyclestage"] == stage
    assert change(hubspot, id_, lifecyclestage="").status == 200
    assert change(hubspot, id_, lifecyclestage="subscriber").status == 200  # once it was cleared


def test_null_and_json_values(hubspot: Simulator) -> None:
    id_ = make(hubspot, city="Galle")
    hubspot.settings(nullValues="ignored")
    assert change(hubspot, id_, city=None, firstname="Ada").status == 200
    assert hubspot.dump()[id_]["city"] == "Galle"
    hubspot.settings(nullValues="refused", jsonScalars="refused")
    for value in (None, True, 7, 1.5):
        refused = change(hubspot, id_, city=value)
        assert (refused.status, "category" in refused.json) == (400, False)
    hubspot.settings(nullValues="clear", jsonScalars="accepted")
    assert change(hubspot, id_, city=7).json["properties"]["city"] == "7"
    assert change(hubspot, id_, city=None).status == 200
    assert "city" not in hubspot.dump()[id_]


def test_deleting_what_is_not_there(hubspot: Simulator) -> None:
    assert hubspot.request("DELETE", f"{CONTACTS}/99999999").status == 204
    hubspot.settings(deleteMissing="404")
    for id_ in ("99999999", "x"):
        assert hubspot.request("DELETE", f"{CONTACTS}/{id_}").json["category"] == "OBJECT_NOT_FOUND"
    id_ = make(hubspot)
    assert [hubspot.request("DELETE", f"{CONTACTS}/{id_}").status for _ in range(2)] == [204, 404]


def test_secondary_addresses(hubspot: Simulator) -> None:
    id_ = make(hubspot, email="own@second.example")
    hubspot.mutate("contacts", id_, hs_additional_emails="more@second.example;other@second.example")
    path = f"{CONTACTS}/More@Second.example?idProperty=email"
    assert hubspot.get(path).status == 404
    hubspot.settings(secondaryEmailReads=True)
    assert hubspot.get(path).json["id"] == id_
    search = {"filters": [{"propertyName": "email", "operator": "EQ", "value": "more@second.example"}]}
    assert hubspot.post(f"{CONTACTS}/search", search).json["total"] == 0
    clash = hubspot.post(CONTACTS, {"properties": {"email": "other@second.example"}})
    assert clash.json["message"].endswith(f"Existing ID: {id_}")
    assert change(hubspot, id_, email="more@second.example").status == 200
    assert hubspot.dump()[id_]["hs_additional_emails"] == "other@second.example"


def test_a_taken_unique_value(hubspot: Simulator) -> None:
    new = {
        "name": "staff_no",
        "label": "Staff number",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
        "hasUniqueValue": True,
    }
    assert hubspot.post("/crm/properties/2026-09/contacts", new).status == 201
    holder = make(hubspot, staff_no="E1")
    body = {"properties": {"lastname": "Second", "staff_no": "E1"}, "objectWriteTraceId": "t"}
    clash = hubspot.post(CONTACTS, body)
    assert (clash.status, clash.json["category"]) == (409, "CONFLICT")
    assert clash.json["message"].endswith(f"{holder} already has that value.")
    hubspot.settings(uniqueClash="validation")
    clash = hubspot.post(CONTACTS, body)
    assert (clash.status, clash.json["errors"][0]["code"]) == (400, "CONFLICTING_UNIQUE_VALUE")
    batch = hubspot.post(f"{CONTACTS}/batch/create", {"inputs": [body]})
    assert (batch.status, batch.json["errors"][0]["category"]) == (207, "VALIDATION_ERROR")
    assert batch.json["errors"][0]["context"]["existingId"] == [holder]


def test_what_a_contact_needs(hubspot: Simulator) -> None:
    body = {"properties": {"city": "Colombo"}}
    assert hubspot.post(CONTACTS, body).status == 400
    hubspot.settings(contactNeedsName=False)
    assert hubspot.post(CONTACTS, body).status == 201
    assert hubspot.post(CONTACTS, {"properties": {}}).status == 400


def test_history_is_newest_first(hubspot: Simulator) -> None:
    id_ = make(hubspot, firstname="First")
    for name in ("Second", "Third"):
        change(hubspot, id_, firstname=name, city="Galle")
    change(hubspot, id_, city="")
    body = hubspot.get(f"{CONTACTS}/{id_}?propertiesWithHistory=firstname,city,phone").json
    history = body["propertiesWithHistory"]
    assert [entry["value"] for entry in history["firstname"]] == ["Third", "Second", "First"]
    assert [entry["value"] for entry in history["city"]] == ["", "Galle"]
    assert "phone" not in history
    assert body["properties"]["firstname"] == "Third"
    moments = [entry["timestamp"] for entry in history["firstname"]]
    assert all(later > earlier for later, earlier in pairwise(moments))
    assert moments[-1] == body["createdAt"]
    assert {entry["sourceType"] for entry in history["firstname"]} == {"INTEGRATION"}


def test_history_halves_the_batch(hubspot: Simulator) -> None:
    def read(number: int) -> int:
        body = {"inputs": [{"id": str(n)} for n in range(number)], "propertiesWithHistory": ["email"]}
        return hubspot.post(f"{CONTACTS}/batch/read", body).status

    assert (read(50), read(51)) == (207, 400)


def test_too_many_inputs_with_or_without_a_category(hubspot: Simulator) -> None:
    inputs = {"inputs": [{"id": str(n)} for n in range(101)]}
    assert hubspot.post(f"{CONTACTS}/batch/read", inputs).json["category"] == "VALIDATION_ERROR"
    hubspot.settings(batchOverLimit="plain")
    refused = hubspot.post(f"{CONTACTS}/batch/read", inputs)
    assert (refused.status, "category" in refused.json) == (400, False)


def test_archived_records_are_listed_apart(hubspot: Simulator) -> None:
    ids = [make(hubspot) for _ in range(3)]
    hubspot.request("DELETE", f"{CONTACTS}/{ids[1]}")
    kept = hubspot.get(f"{CONTACTS}?limit=3&after={ids[0]}").json["results"]
    assert [record["id"] for record in kept if record["id"] in ids] == [ids[0], ids[2]]
    gone = hubspot.get(f"{CONTACTS}?archived=true&limit=100").json["results"]
    assert ids[1] in [record["id"] for record in gone]
    assert all(record["archived"] and record["archivedAt"] for record in gone)
    read = hubspot.post(f"{CONTACTS}/batch/read?archived=true", {"inputs": [{"id": id_} for id_ in ids]})
    assert [record["id"] for record in read.json["results"]] == [ids[1]]


def test_required_properties_hold_on_the_newest_paths(hubspot: Simulator) -> None:
    with start_simulator(require="contacts.jobtitle") as strict:
        body = {"properties": {"lastname": "Person"}}
        refused = strict.post("/crm/objects/2026-09/contacts", body)
        assert (refused.status, refused.json["errors"][0]["code"]) == (400, "MISSING_REQUIRED_PROPERTY")
        assert strict.post("/crm/objects/2026-03/contacts", body).status == 201
        assert strict.post("/crm/v3/objects/contacts", body).status == 201
        strict.settings(validateOlderPaths=True)
        assert strict.post("/crm/v3/objects/contacts", body).status == 400


# companies that HubSpot makes


def companies_of(hubspot: Simulator, id_: str) -> list[str]:
    results = hubspot.get(f"{CONTACTS}/{id_}/associations/companies").json["results"]
    return [str(one["toObjectId"]) for one in results]


def test_a_company_arrives_later(hubspot: Simulator) -> None:
    hubspot.settings(autoCompanies=True, autoCompanyDelay=30)
    one = make(hubspot, email="ceo@brand-new.example")
    private = make(hubspot, email="someone@gmail.com")
    two = make(hubspot, email="cto@brand-new.example")
    before = hubspot.get(f"{CONTACTS}/{one}").json["updatedAt"]
    assert companies_of(hubspot, one) == []
    hubspot.advance(31)
    (company,) = companies_of(hubspot, one)
    assert companies_of(hubspot, two) == [company]
    assert companies_of(hubspot, private) == []
    assert hubspot.dump("companies")[company]["domain"] == "brand-new.example"
    person = hubspot.get(f"{CONTACTS}/{one}?properties=associatedcompanyid").json
    assert person["properties"]["associatedcompanyid"] == company
    assert person["updatedAt"] > before  # one's own write comes back as a change
    assert [entry["id"] for entry in hubspot.log("auto-create")] == [company]
    assert ("companies", company) not in [(entry["type"], entry["id"]) for entry in hubspot.state()["creates"]]


def test_a_company_of_that_domain_is_taken(hubspot: Simulator) -> None:
    hubspot.settings(autoCompanies=True, autoCompanyDelay=0)
    firm = hubspot.post(COMPANIES, {"properties": {"name": "Known", "domain": "known-firm.example"}}).json["id"]
    one = make(hubspot, email="a@known-firm.example")
    assert companies_of(hubspot, one) == [firm]


def test_ones_own_company_races_with_it(hubspot: Simulator) -> None:
    hubspot.settings(autoCompanies=True, autoCompanyDelay=10)
    make(hubspot, email="a@race.example")
    hubspot.advance(11)
    hubspot.post(COMPANIES, {"properties": {"name": "Race", "domain": "race.example"}})
    same = [values for values in hubspot.dump("companies").values() if values.get("domain") == "race.example"]
    assert len(same) == 2


# what outlives a session, and what a seed reproduces


def test_the_data_file_keeps_all_of_it(tmp_path: Path) -> None:
    data = tmp_path / "portal"
    with start_simulator(contacts=4, companies=1, seed=5, data=data) as hubspot:
        base = "/crm/associations/2026-09/contact/company"
        label = hubspot.post(f"{base}/labels", {"label": "Agent", "name": "agent"}).json["results"][0]
        spec = [{"associationCategory": "USER_DEFINED", "associationTypeId": label["typeId"]}]
        one, two = sorted(hubspot.dump(), key=int)[:2]
        hubspot.request("PUT", f"{CONTACTS}/{one}/associations/company/1001", spec)
        hubspot.post(f"{CONTACTS}/merge", {"primaryObjectId": one, "objectIdToMerge": two})
        hubspot.post(f"{CONTACTS}/gdpr-delete", {"objectId": "nobody@data.example", "idProperty": "email"})
        hubspot.request("PATCH", f"{CONTACTS}/{one}", {"properties": {"city": "Matara"}})
        for name in ("kept", "archived"):
            new = {"name": f"{name}_key", "label": "Key", "type": "string", "fieldType": "text", "groupName": "own"}
            hubspot.post("/crm/properties/2026-09/contacts/groups", {"name": "own", "label": "Our own"})
            assert hubspot.post("/crm/properties/2026-09/contacts", {**new, "hasUniqueValue": True}).status == 201
        hubspot.request("DELETE", "/crm/properties/2026-09/contacts/archived_key")
        path = f"{CONTACTS}/{one}/associations/companies"
        shown = [f"{CONTACTS}/{one}?propertiesWithHistory=city", "/crm/properties/2026-09/contacts/groups/own"]
        before = [hubspot.get(address).json for address in shown]
        links, labels = hubspot.get(path).json, hubspot.get(f"{base}/labels").json
        assert hubspot.stop() == 0
    with start_simulator(data=data) as hubspot:
        assert (hubspot.get(path).json, hubspot.get(f"{base}/labels").json) == (links, labels)
        assert hubspot.get(f"{CONTACTS}/{two}").json["id"] == one
        assert hubspot.post(CONTACTS, {"properties": {"email": "nobody@data.example"}}).status == 400
        assert hubspot.state()["archived"]["contacts"] == 0
        assert [hubspot.get(address).json for address in shown] == before
        assert hubspot.get("/crm/properties/2026-09/contacts/kept_key").json["hasUniqueValue"] is True
        assert hubspot.get("/crm/properties/2026-09/contacts/archived_key").status == 404
        assert hubspot.get(f"{CONTACTS}/x?idProperty=archived_key").status == 400


def test_the_same_requests_make_the_same_portal() -> None:
    def session() -> list[str]:
        with start_simulator(contacts=30, companies=3, seed=23) as hubspot:
            hubspot.settings(autoCompanies=True, autoCompanyDelay=1, mergeNewId=True)
            made = [make_email(hubspot, n) for n in range(4)]
            hubspot.advance(2)
            hubspot.post(f"{CONTACTS}/merge", {"primaryObjectId": made[0], "objectIdToMerge": made[1]})
            pairs = [{"from": {"id": id_}, "to": {"id": "1001"}} for id_ in made[2:]]
            answer = hubspot.post("/crm/v4/associations/contact/company/batch/associate/default", {"inputs": pairs})
            shown = json.dumps([hubspot.dump(), hubspot.dump("companies"), answer.json["results"]])
            log = [[entry["op"], entry["id"], entry["key"]] for entry in hubspot.log()]
            return [shown, answer.headers["x-hubspot-correlation-id"], json.dumps(log)]

    assert session() == session()


def make_email(hubspot: Simulator, number: int) -> str:
    return make(hubspot, email=f"same{number}@same-{number}.example")
