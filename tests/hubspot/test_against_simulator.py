"""The client and the simulated HubSpot, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from console.hubspot import errors as e
from console.hubspot import retry
from console.hubspot.budget import MemoryStore, open_budget
from console.hubspot.hubspot import HubSpot
from console.hubspot.model import Write
from tests.support.hubspot_parts import MemorySecrets, TinyBudget, opened, profile
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=20, companies=5) as running:
        yield running


@pytest.fixture
async def hubspot(simulator: Simulator) -> AsyncIterator[HubSpot]:
    simulator.faults()
    async with opened(simulator.url, MemorySecrets({"accessToken": simulator.token})) as found:
        yield found


def oauth_secrets(simulator: Simulator) -> MemorySecrets:
    return MemorySecrets({"clientSecret": simulator.client_secret, "refreshToken": simulator.refresh_token})


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
async def test_one_contact_from_birth_to_archive(simulator: Simulator, version: str) -> None:
    secrets = MemorySecrets({"accessToken": simulator.token})
    email = f"Birth.{version}@Example.com"
    async with opened(simulator.url, secrets, api_version=version) as hubspot:
        contacts = hubspot.contacts
        created = await contacts.create({"email": email, "firstname": "Ann", "phone": None})
        assert created.properties["email"] == email.lower()
        with pytest.raises(e.Conflict) as caught:
            await contacts.create({"email": email.upper()})
        assert caught.value.existing_id == created.id
        found = await contacts.read(email, ["firstname", "lastname"], id_property="email")
        assert (found.id, found.properties["firstname"], found.properties["lastname"]) == (created.id, "Ann", None)
        await contacts.update(created.id, {"firstname": None, "lastname": "Lee"})
        found = await contacts.read(created.id, ["firstname", "lastname"])
        assert not found.properties["firstname"]
        assert found.properties["lastname"] == "Lee"
        await contacts.archive(created.id)
        await contacts.archive(created.id)
        with pytest.raises(e.NotFound):
            await contacts.read(created.id)
        assert (await contacts.read(created.id, archived=True)).archived


async def test_what_hubspot_does_not_take_is_told_per_property(hubspot: HubSpot) -> None:
    with pytest.raises(e.Invalid) as caught:
        await hubspot.contacts.create({"email": "no address", "nope": "x", "lifecyclestage": "wrong"})
    assert {problem.property for problem in caught.value.problems} >= {"email", "nope", "lifecyclestage"}
    assert caught.value.correlation_id


async def test_listing_follows_the_pages(hubspot: HubSpot, simulator: Simulator) -> None:
    after, seen = None, []
    while True:
        page = await hubspot.contacts.list(after, limit=7, properties=["email"])
        seen += [record.id for record in page.results]
        if (after := page.after) is None:
            break
    assert sorted(seen) == sorted(simulator.dump())


async def test_search_finds_by_filter(hubspot: HubSpot, simulator: Simulator) -> None:
    uid, values = next((uid, values) for uid, values in simulator.dump().items() if "email" in values)
    groups = [{"filters": [{"propertyName": "email", "operator": "EQ", "value": values["email"]}]}]
    page = await hubspot.contacts.search(
        groups, properties=["email"], sorts=[{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    )
    assert [record.id for record in page.results] == [uid]
    assert page.total == 1


async def test_a_batch_of_good_and_bad_creates(hubspot: HubSpot, simulator: Simulator) -> None:
    taken = next(values["email"] for values in simulator.dump().values() if "email" in values)
    emails = ["new.one@example.com", taken, "no address", "new.two@example.com"]
    outcomes = await hubspot.contacts.batch_create([Write(properties={"email": email}) for email in emails])
    assert [type(outcome.error) for outcome in outcomes] == [type(None), e.Conflict, e.Invalid, type(None)]
    held = simulator.dump()
    for email, outcome in zip(emails, outcomes, strict=True):
        if outcome.record is not None:
            assert held[outcome.record.id]["email"] == email


async def test_a_hundred_in_every_kind_of_batch(hubspot: HubSpot, simulator: Simulator) -> None:
    companies = hubspot.companies
    created = await companies.batch_create(
        [Write(properties={"name": f"Firm {n % 7}", "city": f"City {n % 3}"}) for n in range(100)]
    )
    ids = [outcome.record.id for outcome in created if outcome.record]
    assert len(set(ids)) == 100
    held = simulator.dump("companies")
    assert [(held[uid]["name"], held[uid]["city"]) for uid in ids] == [
        (f"Firm {n % 7}", f"City {n % 3}") for n in range(100)
    ]
    updated = await companies.batch_update(
        [Write(id=uid, properties={"city": f"Town {n}"}) for n, uid in enumerate(ids)]
    )
    assert [outcome.record.id for outcome in updated if outcome.record] == ids
    read = await companies.batch_read([*ids[:98], "999999999"], properties=["city"])
    assert [outcome.record.properties["city"] for outcome in read if outcome.record] == [f"Town {n}" for n in range(98)]
    assert type(read[98].error) is e.NotFound
    assert all(outcome.ok for outcome in await companies.batch_archive(ids))
    assert not set(ids) & set(simulator.dump("companies"))


async def test_upserts_tell_new_from_old(hubspot: HubSpot, simulator: Simulator) -> None:
    old = next(values["email"] for values in simulator.dump().values() if "email" in values)
    outcomes = await hubspot.contacts.batch_upsert(
        [
            Write(id="Fresh@Example.com", properties={"firstname": "F"}),
            Write(id=old.upper(), properties={"firstname": "O"}),
        ],
        "email",
    )
    assert [outcome.new for outcome in outcomes] == [True, False]
    assert simulator.by_email()["fresh@example.com"]["firstname"] == "F"
    assert simulator.by_email()[old]["firstname"] == "O"


async def test_the_account_tells_who_it_is(hubspot: HubSpot, simulator: Simulator) -> None:
    details = await hubspot.account.details()
    assert details.portal_id == simulator.portal_id
    assert await hubspot.account.introspect() is None
    usage = await hubspot.account.daily_usage()
    assert usage is not None
    assert usage.limit > 0


async def test_property_definitions_are_typed(hubspot: HubSpot) -> None:
    contact = {found.name: found for found in await hubspot.properties("contacts")}
    assert contact["email"].writable
    assert not contact["createdate"].writable
    assert "lead" in {option.value for option in contact["lifecyclestage"].options}
    company = {found.name: found for found in await hubspot.properties("companies")}
    assert (contact["annualrevenue"].type, company["annualrevenue"].type) == ("string", "number")


async def test_oauth_refreshes_when_hubspot_ends_the_token(simulator: Simulator) -> None:
    async with opened(
        simulator.url, oauth_secrets(simulator), authentication="oauth", client_id=simulator.client_id
    ) as hubspot:
        assert (await hubspot.account.details()).portal_id == simulator.portal_id
        simulator.credentials(expireAccess=True)
        found = await asyncio.gather(*(hubspot.account.details() for _ in range(8)))
        assert {details.portal_id for details in found} == {simulator.portal_id}
        assert sum(entry.path.startswith("/oauth/") for entry in hubspot.log) == 2
        facts = await hubspot.account.introspect()
        assert facts is not None
        assert facts.active
        assert "crm.objects.contacts.read" in facts.scopes


async def test_a_rotated_refresh_token_is_followed_and_a_revoked_one_told() -> None:
    with start_simulator() as own:
        own.credentials(rotateRefresh=True)
        secrets = oauth_secrets(own)
        async with opened(own.url, secrets, authentication="oauth", client_id=own.client_id) as hubspot:
            await hubspot.account.details()
            assert secrets.values["refreshToken"] != own.refresh_token
            await hubspot.account.revoke()
            with pytest.raises(e.GrantDead):
                await hubspot.account.details()
        async with opened(own.url, oauth_secrets(own), authentication="oauth", client_id="wrong") as hubspot:
            with pytest.raises(e.ClientRefused):
                await hubspot.account.details()
        async with opened(own.url, MemorySecrets({"accessToken": "pat-na1-wrong"})) as hubspot:
            with pytest.raises(e.Unauthorized):
                await hubspot.account.details()


async def test_missing_scopes_are_named() -> None:
    with start_simulator(contacts=1) as own:
        own.credentials(scopes=["oauth", "crm.objects.companies.read"])
        async with opened(own.url, oauth_secrets(own), authentication="oauth", client_id=own.client_id) as hubspot:
            with pytest.raises(e.MissingScopes) as caught:
                await hubspot.contacts.list()
    assert "crm.objects.contacts.read" in caught.value.scopes


async def test_with_the_real_budget_there_is_no_429() -> None:
    with start_simulator(contacts=30, burst="10/1") as own:
        chosen = profile(own.url)
        budget = open_budget(MemoryStore(), app="test", portal=own.portal_id, profile=chosen)
        async with opened(own.url, MemorySecrets({"accessToken": own.token}), budget) as hubspot:
            await asyncio.gather(*(hubspot.contacts.list(limit=1) for _ in range(25)))
            assert hubspot.log.rate_limited == 0
            assert hubspot.log.requests == 25
        await budget.aclose()


async def test_a_reset_after_the_write_is_an_unknown_outcome_that_happened(
    simulator: Simulator, hubspot: HubSpot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)
    simulator.faults("reset=1x@batch/create")
    outcomes = await hubspot.contacts.batch_create(
        [Write(properties={"email": f"reset{n}@example.com"}) for n in range(3)]
    )
    assert [type(outcome.error) for outcome in outcomes] == [e.OutcomeUnknown] * 3
    read = await hubspot.contacts.batch_read([f"reset{n}@example.com" for n in range(3)], id_property="email")
    assert all(outcome.record for outcome in read) or all(isinstance(outcome.error, e.NotFound) for outcome in read)
    budget = TinyBudget()
    assert budget.held == 0


async def test_upserts_of_equal_values_keep_to_their_keys(hubspot: HubSpot) -> None:
    keys = [f"Equal{number}@upserts.example" for number in range(12)]
    made = await hubspot.contacts.batch_create([Write(properties={"email": key}) for key in keys])
    ids = [outcome.record.id for outcome in made if outcome.record is not None]
    writes = [Write(id=key, properties={"firstname": "Equal"}) for key in [*keys, "new@upserts.example"]]
    outcomes = await hubspot.contacts.batch_upsert(writes, "email")
    assert all(outcome.ok for outcome in outcomes)
    assert [outcome.record.id for outcome in outcomes[:-1] if outcome.record is not None] == ids
    created = outcomes[-1].record
    assert created is not None
    assert created.id not in ids
