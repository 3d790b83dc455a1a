"""One entry of a plan, or one record, in full."""

from __future__ import annotations

from pathlib import PurePath

from textual.content import Content

from console.journal.model import Change, Entry
from screens import words
from screens.literal import lines, literal, row, stack

VALUE_LIMIT = 4000


def who(entry: Entry) -> str:
    """Whom an entry is about: the label, else the key, else the source id."""
    payload = entry.payload
    if payload is None:
        return "(erased)"
    return payload.label.strip() or payload.key or payload.source_id


def entry_detail(entry: Entry) -> Content:
    """Who, what would happen, every property before and after, problems, outcome."""
    action = words.ACTION_SIGNS[entry.action]
    state = words.ENTRY_SIGNS[entry.state]
    payload = entry.payload
    parts: list[Content] = [
        row((who(entry), "bold")),
        row((str(action), f"{action.style} bold"), ("   ", ""), (str(state), state.style)),
        _pair("Situation", words.SITUATION_WORDS.get(entry.situation, entry.situation.value)),
    ]
    if payload is not None:
        parts += [_pair("Source id", payload.source_id), _pair("Key", payload.key or "none")]
    parts += [_pair("HubSpot id", entry.uid or "none yet"), _pair("Undo", entry.undo.value)]
    if entry.outcome:
        parts.append(_pair("Outcome", entry.outcome))
    if payload is not None and payload.changes:
        parts.append(literal(""))
        width = max(len(change.name) for change in payload.changes)
        parts += [change_line(change, min(width, 28)) for change in payload.changes]
    if payload is not None and payload.problems:
        parts.append(literal(""))
        for problem in payload.problems:
            line = f"line {problem.line}" if problem.line else ""
            place = " ".join(part for part in (PurePath(problem.file).name, line) if part)
            field = " ".join(part for part in (place, problem.field) if part)
            parts.append(row(("▲ ", "$warning"), (problem.message, "")))
            if field:
                parts.append(literal(f"  {field}", "$muted"))
            if problem.remedy:
                parts.append(row(("  → ", "$muted"), (problem.remedy, "$muted")))
    return stack(*parts)


def change_line(change: Change, width: int) -> Content:
    """Before → after; a clear is named as one."""
    name = literal(f"{change.name:<{width}}  ", "$muted", limit=60)
    before = literal(change.before or "", "$muted", limit=VALUE_LIMIT)
    if change.clears:
        return row(name, before, (" → ", "$muted"), ("✗ cleared", "$error bold"))
    after = literal(change.after or "", "$success", limit=VALUE_LIMIT)
    if change.before is None:
        return row(name, ("+ ", "$success"), after)
    return row(name, before, (" → ", "$muted"), after)


def value_detail(name: str, label: str, value: str | None) -> Content:
    """One property of a record with its whole value, as far as a screen is for it."""
    head = row((name, "bold"), (f"  {label}" if label and label != name else "", "$muted"))
    if value is None or value == "":
        return stack(head, literal("(blank)", "$muted"))
    cut = f"\n({words.number(len(value))} characters, the first {words.number(VALUE_LIMIT)} shown)"
    text = lines(value, limit=VALUE_LIMIT)
    return stack(head, text, literal(cut, "$muted")) if len(value) > VALUE_LIMIT else stack(head, text)


def _pair(name: str, value: str) -> Content:
    return row((f"{name:<12}", "$muted"), (value, ""))
