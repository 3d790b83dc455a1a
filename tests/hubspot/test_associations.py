"""Associations: read, made and removed in batches, with an outcome for every input, and paths as others know them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from console.hubspot.associations import Pair
from console.hubspot.errors import Invalid, NotFound, Unmentioned
from tests.support.hubspot_parts import MemorySecrets, TinyBudget, opened
from tests.support.scripted_server import Received, Reply, ScriptedServer
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator(contacts=12, companies=4) as simulator:
        yield simulator


@pytest.fixture
def pairs(crm: Simulator) -> tuple[list[str], list[str]]:
    crm.reset()
    contacts, companies = list(crm.dump()), list(crm.dump("companies"))
    for contact in contacts:
        for company in companies:
            crm.request("DELETE", f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}")
    return contacts, companies


def secrets_of(crm: Simulator) -> MemorySecrets:
    return MemorySecrets(values={"accessToken": crm.token})


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
async def test_default_primary_and_labelled_on_every_version(
    crm: Simulator, pairs: tuple[list[str], list[str]], version: str
) -> None:
    (contact, *_), (first, second, *_) = pairs
    budget = TinyBudget()
    async with opened(crm.url, secrets_of(crm), budget, api_version=version) as hubspot:
        api = hubspot.associations
        await api.associate("contacts", contact, "companies", first)
        await api.associate("contacts", contact, "companies", second, label="billing contact")
        await api.associate("contacts", contact, "companies", second, label="primary")
        found = {one.to_id: one for one in (await api.read("contacts", "companies", [contact]))[contact]}
        backward = await api.read("companies", "contacts", [second])
        await api.remove("contacts", contact, "companies", second, label=1)
        await api.remove("contacts", contact, "companies", first)
        left = (await api.read("contacts", "companies", [contact]))[contact]
    assert set(found) == {first, second}
    assert set(found[second].labels) == {"Primary", "Billing contact"}, "a label is added to those that are there"
    assert found[first].labels == (), "there is one primary company"
    assert set(backward[second][0].labels) == {"Primary", "Billing contact"}
    assert [(one.to_id, one.labels) for one in left] == [(second, ("Billing contact",))]
    assert {kind for kind, _ in budget.slots} == {"associations"}


async def test_a_batch_has_an_outcome_for_every_input(crm: Simulator, pairs: tuple[list[str], list[str]]) -> None:
    contacts, companies = pairs
    wanted = [Pair(contact, companies[0]) for contact in contacts]
    async with opened(crm.url, secrets_of(crm)) as hubspot:
        api = hubspot.associations
        made = await api.batch_associate("contacts", "companies", [*wanted, Pair("999999", companies[0])])
        labelled = await api.batch_associate("contacts", "companies", wanted[:3], label="Billing contact")
        kept = await api.batch_associate("contacts", "companies", wanted[:3], label="primary")
        found = await api.batch_read("contacts", "companies", [*contacts, "999999", "abc"])
        removed = await api.batch_remove("contacts", "companies", wanted[3:])
        without = await api.batch_remove("contacts", "companies", wanted[:1], label="Billing contact")
        after = await api.read("contacts", "companies", contacts)
    assert [one.ok for one in made] == [True] * len(contacts) + [False]
    assert all(one.ok for one in [*labelled, *kept, *removed, *without])
    assert [len(one.associations) for one in found[:-2]] == [1] * len(contacts)
    assert set(found[0].associations[0].labels) == {"Primary", "Billing contact"}
    assert found[-2].associations == ()
    assert isinstance(found[-1].error, Invalid)
    assert [len(after[contact]) for contact in contacts] == [1] * 3 + [0] * (len(contacts) - 3)
    assert after[contacts[0]][0].labels == ("Primary",)


async def test_a_label_that_is_not_there_names_those_that_are(
    crm: Simulator, pairs: tuple[list[str], list[str]]
) -> None:
    (contact, *_), (company, *_) = pairs
    async with opened(crm.url, secrets_of(crm)) as hubspot:
        for label in ("Godparent", 4711):
            with pytest.raises(Invalid, match="There is no label") as raised:
                await hubspot.associations.associate("contacts", contact, "companies", company, label=label)
        with pytest.raises(Invalid, match="unlabelled"):
            await hubspot.associations.remove("contacts", contact, "companies", company, label=279)
    assert "Billing contact" in raised.value.advice


async def test_more_contacts_than_a_page_are_all_read() -> None:
    with start_simulator(contacts=1_200, companies=1) as crm:
        (company,) = crm.dump("companies")
        async with opened(crm.url, secrets_of(crm)) as hubspot:
            api = hubspot.associations
            contacts = list(crm.dump())
            outcomes = await api.batch_associate("contacts", "companies", [Pair(one, company) for one in contacts])
            found = (await api.read("companies", "contacts", [company]))[company]
            await api.associate("companies", company, "contacts", contacts[-1], label="Billing contact")
    assert all(one.ok for one in outcomes)
    assert sorted(one.to_id for one in found) == sorted(contacts)


def read_reply(request: Received) -> Reply:
    """Three asked: one with a text for a number, one that is a problem, one left out."""
    del request
    results = [{"from": {"id": "1"}, "to": [{"toObjectId": 579, "associationTypes": [{"category": "X", "typeId": 5}]}]}]
    errors = [{"status": "error", "category": "OBJECT_NOT_FOUND", "context": {"fromObjectId": ["2"]}}]
    return Reply(207, {"status": "COMPLETE", "results": results, "numErrors": 1, "errors": errors})


async def test_what_a_batch_does_not_mention_is_not_taken_for_nothing() -> None:
    async with ScriptedServer(read_reply) as server, opened(server.url) as hubspot:
        found = await hubspot.associations.batch_read("contacts", "companies", ["1", "2", "3", "1"])
        with pytest.raises(NotFound):
            await hubspot.associations.read("contacts", "companies", ["1", "2"])
    assert found[0].associations[0].to_id == "579"
    assert found[0] == found[3]
    assert isinstance(found[1].error, NotFound)
    assert isinstance(found[2].error, Unmentioned)


async def test_a_batch_that_is_refused_whole_is_halved_to_the_bad_input() -> None:
    def script(request: Received) -> Reply:
        ids = [one["from"]["id"] for one in request.json["inputs"]]
        if "3" in ids:
            return Reply(400, {"status": "error", "message": "no", "category": "VALIDATION_ERROR"})
        ends = [{"from": {"id": one}, "to": {"id": "9"}} for one in ids]
        return Reply(200, {"status": "COMPLETE", "results": ends})

    async with ScriptedServer(script) as server, opened(server.url) as hubspot:
        outcomes = await hubspot.associations.batch_associate(
            "contacts", "companies", [Pair(str(number), "9") for number in range(1, 7)]
        )
    assert [one.ok for one in outcomes] == [True, True, False, True, True, True]


@pytest.mark.parametrize("named", [True, False])
async def test_a_partial_write_blames_the_pair_that_failed(named: bool) -> None:
    context: dict[str, Any] = {"fromObjectId": ["2"], "toObjectId": ["9"]} if named else {}
    error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "gone", "context": context}
    body = {
        "status": "COMPLETE",
        "results": [{"fromObjectId": 1, "toObjectId": 9, "labels": []}, {"fromObjectId": 3, "toObjectId": "9"}],
        "errors": [error],
        "numErrors": 1,
    }
    async with ScriptedServer([Reply(207, body)]) as server, opened(server.url) as hubspot:
        outcomes = await hubspot.associations.batch_associate(
            "contacts", "companies", [Pair("1", "9"), Pair("2", "9"), Pair("3", "9")]
        )
    assert [one.ok for one in outcomes] == [True, False, True]
    assert isinstance(outcomes[1].error, NotFound)


async def test_the_paths_are_those_of_the_official_client(crm: Simulator, pairs: tuple[list[str], list[str]]) -> None:
    """The old SDK asks for v4, the new one for dated paths; both see what we wrote."""
    from hubspot import HubSpot as OfficialClient
    from hubspot_sdk import HubSpot as NewClient

    (contact, *_), (company, *_) = pairs
    async with opened(crm.url, secrets_of(crm)) as hubspot:
        await hubspot.associations.associate("contacts", contact, "companies", company, label="primary")
        asked = [entry.path for entry in hubspot.log.entries()][-1]
    official = OfficialClient(access_token=crm.token, host=crm.url)
    page = official.crm.associations.v4.basic_api.get_page("contacts", contact, "companies")
    with NewClient(access_token=crm.token, base_url=crm.url) as new:
        other = new.crm.associations.list("companies", object_type="contacts", object_id=contact)
    assert asked == f"/crm/objects/2026-09/contacts/{contact}/associations/companies/{company}"
    assert [str(one.to_object_id) for one in page.results] == [company]
    assert [str(one.to_object_id) for one in other] == [company]
