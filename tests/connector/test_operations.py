"""Operations on contacts and companies as an identity connector does them, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from console.connector.errors import (
    AlreadyExists,
    InvalidAttributeValue,
    InvalidCredential,
    PreconditionFailed,
    UnknownUid,
    UnsupportedOperation,
)
from tests.connector.operation_parts import address, operating, refused
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator(contacts=5, companies=3) as simulator:
        yield simulator


@pytest.mark.connector_row("create", "uid-and-name", "class-contact")
async def test_a_create_gives_the_uid_and_takes_the_name_by_the_frameworks_word(crm: Simulator) -> None:
    email = address()
    async with operating(crm) as operations:
        made = await operations.create("contact", {"__NAME__": email, "firstname": "Ann"})
        found = await operations.get("contact", made.uid, ["__NAME__", "firstname"])
    assert (made.object_class, made.name) == ("contact", email)
    assert found.attributes == {"email": email, "firstname": "Ann"}
    assert crm.dump()[made.uid]["email"] == email


@pytest.mark.connector_row("class-company")
async def test_a_company_is_named_by_its_name(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create("company", {"__NAME__": "Heron Ltd", "domain": "heron.example"})
        found = await operations.get("company", made.uid)
    assert found.name == found.attributes["name"] == "Heron Ltd"
    assert "hs_lastmodifieddate" in found.attributes


@pytest.mark.parametrize("uid", ["_id", "__UID__", "hs_object_id"])
async def test_a_uid_is_no_attribute_of_a_write(crm: Simulator, uid: str) -> None:
    async with operating(crm) as operations:
        with refused(InvalidAttributeValue, "uid"):
            await operations.create("contact", {"email": address(), uid: "7"})
        with refused(InvalidAttributeValue, "uid"):
            await operations.update("contact", next(iter(crm.dump())), {uid: "7"})


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"firstname": "Nameless"}, "email is required"),
        ({"email": "x@example.com", "__NAME__": "y@example.com"}, "two values|another attribute"),
        ({"email": "x@example.com", "__ENABLE__": True}, "__ENABLE__"),
        ({"email": "x@example.com", "favourite_bird": "heron"}, "favourite_bird"),
        ({"email": "x@example.com", "createdate": "2026-01-01"}, "read-only"),
        ({"email": "x@example.com", "lifecyclestage": "LEAD"}, "no option"),
        ({"email": "not an address"}, "email address"),
    ],
)
async def test_values_are_judged_before_anything_is_sent(crm: Simulator, attributes: dict[str, Any], said: str) -> None:
    before = len(crm.log())
    async with operating(crm) as operations:
        with refused(InvalidAttributeValue, said):
            await operations.create("contact", attributes)
    assert len(crm.log()) == before


@pytest.mark.connector_row("icf-errors")
async def test_an_email_of_somebody_else_names_who_has_it(crm: Simulator) -> None:
    taken, mine = address(), address()
    async with operating(crm) as operations:
        owner = await operations.create("contact", {"email": taken})
        other = await operations.create("contact", {"email": mine})
        with refused(AlreadyExists, f"contact {owner.uid}") as creating:
            await operations.create("contact", {"email": taken.upper()})
        with refused(AlreadyExists, f"contact {owner.uid}") as updating:
            await operations.update("contact", other.uid, {"email": taken})
    assert creating.value.existing_id == updating.value.existing_id == owner.uid
    assert (updating.value.name, updating.value.http_status) == ("AlreadyExists", 412)


@pytest.mark.connector_row("update", "update-null")
async def test_an_update_replaces_what_is_given_and_leaves_the_rest(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create("contact", {"email": address(), "firstname": "A", "lastname": "B", "city": "C"})
        done = await operations.update("contact", made.uid, {"firstname": "New", "city": None})
        nothing = await operations.update("contact", made.uid, {})
    stored = crm.dump()[made.uid]
    assert (stored["firstname"], stored["lastname"]) == ("New", "B")
    assert not stored.get("city")
    assert done.uid == nothing.uid == made.uid
    assert any("Nothing" in note for note in nothing.notes)


async def test_a_name_can_be_changed_and_not_cleared(crm: Simulator) -> None:
    email = address()
    async with operating(crm) as operations:
        made = await operations.create("contact", {"email": address()})
        await operations.update("contact", made.uid, {"__NAME__": email})
        with refused(InvalidAttributeValue, "cannot be cleared"):
            await operations.update("contact", made.uid, {"__NAME__": None})
    assert crm.dump()[made.uid]["email"] == email


async def test_a_leading_semicolon_does_not_turn_a_replace_into_an_append(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create("contact", {"email": address(), "hs_buying_role": ["CHAMPION", "BLOCKER"]})
        await operations.update("contact", made.uid, {"hs_buying_role": ";OTHER"})
        assert crm.dump()[made.uid]["hs_buying_role"] == "OTHER"
    async with operating(crm, read_schema=False) as operations:
        with refused(InvalidAttributeValue, "semicolon"):
            await operations.update("contact", made.uid, {"not_in_the_schema": ";x"})


async def test_a_version_that_is_not_the_present_one_stops_the_write(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create("contact", {"email": address(), "firstname": "A"})
        crm.advance(5)
        crm.mutate("contacts", made.uid, lastname="Meanwhile")
        with refused(PreconditionFailed, "was changed at"):
            await operations.update("contact", made.uid, {"firstname": "B"}, if_match=made.revision)
        now = await operations.get("contact", made.uid)
        done = await operations.update("contact", made.uid, {"firstname": "B"}, if_match=f'"{now.revision}"')
    assert crm.dump()[made.uid]["firstname"] == "B"
    assert any("no conditional write" in note for note in done.notes)


async def test_a_value_that_hubspot_did_not_take_is_told(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create("contact", {"email": address(), "lifecyclestage": "customer"})
        done = await operations.update("contact", made.uid, {"lifecyclestage": "lead"})
    assert crm.dump()[made.uid]["lifecyclestage"] == "customer"
    assert any("did not take lifecyclestage" in note for note in done.notes)


@pytest.mark.connector_row("delete", "delete-unknown-uid")
async def test_a_delete_gives_the_object_as_it_was_and_knows_what_is_not_there(crm: Simulator) -> None:
    email = address()
    async with operating(crm) as operations:
        made = await operations.create("contact", {"email": email})
        gone = await operations.delete("contact", made.uid)
        with refused(UnknownUid, "is archived") as again:
            await operations.delete("contact", made.uid)
        with refused(UnknownUid, "There is no contact 987654321") as never:
            await operations.delete("contact", "987654321")
    assert gone.name == email
    assert made.uid in crm.dump(archived=True)
    assert "90 days" in again.value.advice
    assert never.value.http_status == 404
    assert isinstance(never.value, InvalidCredential), "the framework derives it so"


@pytest.mark.connector_row("get")
async def test_what_is_not_there_has_a_message_of_its_own(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create("contact", {"email": address()})
        await operations.delete("contact", made.uid)
        with refused(UnknownUid, f"{made.uid} is archived since 20"):
            await operations.get("contact", made.uid)
        with refused(UnknownUid, "is archived"):
            await operations.update("contact", made.uid, {"firstname": "X"})
        for uid in ("abc", "", "..", "0012", "1/merge", "١٢"):
            with refused(UnknownUid, "whole numbers"):
                await operations.get("contact", uid)


@pytest.mark.connector_row("attributes-to-get")
async def test_only_the_attributes_asked_for_come_and_all_of_them_do(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create("contact", {"email": address(), "firstname": "A"})
        one = await operations.get("contact", made.uid, ["firstname"])
        everything = await operations.get("contact", made.uid, ["*"])
        schema = await operations.connector.schema("contact")
    assert one.attributes == {"firstname": "A"}
    assert one.name == made.name
    assert set(schema) - set(everything.attributes) == set()


@pytest.mark.connector_row("class-all")
async def test_all_classes_are_searched_together_and_nothing_else_is_done_to_them(crm: Simulator) -> None:
    async with operating(crm) as operations:
        found = [(one.object_class, one.uid) async for one in operations.search("__ALL__")]
        named = [one async for one in operations.search("__ALL__", "domain pr", attributes=["__NAME__"])]
        neither = [one async for one in operations.search("__ALL__", "!(domain pr)", limit=200)]
        with pytest.raises(Exception, match="Neither contacts nor companies have a property wingspan"):
            assert [one async for one in operations.search("__ALL__", "wingspan pr")] == []
        with refused(UnsupportedOperation, "no order"):
            assert [one async for one in operations.search("__ALL__", sort="-createdate")] == []
        for work in (
            operations.get("__ALL__", "1"),
            operations.create("__ALL__", {}),
            operations.update("__ALL__", "1", {}),
            operations.delete("__ALL__", "1"),
            operations.schema("__ALL__"),
            operations.merge("__ALL__", "1", "2", confirm="1 2"),
        ):
            with refused(UnsupportedOperation):
                await work
    expected = [("contact", uid) for uid in crm.dump()] + [("company", uid) for uid in crm.dump("companies")]
    assert sorted(found) == sorted(expected)
    assert {one.object_class for one in named} == {"company"}
    assert {("contact", uid) for uid in crm.dump()} <= {(one.object_class, one.uid) for one in neither}


async def test_pages_of_all_classes_go_on_from_a_cookie(crm: Simulator) -> None:
    async with operating(crm) as operations:
        seen, cookie = [], None
        while True:
            page = await operations.page("__ALL__", size=3, cookie=cookie)
            seen += [(one.object_class, one.uid) for one in page.objects]
            cookie = page.cookie
            if cookie is None:
                break
        streamed = [(one.object_class, one.uid) async for one in operations.search("__ALL__", page_size=2)]
    assert seen == streamed
    assert len(seen) == len(set(seen)) == len(crm.dump()) + len(crm.dump("companies"))


async def test_an_unknown_class_says_which_there_are(crm: Simulator) -> None:
    async with operating(crm) as operations:
        with refused(UnsupportedOperation, "no object class deal") as raised:
            await operations.get("deal", "1")
    assert "companyProperties" in raised.value.advice


@pytest.mark.connector_row("schema")
async def test_the_schema_describes_every_class_without_the_uid(crm: Simulator) -> None:
    async with operating(crm) as operations:
        schema = await operations.schema()
    contact = {attribute.name: attribute for attribute in schema["contact"]}
    assert set(schema) == {"contact", "company", "contactProperties", "companyProperties"}
    assert "hs_object_id" not in contact
    assert contact["email"].native_name == "__NAME__"
    assert "REQUIRED" in contact["email"].flags
    assert {"NOT_CREATABLE", "NOT_UPDATEABLE"} <= set(contact["createdate"].flags)
    assert "MULTIVALUED" in contact["hs_buying_role"].flags
    assert "customer" in contact["lifecyclestage"].options
