"""A profile with remoteUrl: a console works through a gateway, or through an identity server, as it does with HubSpot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.connector.diagnose import diagnose
from console.connector.errors import (
    AlreadyExists,
    InvalidAttributeValue,
    InvalidCredential,
    PermissionDenied,
    UnknownUid,
)
from console.connector.operations import Operations
from console.connector.remote_client import place_of
from console.glance import cached_account
from console.hubspot.model import Write
from console.journal.model import RunState
from console.provisioning.runner import run_attached
from console.session import Session
from console.settings.profile import Profile
from tests.connector.operation_parts import address, refused
from tests.connector.remote_parts import console, identity_server, serving
from tests.gateway.crest.crest_serving import Serving
from tests.support.people import create_half, differences, write_people
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """One HubSpot for all tests here."""
    with start_simulator() as made:
        yield made


@pytest.fixture
def hubspot(simulator: Simulator) -> Simulator:
    """The same, empty."""
    simulator.reset()
    return simulator


@asynccontextmanager
async def far(kind: str, folder: Path, hubspot: Simulator, **more: Any) -> AsyncIterator[tuple[Serving, Session]]:
    """The other side and a console that leads there."""
    other = serving if kind == "gateway" else identity_server
    (folder / "near").mkdir()
    async with other(folder / "near", hubspot) as served, console(folder, served.url, **more) as session:
        yield served, session


BOTH = pytest.mark.parametrize("kind", ["gateway", "server"])


@BOTH
async def test_the_connection_is_tested_stage_by_stage(kind: str, tmp_path: Path, hubspot: Simulator) -> None:
    async with far(kind, tmp_path, hubspot) as (served, session):
        stages = [one async for one in diagnose(session.profile, await session.secrets, session.budget)]
        details = await (await session.connector).details()
    states = {one.name: one.state for one in stages}
    assert "fail" not in states.values(), stages
    assert states["account"] == states["contactProperties"] == states["writeContacts"] == "pass"
    assert (details.portal_id == served.simulator.portal_id) is (kind == "gateway")
    assert details.portal_id > 0


@BOTH
async def test_one_record_from_its_creation_to_its_end(kind: str, tmp_path: Path, hubspot: Simulator) -> None:
    async with far(kind, tmp_path, hubspot) as (_, session):
        operations = Operations(await session.connector)
        email = address()
        made = await operations.create("contact", {"email": email, "firstname": "Ann"})
        with refused(AlreadyExists) as taken:
            await operations.create("contact", {"email": email})
        assert taken.value.existing_id == made.uid
        done = await operations.update(
            "contact", made.uid, {"firstname": "Anna", "city": "Kandy"}, if_match=made.revision
        )
        await operations.patch("contact", made.uid, [{"operation": "remove", "field": "/city"}])
        read = await operations.get("contact", made.uid, ("firstname", "city"))
        assert (read.attributes["firstname"], read.attributes.get("city")) == ("Anna", None) or not read.attributes[
            "city"
        ]
        with refused(InvalidAttributeValue):
            await operations.update("contact", made.uid, {"lifecyclestage": "nonsense"})
        assert (await operations.delete("contact", made.uid)).uid == made.uid
        with refused(UnknownUid):
            await operations.get("contact", made.uid)
    assert done.uid == made.uid
    assert hubspot.dump("contacts") == {}


@BOTH
async def test_searches_pages_and_definitions(kind: str, tmp_path: Path, hubspot: Simulator) -> None:
    create_half(hubspot, 240)
    async with far(kind, tmp_path, hubspot) as (_, session):
        operations = Operations(await session.connector)
        every = [one.uid async for one in operations.search("contact", attributes=("email",))]
        some = [one async for one in operations.search("contact", 'lastname eq "Family4" or lastname co "Family1"')]
        ordered = await operations.page("contact", 'email sw "person"', sort="-email", attributes=("email",), size=7)
        following = await operations.page(
            "contact", 'email sw "person"', sort="-email", attributes=("email",), size=7, cookie=ordered.cookie
        )
        schema = (await operations.schema("contact"))["contact"]
        definition = await operations.create(
            "contactProperties",
            {
                "name": "tier_x",
                "label": "Tier",
                "type": "string",
                "fieldType": "text",
                "groupName": "contactinformation",
            },
        )
        await operations.update("contactProperties", "tier_x", {"label": "Tier X"})
        changed = await operations.get("contactProperties", "tier_x")
        await operations.delete("contactProperties", "tier_x")
    mine = hubspot.dump("contacts")
    assert every == sorted(mine, key=int)
    wanted = {
        uid for uid, one in mine.items() if one.get("lastname") == "Family4" or "Family1" in one.get("lastname", "")
    }
    assert {one.uid for one in some} == wanted
    emails = sorted((one["email"] for one in mine.values()), reverse=True)
    assert [one.name for one in (*ordered.objects, *following.objects)] == emails[:14]
    assert {one.name for one in schema} >= {"email", "firstname", "lifecyclestage"}
    assert (definition.uid, changed.attributes["label"]) == ("tier_x", "Tier X")


@BOTH
async def test_batches_have_one_outcome_for_each_input(kind: str, tmp_path: Path, hubspot: Simulator) -> None:
    async with far(kind, tmp_path, hubspot) as (_, session):
        connector = await session.connector
        made = await connector.batch_create(
            "contact", [Write(properties={"email": f"b{n}@example.org"}) for n in range(9)]
        )
        again = await connector.batch_create("contact", [Write(properties={"email": "b3@example.org"})])
        ids = [one.record.id for one in made if one.record is not None]
        read = await connector.find("contact", "email", ["b5@example.org", "nobody@example.org"], ["email"])
        changed = await connector.batch_update(
            "contact", [Write(id=ids[0], properties={"city": "Galle", "phone": None})]
        )
        upserted = await connector.batch_upsert(
            "contact",
            [Write(id=key, properties={"city": "X"}) for key in ("b1@example.org", "fresh@example.org")],
            "email",
        )
        gone = await connector.batch_archive("contact", [ids[8], "99999999"])
        with pytest.raises(ValueError, match="100 inputs"):
            await connector.batch_archive("contact", [str(n) for n in range(101)])
    assert [type(one.error).__name__ for one in again] == ["Conflict"]
    assert [one.ok for one in read] == [True, False]
    assert type(read[1].error).__name__ == "NotFound"
    assert changed[0].record is not None
    assert changed[0].record.properties["city"] == "Galle"
    assert [one.new for one in upserted] == [False, True]
    assert [one.ok for one in gone] == [True, True]
    assert ids[8] not in hubspot.dump("contacts")


@BOTH
async def test_people_are_provisioned_through_the_other_side(kind: str, tmp_path: Path, hubspot: Simulator) -> None:
    count = 120 if kind == "gateway" else 8
    create_half(hubspot, count)
    before = hubspot.state()["requests"]["total"]
    mapping = write_people(tmp_path, count)
    async with far(kind, tmp_path, hubspot) as (_, session):
        plans, runs = await session.plans, await session.runs
        plan = await plans.create(str(mapping))
        await runs.approve(plan.id)
        run = await run_attached(session, plan.id)
        again = await plans.create(str(mapping))
    assert run.state is RunState.DONE
    assert run.states == {"done": run.total}
    assert differences(hubspot, count) == []
    assert again.writes == 0
    if kind == "gateway":
        assert hubspot.state()["requests"]["total"] - before < 60, "batches, not single records"


async def test_a_run_through_a_gateway_is_taken_back_through_it(tmp_path: Path, hubspot: Simulator) -> None:
    mapping = write_people(tmp_path, 12)
    async with far("gateway", tmp_path, hubspot) as (_, session):
        plans, runs = await session.plans, await session.runs
        plan = await plans.create(str(mapping))
        await runs.approve(plan.id)
        await run_attached(session, plan.id)
        assert len(hubspot.dump("contacts")) == 12
        undo = await plans.undo(plan.id)
        await runs.approve(undo.id, {guard.name: guard.count for guard in undo.guards if guard.holds})
        back = await run_attached(session, undo.id)
    assert back.state is RunState.DONE
    assert hubspot.dump("contacts") == {}


async def test_answers_lost_on_the_way_cost_nothing_and_make_nothing_twice(tmp_path: Path, hubspot: Simulator) -> None:
    mapping = write_people(tmp_path, 150)
    async with far("gateway", tmp_path, hubspot) as (_, session):
        plans, runs = await session.plans, await session.runs
        plan = await plans.create(str(mapping))
        await runs.approve(plan.id)
        hubspot.faults("502=1x@batch/create,reset=1x!after@batch/create")
        run = await run_attached(session, plan.id)
        hubspot.faults()
    assert run.state is RunState.DONE, run
    assert run.states == {"done": 150}
    assert differences(hubspot, 150) == []


async def test_whose_credentials_are_wrong_is_told(tmp_path: Path, hubspot: Simulator) -> None:
    async with far("gateway", tmp_path, hubspot) as (_, session):
        operations = Operations(await session.connector)
        await operations.test()
        hubspot.credentials(staticWorks=False)
        try:
            with refused(InvalidCredential) as told:
                await operations.get("contact", "1001")
        finally:
            hubspot.credentials(staticWorks=True)
    assert "other side" in told.value.advice


async def test_browsing_shows_what_is_there(tmp_path: Path, hubspot: Simulator) -> None:
    create_half(hubspot, 30)
    async with far("gateway", tmp_path, hubspot) as (_, session):
        connector = await session.connector
        page = await connector.page("contact", "", size=10, attributes=("email", "lastname"))
        words = [one.properties["email"] async for one in connector.search("contact", "", text="Family1")]
        count = await connector.count("contact", 'email sw "person"')
    mine = [one["email"] for one in hubspot.dump("contacts").values()]
    assert (len(page.records), page.cookie is not None, count) == (10, True, len(mine))
    assert set(words) <= set(mine)


def test_secrets_belong_to_the_other_side() -> None:
    direct = Profile(name="far")
    there = Profile(name="far", remote_url="https://gateway.example:8253/openidm")
    assert direct.origin == "https://api.hubapi.com"
    assert there.origin == "https://gateway.example:8253"


async def test_what_was_known_of_hubspots_account_is_not_taken_for_the_other_sides(
    tmp_path: Path, hubspot: Simulator
) -> None:
    async with far("gateway", tmp_path, hubspot) as (_, session):
        await session.account
        direct = msgspec.structs.replace(session.profile, remote_url="")
        assert cached_account(session.paths, session.profile) is not None
        assert cached_account(session.paths, direct) is None


async def test_what_the_other_side_does_not_have_is_said(tmp_path: Path, hubspot: Simulator) -> None:
    async with far("gateway", tmp_path, hubspot) as (_, session):
        operations = Operations(await session.connector)
        one = (await operations.create("contact", {"email": address()})).uid
        two = (await operations.create("contact", {"email": address()})).uid
        firm = (await operations.create("company", {"name": "Acme"})).uid
        with refused(InvalidAttributeValue, "remote connector"):
            await operations.associate("contact", one, "company", firm)
        with refused(InvalidAttributeValue, "remote connector"):
            await operations.merge("contact", one, two, confirm=(one, two))
    assert len(hubspot.dump("contacts")) == 2


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"secret": "wrong"}, InvalidCredential),
        ({"client_id": "planner", "secret": "planner-secret"}, PermissionDenied),
    ],
)
async def test_credentials_and_rights_that_do_not_do(
    more: dict[str, str], error: type[Any], tmp_path: Path, hubspot: Simulator
) -> None:
    async with far("gateway", tmp_path, hubspot, **more) as (_, session):
        with refused(error) as told:
            await Operations(await session.connector).test()
        assert "gateway" in told.value.advice


async def test_a_reader_signs_in_by_bearer_and_writes_nothing(tmp_path: Path, hubspot: Simulator) -> None:
    create_half(hubspot, 10)
    async with far("gateway", tmp_path, hubspot, client_id="", secret="eye-secret") as (_, session):
        operations = Operations(await session.connector)
        assert len([one async for one in operations.search("contact")]) == len(hubspot.dump("contacts"))
        with refused(PermissionDenied):
            await operations.create("contact", {"email": address()})


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://gateway:8253", "/openidm/system/hubspot"),
        ("https://gateway:8253/", "/openidm/system/hubspot"),
        ("https://idm/openidm", "/openidm/system/hubspot"),
        ("https://idm/openidm/system/crm", "/openidm/system/crm"),
        ("https://proxy/identity/openidm/", "/identity/openidm/system/hubspot"),
    ],
)
def test_where_the_system_is(url: str, place: str) -> None:
    assert place_of(url) == place
