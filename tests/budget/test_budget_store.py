"""The shared file as a file, and what the budget learns, remembers and forgets."""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.hubspot.budget import BudgetState, MemoryStore, RateBudget, SqliteStore, open_budget
from console.hubspot.budget.day import next_midnight
from console.hubspot.budget.glance import read_budget
from console.hubspot.budget.headers import read_headers
from console.hubspot.budget.rules import AUTO_CONNECTIONS
from console.hubspot.budget.store import BudgetUnavailable
from console.hubspot.errors import DailyLimitReached, NotSent
from console.settings.profile import Profile
from tests.budget.virtual_time import HandClock, LoopClock, run_virtually

PROFILE = Profile(name="test")
HEADERS = {
    "X-HubSpot-RateLimit-Max": "190",
    "X-HubSpot-RateLimit-Remaining": "189",
    "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
}


def _open(store: MemoryStore | SqliteStore, **changed: object) -> RateBudget:
    return open_budget(store, app="app", portal=1, profile=PROFILE)


async def _send(
    budget: RateBudget, kind: str = "burst", status: int = 200, headers: dict[str, str] | None = None
) -> None:
    async with budget.slot(kind) as lease:  # type: ignore[arg-type]
        lease.sent()
        lease.answered(status, headers or {})


def _window(budget: RateBudget, name: str = "burst") -> tuple[int, int]:
    window = budget.snapshot().window(name)
    assert window is not None
    return window.used, window.limit


@pytest.fixture
async def budget(tmp_path: Path) -> AsyncIterator[RateBudget]:
    budget = _open(SqliteStore(tmp_path / "state" / "budget.sqlite"))
    yield budget
    await budget.aclose()


async def _until(budget: RateBudget, used: int, name: str = "burst") -> None:
    for _ in range(200):
        if _window(budget, name)[0] == used:
            return
        await asyncio.sleep(0.01)
    assert _window(budget, name)[0] == used


async def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        budget = _open(SqliteStore(tmp_path / "state" / "budget.sqlite"))
        await _send(budget)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
        await budget.aclose()
    finally:
        os.umask(before)
    assert modes
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


async def test_never_sent_frees_the_slot_at_once(budget: RateBudget) -> None:
    async with budget.slot("burst"):
        assert _window(budget)[0] == 1
    await _until(budget, 0)
    assert budget.snapshot().daily_used == 0


async def test_limits_are_learned_and_kept_for_the_next_process(budget: RateBudget, tmp_path: Path) -> None:
    await _send(budget, headers=HEADERS)
    await budget.aclose()
    later = _open(SqliteStore(tmp_path / "state" / "budget.sqlite"))
    await later.cool("search", 0)
    assert _window(later) == (1, 190)
    later.learn({**HEADERS, "X-HubSpot-RateLimit-Max": "100"})
    await later.cool("search", 0)
    assert _window(later) == (1, 100)
    await later.aclose()


async def test_an_error_in_the_request_gives_back_too(budget: RateBudget) -> None:
    with pytest.raises(ZeroDivisionError):
        async with budget.slot("burst"):
            raise ZeroDivisionError
    await _until(budget, 0)


