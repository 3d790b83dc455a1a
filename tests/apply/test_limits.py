"""operationTimeout bounds what is read, too: a plan says so and is not kept, a run stands still and goes on later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.connector.connector import Connector
from console.journal.model import RunState
from console.provisioning.limits import TookTooLong
from console.settings.icf import IcfSettings
from tests.apply.apply_parts import Parts, contact, lastname, update
from tests.provisioning.plan_support import MAPPING, desk
from tests.support.simulator import Simulator

FIRMS = MAPPING.replace(
    'correlate = ["email"]', 'correlate = ["domain"]\ntarget = "company"\nallow_unkeyed_creates = true'
)


def limit(target: Connector, **milliseconds: int) -> None:
    document: dict[str, Any] = {"operationTimeout": milliseconds}
    target.profile = msgspec.structs.replace(target.profile, icf=IcfSettings(document))


@pytest.mark.parametrize(("operation", "lane"), [("GET", "keys"), ("SEARCH", "list")])
async def test_a_plan_is_not_made_of_answers_that_take_too_long(
    tmp_path: Path, sim: Simulator, operation: str, lane: str
) -> None:
    async with desk(tmp_path, sim) as on:
        on.people("1,ann@example.com,Ann,Ames,,true")
        limit(on.connector, **{operation: 40})
        await on.connector.schema("contact", live=True)
        sim.settings(latency=0.2)
        with pytest.raises(TookTooLong, match=rf"operationTimeout\.{operation}") as late:
            await on.plan(lane=lane)
        assert "operationTimeout" in late.value.advice
        assert await on.journal.plans() == []
        limit(on.connector, **{operation: -1})
        assert (await on.plan(lane=lane)).actions == {"CREATE": 1}


async def test_a_search_for_companies_is_bounded(tmp_path: Path, sim: Simulator) -> None:
    async with desk(tmp_path, sim) as on:
        text = FIRMS.replace("email = 'source.mail'", "domain = 'source.mail'").replace("firstname", "name")
        text = "\n".join(line for line in text.splitlines() if not line.startswith(("lastname", "phone")))
        on.write_mapping(text)
        on.people("1,acme.com,Acme,,,true")
        limit(on.connector, SEARCH=40)
        sim.settings(latency=0.2)
        with pytest.raises(TookTooLong, match="SEARCH"):
            await on.plan()


async def test_a_run_that_cannot_read_in_time_waits_and_goes_on(parts: Parts, sim: Simulator) -> None:
    uid = contact(sim, 1)
    plan = await parts.approved(sim.portal_id, [update(1, uid, lastname(), read_at=0.0)])
    limit(parts.target, GET=40)
    sim.settings(latency=0.2)
    run = await parts.apply(plan)
    assert (run.state, run.states) == (RunState.QUARANTINED, {"planned": 1})
    assert "operationTimeout" in run.message
    assert sim.dump()[uid]["lastname"] == "Old"
    limit(parts.target, GET=5_000)
    assert (await parts.apply(plan)).states == {"done": 1}
    assert sim.dump()[uid]["lastname"] == "New"
