"""Attributes that a provisioner file renames, asked for and written under HubSpot's own names as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.connector.errors import InvalidAttributeValue
from tests.connector.operation_parts import address, operating, refused
from tests.support.simulator import Simulator, start_simulator

PERSON = {
    "nativeType": "contact",
    "properties": {
        "mail": {"type": "string", "nativeName": "__NAME__", "required": True},
        "first": {"type": "string", "nativeName": "firstname"},
        "company": {"type": "string", "nativeName": "city"},
        "last": {"type": "string", "nativeName": "lastname", "flags": ["NOT_UPDATEABLE", "NOT_CREATABLE"]},
        "secret": {"type": "string", "nativeName": "jobtitle", "flags": ["NOT_READABLE"]},
    },
}
TYPES = {"objectTypes": {"person": PERSON}}


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.mark.parametrize("cls", ["person", "contact"])
async def test_a_flag_holds_under_both_names(crm: Simulator, cls: str) -> None:
    async with operating(crm, TYPES) as operations:
        with refused(InvalidAttributeValue, "NOT_CREATABLE"):
            await operations.create(cls, {"mail": address(), "lastname": "Moss"})
        made = await operations.create(cls, {"mail": address()})
        for name in ("last", "lastname"):
            with refused(InvalidAttributeValue, "NOT_UPDATEABLE"):
                await operations.update(cls, made.uid, {name: "Moss"})
            with refused(InvalidAttributeValue, "NOT_UPDATEABLE"):
                await operations.patch(cls, made.uid, [{"operation": "replace", "field": name, "value": "Moss"}])
    assert crm.dump()[made.uid].get("lastname") in (None, "")


async def test_a_value_comes_under_the_name_that_was_asked_for(crm: Simulator) -> None:
    async with operating(crm, TYPES) as operations:
        made = await operations.create("person", {"mail": address(), "firstname": "Ann", "jobtitle": "Clerk"})
        assert made.attributes["firstname"] == "Ann"
        read = await operations.get("person", made.uid, ("firstname", "jobtitle"))
        both = await operations.get("contact", made.uid, ("first", "firstname"))
        changed = await operations.update("person", made.uid, {"firstname": "Bea"})
        found = [one async for one in operations.search("contact", f'_id eq "{made.uid}"', attributes=("firstname",))]
        page = await operations.page("contact", f'_id eq "{made.uid}"', attributes=("firstname",))
    assert read.attributes == {"firstname": "Ann"}  # what is not readable is so under each of its names
    assert both.attributes == {"first": "Ann", "firstname": "Ann"}
    assert changed.attributes["firstname"] == "Bea"
    for one in [*found, *page.objects]:
        assert one.attributes == {"firstname": "Bea"}


async def test_a_name_of_the_file_goes_before_a_property_of_that_name(crm: Simulator) -> None:
    uid = crm.mutate("contacts", email=address(), city="Galle", company="Heron")
    async with operating(crm, TYPES) as operations:
        whole = await operations.get("person", uid, ("*",))
        one = await operations.get("person", uid, ("company",))
    assert (whole.attributes["company"], one.attributes["company"]) == ("Galle", "Galle")
