"""Associations between contacts and companies as operations of the connector."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.connector.errors import InvalidAttributeValue, UnknownUid, UnsupportedOperation
from tests.connector.operation_parts import address, operating, refused
from tests.support.simulator import Simulator, start_simulator


@pytest.fixture(scope="module")
def crm() -> Iterator[Simulator]:
    with start_simulator() as simulator:
        yield simulator


async def test_objects_are_associated_labelled_and_separated(crm: Simulator) -> None:
    async with operating(crm) as operations:
        contact = (await operations.create("contact", {"email": address()})).uid
        company = (await operations.create("company", {"name": "Heron"})).uid
        assert await operations.associations("contact", contact, "company") == []
        await operations.associate("contact", contact, "company", company)
        await operations.associate("company", company, "contact", contact, label="primary")
        (found,) = await operations.associations("contact", contact, "company")
        labels = [one.label for one in await operations.labels("contact", "company")]
        await operations.dissociate("contact", contact, "company", company)
        assert await operations.associations("company", company, "contact") == []
    assert (found.to_id, found.labels) == (company, ("Primary",))
    assert "Primary" in labels


@pytest.mark.parametrize("missing", ["400", "404"])
async def test_whichever_is_not_there_is_named(crm: Simulator, missing: str) -> None:
    crm.settings(missingAssociation=missing)
    async with operating(crm) as operations:
        contact = (await operations.create("contact", {"email": address()})).uid
        company = (await operations.create("company", {"name": "Heron"})).uid
        for verb in (operations.associate, operations.dissociate):
            with refused(UnknownUid, "no company 987654"):
                await verb("contact", contact, "company", "987654")
            with refused(UnknownUid, "no contact 987654"):
                await verb("contact", "987654", "company", company)
            with refused(UnknownUid, "whole numbers"):
                await verb("contact", contact, "company", "..")
        with refused(UnknownUid, "no contact 987654"):
            await operations.associations("contact", "987654", "company")
        with refused(InvalidAttributeValue, "no label Godparent"):
            await operations.associate("contact", contact, "company", company, label="Godparent")


async def test_only_records_are_associated(crm: Simulator) -> None:
    async with operating(crm) as operations:
        for cls, other in (("contactProperties", "company"), ("contact", "companyProperties"), ("__ALL__", "contact")):
            with refused(UnsupportedOperation):
                await operations.associations(cls, "1", other)


async def test_the_uid_of_a_merged_record_leads_to_the_survivors_associations(crm: Simulator) -> None:
    async with operating(crm) as operations:
        one, other = [(await operations.create("contact", {"email": address()})).uid for _ in range(2)]
        company = (await operations.create("company", {"name": "Heron"})).uid
        await operations.merge("contact", one, other, confirm=[one, other])
        await operations.associate("contact", other, "company", company, label="primary")
        await operations.dissociate("contact", other, "company", company, label="primary")
        (without_label,) = await operations.associations("contact", one, "company")
        await operations.associate("company", company, "contact", other, label="primary")
        await operations.dissociate("company", company, "contact", other, label="primary")
        (the_other_way,) = await operations.associations("contact", one, "company")
        await operations.dissociate("company", company, "contact", other)
        assert await operations.associations("contact", one, "company") == []
    assert (without_label.labels, the_other_way.labels) == ((), ())
