"""What the Run screen says: progress, pace, standing, outcomes, causes."""

from __future__ import annotations

import time
from textwrap import wrap

from textual.content import Content

from console.journal.model import EntryState, RunProgress, RunState
from console.journal.troubled import InFlight
from console.provisioning.causes import CauseGroup
from console.provisioning.pace import Pace
from console.provisioning.run_note import Note
from console.text import safe
from screens import words
from screens.literal import literal, row, stack
from screens.widgets.paged_rows import Row
from screens.widgets.sparkline import sparkline

KEYS = {
    "interrupted": ("r", "to resume"),
    "approved": ("r", "to begin"),
    "paused": ("r", "to resume"),
    "canary": ("r", "to go on with the rest"),
    "quota": ("r", "to resume"),
    "quarantined": ("r", "to try now"),
    "failed": ("r", "to resume"),
    "elsewhere": ("h", "to find that run"),
}
"""The first key to think of, by standing; the line of keys has the others."""
LEFT = (EntryState.DONE, EntryState.INFLIGHT, EntryState.PLANNED, EntryState.SKIPPED, EntryState.UNDONE)
RIGHT = (
    EntryState.FAILED,
    EntryState.NOT_ACCEPTED,
    EntryState.CONFLICT,
    EntryState.UNCERTAIN,
    EntryState.NEEDS_DECISION,
)
NOTE_LINES = 3
ROOMY = 90


def head_rows(progress: RunProgress, width: int) -> list[Content]:
    """State, share and mapping; the bar."""
    sign = words.run_sign(progress)
    share = progress.settled / progress.total if progress.total else (1.0 if progress.ended else 0.0)
    full, empty = words.bar(share, width)
    kin = f"takes back {progress.undoes}" if progress.undoes else progress.mapping
    head = row(
        (str(sign), f"{sign.style} bold"),
        ("   ", ""),
        (f"{words.number(progress.settled)} of {words.number(progress.total)}", "bold"),
        (f"   {share:.0%}   ", "$muted"),
        (kin, "$muted"),
    )
    return [head, row((full, sign.style), (empty, "$quiet"))]


def pace_row(progress: RunProgress, pace: Pace, in_flight: InFlight, width: int = 120) -> Content:
    """How fast, how much longer; or how it was, once it is over."""
    refused = (f"   {words.number(progress.rate_limited)} refused (429)" if progress.rate_limited else "", "$warning")
    if progress.ended and progress.finished_at is not None and progress.started_at is not None:
        seconds = max(0.001, progress.finished_at - progress.started_at)
        return row(
            ("took ", "$muted"),
            (words.span(seconds), "bold"),
            (f"   {words.counted(progress.requests, 'request')}", "$muted"),
            (f"   {words.number(progress.settled / seconds)} records/s", "$muted"),
            refused,
        )
    if progress.interrupted:
        return row(("its runner is gone, last heard of ", "$muted"), (words.ago(progress.updated_at), "bold"))
    if progress.state is not RunState.RUNNING:
        asked = words.counted(progress.requests, "request")
        since = f"since {words.moment(progress.updated_at)}   " if progress.updated_at else ""
        return row((f"{since}{asked}", "$muted"), refused)
    return row(
        (words.number(pace.records), "bold"),
        (" records/s   ", "$muted"),
        (f"{pace.requests:.1f}" if pace.requests else "-", "bold"),
        (" requests/s   ", "$muted"),
        (words.number(in_flight.requests), "bold"),
        (" batches under way   ", "$muted"),
        *_left(progress, pace, width),
        refused,
    )


def _left(progress: RunProgress, pace: Pace, width: int) -> list[tuple[str, str]]:
    left = pace.seconds_left(progress)
    if left is None:
        return [("time left not known yet", "$muted")]
    done = (progress.updated_at or words.clock()) + left
    return [(words.span(left), "bold"), (f" left, done {_clock(done)}" if width >= ROOMY else " left", "$muted")]


def _clock(moment: float) -> str:
    local = time.localtime(moment)
    today = local[:3] == time.localtime(words.clock())[:3]
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", local)


