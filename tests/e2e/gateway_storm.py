"""Identity servers that create people while HubSpot is slow and bad, and the gateway is killed again and again.

As a command, at full size: python -m tests.e2e.gateway_storm [PEOPLE [SECONDS]]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.gateway_process import GatewayProcess, gateway_process
from tests.support.simulator import Simulator, start_simulator

SENDERS = 16
BAD = 0.3
"""The share of the storm in which HubSpot answers 502, from a third of it on; afterwards two creates lose their answers."""
PATIENCE = 240.0
PASSWORD = "never-kept"
_SCIM = {"Content-Type": "application/scim+json", "User-Agent": "wso2/scim2/client"}
_AGAIN = 0.1


@dataclass
class Storm:
    """What was sent, and how it was answered: seconds of each answer, by status; what was refused; and broken connections."""

    people: int
    answers: list[tuple[int, float]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    broken: int = 0
    kills: int = 0
    sent_in: float = 0.0
    settled_in: float = 0.0

    @property
    def slowest(self) -> float:
        """Seconds of the slowest answer."""
        return max(seconds for _, seconds in self.answers)


def email(number: int) -> str:
    """The address of one of them."""
    return f"storm{number}@example.org"


async def storm(gateway: GatewayProcess, hubspot: Simulator, people: int, seconds: float) -> Storm:
    """Create `people` in `seconds`, kill the gateway twice meanwhile, and wait until everybody is in HubSpot."""
    told = Storm(people)
    began = time.monotonic()
    waiting = asyncio.Queue[int]()
    trouble = asyncio.create_task(_trouble(gateway, hubspot, told, seconds))
    senders = [asyncio.create_task(_sender(gateway, waiting, told)) for _ in range(SENDERS)]
    for number in range(people):
        await asyncio.sleep(max(0.0, began + number * seconds / people - time.monotonic()))
        waiting.put_nowait(number)
    await waiting.join()
    told.sent_in = time.monotonic() - began
    for task in senders:
        task.cancel()
    await trouble
    while len(await asyncio.to_thread(hubspot.dump)) < people and time.monotonic() - began < PATIENCE:
        await asyncio.sleep(0.25)
    told.settled_in = time.monotonic() - began
    return told


async def _sender(gateway: GatewayProcess, waiting: asyncio.Queue[int], told: Storm) -> None:
    """As WSO2 does: the same POST again until it was told that it worked."""
    async with gateway.client(**_SCIM) as client:
        while True:
            number = await waiting.get()
            while not await _posted(client, number, told):
                await asyncio.sleep(_AGAIN)
            waiting.task_done()


async def _posted(client: httpx.AsyncClient, number: int, told: Storm) -> bool:
    began = time.monotonic()
    try:
        answer = await client.post("/scim2/Users", json=_user(number))
    except httpx.TransportError:
        told.broken += 1
        return False
    told.answers.append((answer.status_code, time.monotonic() - began))
    if answer.status_code != 201:
        told.refused.append(f"{answer.status_code} {answer.text[:300]}")
    return answer.status_code == 201


async def _trouble(gateway: GatewayProcess, hubspot: Simulator, told: Storm, seconds: float) -> None:
    """HubSpot answers 502, the gateway is killed in the midst of it, and once more afterwards."""
    await asyncio.sleep(seconds / 3)
    await asyncio.to_thread(hubspot.faults, "502=100%")
    await asyncio.sleep(seconds * BAD / 2)
    await asyncio.to_thread(_killed, gateway, told)
    await asyncio.sleep(seconds * BAD / 2)
    await asyncio.to_thread(hubspot.faults, "502=2x!after@batch/create")
    await asyncio.sleep(seconds / 5)
    await asyncio.to_thread(_killed, gateway, told)


def _killed(gateway: GatewayProcess, told: Storm) -> None:
    gateway.kill()
    told.kills += 1
    gateway.start()


def _user(number: int) -> dict[str, object]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"storm{number}",
        "name": {"givenName": "Storm", "familyName": str(number)},
        "emails": [email(number)],
        "password": PASSWORD,
    }


def judge(told: Storm, hubspot: Simulator) -> None:
    """Everybody is in HubSpot once, by its own log; no answer was slow; nobody was refused for asking too often."""
    created = [wrote["key"] for wrote in hubspot.state()["creates"]]
    assert sorted(values["email"] for values in hubspot.dump().values()) == sorted(map(email, range(told.people)))
    assert len(created) == told.people, (len(created), told.people)
    assert hubspot.state()["rateLimited"] == 0
    assert not told.refused, told.refused[:3]
    assert told.slowest < 2.0, told.slowest


async def main(people: int, seconds: float) -> None:
    """Once at full size, with HubSpot's own window."""
    with tempfile.TemporaryDirectory() as folder, start_simulator(burst="110/10", latency=0.1) as hubspot:
        with gateway_process(Path(folder), hubspot) as gateway:
            told = await storm(gateway, hubspot, people, seconds)
            state = hubspot.state()
        times = sorted(took for _, took in told.answers)
        print(
            f"{people} people, {told.kills} kills, {told.broken} connections broken; sent in {told.sent_in:.1f} s, in HubSpot"
            f" after {told.settled_in:.1f} s; answers p50 {times[len(times) // 2]:.3f}, p95 {times[len(times) * 95 // 100]:.3f},"
            f" slowest {told.slowest:.2f} s; {state['requests']['total']} requests, by status {state['requests']['byStatus']},"
            f" 429: {state['rateLimited']}"
        )
        judge(told, hubspot)


if __name__ == "__main__":
    given = sys.argv[1:]
    asyncio.run(main(int(given[0]) if given else 1000, float(given[1]) if given[1:] else 10.0))
