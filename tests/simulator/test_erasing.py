"""GDPR deletion and the blocklist. Facts: sections 3.1 and 3.8."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/objects/2026-09/contacts"


@pytest.fixture
def hubspot() -> Iterator[Simulator]:
    with start_simulator(contacts=3, companies=1, seed=13) as simulator:
        yield simulator


def create(hubspot: Simulator, email: str) -> Answer:
    return hubspot.post(CONTACTS, {"properties": {"email": email, "lastname": "Person"}})


def erase(hubspot: Simulator, key: str, id_property: str | None = None) -> Answer:
    body = {"objectId": key} if id_property is None else {"objectId": key, "idProperty": id_property}
    return hubspot.post(f"{CONTACTS}/gdpr-delete", body)


def test_an_erased_contact_is_nowhere(hubspot: Simulator) -> None:
    id_ = create(hubspot, "gone@erase.example").json["id"]
    hubspot.request("PATCH", f"{CONTACTS}/{id_}", {"properties": {"lastname": "Other"}})
    assert hubspot.request("PUT", f"{CONTACTS}/{id_}/associations/default/companies/1001").status == 200
    answer = erase(hubspot, id_)
    assert (answer.status, answer.body) == (204, b"")
    assert hubspot.get(f"{CONTACTS}/{id_}").status == 404
    assert hubspot.get(f"{CONTACTS}/{id_}?archived=true").status == 404
    for query in ("limit=100", "limit=100&archived=true"):
        assert id_ not in [record["id"] for record in hubspot.get(f"{CONTACTS}?{query}").json["results"]]
    found = hubspot.post(f"{CONTACTS}/search", {"query": "gone"}).json
    assert found["total"] == 0
    contacts = hubspot.get("/crm/objects/2026-09/companies/1001/associations/contacts").json["results"]
    assert int(id_) not in [one["toObjectId"] for one in contacts]
    state = hubspot.state()
    assert (state["objects"]["contacts"], state["archived"]["contacts"]) == (3, 0)
    assert hubspot.log("gdpr-delete")[-1]["id"] == id_
    assert erase(hubspot, id_).json["category"] == "OBJECT_NOT_FOUND"


def test_by_email_secondary_ones_too(hubspot: Simulator) -> None:
    id_ = create(hubspot, "first@erase.example").json["id"]
    hubspot.mutate("contacts", id_, hs_additional_emails="second@erase.example")
    assert erase(hubspot, "Second@Erase.Example", "email").status == 204
    assert hubspot.get(f"{CONTACTS}/{id_}").status == 404
    assert create(hubspot, "first@erase.example").status == 201  # the address of a known contact is not barred


def test_an_archived_contact_is_erased_by_id(hubspot: Simulator) -> None:
    id_ = create(hubspot, "archived@erase.example").json["id"]
    hubspot.request("DELETE", f"{CONTACTS}/{id_}")
    assert erase(hubspot, id_).status == 204
    assert hubspot.get(f"{CONTACTS}/{id_}?archived=true").status == 404


def test_an_address_of_nobody_is_barred_for_ever(hubspot: Simulator) -> None:
    assert erase(hubspot, "Nobody@erase.example", "email").status == 204
    refused = create(hubspot, "nobody@ERASE.example")
    assert refused.status == 400
    assert refused.json["errors"][0]["context"]["propertyName"] == ["email"]
    change = {"properties": {"email": "nobody@erase.example"}}
    assert hubspot.request("PATCH", f"{CONTACTS}/1001", change).status == 400
    upsert = {"inputs": [{"id": "nobody@erase.example", "idProperty": "email", "properties": {"city": "Galle"}}]}
    assert hubspot.post(f"{CONTACTS}/batch/upsert", upsert).status == 400
    assert erase(hubspot, "not an address", "email").status == 400


def test_every_erased_address_may_be_barred(hubspot: Simulator) -> None:
    hubspot.settings(gdprBlocks="all")
    create(hubspot, "known@erase.example")
    assert erase(hubspot, "known@erase.example", "email").status == 204
    assert create(hubspot, "known@erase.example").status == 400


def test_companies_have_no_such_call(hubspot: Simulator) -> None:
    answer = hubspot.post("/crm/objects/2026-09/companies/gdpr-delete", {"objectId": "1001"})
    assert answer.status in (404, 405)
    assert "1001" in hubspot.dump("companies")


def test_merged_records_are_erased_as_one(hubspot: Simulator) -> None:
    one, two = (create(hubspot, f"{name}@both.example").json["id"] for name in ("one", "two"))
    hubspot.post(f"{CONTACTS}/merge", {"primaryObjectId": one, "objectIdToMerge": two})
    assert erase(hubspot, two).status == 204
    assert [hubspot.get(f"{CONTACTS}/{id_}").status for id_ in (one, two)] == [404, 404]