async def test_a_cancelled_waiter_takes_nothing_along() -> None:
    budget = open_budget(MemoryStore(), app="app", portal=1, profile=Profile(name="test", maximum_connections=1))
    async with budget.slot("burst"):
        waiters = [asyncio.create_task(_send(budget)) for _ in range(3)]
        await asyncio.sleep(0.01)
        waiters[0].cancel()
        await asyncio.sleep(0)
    done = await asyncio.gather(*waiters, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert done[1:] == [None, None]
    assert _window(budget)[0] == 2
    await budget.aclose()


async def test_closing_wakes_those_who_wait() -> None:
    budget = open_budget(MemoryStore(), app="app", portal=1, profile=Profile(name="test", maximum_connections=1))
    async with budget.slot("burst"):
        waiter = asyncio.create_task(_send(budget))
        await asyncio.sleep(0.01)
        await budget.aclose()
        with pytest.raises(NotSent):
            await waiter


def test_a_request_abandoned_after_sending_holds_its_slot_for_the_time_in_transit() -> None:
    async def scenario() -> list[int]:
        budget = _open(MemoryStore(LoopClock()))
        async with budget.slot("burst") as lease:
            lease.sent()
        used = [_window(budget)[0]]
        await asyncio.sleep(39)
        used.append(_window(budget)[0])
        await asyncio.sleep(2)
        used.append(_window(budget)[0])
        return used

    assert run_virtually(scenario()) == [1, 1, 0]


def test_slow_requests_keep_their_slot_and_late_senders_lose_it() -> None:
    async def scenario() -> tuple[list[int], str]:
        budget = _open(MemoryStore(LoopClock()))
        used = []
        async with budget.slot("burst") as lease:
            lease.sent()
            for _ in range(6):
                await asyncio.sleep(50)
                used.append(_window(budget)[0])
            lease.answered(200, {})
        lost = ""
        async with budget.slot("burst") as lease:
            lease.renewed_at -= 31  # the machine slept
            try:
                lease.sent()
            except NotSent as error:
                lost = error.message
        return used, lost

    used, lost = run_virtually(scenario())
    assert used == [1] * 6
    assert "suspended" in lost


def test_a_refusal_cools_the_window_for_everybody() -> None:
    async def scenario() -> tuple[float, float, BudgetState]:
        clock = LoopClock()
        store = MemoryStore(clock)
        one, other = _open(store), _open(store)
        await _send(one, status=429, headers={"retry-after": "3"})
        state = other.snapshot()
        began = clock.now()
        await _send(other)
        waited = clock.now() - began
        await one.cool("search", 7)
        began = clock.now()
        await _send(other, "search")
        return waited, clock.now() - began, state

    waited, search, state = run_virtually(scenario())
    assert waited == pytest.approx(3, abs=0.1)
    assert search == pytest.approx(7, abs=0.1)
    assert state.cooling_until is not None


def test_searches_take_search_slots_and_no_burst_slots_unless_headers_say_so() -> None:
    async def scenario() -> list[BudgetState]:
        budget = _open(MemoryStore(LoopClock()))
        await _send(budget, "search")
        await _send(budget, "associations")
        quiet = budget.snapshot()
        await _send(budget, "search", headers=HEADERS)
        await _send(budget, "search", headers=HEADERS)
        return [quiet, budget.snapshot()]

    quiet, counted = run_virtually(scenario())
    assert {window.name for window in quiet.windows} == {"search", "associations"}
    assert quiet.daily_used == 2
    burst, search = counted.window("burst"), counted.window("search")
    assert burst is not None
    assert search is not None
    assert (burst.used, burst.limit, search.used) == (2, 190, 3)


def test_the_day() -> None:
    async def scenario() -> tuple[DailyLimitReached, int, BudgetState]:
        clock = LoopClock(wall=1_790_000_000.0)
        budget = _open(MemoryStore(clock))
        await budget.bind(1, "+05:30")
        budget.set_daily(1000, 998)
        await _send(budget)
        await _send(budget)
        caught: DailyLimitReached | None = None
        try:
            await _send(budget)
        except DailyLimitReached as error:
            caught = error
        assert caught is not None
        assert caught.retry_after is not None
        await asyncio.sleep(caught.retry_after + 1)
        sent = 0
        await _send(budget, headers={"x-hubspot-ratelimit-daily": "1000", "x-hubspot-ratelimit-daily-remaining": "600"})
        sent += 1
        state = budget.snapshot()
        budget.exhaust_day()
        with pytest.raises(DailyLimitReached):
            await _send(budget)
        return caught, sent, state

    caught, sent, state = run_virtually(scenario())
    assert "1,000" in caught.message
    assert caught.stops_run
    assert sent == 1
    assert (state.daily_used, state.daily_limit) == (400, 1000)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("", "2026-09-22T00:00:00+00:00"),
        ("-04:00", "2026-09-22T00:00:00-04:00"),
        ("+05:30", "2026-09-22T00:00:00+05:30"),
        ("Mars/Olympus", "2026-09-22T00:00:00+00:00"),
        ("../../etc/passwd", "2026-09-22T00:00:00+00:00"),
    ],
)
def test_midnight(zone: str, expected: str) -> None:
    import datetime as dt

    noon = dt.datetime(2026, 9, 21, 14, tzinfo=dt.UTC).timestamp()
    assert next_midnight(noon, zone) == dt.datetime.fromisoformat(expected).timestamp()


def test_a_portal_that_becomes_known_inherits_what_was_counted() -> None:
    async def scenario() -> tuple[BudgetState, BudgetState]:
        store = MemoryStore(LoopClock())
        early = open_budget(store, app="app", portal=None, profile=PROFILE)
        await _send(early, "search")
        await early.bind(77, "Asia/Colombo")
        other = open_budget(store, app="app", portal=None, profile=PROFILE)
        await _send(other, "search")
        known = open_budget(store, app="another app", portal=77, profile=PROFILE)
        return early.snapshot(), known.snapshot()

    early, known = run_virtually(scenario())
    search = known.window("search")
    assert search is not None
    assert search.used == 2
    assert early.daily_used == known.daily_used == 2


def test_another_start_of_the_machine_frees_all_and_keeps_what_was_learned(tmp_path: Path) -> None:
    async def scenario(boot: str) -> tuple[int, int, int]:
        clock = HandClock(boot)
        budget = _open(SqliteStore(tmp_path / "budget.sqlite", clock))
        await budget.cool("burst", 0)
        used, limit = _window(budget)
        async with budget.slot("burst") as lease:
            lease.sent()
            lease.answered(200, HEADERS)
        await budget.cool("search", 0)
        after = _window(budget)[0]
        await budget.aclose()
        return used, limit, after

    assert asyncio.run(scenario("first")) == (0, 110, 1)
    assert asyncio.run(scenario("first")) == (1, 190, 2)
    assert asyncio.run(scenario("second")) == (0, 190, 1)


