"""Entries of a plan as lines of a table, and what was typed to find some of them."""

from __future__ import annotations

import re
from typing import NamedTuple

from console.journal.model import Action, Entry
from screens import words
from screens.screens.plan_marks import Marks
from screens.screens.plan_words import DECIDED, LEFT_OUT, TAKEN_IN
from screens.widgets.entry_view import name_of
from screens.widgets.paged_rows import Row

_TONES = {Action.EXCEPTION: "warning", Action.DELETE: "error", Action.NONE: "muted", Action.IGNORE: "muted"}
_WISHES = {LEFT_OUT: "muted", TAKEN_IN: "primary", DECIDED: "primary"}
_FILTER = re.compile(r"\s*[!(]|\s*\w+\s+(eq|co|sw|ew|lt|le|gt|ge|ca|pr|=|<|>)(\s|\Z)", re.IGNORECASE)


class Wanted(NamedTuple):
    """Which entries are shown: words that they hold, or a query filter that means them."""

    text: str = ""
    query: str = ""

    @classmethod
    def of(cls, typed: str) -> Wanted:
        """What was typed: a query filter, if it looks like one, else words."""
        typed = typed.strip()
        return cls(query=typed) if _FILTER.match(typed) else cls(text=typed)

    @property
    def shown(self) -> str:
        """For the line of filters."""
        return self.query or self.text


def check_typed(typed: str) -> None:
    """Raise FilterError for what looks like a query filter and is none."""
    from console.provisioning.entry_filter import parse_entry_filter

    if (query := Wanted.of(typed).query) != "":
        parse_entry_filter(query)


def entry_row(entry: Entry, marks: Marks | None = None) -> Row:
    """An entry as a line of a table."""
    payload = entry.payload
    sign = marks.sign(entry) if marks is not None else words.ENTRY_SIGNS[entry.state]
    # in a narrow table the state has no room: what is wanted stands where the action stood
    wanted = sign in (LEFT_OUT, TAKEN_IN, DECIDED)
    return Row(
        (
            str(entry.number),
            str(sign if wanted else words.ACTION_SIGNS[entry.action]),
            name_of(entry),
            changes_in_short(entry),
            str(sign),
            payload.key if payload else "",
        ),
        _WISHES.get(sign, _TONES.get(entry.action, "")),
    )


def changes_in_short(entry: Entry) -> str:
    """The properties that change, those that lose their value marked; or why nothing does."""
    payload = entry.payload
    if payload is None:
        return ""
    if payload.problems:
        return payload.problems[0].message
    if payload.candidates:
        return f"which one? {', '.join(one.uid for one in payload.candidates)}"
    changes = [f"✗{change.name}" if change.clears else change.name for change in payload.changes]
    changes += [f"{'-' if tie.remove else '+'}{tie.object_class}" for tie in payload.ties]
    return ", ".join(changes)
