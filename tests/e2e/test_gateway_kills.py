"""A gateway that is killed while people pour in and HubSpot is bad: nobody is lost, nobody is there twice.

300 people in 4 seconds here, 4 requests a second allowed: less than HubSpot's 11, so that the allowance really is what
is waited for. The full size (1,000 in 10 seconds, 110 requests in 10 seconds) is `python -m tests.e2e.gateway_storm`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.e2e.gateway_storm import PASSWORD, judge, storm
from tests.support.gateway_process import gateway_process
from tests.support.simulator import start_simulator


async def test_everybody_is_in_hubspot_once(tmp_path: Path) -> None:
    with start_simulator(burst="4/1", latency=0.02) as hubspot, gateway_process(tmp_path, hubspot) as gateway:
        told = await storm(gateway, hubspot, 300, 4.0)
        judge(told, hubspot)
        assert (told.kills, told.broken > 0) == (2, True)
        assert await asyncio.to_thread(gateway.stop) == 0
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    assert kept == []


async def test_a_start_while_hubspot_is_down(tmp_path: Path) -> None:
    with start_simulator() as hubspot, gateway_process(tmp_path, hubspot) as gateway:
        await asyncio.to_thread(gateway.kill)
        hubspot.faults("502=100%")
        await asyncio.to_thread(gateway.start)
        async with gateway.client() as client:
            user = {"userName": "ann", "name": {"givenName": "Ann"}, "emails": ["ann@example.org"]}
            assert (await client.post("/scim2/Users", json=user)).status_code == 201
            assert hubspot.dump() == {}
            hubspot.faults()
            async with asyncio.timeout(30):
                while not hubspot.dump():
                    await asyncio.sleep(0.1)
        assert [values["email"] for values in hubspot.dump().values()] == ["ann@example.org"]
