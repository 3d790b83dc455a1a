"""What was applied is a no-op the next time, also where HubSpot altered or ignored a value."""

from __future__ import annotations

from pathlib import Path

from console.journal.model import Approver, Plan, RunState
from console.provisioning.apply import Applier
from tests.provisioning.plan_support import HEADER, MAPPING, Desk, desk
from tests.support.simulator import Simulator


async def apply(on: Desk, plan: Plan) -> RunState:
    await on.journal.approve(plan, Approver(login="tester"))
    return (await Applier(on.connector, on.journal, plan, owner="tester").run()).state


async def test_a_second_plan_after_a_run_writes_nothing(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        for number in range(1, 151):
            on.contact(email=f"P{number}@X.org", firstname="Old" if number % 2 else "P", lastname=str(number))
        on.write_mapping(
            MAPPING
            + "lifecyclestage = '\"lead\"'\nwebsite = '\"HTTPS://Example.org/\"'\n"
            + "hs_lead_status = { value = 'source.status', empty = \"clear\" }\n"
        )
        rows = [f"{n},p{n}@x.org,P,{n},011234{n:04},true,{'NEW' if n % 3 else ''}" for n in range(1, 301)]
        on.people(*rows, header=HEADER + ",status")
        customer = hubspot.get("/crm/v3/objects/contacts/p7@x.org?idProperty=email").json["id"]
        hubspot.request("PATCH", f"/crm/v3/objects/contacts/{customer}", {"properties": {"lifecyclestage": "customer"}})
        first = await on.plan()
        assert first.actions == {"CREATE": 150, "UPDATE": 150}
        assert await apply(on, first) is RunState.DONE
        writes = hubspot.state()["writes"]
        second = await on.plan()
        assert second.actions == {"NONE": 300}
        assert (second.writes, second.situations) == (0, {"CONFIRMED": 300})
        assert hubspot.state()["writes"] == writes
        record = hubspot.get("/crm/v3/objects/contacts/p200@x.org?idProperty=email&properties=firstname,phone").json
        assert record["properties"]["phone"] == "+94112340200"


async def test_leavers_that_hubspoke_created_can_be_deleted(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.write_mapping(MAPPING + '[policy]\nSOURCE_MISSING = "DELETE"\n')
        on.people(*[f"{n},p{n}@x.org,P,{n},,true" for n in range(1, 31)])
        assert await apply(on, await on.plan()) is RunState.DONE
        on.people(*[f"{n},p{n}@x.org,P,{n},,true" for n in range(2, 31)])
        plan = await on.plan()
        assert plan.actions == {"NONE": 29, "DELETE": 1}
        assert [(g.limit, g.holds) for g in plan.guards if g.name == "deletes"] == [(2, False)]
        assert await apply(on, plan) is RunState.DONE
        assert hubspot.state()["archived"]["contacts"] == 1
        assert (await on.plan()).actions == {"NONE": 29}


async def test_a_person_who_gets_another_address_is_updated_not_created(tmp_path: Path, hubspot: Simulator) -> None:
    async with desk(tmp_path, hubspot) as on:
        on.people("1,old@x.org,A,B,,true")
        assert await apply(on, await on.plan()) is RunState.DONE
        on.people("1,new@x.org,A,B,,true")
        plan = await on.plan()
        assert plan.actions == {"UPDATE": 1}
        assert await apply(on, plan) is RunState.DONE
        assert hubspot.state()["objects"]["contacts"] == 1
        assert (await on.plan()).actions == {"NONE": 1}
