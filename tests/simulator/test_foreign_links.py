"""HubSpot's own SDKs associate, merge and erase on the simulator: their models parse every answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import hubspot  # type: ignore[import-untyped]
import hubspot_sdk
import pytest
from hubspot.crm import companies as old_companies  # type: ignore[import-untyped]
from hubspot.crm import contacts as old_contacts
from hubspot.crm.associations import v4  # type: ignore[import-untyped]
from hubspot.crm.associations.v4 import schema  # type: ignore[import-untyped]

from tests.support.simulator import Simulator, start_simulator

PRIMARY, UNLABELED = 1, 279
NUMBERS = count(1)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """One portal for the whole file; every record is its test's own."""
    with start_simulator(seed=29) as running:
        yield running


@pytest.fixture
def old(simulator: Simulator) -> Iterator[Any]:
    """hubspot-api-client; its models insist on `errors` and `links`, which recordings lack."""
    simulator.settings(specErrors=True)
    yield hubspot.HubSpot(host=simulator.url, access_token=simulator.token)
    simulator.settings(specErrors=False)


@pytest.fixture(params=["numbers", "text"])
def new(simulator: Simulator, request: pytest.FixtureRequest) -> Iterator[Any]:
    """hubspot-sdk, with its models applied strictly where ids are those of the spec."""
    simulator.settings(specErrors=True, associationIds=request.param)
    strict = request.param == "text"
    with hubspot_sdk.HubSpot(
        base_url=simulator.url, access_token=simulator.token, max_retries=0, _strict_response_validation=strict
    ) as client:
        yield client
    simulator.settings(specErrors=False, associationIds="numbers")


@pytest.fixture
def people(simulator: Simulator) -> list[str]:
    """Three contacts."""
    names = {"firstname": "Ada", "lastname": "Byron"}  # a null does not pass the strict models
    return [_make(simulator, "contacts", email=f"f{next(NUMBERS)}@foreign.example", **names) for _ in range(3)]


@pytest.fixture
def firms(simulator: Simulator) -> list[str]:
    """Two companies."""
    return [_make(simulator, "companies", name="Firm", domain=f"f{next(NUMBERS)}.example") for _ in range(2)]


def _make(simulator: Simulator, object_type: str, **values: str) -> str:
    return str(simulator.post(f"/crm/v3/objects/{object_type}", {"properties": values}).json["id"])


def _spec(type_id: int, category: str = "HUBSPOT_DEFINED") -> Any:
    return v4.AssociationSpec(association_category=category, association_type_id=type_id)


def test_the_old_sdk_associates(old: Any, people: list[str], firms: list[str]) -> None:
    api = old.crm.associations.v4.basic_api
    made = api.create_default("contact", people[0], "company", firms[0])
    assert {one.association_spec.association_type_id for one in made.results} == {279, 280}
    pair = api.create("contact", people[0], "company", firms[1], [_spec(PRIMARY)])
    assert (pair.to_object_id, pair.labels) == (firms[1], ["Primary"])
    page = api.get_page("contact", people[0], "company", limit=1)
    assert [one.type_id for one in page.results[0].association_types] == [UNLABELED]
    rest = api.get_page("contact", people[0], "company", after=page.paging.next.after)
    assert [(one.type_id, one.label) for one in rest.results[0].association_types] == [(1, "Primary"), (279, None)]
    api.archive("contact", people[0], "company", firms[1])
    assert [one.to_object_id for one in api.get_page("contact", people[0], "company").results] == [firms[0]]