def pace_lines(progress: RunProgress, pace: Pace, width: int, rows: int) -> list[Content]:
    """The throughput of the last minutes; words where nothing can be drawn yet."""
    paces, step = pace.history(width - 24)
    if not paces or max(paces) <= 0:
        told = "The runner begins: it reads the account and the schema first." if not progress.settled else ""
        return [literal(told, "$muted"), *[literal("")] * (rows - 1)]
    drawn = sparkline(paces, rows)
    label = [f"peak {words.number(max(paces))}/s", f"last {words.span(len(paces) * step)}"]
    labels = [label[0], *[""] * (rows - 2), label[1]] if rows > 1 else [label[1]]
    return [row((line, "$primary"), (f"  {said}", "$muted")) for line, said in zip(drawn, labels, strict=True)]


def note_rows(note: Note, width: int) -> list[Content]:
    """A standing in words, with the key to think of first."""
    style = "" if note.kind in ("done", "cancelled") else "$warning"
    told = safe(note.told, limit=400).split()
    left = len(told)
    rows = []
    for line in wrap(" ".join([*told, *safe(note.then, limit=400).split()]), max(20, width))[:NOTE_LINES]:
        said = line.split()
        first, second = " ".join(said[:left]), " ".join(said[left:])
        left = max(0, left - len(said))
        rows.append(row((first, style), (" " if first and second else "", ""), (second, "$muted")))
    if note.kind in KEYS:
        key, does = KEYS[note.kind]
        rows.append(row(("Press ", ""), (key, "$accent bold"), (f" {does}.", "")))
    return rows


def outcome_rows(progress: RunProgress) -> list[Content]:
    """Every outcome at its own place, so that nothing jumps; what is nought is quiet."""
    left = [_outcome(progress, state, 10) for state in LEFT[:4]]
    last = EntryState.UNDONE if progress.states.get(EntryState.UNDONE) else None
    left.append(_outcome(progress, last, 10) if last else literal(" " * 20))
    right = [_outcome(progress, state, 0) for state in RIGHT]
    return [row(one, ("  ", ""), other) for one, other in zip(left, right, strict=True)]


def _outcome(progress: RunProgress, state: EntryState, width: int) -> Content:
    count = progress.states.get(state.value, 0)
    sign = words.ENTRY_SIGNS[state]
    word = "waiting" if state is EntryState.PLANNED else sign.word
    style = sign.style if count else "$quiet"
    return row((f"{_fit(count):>7} ", "bold" if count else "$quiet"), (f"{sign.glyph} {word}".ljust(width + 2), style))


def _fit(count: int) -> str:
    return words.number(count) if count < 1_000_000 else words.short(count)


def who_rows(progress: RunProgress) -> list[Content]:
    """Which plan, approved by whom, run by whom."""
    rows = [("Plan", progress.plan_id), ("Approved", f"by {progress.approved_by}" if progress.approved_by else "")]
    rows.append(("Began", words.moment(progress.started_at) or "not yet"))
    rows.append(("Runner", progress.owner if progress.owner and not progress.ended else "none"))
    if progress.canary:
        rows.append(("Canary", f"pauses after {words.number(progress.canary)} writes"))
    elif progress.undone_by:
        rows.append(("Undone by", ", ".join(progress.undone_by)))
    return [row((f"{name:<10}", "$muted"), (value, "")) for name, value in rows]


def cause_row(group: CauseGroup) -> Row:
    """A group of failures as a line of a table."""
    first = ", ".join(str(example.number) for example in group.examples)
    more = " …" if group.count > len(group.examples) else ""
    failed = any(example.state is EntryState.FAILED for example in group.examples)
    return Row(
        (words.number(group.count), group.title, group.advice, f"{first}{more}"), "error" if failed else "warning"
    )


def cause_detail(group: CauseGroup | None) -> Content:
    """A group in full."""
    if group is None:
        return literal("")
    named = f"{words.counted(group.count, 'record')}" + (f", HubSpot's code {group.cause}" if _is_code(group) else "")
    examples = [
        row(
            (f"{example.number:>8}  ", "bold"),
            (str(words.ENTRY_SIGNS[example.state]), words.ENTRY_SIGNS[example.state].style),
            (f"  record {example.uid}" if example.uid else "", "$muted"),
        )
        for example in group.examples
    ]
    return stack(
        literal(group.title, "bold"),
        literal(named, "$muted"),
        literal(""),
        row(("→ ", "$accent"), (group.advice, "")),
        literal(""),
        literal("First entries", "$muted"),
        *examples,
        literal(""),
        row(("⏎ ", "$accent bold"), ("all of them, with what HubSpot said", "$muted")),
    )


def _is_code(group: CauseGroup) -> bool:
    return group.cause[:1].isupper()
