"""The pace of a run, its history and the time that is left, by the journal's own times."""

from __future__ import annotations

import pytest

from console.journal.model import RunProgress, RunState
from console.provisioning.pace import REMEMBERED, Pace

BEGAN = 1_000_000.0


def seen(second: float, settled: int, *, total: int = 1000, requests: int = 0, **changes: object) -> RunProgress:
    base: dict[str, object] = {
        "id": "r-1",
        "plan_id": "p-1",
        "mapping": "m",
        "object_class": "contact",
        "portal_id": 1,
        "state": RunState.RUNNING,
        "total": total,
        "states": {"done": settled, "planned": total - settled},
        "requests": requests,
        "started_at": BEGAN,
        "updated_at": BEGAN + second,
    }
    return RunProgress(**base | changes)  # type: ignore[arg-type]


def test_a_steady_run_has_its_pace_and_its_end() -> None:
    pace = Pace()
    for second in range(11):
        pace.feed(seen(second, 10 * second, requests=second))
    assert pace.records == pytest.approx(10)
    assert pace.requests == pytest.approx(1)
    assert pace.seconds_left(seen(10, 100)) == pytest.approx(90)
    paces, step = pace.history(60)
    assert step == 1
    assert paces == pytest.approx([10.0] * 10)


def test_only_the_last_seconds_count() -> None:
    pace = Pace()
    for second in range(100):
        pace.feed(seen(second, 1000 if second >= 50 else 20 * second, total=5000))
    assert pace.records == 0.0
    assert pace.seconds_left(seen(99, 1000, total=5000)) is None


def test_an_older_look_changes_nothing() -> None:
    pace = Pace()
    pace.feed(seen(0, 0))
    pace.feed(seen(2, 20))
    before = pace.history(60)
    pace.feed(seen(1, 500))
    assert pace.history(60) == before


def test_whoever_comes_back_sees_what_was() -> None:
    pace = Pace()
    pace.remember({int(BEGAN) + second: 25 for second in range(60)})
    pace.feed(seen(60, 1500, total=3000))
    assert pace.records == pytest.approx(25)
    assert pace.seconds_left(seen(60, 1500, total=3000)) == pytest.approx(60)
    paces, _ = pace.history(80)
    assert len(paces) == 59, "the second that is still filled is not drawn"
    assert set(paces) == {25.0}


@pytest.mark.parametrize(("width", "step"), [(1000, 1), (400, 2), (150, 5), (50, 15)])
def test_a_long_run_is_drawn_in_longer_steps(width: int, step: int) -> None:
    pace = Pace()
    pace.remember({int(BEGAN) + second: 8 for second in range(REMEMBERED)})
    paces, took = pace.history(width)
    assert took == step
    assert len(paces) <= width
    assert paces == pytest.approx([8.0] * len(paces))


def test_what_is_too_long_ago_is_forgotten() -> None:
    pace = Pace()
    pace.remember({int(BEGAN): 5})
    pace.feed(seen(0, 5))
    pace.feed(seen(REMEMBERED + 50, 10))
    assert min(pace._seconds) >= int(BEGAN) + 50


@pytest.mark.parametrize(
    "progress",
    [seen(5, 50, state=RunState.PAUSED), seen(5, 50, interrupted=True), seen(5, 0)],
    ids=["paused", "interrupted", "nothing yet"],
)
def test_nobody_knows_when_what_stands_still_will_be_done(progress: RunProgress) -> None:
    pace = Pace()
    pace.feed(seen(0, 0))
    pace.feed(progress)
    assert pace.seconds_left(progress) is None


def test_a_resumed_run_begins_a_pace_of_its_own() -> None:
    pace = Pace()
    pace.feed(seen(0, 0))
    pace.feed(seen(10, 1000))
    pace.feed(seen(5000, 1000, started_at=BEGAN + 5000))
    assert pace.records == 0.0


def test_a_clock_that_jumps_costs_no_time() -> None:
    import time

    pace = Pace()
    pace.feed(seen(0, 0))
    began = time.perf_counter()
    pace.feed(seen(20 * 365 * 86_400.0, 500))
    assert time.perf_counter() - began < 0.05
    assert len(pace.history(60)[0]) <= 60
