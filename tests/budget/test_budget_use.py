"""How much of the allowance is used, on virtual time: the figures of the design, with no 429."""

from __future__ import annotations

import asyncio

import pytest

from console.hubspot.budget import MemoryStore, RateBudget, open_budget
from console.settings.profile import Profile
from tests.budget.rolling_server import RollingServer, network
from tests.budget.virtual_time import LoopClock, run_virtually

LIMIT, WINDOW, LATENCY = 110, 10.0, 0.1
IDEAL = LIMIT / (WINDOW + LATENCY)
PROFILE = Profile(name="test", maximum_connections=24)


async def _accepted(processes: int, seconds: float, seed: int, *, console: bool = False) -> tuple[RollingServer, float]:
    """Saturate for that long; the rate is of whole cycles, after the first two."""
    server = RollingServer(LIMIT, WINDOW)
    store = MemoryStore(LoopClock())
    budgets = [open_budget(store, app="app", portal=1, profile=PROFILE) for _ in range(processes)]
    if console:
        budgets[0].attach(True)
    start = asyncio.get_running_loop().time()
    delay = network(seed, LATENCY / 2)
    await asyncio.gather(*(server.keep_asking(budget, delay, start + seconds) for budget in budgets for _ in range(24)))
    for budget in budgets:
        budget.attach(False)
    cycle = WINDOW + LATENCY
    first, last = start + 2 * cycle, start + 2 * cycle + cycle * int((seconds - 2 * cycle) / cycle)
    steady = sum(first <= moment < last for moment in server.accepted)
    return server, steady / (last - first)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_process_uses_97_percent_without_a_refusal(seed: int) -> None:
    server, rate = run_virtually(_accepted(1, 300, seed))
    assert server.refused == 0
    assert rate >= 0.97 * IDEAL


def test_two_processes_share_95_percent_without_a_refusal() -> None:
    server, rate = run_virtually(_accepted(2, 300, 4))
    assert server.refused == 0
    assert rate >= 0.95 * IDEAL


def test_paced_beside_a_console_still_uses_95_percent() -> None:
    server, rate = run_virtually(_accepted(1, 300, 5, console=True))
    assert server.refused == 0
    assert rate >= 0.95 * IDEAL


def test_a_look_up_waits_300_ms_at_most_beside_bulk_work() -> None:
    async def scenario() -> tuple[RollingServer, list[float]]:
        server = RollingServer(LIMIT, WINDOW)
        store = MemoryStore(LoopClock())
        bulk, console = (open_budget(store, app="app", portal=1, profile=PROFILE) for _ in range(2))
        console.attach(True)
        loop = asyncio.get_running_loop()
        end = loop.time() + 200
        delay = network(6, LATENCY / 2)
        work = [asyncio.create_task(server.keep_asking(bulk, delay, end)) for _ in range(24)]
        waits = []
        while loop.time() < end - 20:
            await asyncio.sleep(1.37)
            asked = loop.time()
            async with console.slot("burst", "interactive") as lease:
                waits.append(loop.time() - asked)
                lease.sent()
                await asyncio.sleep(delay())
                status, headers = server.arrive()
                lease.answered(status, headers)
        await asyncio.gather(*work)
        console.attach(False)
        return server, sorted(waits)

    server, waits = run_virtually(scenario())
    assert server.refused == 0
    assert len(waits) > 100
    assert waits[int(len(waits) * 0.95)] <= 0.3


def test_headless_bulk_goes_out_in_one_burst() -> None:
    async def scenario() -> list[float]:
        server = RollingServer(LIMIT, WINDOW)
        budget = open_budget(MemoryStore(LoopClock()), app="app", portal=1, profile=PROFILE)
        start = asyncio.get_running_loop().time()
        await asyncio.gather(*(server.ask(budget, lambda: 0.05) for _ in range(LIMIT)))
        return [moment - start for moment in server.accepted]

    assert max(run_virtually(scenario())) < 1.0


def test_a_foreign_client_of_the_same_app_makes_room_for_itself() -> None:
    async def scenario() -> tuple[int, int, int]:
        server = RollingServer(100, 10.0)
        budget = open_budget(MemoryStore(LoopClock()), app="app", portal=1, profile=PROFILE)
        loop = asyncio.get_running_loop()
        start = loop.time()

        theirs = ours = 0

        async def foreigner() -> None:
            nonlocal theirs
            while loop.time() < start + 200:
                refused = server.arrive()[0] == 429
                theirs += refused and loop.time() > start + 120
                await asyncio.sleep(0.25)  # 40 in each window

        delay = network(7, 0.05)
        stranger = asyncio.create_task(foreigner())

        async def worker() -> None:
            nonlocal ours
            while loop.time() < start + 200:
                ours += await server.ask(budget, delay) == 429

        await asyncio.gather(*(worker() for _ in range(12)))
        await stranger
        late = sum(moment > start + 50 for moment in server.accepted)
        return ours, theirs, late

    ours, theirs, late = run_virtually(scenario())
    assert ours <= 12
    assert theirs <= 2
    assert late >= 0.85 * 100 * 15


def test_a_limit_that_nobody_tells_is_found_by_refusals() -> None:
    async def scenario() -> tuple[int, int]:
        server = RollingServer(60, 10.0, tell=False)
        budget = open_budget(MemoryStore(LoopClock()), app="app", portal=1, profile=PROFILE)
        start = asyncio.get_running_loop().time()
        delay = network(8, 0.05)
        await asyncio.gather(*(server.keep_asking(budget, delay, start + 300) for _ in range(12)))
        return server.refused, len(server.accepted)

    refused, accepted = run_virtually(scenario())
    assert refused < accepted / 10


@pytest.mark.parametrize(("permits", "most"), [(5, 5), (1, 1)])
def test_the_operators_ceiling_holds(permits: int, most: int) -> None:
    async def scenario() -> list[float]:
        server = RollingServer(LIMIT, WINDOW)
        profile = Profile(name="test", permits_per_second=permits)
        budget: RateBudget = open_budget(MemoryStore(LoopClock()), app="app", portal=1, profile=profile)
        start = asyncio.get_running_loop().time()
        await asyncio.gather(*(server.keep_asking(budget, lambda: 0.02, start + 20) for _ in range(12)))
        return server.accepted

    accepted = run_virtually(scenario())
    assert len(accepted) >= 20 * permits - 1
    assert all(sum(moment <= other < moment + 1 for other in accepted) <= most + 1 for moment in accepted)


def test_the_connections_ceiling_holds() -> None:
    async def scenario() -> int:
        budget = open_budget(
            MemoryStore(LoopClock()), app="app", portal=1, profile=Profile(name="test", maximum_connections=2)
        )
        running = most = 0

        async def request() -> None:
            nonlocal running, most
            async with budget.slot("burst") as lease:
                running += 1
                most = max(most, running)
                lease.sent()
                await asyncio.sleep(0.1)
                lease.answered(200, {})
                running -= 1

        await asyncio.gather(*(request() for _ in range(20)))
        return most

    assert run_virtually(scenario()) == 2