@pytest.mark.parametrize("content", [b"not a database, " * 100, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_broken_file_is_made_again(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "budget.sqlite"
    file.write_bytes(content)
    assert read_budget(file, app="app", portal=1) is None
    budget = _open(SqliteStore(file))
    await _send(budget)
    assert _window(budget)[0] == 1
    await budget.aclose()


async def test_a_file_that_cannot_be_used_stops_sending_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    budget = _open(SqliteStore(tmp_path / "file" / "budget.sqlite"))
    with pytest.raises(BudgetUnavailable) as caught:
        await _send(budget)
    assert "--state" in caught.value.advice
    await budget.aclose()


def test_the_first_paints_reading_costs_little_and_imports_less(tmp_path: Path) -> None:
    assert read_budget(tmp_path / "none.sqlite") is None
    program = (
        "import sys; import console.hubspot.budget.glance; "
        "bad = {'httpx', 'asyncio', 'keyring', 'sqlalchemy', 'console.settings.paths'} & set(sys.modules); "
        "sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


async def test_glance_reads_a_closed_file_and_knows_the_boot(tmp_path: Path) -> None:
    file = tmp_path / "budget.sqlite"
    budget = _open(SqliteStore(file))
    await budget.bind(1, "")
    await _send(budget, headers=HEADERS)
    await budget.aclose()
    assert not (tmp_path / "budget.sqlite-wal").exists()
    state = read_budget(file, portal=1)
    assert state is not None
    assert [(window.name, window.used, window.limit) for window in state.windows] == [("burst", 1, 190)]
    with sqlite3.connect(file) as connection:
        connection.execute("update meta set value = 'another' where name = 'boot'")
    connection.close()
    state = read_budget(file, portal=1)
    assert state is not None
    assert state.windows[0].used == 0


def test_states_come_when_something_changed_and_four_times_a_second_at_most() -> None:
    async def scenario() -> list[tuple[float, BudgetState]]:
        clock = LoopClock()
        store = MemoryStore(clock)
        budget = _open(store)
        seen: list[tuple[float, BudgetState]] = []

        async def watch() -> None:
            async for state in budget.states():
                seen.append((clock.now(), state))  # noqa: PERF401 - it is cancelled, not finished

        watcher = asyncio.create_task(watch())
        await asyncio.sleep(30)
        quiet = len(seen)
        for _ in range(50):
            await _send(budget)
            await asyncio.sleep(0.02)
        await asyncio.sleep(30)
        watcher.cancel()
        assert quiet == 1
        return seen

    seen = run_virtually(scenario())
    moments = [moment for moment, _ in seen]
    assert all(later - earlier >= 0.249 for earlier, later in itertools.pairwise(moments))
    states = [state for _, state in seen]
    assert all(one != other for one, other in itertools.pairwise(states))
    assert max(window.used for state in states for window in state.windows) == 50
    assert states[-1].windows[0].used == 0


def test_a_console_is_seen_by_others_and_its_death_too() -> None:
    async def scenario() -> list[bool]:
        store = MemoryStore(LoopClock())
        console, bulk = _open(store), _open(store)
        seen = [bulk.snapshot().paced]
        console.attach(interactive=True)
        await asyncio.sleep(60)
        seen.append(bulk.snapshot().paced)
        console._presence.cancel = lambda: True  # type: ignore[union-attr,method-assign]
        assert console._presence is not None
        dead = console._presence
        dead.get_coro().close()
        await asyncio.sleep(6)
        seen.append(bulk.snapshot().paced)
        bulk.attach(True)
        await asyncio.sleep(1)
        seen.append(console.snapshot().paced)
        bulk.attach(False)
        await asyncio.sleep(0)
        seen.append(console.snapshot().paced)
        return seen

    assert run_virtually(scenario()) == [False, True, False, True, False]


def test_headers_may_say_anything() -> None:
    told = read_headers(
        {
            "X-HubSpot-RateLimit-Max": "-3",
            "X-HUBSPOT-RATELIMIT-REMAINING": "many",
            "x-hubspot-ratelimit-interval-milliseconds": "0",
            "X-HubSpot-RateLimit-Daily": "99999999999999999999",
            "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT",
        }
    )
    assert told == read_headers({})
    assert read_headers({"retry-after": "1.5"}).retry_after == 1.5


async def test_as_many_in_flight_as_the_transport_has_connections() -> None:
    from console.hubspot.transport import CONNECTIONS

    assert AUTO_CONNECTIONS == CONNECTIONS
