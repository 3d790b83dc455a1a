"""Property definitions as objects: contactProperties and companyProperties."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from console.connector.errors import (
    AlreadyExists,
    InvalidAttributeValue,
    InvalidFilter,
    OperationTimeout,
    PreconditionFailed,
    UnknownUid,
)
from tests.connector.operation_parts import address, operating, refused
from tests.support.simulator import Simulator, start_simulator

RED = {"label": "Red", "value": "red", "displayOrder": 0, "hidden": False}
BLUE = {"label": "Blue", "value": "blue", "displayOrder": 1, "hidden": False}


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator(contacts=2, companies=2) as simulator:
        yield simulator


def definition(group: str = "contactinformation", **more: Any) -> dict[str, Any]:
    name = f"p_{secrets.token_hex(4)}"
    return {"name": name, "label": "Tier", "type": "string", "fieldType": "text", "groupName": group} | more


@pytest.mark.connector_row("class-contact-properties")
async def test_a_definition_is_made_read_changed_and_archived(crm: Simulator) -> None:
    wanted = definition(description="What they pay")
    async with operating(crm) as operations:
        made = await operations.create("contactProperties", wanted)
        assert (await operations.connector.schema("contact"))[made.uid].label == "Tier", "the schema is read again"
        found = await operations.get("contactProperties", made.uid, ["label", "description"])
        done = await operations.update("contactProperties", made.uid, {"label": "Level", "description": None})
        gone = await operations.delete("contactProperties", made.uid)
        with refused(UnknownUid, "is archived"):
            await operations.get("contactProperties", made.uid)
        assert made.uid not in await operations.connector.schema("contact")
        back = await operations.create("contactProperties", wanted)
    assert made.uid == made.name == wanted["name"]
    assert found.attributes == {"label": "Tier", "description": "What they pay"}
    assert (done.attributes["label"], done.attributes["description"]) == ("Level", "")
    assert gone.attributes["label"] == "Level"
    assert back.uid == made.uid


@pytest.mark.connector_row("class-company-properties")
async def test_company_definitions_are_a_class_of_their_own(crm: Simulator) -> None:
    wanted = definition("companyinformation", __NAME__="shared_name")
    del wanted["name"]
    async with operating(crm) as operations:
        made = await operations.create("companyProperties", wanted)
        every = [one.uid async for one in operations.search("companyProperties")]
        with refused(UnknownUid, "no property shared_name"):
            await operations.get("contactProperties", "shared_name")
    assert made.uid == "shared_name"
    assert every == sorted(every)
    assert {"shared_name", "domain"} <= set(every)


async def test_a_value_of_a_new_property_can_be_written_at_once(crm: Simulator) -> None:
    async with operating(crm) as operations:
        await operations.connector.schema("contact")
        made = await operations.create("contactProperties", definition())
        contact = await operations.create("contact", {"email": address(), made.uid: "gold"})
    assert crm.dump()[contact.uid][made.uid] == "gold"


async def test_options_are_added_and_removed_without_losing_the_others(crm: Simulator) -> None:
    async with operating(crm) as operations:
        made = await operations.create(
            "contactProperties", definition(type="enumeration", fieldType="select", options=[RED])
        )
        await operations.patch(
            "contactProperties", made.uid, [{"operation": "add", "field": "/options/-", "value": BLUE}]
        )
        both = await operations.get("contactProperties", made.uid)
        await operations.patch(
            "contactProperties", made.uid, [{"operation": "remove", "field": "/options", "value": "red"}]
        )
        one = await operations.get("contactProperties", made.uid)
    assert [option["value"] for option in both.attributes["options"]] == ["red", "blue"]
    assert [option["value"] for option in one.attributes["options"]] == ["blue"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "other"}, "cannot be changed"),
        ({"hasUniqueValue": True}, "when the property is made"),
        ({"createdAt": "2026-01-01"}, "by HubSpot"),
        ({"label": None}, "cannot be without label"),
        ({"colour": "red"}, "no attribute colour"),
        ({"_id": "x"}, "uid"),
    ],
)
async def test_what_cannot_be_changed_says_why(crm: Simulator, changes: dict[str, Any], said: str) -> None:
    async with operating(crm) as operations:
        made = await operations.create("contactProperties", definition())
        with refused(InvalidAttributeValue, said):
            await operations.update("contactProperties", made.uid, changes)


async def test_a_definition_that_is_there_or_lacks_something_is_refused(crm: Simulator) -> None:
    wanted = definition()
    async with operating(crm) as operations:
        made = await operations.create("contactProperties", wanted)
        with refused(AlreadyExists, f"property {made.uid} already") as raised:
            await operations.create("contactProperties", wanted)
        with refused(InvalidAttributeValue, "label, groupName"):
            await operations.create("contactProperties", {"name": "x", "type": "string", "fieldType": "text"})
        with refused(PreconditionFailed, "was changed at"):
            await operations.update("contactProperties", made.uid, {"label": "X"}, if_match="2001-01-01T00:00:00Z")
        for uid in ("nope", "..", "groups"):
            with refused(UnknownUid):
                await operations.delete("contactProperties", uid)
    assert raised.value.existing_id == made.uid


async def test_definitions_are_filtered_ordered_and_paged(crm: Simulator) -> None:
    async with operating(crm) as operations:
        schema = await operations.connector.schema("contact")
        filter_ = 'type eq "enumeration" and !(modificationMetadata/readOnlyValue eq true)'
        found = [one async for one in operations.search("contactProperties", filter_, attributes=["type", "__NAME__"])]
        ordered = [one.attributes["label"] async for one in operations.search("contactProperties", sort="-label")]
        paged = [one.uid async for one in operations.search("contactProperties", "true", page_size=7)]
        first = [one.uid async for one in operations.search("contactProperties", limit=3)]
        with refused(InvalidFilter, "no attribute colour"):
            assert [one async for one in operations.search("contactProperties", "colour pr")] == []
        with refused(InvalidFilter, "cookie"):
            await operations.page("contactProperties", cookie="%%%")
    names = {name for name, one in schema.items() if one.type == "enumeration" and not one.read_only}
    assert {one.uid for one in found} == names
    assert all(set(one.attributes) == {"type", "name"} for one in found)
    assert [label.casefold() for label in ordered] == sorted((label.casefold() for label in ordered), reverse=True)
    assert paged == sorted(schema)
    assert first == paged[:3]


async def test_a_definition_whose_answer_was_lost_is_made_once(crm: Simulator) -> None:
    async with operating(crm) as operations:
        wanted = definition()
        crm.faults("reset=1x@POST:/properties/")
        made = await operations.create("contactProperties", wanted)
        crm.faults("reset=1x!before@POST:/properties/")
        with refused(OperationTimeout) as raised:
            await operations.create("contactProperties", definition())
        crm.faults()
    assert made.uid == wanted["name"]
    assert raised.value.outcome_unknown
