"""How people of the managed repository are shown."""

from __future__ import annotations

from textual.content import Content

from console.repository.editing import as_text, fields_of, known_as, mail_of
from console.repository.person import Person
from screens.literal import literal, row, stack
from screens.widgets.paged_rows import Row

VALUE_LIMIT = 2000


def person_row(person: Person) -> Row:
    """One line of the list."""
    state = "● active" if person.active else "○ inactive"
    cells = (person.user_name, known_as(person), mail_of(person), state, _when(person.modified_at))
    return Row(cells, "" if person.active else "muted")


def person_detail(person: Person) -> Content:
    """One person in full."""
    state = ("● active", "$success") if person.active else ("○ inactive", "$muted")
    parts = [row((person.user_name, "bold")), row(state), literal("")]
    values = {name: text for name, text in fields_of(person.attributes).items() if text}
    width = min(max(map(len, values), default=0), 24)
    parts += [row((f"{name:<{width}}  ", "$muted"), (text[:VALUE_LIMIT], "")) for name, text in values.items()]
    parts += [
        literal(""),
        row(("id       ", "$muted"), (person.uid, "")),
        row(("added    ", "$muted"), (_when(person.created_at), "")),
        row(("changed  ", "$muted"), (_when(person.modified_at), ""), (f"  change {person.change}", "$muted")),
    ]
    if person.origin:
        parts.append(row(("pulled   ", "$muted"), (person.origin, "")))
    return stack(*parts)


def changes(before: Person, after: Person) -> list[str]:
    """What an edit changed, as names of attributes."""
    names = dict.fromkeys([*before.attributes, *after.attributes])
    found = [name for name in names if as_text(before.attributes.get(name)) != as_text(after.attributes.get(name))]
    if before.user_name != after.user_name:
        found.insert(0, "userName")
    return found


def _when(moment: str) -> str:
    return moment[:16].replace("T", " ")
