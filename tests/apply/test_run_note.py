"""How a run stands, in words: why, and what follows from it."""

from __future__ import annotations

import pytest

from console.journal.model import RunProgress, RunState
from console.provisioning.lock import Owner
from console.provisioning.run_note import after_canary, can_undo, elsewhere, has_dead_letters, note

NOW = 1_795_200_000.0


def run(state: RunState, **changes: object) -> RunProgress:
    base: dict[str, object] = {
        "id": "r-1",
        "plan_id": "p-1",
        "mapping": "m",
        "object_class": "contact",
        "portal_id": 1,
        "state": state,
        "total": 100,
        "states": {"done": 60, "planned": 40},
        "actions": {"CREATE": 60},
    }
    return RunProgress(**base | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("progress", "kind", "told", "then"),
    [
        (run(RunState.RUNNING), "", "", ""),
        (run(RunState.RUNNING, interrupted=True), "interrupted", "runner is gone", "nothing sent twice"),
        (run(RunState.APPROVED), "approved", "not begun", "Nothing was sent"),
        (run(RunState.PAUSED, message="paused"), "paused", "", "40 wait"),
        (run(RunState.PAUSED, message="12 of 100 entries failed"), "paused", "12 of 100", "40 wait"),
        (run(RunState.PAUSED, message="the first 10 writes are through: look"), "canary", "60 done", "other 40"),
        (run(RunState.PAUSED_QUOTA, message="The limit is reached."), "quota", "The limit", "midnight"),
        (run(RunState.QUARANTINED, message="503. Next try: later"), "quarantined", "503.", "not tried again"),
        (run(RunState.FAILED, message="no right"), "failed", "No right.", "40 wait"),
        (run(RunState.CANCELLED, message="cancelled"), "cancelled", "", "60 were carried out"),
        (run(RunState.CANCELLED, actions={}), "cancelled", "", "Nothing was written"),
        (run(RunState.DONE, states={"done": 100}), "done", "Everything that was approved", ""),
        (run(RunState.DONE, states={"done": 97, "failed": 3}), "done", "3 did not end well", "Retry sends 3 once more"),
        (run(RunState.DONE, states={"done": 97, "conflict": 3}), "done", "3 did not", "need a look"),
        (run(RunState.DONE, undoes="r-0"), "done", "took back r-0", ""),
        (run(RunState.DONE, undone_by={"r-2": 9}), "done", "9 entries were taken back by r-2", ""),
    ],
)
def test_a_standing_in_words(progress: RunProgress, kind: str, told: str, then: str) -> None:
    found = note(progress, now=NOW)
    assert found.kind == kind
    assert told in found.told
    assert bool(told) or not found.told
    assert then in found.then


def test_the_times_at_which_it_goes_on() -> None:
    quota = note(run(RunState.PAUSED_QUOTA), resets_at=NOW + 3 * 3600 + 120, now=NOW)
    assert "in 3 h 2 min" in quota.then
    waits = note(run(RunState.QUARANTINED, next_try_at=NOW + 60, tries=3), now=NOW)
    assert "after 3 that failed" in waits.then
    assert "by itself" in waits.then


def test_another_run_of_the_mapping_is_named_with_who_writes_it() -> None:
    owner = Owner(user="radia", host="mgmt-2", pid=4711, run_id="r-2")
    found = note(run(RunState.PAUSED), owner, now=NOW)
    assert (found.kind, "r-2" in found.told, "radia@mgmt-2, process 4711" in found.told) == ("elsewhere", True, True)
    assert not elsewhere(run(RunState.DONE), owner)
    assert not elsewhere(run(RunState.PAUSED), Owner(user="radia", host="mgmt-2", pid=1, run_id="r-1"))


def test_what_can_be_done_follows_from_the_counts() -> None:
    assert after_canary(run(RunState.PAUSED, message="the first 10 writes are through"))
    assert not after_canary(run(RunState.RUNNING, message="the first 10 writes are through"))
    assert has_dead_letters(run(RunState.DONE, states={"uncertain": 1}))
    assert not has_dead_letters(run(RunState.DONE, states={"needs_decision": 1}))
    assert can_undo(run(RunState.CANCELLED))
    assert not can_undo(run(RunState.PAUSED)), "what it still has to do would come after the undo"
    assert not can_undo(run(RunState.DONE, undoes="r-0"))
    assert not can_undo(run(RunState.DONE, states={"undone": 60}))
