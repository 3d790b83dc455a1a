"""HubSpot's own SDKs take the simulator for HubSpot: their models parse every answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hubspot  # type: ignore[import-untyped]
import hubspot_sdk
import pytest
from hubspot.crm import companies as old_companies  # type: ignore[import-untyped]
from hubspot.crm import contacts as old_contacts

from tests.support.simulator import Simulator, start_simulator

PEOPLE = [("Ada", "Lovelace"), ("Grace", "Hopper"), ("Mary", "Jackson"), ("Radia", "Perlman")]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """One portal for the whole file; each test has its own mail domain."""
    with start_simulator(contacts=230, companies=30, seed=5) as running:
        yield running


@pytest.fixture
def old(simulator: Simulator) -> Any:
    """hubspot-api-client, on the v3 paths."""
    return hubspot.HubSpot(host=simulator.url, access_token=simulator.token)


@pytest.fixture
def new(simulator: Simulator) -> Iterator[Any]:
    """hubspot-sdk, on the 2026-03 paths."""
    with hubspot_sdk.HubSpot(base_url=simulator.url, access_token=simulator.token, max_retries=0) as client:
        yield client


def test_the_old_sdk_creates_reads_updates_and_archives_a_contact(old: Any) -> None:
    api = old.crm.contacts.basic_api
    made = api.create(
        old_contacts.SimplePublicObjectInputForCreate(
            properties={"email": "Ada@Old.example", "firstname": "Ada"}, associations=[]
        )
    )
    assert made.properties["email"] == "ada@old.example"
    assert made.properties["lifecyclestage"] == "lead"
    read = api.get_by_id("ada@old.example", id_property="email", properties=["firstname", "phone"])
    assert (read.id, read.properties["firstname"], read.properties["phone"]) == (made.id, "Ada", None)
    changed = api.update(made.id, old_contacts.SimplePublicObjectInput(properties={"firstname": "Augusta"}))
    assert changed.properties["firstname"] == "Augusta"
    assert changed.updated_at > made.created_at
    api.archive(made.id)
    with pytest.raises(old_contacts.ApiException) as gone:
        api.get_by_id(made.id)
    assert gone.value.status == 404


def test_the_old_sdk_lists_every_company_once(old: Any) -> None:
    found = [company.id for company in old.crm.companies.get_all()]
    assert len(found) >= 30
    assert len(set(found)) == len(found)


def test_the_old_sdk_batches(old: Any) -> None:
    api = old.crm.contacts.batch_api
    made = api.create(
        old_contacts.BatchInputSimplePublicObjectBatchInputForCreate(
            inputs=[
                old_contacts.SimplePublicObjectBatchInputForCreate(
                    properties={"email": f"{first}@batch-old.example", "firstname": first, "lastname": last},
                    associations=[],
                )
                for first, last in PEOPLE
            ]
        )
    )
    assert made.status == "COMPLETE"
    ids = {record.properties["firstname"]: record.id for record in made.results}
    assert set(ids) == {first for first, _ in PEOPLE}
    api.update(
        old_contacts.BatchInputSimplePublicObjectBatchInput(
            inputs=[
                old_contacts.SimplePublicObjectBatchInput(id=id_, properties={"jobtitle": "Pioneer"})
                for id_ in ids.values()
            ]
        )
    )
    upserted = api.upsert(
        old_contacts.BatchInputSimplePublicObjectBatchInputUpsert(
            inputs=[
                old_contacts.SimplePublicObjectBatchInputUpsert(
                    id=email, id_property="email", properties={"city": "London"}
                )
                for email in ("ada@batch-old.example", "new@batch-old.example")
            ]
        )
    )
    assert sorted(result.new for result in upserted.results) == [False, True]
    read = api.read(
        old_contacts.BatchReadInputSimplePublicObjectId(
            properties=["jobtitle", "city"],
            properties_with_history=[],
            inputs=[old_contacts.SimplePublicObjectId(id=id_) for id_ in ids.values()],
        )
    )
    assert {record.properties["jobtitle"] for record in read.results} == {"Pioneer"}
    assert {record.properties["city"] for record in read.results if record.id == ids["Ada"]} == {"London"}
    api.archive(
        old_contacts.BatchInputSimplePublicObjectId(
            inputs=[old_contacts.SimplePublicObjectId(id=id_) for id_ in ids.values()]
        )
    )
    assert not {contact.id for contact in old.crm.contacts.get_all()}.intersection(ids.values())


def test_the_old_sdk_sees_partial_success(old: Any, simulator: Simulator) -> None:
    simulator.settings(specErrors=True)  # its models insist on `errors` and `links`, which recordings lack
    read = old.crm.contacts.batch_api.read(
        old_contacts.BatchReadInputSimplePublicObjectId(
            properties=["email"],
            properties_with_history=[],
            inputs=[old_contacts.SimplePublicObjectId(id=id_) for id_ in ("1001", "999999")],
        )
    )
    simulator.settings(specErrors=False)
    assert [record.id for record in read.results] == ["1001"]
    assert read.errors[0].category == "OBJECT_NOT_FOUND"
    assert read.errors[0].context == {"ids": ["999999"]}


def test_the_old_sdk_searches(old: Any) -> None:
    found = old.crm.contacts.search_api.do_search(
        old_contacts.PublicObjectSearchRequest(
            filter_groups=[
                old_contacts.FilterGroup(
                    filters=[old_contacts.Filter(property_name="hs_object_id", operator="GTE", value="1001")]
                )
            ],
            sorts=["-createdate"],
            properties=["email", "city"],
            limit=50,
            after="0",
        )
    )
    assert found.total >= 230
    assert len(found.results) == 50
    assert found.paging.next.after == "50"
    created = [record.created_at for record in found.results]
    assert created == sorted(created, reverse=True)


def test_the_old_sdk_writes_companies(old: Any) -> None:
    made = old.crm.companies.basic_api.create(
        old_companies.SimplePublicObjectInputForCreate(
            properties={"name": "Difference Engines", "domain": "https://www.Engines.example/about"}, associations=[]
        )
    )
    assert made.properties["domain"] == "engines.example"
    assert made.properties["website"] == "engines.example"


def test_the_old_sdk_reads_properties_and_gets_tokens(old: Any, simulator: Simulator) -> None:
    stage = old.crm.properties.core_api.get_by_name("contacts", "lifecyclestage")
    assert [option.value for option in stage.options][:2] == ["subscriber", "lead"]
    assert stage.modification_metadata.read_only_value is False
    assert len(old.crm.properties.core_api.get_all("companies").results) > 70
    tokens = old.oauth.tokens_api.create(
        grant_type="refresh_token",
        client_id=simulator.client_id,
        client_secret=simulator.client_secret,
        refresh_token=simulator.refresh_token,
    )
    assert tokens.expires_in == 1800
    caller = hubspot.HubSpot(host=simulator.url, access_token=tokens.access_token)
    assert len(caller.crm.contacts.basic_api.get_page(limit=3).results) == 3


def test_the_new_sdk_creates_reads_updates_and_archives_a_contact(new: Any) -> None:
    api = new.crm.objects.contacts
    made = api.create(properties={"email": "Grace@New.example", "lastname": "Hopper"}, associations=[])
    assert made.properties["email"] == "grace@new.example"
    assert made.created_at.tzinfo is not None
    read = api.get("grace@new.example", id_property="email")
    assert (read.id, read.properties["lastname"]) == (made.id, "Hopper")
    changed = api.update(made.id, properties={"lastname": "Murray Hopper"})
    assert changed.properties["lastname"] == "Murray Hopper"
    api.delete(made.id)
    with pytest.raises(hubspot_sdk.NotFoundError):
        api.get(made.id)


def test_the_new_sdk_pages_through_all_contacts(new: Any) -> None:
    found = [contact.id for contact in new.crm.objects.contacts.list(limit=100)]
    assert len(found) >= 230
    assert found == sorted(set(found), key=int)


def test_the_new_sdk_batches(new: Any) -> None:
    api = new.crm.objects.contacts.batch
    made = api.create(
        inputs=[
            {"properties": {"email": f"{first}@batch-new.example", "firstname": first}, "associations": []}
            for first, _ in PEOPLE
        ]
    )
    ids = {record.properties["firstname"]: record.id for record in made.results}
    assert len(ids) == len(PEOPLE)
    updated = api.update(inputs=[{"id": id_, "properties": {"jobtitle": "Pioneer"}} for id_ in ids.values()])
    assert {record.id for record in updated.results} == set(ids.values())
    upserted = api.upsert(
        inputs=[
            {"id": "ADA@batch-new.example", "id_property": "email", "properties": {"city": "Paris"}},
            {"id": "new@batch-new.example", "id_property": "email", "properties": {"city": "Rome"}},
        ]
    )
    assert {record.properties["city"]: record.new for record in upserted.results} == {"Paris": False, "Rome": True}
    read = api.get(
        inputs=[{"id": id_} for id_ in [*ids.values(), "999999"]],
        properties=["jobtitle"],
        properties_with_history=[],
    )
    assert {record.properties["jobtitle"] for record in read.results} == {"Pioneer"}
    assert read.errors[0]["context"]["ids"] == ["999999"]
    api.delete(inputs=[{"id": id_} for id_ in ids.values()])
    with pytest.raises(hubspot_sdk.NotFoundError):
        new.crm.objects.contacts.get(ids["Ada"])


def test_the_new_sdk_searches_and_reads_the_account(new: Any, simulator: Simulator) -> None:
    found = new.crm.objects.companies.search(
        filter_groups=[{"filters": [{"property_name": "domain", "operator": "HAS_PROPERTY"}]}],
        sorts=["name"],
        properties=["name", "domain"],
        limit=10,
        after="0",
    )
    assert found.total >= 30
    names = [record.properties["name"].lower() for record in found.results]
    assert names == sorted(names)
    assert new.account.get().portal_id == simulator.portal_id
    assert new.account.get_daily_private_apps_usage().results[0].usage_limit == 250_000


def test_the_new_sdk_meets_the_errors_it_knows(new: Any) -> None:
    api = new.crm.objects.contacts
    api.create(properties={"email": "taken@new.example"}, associations=[])
    with pytest.raises(hubspot_sdk.ConflictError):
        api.create(properties={"email": "TAKEN@new.example"}, associations=[])
    with pytest.raises(hubspot_sdk.BadRequestError, match="was not one of the allowed options"):
        api.create(properties={"email": "x@new.example", "lifecyclestage": "Lead"}, associations=[])
