"""A create whose answer was lost: once where there is a key, told where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.connector.errors import AlreadyExists, OperationTimeout
from tests.connector.operation_parts import address, operating, refused
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def well_behaved(crm: Simulator) -> Iterator[None]:
    yield
    crm.faults()


@pytest.mark.parametrize(
    "fault", ["reset=1x", "reset=1x!before", "reset=3x!before", "truncate=1x", "502=1x", "stall=1x/1"]
)
async def test_a_contact_is_made_once_whatever_happens_to_the_answer(crm: Simulator, fault: str) -> None:
    email = address()
    async with operating(crm, timeout_seconds=0.5) as operations:
        crm.faults(f"{fault}@POST:/objects/")
        made = await operations.create("contact", {"email": email, "firstname": "Ann", "phone": "+41 44 123 45 67"})
    assert [uid for uid, values in crm.dump().items() if values.get("email") == email] == [made.uid]
    assert made.attributes["firstname"] == "Ann"


async def test_a_record_that_was_there_before_is_not_taken_for_ours(
    crm: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = address()
    owner = crm.mutate("contacts", email=email, firstname="Somebody")
    async with operating(crm) as operations:
        crm.faults("reset=1x!before@POST:/objects/")
        with refused(OperationTimeout, f"record {owner}") as raised:
            await operations.create("contact", {"email": email, "firstname": "Ann"})
        monkeypatch.setattr("console.connector.creating.CLOCKS_SECONDS", -3600.0)  # as if it were an hour older
        crm.faults("reset=1x!before@POST:/objects/")
        with refused(AlreadyExists, f"contact {owner}"):
            await operations.create("contact", {"email": email, "firstname": "Ann"})
    assert raised.value.outcome_unknown
    assert crm.dump()[owner]["firstname"] == "Somebody"


async def test_a_company_has_no_key_and_its_unknown_outcome_is_told(crm: Simulator) -> None:
    async with operating(crm) as operations:
        crm.faults("reset=1x@POST:/objects/")
        with refused(OperationTimeout, "no unique value") as raised:
            await operations.create("company", {"name": "Heron"})
    assert raised.value.outcome_unknown
    assert "before you create it again" in raised.value.advice
    assert [values["name"] for values in crm.dump("companies").values()] == ["Heron"], "it was not sent twice"


async def test_a_unique_property_of_the_account_is_a_key_too(crm: Simulator) -> None:
    key = {
        "name": "our_id", "label": "Our id", "type": "string", "fieldType": "text", "groupName": "companyinformation",
        "hasUniqueValue": True,
    }  # fmt: skip
    async with operating(crm) as operations:
        await operations.create("companyProperties", key)
        crm.faults("reset=1x@POST:/objects/")
        made = await operations.create("company", {"name": "Kite", "our_id": "K1"})
    assert [uid for uid, values in crm.dump("companies").items() if values.get("our_id") == "K1"] == [made.uid]
