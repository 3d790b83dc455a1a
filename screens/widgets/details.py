"""One entry of a plan, or one record, in full."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.content import Content

from console.journal.model import Change, Entry
from screens import words
from screens.literal import lines, literal, row, stack

if TYPE_CHECKING:
    from console.connector.sheet import Field
    from console.hubspot.record_history import Version

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


def property_detail(field: Field, past: Sequence[Version]) -> Content:
    """One property of a record: what it is called and takes, since when, and its whole value as far as a screen goes."""
    head = row((field.name, "bold"), (f"  {field.label}" if field.label else "", "$muted"))
    facts = [_takes(field)]
    if field.locked:
        facts.append(f"read-only: {field.locked}")
    if past:
        from console.connector.record_history import origin

        facts.append(f"set {words.moment(past[0].at)} by {origin(past[0])}")
    return stack(head, literal(" · ".join(filter(None, facts)), "$muted", limit=300), _whole(field))


def _takes(field: Field) -> str:
    """The kind of a property's values, and how many options there are."""
    definition = field.definition
    if definition is None:
        return "not in the built-in schema"
    options = f" of {len(definition.options)} options" if definition.options else ""
    unique = ", unique" if definition.unique else ""
    return f"{field.kind}{options}{unique}"


def _whole(field: Field) -> Content:
    value = field.value
    if value is None or value == "":
        return literal("(blank)", "$muted")
    text = lines(value, limit=VALUE_LIMIT)
    said = option_words(field)
    if said:
        text = row(text, (f"   {said}", "$muted"))
    if len(value) <= VALUE_LIMIT:
        return text
    return stack(
        text, literal(f"({words.number(len(value))} characters, the first {words.number(VALUE_LIMIT)} shown)", "$muted")
    )


def option_words(field: Field) -> str:
    """What HubSpot's pages call the options that a value names, where that is something else."""
    if field.definition is None or not field.value:
        return ""
    labels = {option.value: option.label for option in field.definition.options}
    parts = field.value.split(";") if field.kind == "choices" else [field.value]
    told = [labels[part] for part in parts if labels.get(part) and labels[part] != part]
    return ", ".join(told)


def _pair(name: str, value: str) -> Content:
    return row((f"{name:<12}", "$muted"), (value, ""))
