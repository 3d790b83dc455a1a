"""What nothing undoes: merges and GDPR deletes, and the uids that they leave behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.connector.errors import (
    InvalidAttributeValue,
    OperationTimeout,
    PreconditionRequired,
    UnknownUid,
    UnsupportedOperation,
)
from console.connector.operations import Operations
from tests.connector.operation_parts import address, operating, refused
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator(companies=2) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def well_behaved(crm: Simulator) -> Iterator[None]:
    yield
    crm.faults()
    crm.settings(mergeNewId=False)


async def two(operations: Operations) -> tuple[str, str]:
    one = await operations.create("contact", {"email": address(), "firstname": "One"})
    other = await operations.create("contact", {"email": address(), "lastname": "Other"})
    return one.uid, other.uid


@pytest.mark.parametrize("confirm", ["", "yes", "2 1", ["1"], "1 2 3"])
async def test_both_ids_have_to_be_repeated(crm: Simulator, confirm: str | list[str]) -> None:
    before = len(crm.log())
    async with operating(crm) as operations:
        with refused(PreconditionRequired, "cannot be undone") as raised:
            await operations.merge("contact", "1", "2", confirm=confirm)
        with refused(PreconditionRequired, "never be used again"):
            await operations.gdpr_delete("contact", "12", confirm=confirm)
    assert "1 2" in raised.value.advice
    assert raised.value.http_status == 428
    assert len(crm.log()) == before


@pytest.mark.parametrize("new_id", [False, True])
async def test_a_merge_gives_the_survivor_and_the_old_uid_leads_to_it(crm: Simulator, new_id: bool) -> None:
    crm.settings(mergeNewId=new_id)
    async with operating(crm) as operations:
        primary, other = await two(operations)
        survivor = await operations.merge("contact", primary, other, confirm=f"{primary},{other}")
        followed = await operations.get("contact", other, ["firstname", "lastname"])
        updated = await operations.update("contact", other, {"city": "Bern"})
        with refused(UnknownUid, "was merged into") as deleting:
            await operations.delete("contact", other)
        with refused(UnknownUid, "was merged into"):
            await operations.gdpr_delete("contact", other, confirm=other)
        third = (await operations.create("contact", {"email": address()})).uid
        with refused(UnknownUid, "was merged into"):
            await operations.merge("contact", third, other, confirm=[third, other])
    assert (survivor.uid == primary) is not new_id
    assert any("new uid" in note for note in survivor.notes) is new_id
    assert followed.uid == updated.uid == survivor.uid
    assert followed.attributes == {"firstname": "One", "lastname": "Other"}
    assert all(
        any(f"{other} was merged into {survivor.uid}" in note for note in one.notes) for one in (followed, updated)
    )
    assert deleting.value.existing_id == survivor.uid
    assert crm.dump()[survivor.uid]["city"] == "Bern"


async def test_a_merge_whose_answer_was_lost_is_looked_for(crm: Simulator) -> None:
    async with operating(crm) as operations:
        primary, other = await two(operations)
        crm.faults("reset=1x@/merge")
        survivor = await operations.merge("contact", primary, other, confirm=[primary, other])
        primary, other = await two(operations)
        crm.faults("reset=1x!before@/merge")
        with refused(OperationTimeout) as raised:
            await operations.merge("contact", primary, other, confirm=[primary, other])
    assert survivor.uid in crm.dump()
    assert raised.value.outcome_unknown
    assert {primary, other} <= set(crm.dump())


async def test_companies_merge_and_a_record_not_with_itself_or_nobody(crm: Simulator) -> None:
    first, second = crm.dump("companies")
    async with operating(crm) as operations:
        with refused(InvalidAttributeValue, "itself"):
            await operations.merge("company", first, first, confirm=[first, first])
        with refused(UnknownUid, "no company 999"):
            await operations.merge("company", first, "999", confirm=[first, "999"])
        with refused(UnsupportedOperation):
            await operations.merge("contactProperties", "a", "b", confirm="a b")
        survivor = await operations.merge("company", first, second, confirm=[first, second])
    assert list(crm.dump("companies")) == [survivor.uid]


async def test_an_erased_contact_is_gone_for_good(crm: Simulator) -> None:
    async with operating(crm) as operations:
        one = await operations.create("contact", {"email": address(), "firstname": "A"})
        two_ = await operations.create("contact", {"email": address()})
        erased = await operations.gdpr_delete("contact", one.uid, confirm=one.uid)
        by_email = await operations.gdpr_delete("contact", two_.name, confirm=two_.name)
        with refused(UnknownUid, "There is no contact"):
            await operations.get("contact", one.uid)
        with refused(UnsupportedOperation, "contacts only"):
            await operations.gdpr_delete("company", "1", confirm="1")
    assert erased is not None
    assert by_email is not None
    assert (erased.uid, by_email.uid) == (one.uid, two_.uid)
    assert not {one.uid, two_.uid} & {*crm.dump()}


async def test_an_archived_contact_can_be_erased_too(crm: Simulator) -> None:
    async with operating(crm) as operations:
        one = await operations.create("contact", {"email": address()})
        await operations.delete("contact", one.uid)
        erased = await operations.gdpr_delete("contact", one.uid, confirm=one.uid)
        with refused(UnknownUid, "There is no contact"):
            await operations.gdpr_delete("contact", one.uid, confirm=one.uid)
        with refused(UnknownUid, "whole numbers"):
            await operations.gdpr_delete("contact", "..", confirm="..")
    assert erased is not None
    assert erased.uid == one.uid


async def test_an_address_of_nobody_is_blocked_only_if_that_is_meant(crm: Simulator) -> None:
    email = address()
    async with operating(crm) as operations:
        with refused(UnknownUid, "block it for ever"):
            await operations.gdpr_delete("contact", email, confirm=email)
        made = await operations.create("contact", {"email": email})
        assert made.uid
        other = address()
        assert await operations.gdpr_delete("contact", other, confirm=other, blocklist=True) is None
        with pytest.raises(Exception, match=r".") as raised:
            await operations.create("contact", {"email": other})
    assert getattr(raised.value, "http_status", 0) in (400, 412)


async def test_an_erasure_whose_answer_was_lost_is_done(crm: Simulator) -> None:
    async with operating(crm) as operations:
        one = await operations.create("contact", {"email": address()})
        crm.faults("reset=1x@gdpr-delete")
        erased = await operations.gdpr_delete("contact", one.uid, confirm=one.uid)
    assert erased is not None
    assert one.uid not in crm.dump()


@pytest.mark.parametrize("found_by_it", [False, True])
@pytest.mark.parametrize("block", [False, True])
async def test_a_further_address_does_not_take_its_contact_along(
    crm: Simulator, found_by_it: bool, block: bool
) -> None:
    crm.settings(secondaryEmailReads=found_by_it)
    async with operating(crm) as operations:
        one = await operations.create("contact", {"email": address()})
        other = await operations.create("contact", {"email": address()})
        await operations.merge("contact", one.uid, other.uid, confirm=[one.uid, other.uid])
        told = "further address" if found_by_it or block else "No contact has"
        with refused(UnknownUid, told):
            await operations.gdpr_delete("contact", other.name, confirm=other.name, blocklist=block)
        erased = await operations.gdpr_delete("contact", one.name.upper(), confirm=one.name.upper())
    crm.settings(secondaryEmailReads=False)
    assert erased is not None
    assert erased.uid == one.uid
