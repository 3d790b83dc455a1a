"""What an imported provisioner file says about operations: denied ones, time limits, and names of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from console.connector.errors import (
    Configuration,
    InvalidAttributeValue,
    OperationTimeout,
    PermissionDenied,
    UnsupportedOperation,
)
from tests.connector.operation_parts import address, operating, refused
from tests.support.simulator import Simulator, start_simulator

PERSON = {
    "id": "person",
    "type": "object",
    "nativeType": "contact",
    "properties": {
        "_id": {"type": "string", "nativeName": "__UID__"},
        "mail": {"type": "string", "nativeName": "__NAME__", "required": True},
        "givenName": {"type": "string", "nativeName": "firstname"},
        "company": {"type": "string", "nativeName": "city"},
        "roles": {"type": "array", "nativeName": "hs_buying_role", "flags": ["MULTIVALUED"]},
        "optedOut": {"type": "boolean", "nativeName": "hs_email_optout", "flags": ["NOT_UPDATEABLE", "NOT_CREATABLE"]},
        "visits": {"type": "integer", "nativeName": "num_notes"},
        "phone": {"type": "string", "nativeName": "phone", "flags": ["NOT_RETURNED_BY_DEFAULT"]},
        "stage": {"type": "string", "nativeName": "lifecyclestage", "flags": ["NOT_UPDATEABLE"]},
    },
}
TYPES = {"objectTypes": {"person": PERSON, "odd": {"nativeType": "deal"}}}


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator(contacts=2, companies=2) as simulator:
        yield simulator


@pytest.mark.connector_row("object-types")
async def test_classes_and_attributes_go_by_the_names_of_the_file(crm: Simulator) -> None:
    email = address()
    async with operating(crm, TYPES) as operations:
        made = await operations.create(
            "person", {"mail": email, "givenName": "Ann", "company": "Bern", "roles": ["CHAMPION", "OTHER"]}
        )
        await operations.update("person", made.uid, {"givenName": "Anne"})
        await operations.patch("person", made.uid, [{"operation": "add", "field": "/roles/-", "value": "BLOCKER"}])
        found = await operations.get("person", made.uid)
        asked = await operations.get("person", made.uid, ["mail", "phone"])
        searched = [one.uid async for one in operations.search("person", f'mail eq "{email}" and givenName eq "anne"')]
        page = await operations.page("person", f'mail eq "{email}"', attributes=["company"], sort="-mail")
        everywhere = [one async for one in operations.search("__ALL__", f'mail eq "{email}"')]
        schema = {one.name: one for one in (await operations.schema("person"))["person"]}
    stored = crm.dump()[made.uid]
    assert (stored["firstname"], stored["city"]) == ("Anne", "Bern")
    assert (made.object_class, made.name) == ("person", email)
    assert found.attributes == {
        "mail": email, "givenName": "Anne", "company": "Bern", "roles": ["CHAMPION", "OTHER", "BLOCKER"],
        "optedOut": None, "visits": 0, "stage": "lead",
    }  # fmt: skip
    assert asked.attributes == {"mail": email, "phone": None}
    assert searched == [made.uid]
    assert [one.attributes for one in page.objects] == [{"company": "Bern"}]
    assert [(one.object_class, one.uid) for one in everywhere] == [("person", made.uid)]
    assert schema["mail"].native_name == "__NAME__"


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"givenName": "A"}, "needs mail"),
        ({"mail": "x@example.com", "optedOut": True}, "NOT_CREATABLE"),
        ({"mail": "x@example.com", "__NAME__": "y@example.com"}, "both email"),
        ({"mail": "x@example.com", "firstname": "A", "givenName": "B"}, "both firstname"),
    ],
)
async def test_what_the_file_forbids_is_refused(crm: Simulator, attributes: dict[str, Any], said: str) -> None:
    async with operating(crm, TYPES) as operations:
        with refused(InvalidAttributeValue, said):
            await operations.create("person", attributes)


async def test_an_attribute_that_is_not_updateable_is_not_patched_either(crm: Simulator) -> None:
    uid = next(iter(crm.dump()))
    async with operating(crm, TYPES) as operations:
        with refused(InvalidAttributeValue, "NOT_UPDATEABLE"):
            await operations.update("person", uid, {"stage": "customer"})
        with refused(InvalidAttributeValue, "NOT_UPDATEABLE"):
            await operations.patch("person", uid, [{"operation": "replace", "field": "/stage", "value": "customer"}])
        with refused(Configuration, "native type deal"):
            await operations.get("odd", "1")
        with refused(UnsupportedOperation, "no object class ticket") as raised:
            await operations.get("ticket", "1")
    assert "person" in raised.value.advice


@pytest.mark.connector_row("operation-denied")
async def test_a_denied_operation_does_nothing(crm: Simulator) -> None:
    icf = {
        "operationOptions": {
            "DELETE": {"denied": True, "onDeny": "THROW_EXCEPTION", "objectFeatures": {"company": {"denied": False}}},
            "CREATE": {"denied": False, "objectFeatures": {"contact": {"denied": True, "onDeny": "DO_NOTHING"}}},
            "SEARCH": {"denied": False, "objectFeatures": {"company": {"denied": True}}},
        }
    }
    contact, company = next(iter(crm.dump())), next(iter(crm.dump("companies")))
    before = crm.state()["requests"]
    async with operating(crm, icf) as operations:
        for work in (
            operations.delete("contact", contact),
            operations.create("contact", {"email": address()}),
            operations.merge("contact", contact, "9", confirm=f"{contact} 9"),
            operations.gdpr_delete("contact", contact, confirm=contact),
        ):
            with refused(PermissionDenied, "configured to be denied") as raised:
                await work
        assert crm.state()["requests"] == before
        with refused(PermissionDenied, "SEARCH on company"):
            assert [one async for one in operations.search("__ALL__")] == []
        gone = await operations.delete("company", company)
    assert "operationOptions" in raised.value.advice
    assert gone.uid == company


@pytest.mark.connector_row("operation-timeout")
async def test_an_operation_ends_within_its_time(crm: Simulator) -> None:
    uid = next(iter(crm.dump()))
    icf = {"operationTimeout": {"GET": 200, "UPDATE": 200, "SEARCH": 300, "CREATE": -1}}
    async with operating(crm, icf, read_schema=False) as operations:
        await operations.connector.details()
        crm.settings(latency=0.5)
        try:
            with refused(OperationTimeout, "longer than operationTimeout.GET") as reading:
                await operations.get("contact", uid)
            with refused(OperationTimeout, "It may have happened") as writing:
                await operations.update("contact", uid, {"firstname": "X"})
            with refused(OperationTimeout, "operationTimeout.SEARCH"):
                assert [one async for one in operations.search("contact")] == []
            made = await operations.create("contact", {"email": address()})
        finally:
            crm.settings(latency=0)
    assert not reading.value.outcome_unknown
    assert writing.value.outcome_unknown
    assert made.uid


async def test_the_time_of_whoever_reads_a_search_is_not_the_searchs(crm: Simulator) -> None:
    async with operating(crm, {"operationTimeout": {"SEARCH": 300}}) as operations:
        seen = 0
        async for _ in operations.search("company"):
            seen += 1
            await asyncio.sleep(0.4)
            break
        assert seen == 1
        found = 0
        async for _ in operations.search("contact"):
            found += 1
            await asyncio.sleep(0.2)
    assert found == len(crm.dump())
