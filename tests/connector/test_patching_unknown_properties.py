"""A patch of a property that the built-in schema does not know: what is there is added to, not replaced."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connector.operation_parts import address, operating
from tests.support.simulator import Simulator, start_simulator

COLOURS = {
    "name": "colours", "label": "Colours", "type": "enumeration", "fieldType": "checkbox",
    "groupName": "contactinformation",
    "options": [
        {"label": each, "value": each, "displayOrder": at, "hidden": False}
        for at, each in enumerate(("red", "green", "blue"))
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.mark.parametrize("live", [False, True])
async def test_a_choice_is_added_to_the_others_and_taken_from_them(crm: Simulator, live: bool) -> None:
    async with operating(crm, read_schema=True) as operations:
        if live is False:
            await operations.create("contactProperties", COLOURS)
        uid = (await operations.create("contact", {"email": address(), "colours": ["red", "green"]})).uid
    async with operating(crm, read_schema=live) as operations:
        await operations.patch("contact", uid, [{"operation": "add", "field": "/colours", "value": "blue"}])
        added = crm.dump()[uid]["colours"]
        await operations.patch("contact", uid, [{"operation": "add", "field": "/colours/-", "value": "blue"}])
        await operations.patch("contact", uid, [{"operation": "remove", "field": "/colours", "value": "green"}])
    assert set(added.split(";")) == {"red", "green", "blue"}
    assert set(crm.dump()[uid]["colours"].split(";")) == {"red", "blue"}
