"""A record as a sheet: its groups, what may be edited and why not, edits that look first, archiving that looks first."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from console.connector.archiving import archive_many, summed
from console.connector.editing import ChangedMeanwhile, edit, judge
from console.connector.errors import PermissionDenied, UnknownUid
from console.connector.new_record import blank_record, holders
from console.connector.record_history import history, origin
from console.connector.sheet import fields, matching, read_sheet
from console.hubspot.record_history import Version
from tests.connector.operation_parts import address, operating
from tests.support.simulator import Simulator, start_simulator

RENAMED: dict[str, Any] = {
    "objectTypes": {
        "person": {
            "nativeType": "contact",
            "properties": {
                "mail": {"type": "string", "nativeName": "email", "required": True},
                "title": {"type": "string", "nativeName": "jobtitle"},
                "town": {"type": "string", "nativeName": "city", "flags": ["NOT_UPDATEABLE"]},
            },
        }
    }
}
DENIED: dict[str, Any] = {"operationOptions": {"DELETE": {"denied": True}}}


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator() as made:
        yield made


def made(hubspot: Simulator, **values: str) -> str:
    body = {"properties": {"email": address(), **values}}
    return str(hubspot.post("/crm/v3/objects/contacts", body).json["id"])


async def test_groups_and_words(hubspot: Simulator) -> None:
    uid = made(hubspot, firstname="Ann", jobtitle="Clerk", city="Galle")
    async with operating(hubspot) as operations:
        sheet = await read_sheet(operations, "contact", uid)
        now = time.time()
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 3600))
        old = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 90 * 86_400))
        past = {
            "jobtitle": [Version(value="Clerk", at=at), Version(value="Trainee", at=old)],
            "city": [Version(value="Galle", at=old), Version(value="", at=old)],
        }
        found = {field.name: field for field in fields(sheet, past, now)}
        assert found["email"].group == "identity"
        assert found["jobtitle"].group == "lately"
        assert found["city"].group == "other"
        assert found["createdate"].group == "HubSpot"
        assert found["createdate"].locked
        assert [field.name for field in matching(list(found.values()), "job CLERK", blanks=False)] == ["jobtitle"]
        assert "fax" not in {field.name for field in matching(list(found.values()), "", blanks=False)}
        assert [field.name for field in matching(list(found.values()), "fax", blanks=True)] == ["fax"]


async def test_what_was_set_when_the_record_was_made_is_no_change(hubspot: Simulator) -> None:
    uid = made(hubspot, jobtitle="Clerk")
    async with operating(hubspot) as operations:
        sheet = await read_sheet(operations, "contact", uid)
        past = await history(operations, "contact", uid, ["jobtitle", "fax"])
        assert [one.value for one in past["jobtitle"]] == ["Clerk"]
        assert "fax" not in past
        assert origin(past["jobtitle"][0]).startswith("an app")
        assert "lately" not in {field.group for field in fields(sheet, past)}


async def test_names_of_the_configuration_hold_everywhere(hubspot: Simulator) -> None:
    uid = made(hubspot, jobtitle="Clerk", city="Galle")
    async with operating(hubspot, RENAMED) as operations:
        sheet = await read_sheet(operations, "person", uid)
        found = {field.name: field for field in fields(sheet, await history(operations, "person", uid, ["title"]))}
        assert found["title"].value == "Clerk"
        assert found["title"].definition is not None
        assert "NOT_UPDATEABLE" in found["town"].locked
        assert judge(sheet, "mail", "nobody").wrong
        done = await edit(operations, "person", uid, "title", "Clerk", "Head")
        assert (done.value, done.accepted) == ("Head", True)
        blank = await blank_record(operations, "person")
        assert blank.required == ("mail",)
        taken = hubspot.dump()[uid]["email"]
        assert await holders(operations, blank.sheet, {"mail": taken, "title": "Head"}) == {"mail": uid}
    assert hubspot.dump()[uid]["jobtitle"] == "Head"


async def test_an_edit_of_what_changed_meanwhile_writes_nothing(hubspot: Simulator) -> None:
    uid = made(hubspot, jobtitle="Clerk")
    hubspot.mutate("contacts", uid, jobtitle="Cashier")
    before = len(hubspot.log())
    async with operating(hubspot) as operations:
        with pytest.raises(ChangedMeanwhile) as told:
            await edit(operations, "contact", uid, "jobtitle", "Clerk", "Head")
        assert told.value.present == "Cashier"
        with pytest.raises(UnknownUid):
            await edit(operations, "contact", "99999999", "jobtitle", "Clerk", "Head")
    assert len(hubspot.log()) == before


async def test_a_clear_is_a_clear_and_a_name_is_not_cleared(hubspot: Simulator) -> None:
    uid = made(hubspot, jobtitle="Clerk")
    async with operating(hubspot) as operations:
        sheet = await read_sheet(operations, "contact", uid)
        assert judge(sheet, "jobtitle", "  ").value is None
        assert "cannot be cleared" in judge(sheet, "email", "").wrong
        done = await edit(operations, "contact", uid, "jobtitle", "Clerk", None)
        assert (done.value or "", done.accepted) == ("", True)
    assert not hubspot.dump()[uid].get("jobtitle")


async def test_many_are_archived_and_each_has_its_own_fate(hubspot: Simulator) -> None:
    uids = [made(hubspot) for _ in range(103)]
    gone, stays, goes = made(hubspot), made(hubspot), made(hubspot)
    hubspot.request("DELETE", f"/crm/v3/objects/contacts/{gone}")
    merge = hubspot.post("/crm/v3/objects/contacts/merge", {"primaryObjectId": stays, "objectIdToMerge": goes})
    survivor = merge.json["id"]
    heard: list[int] = []
    async with operating(hubspot) as operations:
        outcomes = await archive_many(operations, "contact", [*uids, gone, goes, uids[0]], heard.append)
    assert [one.uid for one in outcomes] == [*uids, gone, goes]
    assert {one.fate for one in outcomes[:103]} == {"archived"}
    assert {one.fate for one in outcomes[103:]} <= {"gone", "merged"}, "the survivor of a merge was archived"
    assert heard == [100, 105]
    assert sum(count for _, count in summed(outcomes)) == 2
    there = hubspot.dump()
    assert survivor in there
    assert not set(uids) & set(there)


async def test_a_denied_delete_is_denied_to_many_as_to_one(hubspot: Simulator) -> None:
    uid = made(hubspot)
    async with operating(hubspot, DENIED) as operations:
        with pytest.raises(PermissionDenied):
            await archive_many(operations, "contact", [uid])
    assert uid in hubspot.dump()
