"""One entry of a plan in full: who, what would happen and why, every property before and after, what is in doubt."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.content import Content

from console.journal.model import Action, Candidate, Change, Entry, Payload, Tie, Undo
from screens import words
from screens.literal import literal, row, stack

if TYPE_CHECKING:
    from screens.screens.plan_marks import Marks

VALUE_LIMIT = 4000
_WIDEST = 28
_UNDO = {
    Undo.FULL: ("full", "$success"),
    Undo.PARTIAL: ("partial: not every value can be brought back", "$warning"),
    Undo.NONE: ("none", "$warning"),
}


def entry_view(entry: Entry, marks: Marks | None = None) -> Content:
    """Everything that is known of an entry."""
    parts = [*_head(entry, marks)]
    payload = entry.payload
    if payload is not None:
        if payload.problems:
            parts += [literal(""), *_problems(payload)]
        if payload.candidates:
            parts += [literal(""), *_candidates(payload.candidates)]
        if payload.changes:
            parts += [literal(""), *_changes(entry, payload.changes)]
        if payload.ties:
            parts += [literal(""), *(_tie(tie) for tie in payload.ties)]
    if entry.action is Action.DELETE and not (payload is not None and payload.changes):
        parts += [literal(""), row(("- ", "$error bold"), ("the record is taken away", ""))]
    return stack(*parts)


def name_of(entry: Entry) -> str:
    """Whom an entry is about: the label, else the key, else the source id; who is unchanged leaves no name."""
    payload = entry.payload
    if payload is None:
        return "(unchanged)" if entry.action is Action.NONE else "(erased)"
    return payload.label.strip() or payload.key or payload.source_id


def _head(entry: Entry, marks: Marks | None) -> list[Content]:
    action = words.ACTION_SIGNS[entry.action]
    state = marks.sign(entry) if marks is not None else words.ENTRY_SIGNS[entry.state]
    payload = entry.payload
    parts = [
        row((name_of(entry), "bold")),
        row((str(action), f"{action.style} bold"), ("   ", ""), (str(state), state.style)),
        _pair("Situation", words.SITUATION_WORDS.get(entry.situation, entry.situation.value)),
    ]
    if payload is not None:
        at = f"   line {payload.line}" if payload.line else ""
        parts += [
            row(("Source id   ", "$muted"), (payload.source_id or "none", ""), (at, "$muted")),
            _pair("Key", f"{payload.key_property} {payload.key}".strip() or "none"),
        ]
    parts.append(_pair("HubSpot id", entry.uid or "none yet"))
    if entry.works:
        undo, style = _UNDO[entry.undo]
        parts.append(_pair("Undo", undo, style))
    if marks is not None and (chosen := marks.decided.get(entry.number)):
        parts.append(_pair("Decided", f"{chosen}: looked up again when the plan is made anew", "$accent"))
    if entry.cause:
        parts.append(_pair("Cause", entry.cause.replace("_", " ")))
    if entry.outcome:
        parts.append(_pair("Outcome", entry.outcome))
    return parts


def _changes(entry: Entry, changes: tuple[Change, ...]) -> list[Content]:
    width = min(max(len(change.name) for change in changes), _WIDEST)
    clears = sum(change.clears for change in changes)
    told = f", {words.counted(clears, 'value')} emptied" if clears else ""
    noun = "value" if entry.action is Action.CREATE else "change"
    head = row((words.counted(len(changes), noun), "bold"), (told, "$error bold"))
    return [head, *(change_line(change, width) for change in changes)]


def change_line(change: Change, width: int) -> Content:
    """Glyph, name, before and after; a clear is named as one."""
    name = literal(f" {change.name:<{width}}  ", "$muted", limit=60)
    before = literal(change.before or "", "$muted", limit=VALUE_LIMIT)
    when = {"create": "  (only at first)", "if_empty": "  (only where empty)"}.get(change.write, "")
    if change.clears:
        return row(("✗", "$error bold"), name, before, (" → ", "$muted"), ("emptied", "$error bold"))
    after = literal(change.after or "", "$success", limit=VALUE_LIMIT)
    if not change.before:
        return row(("+", "$success bold"), name, after, (when, "$muted"))
    return row(("~", "$primary bold"), name, before, (" → ", "$muted"), after, (when, "$muted"))


def _problems(payload: Payload) -> list[Content]:
    found: list[Content] = []
    for problem in payload.problems:
        line = f"line {problem.line}" if problem.line else ""
        place = " ".join(part for part in (PurePath(problem.file).name, line, problem.field) if part)
        found.append(row(("▲ ", "$warning bold"), (problem.message, "")))
        if place:
            found.append(literal(f"  {place}", "$muted"))
        if problem.remedy:
            found.append(row(("  → ", "$accent"), (problem.remedy, "")))
    return found


def _candidates(candidates: tuple[Candidate, ...]) -> list[Content]:
    head = row((words.counted(len(candidates), "record"), "bold"), (" may be theirs; ", ""), ("d", "$accent bold"))
    rows = [
        row(
            ("? ", "$warning bold"),
            (one.uid, ""),
            (f"  {one.label}" if one.label else "", "bold"),
            (f"  by {one.key}" if one.key else "", "$muted"),
        )
        for one in candidates
    ]
    return [row(head, (" chooses one", "$muted")), *rows]


def _tie(tie: Tie) -> Content:
    sign, style, word = ("-", "$warning bold", "separated from") if tie.remove else ("+", "$success bold", "linked to")
    label = f" ({tie.label})" if tie.label else ""
    return row(
        (f"{sign} ", style), (f"{word} {tie.object_class} ", "$muted"), (tie.uid, ""), (f"  {tie.key}{label}", "")
    )


def _pair(name: str, value: str, style: str = "") -> Content:
    return row((f"{name:<12}", "$muted"), (value, style))
