"""Merging: which values win, what old ids still do, associations, the limit. Facts: section 3.8."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/objects/2026-09/contacts"
COMPANIES = "/crm/objects/2026-09/companies"
NUMBERS = count(1)


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with start_simulator(seed=11) as simulator:
        yield simulator


@pytest.fixture
def hubspot(running: Simulator) -> Iterator[Simulator]:
    """The portal of this file, with its switches back to where they were after each test."""
    before = running.state()["settings"]
    yield running
    running.settings(**before)


def contact(hubspot: Simulator, **values: str) -> str:
    answer = hubspot.post(CONTACTS, {"properties": {"email": f"m{next(NUMBERS)}@merge.example", **values}})
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def company(hubspot: Simulator, **values: str) -> str:
    return str(hubspot.post(COMPANIES, {"properties": {"name": "Firm", **values}}).json["id"])


def merge(hubspot: Simulator, first: str, second: str, path: str = CONTACTS) -> Answer:
    return hubspot.post(f"{path}/merge", {"primaryObjectId": first, "objectIdToMerge": second})


def email(hubspot: Simulator, id_: str) -> str:
    return hubspot.dump()[id_]["email"]


def test_the_primary_records_values_win(hubspot: Simulator) -> None:
    first = contact(hubspot, firstname="Ada", lifecyclestage="lead")
    second = contact(hubspot, firstname="Grace", city="Galle", lifecyclestage="customer")
    mine, other = email(hubspot, first), email(hubspot, second)
    answer = merge(hubspot, first, second)
    assert answer.status == 200
    values = answer.json["properties"]
    assert answer.json["id"] == first
    assert (values["firstname"], values["city"], values["lifecyclestage"]) == ("Ada", "Galle", "customer")
    assert (values["email"], values["hs_additional_emails"]) == (mine, other)
    assert values["hs_merged_object_ids"] == second
    assert values["hs_all_contact_vids"] == f"{first};{second}"
    assert hubspot.post(CONTACTS, {"properties": {"email": other}}).json["message"].endswith(f"Existing ID: {first}")


@pytest.mark.parametrize("renewed", [False, True])
def test_old_ids_work_in_single_calls_only(hubspot: Simulator, renewed: bool) -> None:
    hubspot.settings(mergeNewId=renewed)
    first, second = contact(hubspot), contact(hubspot)
    survivor = merge(hubspot, first, second).json["id"]
    assert (survivor == first) is not renewed
    assert hubspot.get(f"{CONTACTS}/{second}").json["id"] == survivor
    assert hubspot.get(f"{CONTACTS}/{first}").json["id"] == survivor
    changed = hubspot.request("PATCH", f"{CONTACTS}/{second}", {"properties": {"city": "Jaffna"}})
    assert (changed.status, changed.json["id"]) == (200, survivor)
    # in batches it is missing without a word
    inputs = [{"id": id_, "properties": {"city": "Kandy"}} for id_ in (second, survivor)]
    batch = hubspot.post(f"{CONTACTS}/batch/update", {"inputs": inputs})
    assert batch.status == 200
    assert [record["id"] for record in batch.json["results"]] == [survivor]
    assert "errors" not in batch.json
    read = hubspot.post(f"{CONTACTS}/batch/read", {"inputs": [{"id": second}]})
    assert read.json["errors"][0]["context"]["ids"] == [second]
    hubspot.settings(batchReadsMerged=True)
    read = hubspot.post(f"{CONTACTS}/batch/read", {"inputs": [{"id": second}]})
    assert [record["id"] for record in read.json["results"]] == [survivor]
    # it is neither listed, archived nor found
    for query in ("", "archived=true&"):
        page = hubspot.get(f"{CONTACTS}?{query}limit=1&after={second}").json["results"]
        assert second not in [record["id"] for record in page]
    assert hubspot.get(f"{CONTACTS}/{second}?archived=true").status == 404
    assert hubspot.request("DELETE", f"{CONTACTS}/{second}").status == 204
    assert hubspot.get(f"{CONTACTS}/{survivor}").json["archived"] is False


def test_a_chain_of_merges(hubspot: Simulator) -> None:
    one, two, three, four = (contact(hubspot) for _ in range(4))
    merge(hubspot, two, one)
    hubspot.settings(mergeNewId=True)
    last = merge(hubspot, three, two).json["id"]
    assert merge(hubspot, four, last).status == 200
    found = {hubspot.get(f"{CONTACTS}/{id_}").json["id"] for id_ in (one, two, three, four, last)}
    assert len(found) == 1
    (survivor,) = found
    listed = hubspot.get(f"{CONTACTS}/{survivor}?properties=hs_merged_object_ids").json["properties"]
    assert set(listed["hs_merged_object_ids"].split(";")) == {one, two, three, four, last}
    assert len(hubspot.dump()[survivor]["hs_additional_emails"].split(";")) == 3


def test_merges_that_make_no_sense(hubspot: Simulator) -> None:
    one, two = contact(hubspot), contact(hubspot)
    assert merge(hubspot, one, one).json["category"] == "VALIDATION_ERROR"
    assert merge(hubspot, one, "99999999").json["category"] == "OBJECT_NOT_FOUND"
    assert merge(hubspot, "x", one).status == 404
    assert hubspot.post(f"{CONTACTS}/merge", {"primaryObjectId": one}).status == 400
    merge(hubspot, one, two)
    assert merge(hubspot, one, two).status == 400  # it is part of it already
    assert hubspot.request("PATCH", f"{CONTACTS}/{one}", {"properties": {"hs_merged_object_ids": "1"}}).status == 400


def test_no_more_than_250_identities(hubspot: Simulator) -> None:
    one, two = contact(hubspot), contact(hubspot)
    hubspot.mutate("contacts", one, hs_merged_object_ids=";".join(str(number) for number in range(248)))
    assert merge(hubspot, one, two).status == 200
    answer = merge(hubspot, one, contact(hubspot))
    assert answer.status == 414
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json["message"] == "Cannot have more than 250 identities on a profile"


def test_associations_follow_and_one_primary_stays(hubspot: Simulator) -> None:
    first, second, third = (contact(hubspot) for _ in range(3))
    mine, theirs = company(hubspot), company(hubspot)

    def associate(one: str, other: str) -> None:
        path = f"/crm/objects/2026-09/contact/{one}/associations/default/company/{other}"
        assert hubspot.request("PUT", path).status == 200

    def types(one: str) -> dict[int, list[int]]:
        results = hubspot.get(f"{CONTACTS}/{one}/associations/companies").json["results"]
        return {r["toObjectId"]: [t["typeId"] for t in r["associationTypes"]] for r in results}

    associate(first, mine)
    associate(second, theirs)
    associate(third, theirs)
    merge(hubspot, first, second)
    assert types(first) == {int(mine): [1, 279], int(theirs): [279]}
    hubspot.settings(mergeNewId=True)
    survivor = merge(hubspot, mine, theirs, COMPANIES).json["id"]
    assert survivor not in (mine, theirs)
    for one in (first, third):
        assert types(one) == {int(survivor): [1, 279]}
        values = hubspot.get(f"{CONTACTS}/{one}?properties=associatedcompanyid").json["properties"]
        assert values["associatedcompanyid"] == survivor


def test_companies_keep_the_other_domain(hubspot: Simulator) -> None:
    one, two = company(hubspot, domain="one.example"), company(hubspot, domain="two.example", city="Matara")
    values = merge(hubspot, one, two, COMPANIES).json["properties"]
    assert (values["domain"], values["hs_additional_domains"], values["city"]) == (
        "one.example",
        "two.example",
        "Matara",
    )


def test_unique_values_are_free_or_taken_as_they_should(hubspot: Simulator) -> None:
    new: dict[str, Any] = {
        "name": "badge",
        "label": "Badge",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
        "hasUniqueValue": True,
    }
    assert hubspot.post("/crm/properties/2026-09/contacts", new).status == 201
    one, two = contact(hubspot, badge="B1"), contact(hubspot, badge="B2")
    merge(hubspot, one, two)
    assert hubspot.get(f"{CONTACTS}/B1?idProperty=badge").json["id"] == one
    assert hubspot.get(f"{CONTACTS}/B2?idProperty=badge").status == 404
    again = contact(hubspot, badge="B2")
    assert hubspot.get(f"{CONTACTS}/B2?idProperty=badge").json["id"] == again


def test_the_log_tells_of_merges(hubspot: Simulator) -> None:
    one, two = contact(hubspot), contact(hubspot)
    merge(hubspot, one, two)
    last = hubspot.log("merge")[-1]
    assert (last["type"], last["id"], last["key"]) == ("contacts", one, two)
    assert last["at"] > 0