def test_the_old_sdk_associates_in_batches(old: Any, people: list[str], firms: list[str]) -> None:
    api = old.crm.associations.v4.batch_api

    def id_(text: str) -> Any:
        return v4.PublicObjectId(id=text)

    pairs = [v4.PublicAssociationMultiPost(_from=id_(p), to=id_(firms[0]), types=[_spec(PRIMARY)]) for p in people[:2]]
    made = api.create("contact", "company", v4.BatchInputPublicAssociationMultiPost(inputs=pairs))
    assert [one.labels for one in made.results] == [["Primary"], ["Primary"]]
    default = v4.PublicDefaultAssociationMultiPost(_from=id_(people[2]), to=id_(firms[1]))
    body = v4.BatchInputPublicDefaultAssociationMultiPost(inputs=[default])
    assert len(api.create_default("contact", "company", body).results) == 2
    lonely = "999999"
    asked = [v4.PublicFetchAssociationsBatchRequest(id=one) for one in [*people, lonely]]
    read = api.get_page("contact", "company", v4.BatchInputPublicFetchAssociationsBatchRequest(inputs=asked))
    assert {one._from.id for one in read.results} == set(people)
    assert read.errors[0].sub_category == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert read.errors[0].context["fromObjectId"] == [lonely]
    api.archive_labels("contact", "company", v4.BatchInputPublicAssociationMultiPost(inputs=pairs[:1]))
    parting = v4.PublicAssociationMultiArchive(_from=id_(people[1]), to=[id_(firms[0])])
    api.archive("contact", "company", v4.BatchInputPublicAssociationMultiArchive(inputs=[parting]))
    left = old.crm.associations.v4.basic_api
    types = left.get_page("contact", people[0], "company").results[0].association_types
    assert [one.type_id for one in types] == [UNLABELED]
    assert left.get_page("contact", people[1], "company").results == []


def test_the_old_sdk_defines_labels(old: Any) -> None:
    api = old.crm.associations.v4.schema.definitions_api
    new = schema.PublicAssociationDefinitionCreateRequest(name="old_agent", label="Agent", inverse_label="Client")
    made = api.create("contact", "company", new).results
    assert [one.label for one in made] == ["Agent", "Client"]
    renamed = schema.PublicAssociationDefinitionUpdateRequest(association_type_id=made[0].type_id, label="Broker")
    api.update("contact", "company", renamed)
    listed = {(one.category, one.type_id): one.label for one in api.get_all("contact", "company").results}
    assert listed["USER_DEFINED", made[0].type_id] == "Broker"
    assert listed["HUBSPOT_DEFINED", 1] == "Primary"
    api.remove("contact", "company", made[0].type_id)
    assert len(api.get_all("contact", "company").results) == len(listed) - 1


def test_the_old_sdk_creates_with_associations_and_reads_them(old: Any, firms: list[str]) -> None:
    spec = old_contacts.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=UNLABELED)
    link = old_contacts.PublicAssociationsForObject(types=[spec], to=old_contacts.PublicObjectId(id=firms[0]))
    body = old_contacts.SimplePublicObjectInputForCreate(properties={"lastname": "Linked"}, associations=[link])
    made = old.crm.contacts.basic_api.create(body)
    read = old.crm.contacts.basic_api.get_by_id(made.id, associations=["companies"])
    entries = read.associations["companies"].results
    assert [(one.id, one.type) for one in entries] == [
        (firms[0], "contact_to_company"),
        (firms[0], "contact_to_company_unlabeled"),
    ]


def test_the_old_sdk_merges_and_erases(old: Any, people: list[str], firms: list[str]) -> None:
    api = old.crm.contacts.basic_api
    pair = old_contacts.PublicMergeInput(object_id_to_merge=people[1], primary_object_id=people[0])
    merged = api.merge(pair)
    assert (merged.id, merged.properties["hs_merged_object_ids"]) == (people[0], people[1])
    assert api.get_by_id(people[1]).id == people[0]
    firm = old.crm.companies.basic_api.merge(
        old_companies.PublicMergeInput(object_id_to_merge=firms[1], primary_object_id=firms[0])
    )
    assert firm.id == firms[0]
    api.purge(old_contacts.PublicGdprDeleteInput(object_id=people[2], id_property="hs_object_id"))
    with pytest.raises(old_contacts.ApiException) as gone:
        api.get_by_id(people[2])
    assert gone.value.status == 404


def test_the_old_sdk_reads_history(old: Any, people: list[str]) -> None:
    api = old.crm.contacts.basic_api
    for name in ("One", "Two"):
        api.update(people[0], old_contacts.SimplePublicObjectInput(properties={"firstname": name}))
    read = api.get_by_id(people[0], properties_with_history=["firstname"])
    versions = read.properties_with_history["firstname"]
    assert [one.value for one in versions] == ["Two", "One", "Ada"]
    assert versions[0].timestamp >= versions[1].timestamp


