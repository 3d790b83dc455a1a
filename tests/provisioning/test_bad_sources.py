"""Sources that go wrong on the way to a plan: broken off in the midst, or with a column that went blank."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.journal.model import Action, Approver, Plan, RunState, Situation
from console.provisioning.apply import Applier
from console.provisioning.errors import PlanRefused
from console.provisioning.runs import GuardRefused, judged
from console.sources.csv_file import CsvSource
from console.sources.errors import SourceError
from tests.provisioning.plan_support import MAPPING, Desk, desk
from tests.support.simulator import Simulator

PEOPLE, LAST = 8_000, 7_312


async def run(on: Desk, plan: Plan) -> None:
    await on.journal.approve(plan, Approver(login="tester"))
    assert (await Applier(on.connector, on.journal, plan, owner="tester").run()).state is RunState.DONE


async def test_a_server_that_breaks_off_at_entry_7312_leaves_no_plan(
    tmp_path: Path, hubspot: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(MAPPING + '[policy]\nSOURCE_MISSING = "DELETE"\n')
        on.people(*[f"{n},p{n}@x.org,P,L{n},,true" for n in range(PEOPLE)])
        real = CsvSource.rows

        def rows(self: CsvSource) -> Iterator[object]:
            for number, row in enumerate(real(self)):
                if number == LAST:
                    raise SourceError(f"the connection was lost after {LAST:,} entries", remedy="Try again.")
                yield row

        with monkeypatch.context() as broken:
            broken.setattr(CsvSource, "rows", rows)
            with pytest.raises(PlanRefused, match="after 7,312 entries"):
                await on.plan()
        assert await on.journal.plans() == []
        assert hubspot.log() == []
        assert (await on.plan()).actions == {"CREATE": PEOPLE}  # and the next one is whole


async def test_a_column_that_went_blank_is_held(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        clearing = MAPPING.replace(
            "lastname = 'source.last'", "lastname = { value = 'source.last', empty = \"clear\" }"
        )
        on.write_mapping(clearing)
        on.people(*[f"{n},p{n}@x.org,P,L{n},,true" for n in range(100)])
        await run(on, await on.plan())
        on.people(*[f"{n},p{n}@x.org,P,,,true" for n in range(100)])
        plan = await on.plan()
        (guard,) = [guard for guard in plan.guards if guard.holds]
        assert (guard.name, guard.count, plan.clears) == ("clears", 100, 100)
        with pytest.raises(GuardRefused, match="100 clears"):
            judged(plan, {})
        on.write_mapping()  # without empty = "clear" a blank says nothing
        assert (await on.plan()).actions == {"NONE": 100}


async def test_two_people_for_one_contact_and_two_contacts_for_one_person(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        for name in ("one", "two"):
            definition = {"name": f"key_{name}", "label": name, "type": "string", "fieldType": "text"}
            body = definition | {"groupName": "contactinformation", "hasUniqueValue": True}
            assert hubspot.post("/crm/v3/properties/contacts", body).status == 201
        text = MAPPING.replace('correlate = ["email"]', 'correlate = ["email", "key_one"]')
        on.write_mapping(text.replace("phone = 'e164(source.phone, \"LK\")'", "key_one = 'source.phone'"))
        first, second = on.contact(email="ann@x.org"), on.contact(email="old@x.org", key_one="K1")
        on.people(
            "1,ann@x.org,Ann,A,K1,true", "2,bo@x.org,Bo,B,,true", "3,BO@x.org,Bo,Twin,,true", "4,cy@x.org,C,C,,true"
        )
        plan = await on.plan()
        found = {entry.payload.source_id: entry for entry in await on.entries(plan) if entry.payload is not None}
        assert found["1"].situation is Situation.AMBIGUOUS
        assert found["1"].payload is not None
        assert {one.uid for one in found["1"].payload.candidates} == {first, second}
        assert [found[name].action for name in "234"] == [Action.EXCEPTION, Action.EXCEPTION, Action.CREATE]
        await run(on, plan)
        assert set(hubspot.by_email()) == {"ann@x.org", "old@x.org", "cy@x.org"}
