"""What an imported connector profile denies is not sent, and said; its time limits hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.connector.connector import Connector
from console.journal.model import Action, EntryState
from console.provisioning.denials import Denials
from console.settings.icf import IcfSettings
from tests.apply.apply_parts import Parts, contact, create, email, lastname, open_parts, update
from tests.provisioning.plan_support import desk
from tests.support.simulator import Simulator


def denying(operation: str, on_deny: str = "THROW_EXCEPTION", cls: str = "") -> dict[str, Any]:
    """The part of a provisioner file that denies an operation."""
    rule: dict[str, Any] = {"denied": True, "onDeny": on_deny}
    if cls:
        rule = {"objectFeatures": {cls: rule}}
    return {"operationOptions": {operation: rule}}


def with_icf(parts: Parts, document: dict[str, Any]) -> None:
    """The profile as if it had been imported with this."""
    profile = msgspec.structs.replace(parts.profile, icf=IcfSettings(document))
    parts.target = Connector(parts.hubspot, profile)


@pytest.mark.parametrize(("on_deny", "state"), [("THROW_EXCEPTION", "needs_decision"), ("DO_NOTHING", "skipped")])
@pytest.mark.parametrize("cls", ["", "contact"])
async def test_a_delete_that_is_denied_is_not_sent(
    parts: Parts, sim: Simulator, on_deny: str, state: str, cls: str
) -> None:
    uid = contact(sim, 1)
    await parts.linked(sim.portal_id, ("E1", uid, True))
    plan = await parts.approved(sim.portal_id, [update(1, uid, action=Action.DELETE), create(2)])
    with_icf(parts, denying("DELETE", on_deny, cls))
    run = await parts.apply(plan)
    assert run.states == {"done": 1, state: 1}
    assert set(sim.by_email()) == {email(1), email(2)}
    assert "operationOptions.DELETE" in (await parts.store.entry(plan.id, 1)).outcome


async def test_a_create_that_turns_out_to_be_there_is_not_updated_where_that_is_denied(
    parts: Parts, sim: Simulator
) -> None:
    uid = contact(sim, 1)
    plan = await parts.approved(sim.portal_id, [create(1)])
    with_icf(parts, denying("UPDATE"))
    run = await parts.apply(plan)
    assert run.states == {"needs_decision": 1}
    assert sim.dump()[uid]["lastname"] == "Old"


async def test_a_plan_says_it_already(tmp_path: Path, sim: Simulator) -> None:
    async with desk(tmp_path, sim) as bench:
        bench.connector.profile = msgspec.structs.replace(bench.connector.profile, icf=IcfSettings(denying("CREATE")))
        bench.people("1,ann@example.com,Ann,Ames,,true")
        plan = await bench.plan()
        assert (plan.writes, plan.actions) == (0, {"EXCEPTION": 1})
        (entry,) = await bench.entries(plan)
        assert (entry.state, entry.cause) == (EntryState.NEEDS_DECISION, "denied")
        assert entry.payload is not None
        assert "denies CREATE of contact" in entry.payload.problems[0].message


async def test_a_write_that_takes_longer_than_it_may_is_looked_up(sim: Simulator, tmp_path: Path) -> None:
    async with open_parts(tmp_path, sim.url, sim.token) as parts:
        uid = contact(sim, 1)
        with_icf(parts, {"operationTimeout": {"UPDATE": 300, "CREATE": -1}})
        sim.faults("", {"kind": "stall", "path": "batch/update", "count": 1, "seconds": 3})
        plan = await parts.approved(sim.portal_id, [update(1, uid, lastname())])
        run = await parts.apply(plan)
        assert run.states == {"done": 1}
        assert sim.dump()[uid]["lastname"] == "New"


def test_setting_a_property_instead_of_deleting_is_an_update_too() -> None:
    denials = Denials(IcfSettings(denying("UPDATE")), "contact", deletion="set")
    assert denials.of(Action.DELETE) == ("UPDATE", "THROW")
    assert Denials(IcfSettings(denying("UPDATE")), "contact").of(Action.DELETE) is None
    assert Denials(IcfSettings(), "contact").of(Action.DELETE) is None
