"""How numbers, times and states are said on a screen; a state is always glyph and word, never colour alone."""

from __future__ import annotations

import time
from datetime import datetime
from typing import NamedTuple

from console.journal.model import Action, EntryState, RunProgress, RunState, Situation

clock = time.time
"""The present; pictures of screens stop it."""


class Sign(NamedTuple):
    """How one state looks: glyph, word, and a style of the theme."""

    glyph: str
    word: str
    style: str

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"


RUN_SIGNS = {
    RunState.PLANNED: Sign("○", "planned", "$muted"),
    RunState.APPROVED: Sign("◐", "approved", "$primary"),
    RunState.RUNNING: Sign("▶", "running", "$primary"),
    RunState.PAUSED: Sign("‖", "paused", "$warning"),
    RunState.PAUSED_QUOTA: Sign("‖", "paused: allowance used up", "$warning"),
    RunState.QUARANTINED: Sign("▲", "waiting for HubSpot", "$warning"),
    RunState.DONE: Sign("✓", "done", "$success"),
    RunState.FAILED: Sign("✗", "failed", "$error"),
    RunState.CANCELLED: Sign("■", "cancelled", "$muted"),
}

INTERRUPTED = Sign("▲", "interrupted", "$warning")

ENTRY_SIGNS = {
    EntryState.PLANNED: Sign("○", "planned", "$muted"),
    EntryState.INFLIGHT: Sign("▶", "in flight", "$primary"),
    EntryState.DONE: Sign("✓", "done", "$success"),
    EntryState.NOT_ACCEPTED: Sign("≠", "not accepted", "$warning"),
    EntryState.FAILED: Sign("✗", "failed", "$error"),
    EntryState.CONFLICT: Sign("↯", "conflict", "$warning"),
    EntryState.UNCERTAIN: Sign("?", "uncertain", "$warning"),
    EntryState.NEEDS_DECISION: Sign("▲", "needs decision", "$warning"),
    EntryState.SKIPPED: Sign("·", "skipped", "$muted"),
    EntryState.UNDONE: Sign("↶", "undone", "$muted"),
}

ACTION_SIGNS = {
    Action.CREATE: Sign("+", "create", "$success"),
    Action.UPDATE: Sign("~", "update", "$primary"),
    Action.DELETE: Sign("-", "delete", "$error"),
    Action.LINK: Sign("∞", "link", "$secondary"),
    Action.UNLINK: Sign("/", "unlink", "$secondary"),
    Action.EXCEPTION: Sign("▲", "exception", "$warning"),
    Action.REPORT: Sign("i", "report", "$muted"),
    Action.IGNORE: Sign("·", "ignore", "$muted"),
    Action.NONE: Sign("=", "equal", "$muted"),
}

STAGE_SIGNS = {
    "pass": Sign("✓", "pass", "$success"),
    "warn": Sign("▲", "warning", "$warning"),
    "fail": Sign("✗", "fail", "$error"),
    "skipped": Sign("·", "skipped", "$muted"),
    "running": Sign("▶", "running", "$primary"),
    "waiting": Sign("○", "waiting", "$muted"),
}

SITUATION_WORDS = {
    Situation.CONFIRMED: "linked, record found",
    Situation.FOUND: "record found by its key",
    Situation.FOUND_ALREADY_LINKED: "record belongs to another person",
    Situation.ABSENT: "not in HubSpot",
    Situation.AMBIGUOUS: "several records match",
    Situation.MISSING: "linked, record is gone",
    Situation.UNQUALIFIED: "outside the scope, record found",
    Situation.SOURCE_IGNORED: "outside the scope",
    Situation.TARGET_IGNORED: "record outside the scope",
    Situation.UNASSIGNED: "record without a person",
    Situation.SOURCE_MISSING: "person is gone from the source",
    Situation.LINK_ONLY: "link without record and person",
    Situation.ALL_GONE: "both are gone",
    Situation.INVALID: "row or expression is wrong",
}


def run_sign(run: RunProgress) -> Sign:
    """The sign of a run; one whose runner is gone has its own."""
    return INTERRUPTED if run.interrupted else RUN_SIGNS[run.state]


def number(value: float) -> str:
    """12,345."""
    return f"{value:,.0f}"


def counted(value: int, noun: str, plural: str = "") -> str:
    """1 run; 12,345 runs."""
    return f"{number(value)} {noun if value == 1 else plural or noun + 's'}"


def short(value: int) -> str:
    """12,345 as 12.3k: for gauges, where room is short."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if value >= 10 * size:
            return f"{value / size:.3g}{unit}"
    return number(value)


def span(seconds: float) -> str:
    """0.4 s; 8 s; 2 min 10 s; 3 h 5 min."""
    if 0 < seconds < 9.95:
        return f"{max(0.1, seconds):.1f}".removesuffix(".0") + " s"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 and whole < 600 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def ago(then: float | None, now: float | None = None) -> str:
    """Just now; 5 min ago; yesterday by its date."""
    if then is None:
        return ""
    seconds = (clock() if now is None else now) - then
    if seconds < 10:
        return "just now"
    if seconds < 86_400:
        return f"{span(seconds).rsplit(' ', 2)[0] if seconds > 3600 else span(seconds)} ago"
    return f"{datetime.fromtimestamp(then).astimezone():%Y-%m-%d}"


def moment(then: float | str | None) -> str:
    """2026-11-21 18:04, in the operator's time zone; ISO text and seconds since the epoch both do."""
    if then is None or then == "":
        return ""
    if isinstance(then, str):
        try:
            parsed = datetime.fromisoformat(then)
        except ValueError:
            return then
    else:
        parsed = datetime.fromtimestamp(then).astimezone()
    return f"{parsed.astimezone():%Y-%m-%d %H:%M}"


def bar(share: float, width: int) -> tuple[str, str]:
    """A bar's filled and empty part: heavy and light, so that it reads without colour."""
    filled = round(max(0.0, min(1.0, share)) * width)
    if share > 0 and filled == 0:
        filled = 1
    return "━" * filled, "─" * (width - filled)