def test_the_new_sdk_associates(new: Any, people: list[str], firms: list[str]) -> None:
    api = new.crm.associations
    one, firm, second = people[0], *firms
    made = api.create(firm, from_object_type="contact", from_object_id=one, to_object_type="company")
    assert {result.association_spec.association_type_id for result in made.results} == {279, 280}
    spec = {"association_category": "HUBSPOT_DEFINED", "association_type_id": PRIMARY}
    pair = api.update_labels(second, object_type="contact", object_id=one, to_object_type="company", body=[spec])
    assert (str(pair.to_object_id), pair.labels) == (second, ["Primary"])
    found = {str(a.to_object_id): a for a in api.list("company", object_type="contact", object_id=one, limit=1)}
    assert [label.type_id for label in found[firm].association_types] == [279]
    assert [label.label for label in found[second].association_types] == ["Primary", None]
    api.delete(second, object_type="contact", object_id=one, to_object_type="company")
    left = list(api.list("company", object_type="contact", object_id=one))
    assert [str(a.to_object_id) for a in left] == [firm]


def test_the_new_sdk_associates_in_batches(new: Any, people: list[str], firms: list[str]) -> None:
    api, way = new.crm.associations.batch, {"from_object_type": "contact"}
    spec = {"association_category": "HUBSPOT_DEFINED", "association_type_id": PRIMARY}
    pairs = [{"from": {"id": one}, "to": {"id": firms[0]}, "types": [spec]} for one in people[:2]]
    made = api.create("company", inputs=pairs, **way)
    assert [one.labels for one in made.results] == [["Primary"], ["Primary"]]
    default = api.create_default("company", inputs=[{"from": {"id": people[2]}, "to": {"id": firms[1]}}], **way)
    assert len(default.results) == 2
    read = api.get("company", inputs=[{"id": one} for one in [*people, "999999"]], **way)
    assert {one.from_.id for one in read.results} == set(people)
    assert read.errors[0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    api.delete_labels("company", inputs=pairs[:1], **way)
    api.delete("company", inputs=[{"from": {"id": people[1]}, "to": [{"id": firms[0]}]}], **way)
    left = api.get("company", inputs=[{"id": one} for one in people[:2]], **way)
    assert [(one.from_.id, [label.type_id for label in one.to[0].association_types]) for one in left.results] == [
        (people[0], [279])
    ]


def test_the_new_sdk_defines_labels(new: Any) -> None:
    api, way = new.crm.associations_schema.labels, {"from_object_type": "contact"}
    made = api.create_label("company", label="Agent", name=f"agent_{next(NUMBERS)}", **way).results
    assert [one.label for one in made] == ["Agent", "Agent"]
    api.update_label("company", association_type_id=made[0].type_id, label="Broker", **way)
    listed = api.list_labels("company", **way).results
    assert "Broker" in [one.label for one in listed]
    api.delete_label(made[0].type_id, from_object_type="contact", to_object_type="company")
    assert len(api.list_labels("company", **way).results) == len(listed) - 1


def test_the_new_sdk_merges_and_erases(new: Any, simulator: Simulator, people: list[str], firms: list[str]) -> None:
    simulator.settings(mergeNewId=True)
    api = new.crm.objects.contacts
    merged = api.merge(primary_object_id=people[0], object_id_to_merge=people[1])
    firm = new.crm.objects.companies.merge(primary_object_id=firms[0], object_id_to_merge=firms[1])
    simulator.settings(mergeNewId=False)
    assert merged.id not in people
    assert [api.get(one).id for one in people[:2]] == [merged.id, merged.id]
    assert new.crm.objects.companies.get(firms[0], associations=["contacts"]).id == firm.id
    api.gdpr_delete(object_id=merged.properties["email"], id_property="email")
    with pytest.raises(hubspot_sdk.NotFoundError):
        api.get(merged.id)
    address = f"never{next(NUMBERS)}@foreign.example"
    api.gdpr_delete(object_id=address, id_property="email")
    with pytest.raises(hubspot_sdk.BadRequestError, match="blocklist"):
        api.create(properties={"email": address}, associations=[])
