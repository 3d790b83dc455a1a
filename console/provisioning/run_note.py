"""A run's standing in a sentence or two: what it waits for, why, and what can be done about it."""

from __future__ import annotations

import time

import msgspec

from console.journal.model import RunProgress, RunState
from console.journal.troubled import DEAD, TROUBLED
from console.provisioning.lock import Owner

CANARY = "writes are through"
"""How a run says that it paused after its first writes."""
RESUMABLE = frozenset(
    {RunState.APPROVED, RunState.PAUSED, RunState.PAUSED_QUOTA, RunState.QUARANTINED, RunState.FAILED}
)
RETRIABLE = ("failed", "uncertain")


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """`told` is what is the matter, `then` what follows from it. `kind` names the standing, "" for nothing special."""

    kind: str = ""
    told: str = ""
    then: str = ""


def elsewhere(run: RunProgress, owner: Owner | None) -> bool:
    """Whether another run of this mapping keeps this one from going on."""
    return owner is not None and owner.run_id not in ("", run.id) and run.state in RESUMABLE


def after_canary(run: RunProgress) -> bool:
    """Whether the run paused after the first few writes."""
    return run.state is RunState.PAUSED and CANARY in run.message


def has_dead_letters(run: RunProgress) -> bool:
    """Whether it left entries behind that can be retried, mended or given up."""
    return any(run.states.get(state, 0) for state in DEAD)


def can_undo(run: RunProgress) -> bool:
    """Whether it has ended, is no undo itself, and did something that was not taken back yet."""
    did = run.states.get("done", 0) + run.states.get("not_accepted", 0)
    return run.ended and not run.undoes and did > 0


def note(
    run: RunProgress, owner: Owner | None = None, resets_at: float | None = None, *, now: float | None = None
) -> Note:
    """How a run stands. `owner` holds the lock of its mapping; `resets_at` is when the day's allowance comes back."""
    if run.interrupted:
        return Note(
            kind="interrupted",
            told="Its runner is gone: the machine or the process ended.",
            then="What was in flight is looked up in HubSpot first; nothing is lost, nothing sent twice.",
        )
    if elsewhere(run, owner) and owner is not None:
        return Note(
            kind="elsewhere",
            told=f"Run {owner.run_id} of the same mapping is being written by {owner.title}.",
            then="One run of a mapping at a time: this one can begin when that one stands still.",
        )
    if after_canary(run):
        return Note(kind="canary", told=f"The first ones: {outcomes(run)}.", then=_canary_then(run))
    return _by_state(run, resets_at, time.time() if now is None else now)


def _by_state(run: RunProgress, resets_at: float | None, now: float) -> Note:
    match run.state:
        case RunState.APPROVED:
            return Note(kind="approved", told="Approved, and not begun.", then="Nothing was sent yet.")
        case RunState.PAUSED:
            return Note(kind="paused", told=_reason(run), then=_rest(run))
        case RunState.PAUSED_QUOTA:
            return Note(
                kind="quota", told=_sentence(run.message or "Today's allowance is used up."), then=_day(resets_at, now)
            )
        case RunState.QUARANTINED:
            return Note(kind="quarantined", told=_before_try(run.message), then=_next_try(run, now))
        case RunState.FAILED:
            return Note(kind="failed", told=_sentence(run.message or "It failed."), then=_rest(run))
        case RunState.CANCELLED:
            return Note(kind="cancelled", told=_reason(run), then=_cancelled(run))
        case RunState.DONE:
            return Note(kind="done", told=_done(run), then=_open(run))
        case _:
            return Note(told=_sentence(run.message) if run.message else "")


def outcomes(run: RunProgress) -> str:
    """What became of those that were tried: 9 done, 1 failed."""
    tried = {name: count for name, count in run.states.items() if name not in ("planned", "inflight") and count}
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in tried.items()) or "none yet"


def _canary_then(run: RunProgress) -> str:
    return (
        f"Look at them in HubSpot. Resume goes on with the other {run.states.get('planned', 0):,};"
        " or cancel, and undo what was written."
    )


def _rest(run: RunProgress) -> str:
    waiting = run.states.get("planned", 0) + run.states.get("inflight", 0)
    return f"{waiting:,} wait. What is settled stays settled; resume goes on from here." if waiting else ""


def _cancelled(run: RunProgress) -> str:
    written = sum(run.actions.values())
    return f"{written:,} were carried out and stay so; the rest was not sent." if written else "Nothing was written."


def _day(resets_at: float | None, now: float) -> str:
    if resets_at is None:
        return "It comes back at midnight of the account. Resume goes on then."
    return f"It comes back {_at(resets_at, now)}, in {_span(resets_at - now)}. Resume goes on then."


def _before_try(message: str) -> str:
    """Why, without the time of the next try, which is told by itself."""
    return _sentence(message.partition(" Next try")[0] or "HubSpot stays bad.")


def _next_try(run: RunProgress, now: float) -> str:
    tries = f" after {run.tries} that failed" if run.tries else ""
    if run.next_try_at is None:
        return "It is not tried again by itself: resume it when HubSpot is well."
    return f"Next try {_at(run.next_try_at, now)}{tries}, by itself; resume tries at once."


def _done(run: RunProgress) -> str:
    troubled = sum(run.states.get(state, 0) for state in TROUBLED)
    if run.undone_by:
        taken = sum(run.undone_by.values())
        return f"{taken:,} entries were taken back by {', '.join(run.undone_by)}."
    if run.undoes:
        return f"It took back {run.undoes}."
    return f"{troubled:,} did not end well." if troubled else "Everything that was approved is written."


def _open(run: RunProgress) -> str:
    again = sum(run.states.get(name, 0) for name in RETRIABLE)
    if again:
        return f"Retry sends {again:,} once more, as approved; dead letters has them one by one, to mend or give up."
    left = sum(run.states.get(state, 0) for state in TROUBLED)
    return "They need a look, not a retry: see the causes below." if left else ""


def _reason(run: RunProgress) -> str:
    """Why it stands still, where that says more than its state does."""
    return "" if run.message in ("", run.state.value) else _sentence(run.message)


def _sentence(text: str) -> str:
    text = text.strip()
    shown = text[:1].upper() + text[1:]
    return shown if shown.endswith((".", "!", "?")) or not shown else shown + "."


def _at(moment: float, now: float) -> str:
    local = time.localtime(moment)
    today = time.localtime(now)[:3] == local[:3]
    return time.strftime("at %H:%M:%S" if today else "on %Y-%m-%d at %H:%M", local)


def _span(seconds: float) -> str:
    minutes = max(0, round(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
