"""How a record, its properties and the outcome of an edit are said on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from screens import words
from screens.apology import Trouble
from screens.literal import lines, literal, row, stack
from screens.operating import DONE, KEPT
from screens.terminal.hyperlinks import linked
from screens.widgets.paged_rows import Row

if TYPE_CHECKING:
    from console.connector.editing import Edited
    from console.connector.sheet import Field, Sheet


class Shown(NamedTuple):
    """One row: a property, and whether it is the first of its group."""

    field: Field
    first: bool


def shown_rows(fields: list[Field]) -> list[Shown]:
    """The properties, the first of each group marked."""
    return [Shown(field, number == 0 or fields[number - 1].group != field.group) for number, field in enumerate(fields)]


def property_row(shown: Shown) -> Row:
    """A property as a line of the table."""
    field = shown.field
    tone = "muted" if field.locked or not field.value else ""
    return Row(
        (field.group if shown.first else "", field.name, "ro" if field.locked else "", field.value or "", field.kind),
        tone,
    )


def head(sheet: Sheet, url: str, *, wide: bool) -> Content:
    """Who it is, its uid as a link to HubSpot's page, when it was changed, and what was followed to it."""
    found, given = sheet.found, sheet.kind.given_name
    names = [
        str(found.attributes[given(part)]) for part in ("firstname", "lastname") if found.attributes.get(given(part))
    ]
    parts = [
        row((found.name or " ".join(names) or "(no name)", "bold"), ("  ", "")),
        linked(found.uid, url, "$primary underline" if url else "$muted"),
        row(("   changed ", "$muted"), (words.moment(found.revision), "")),
    ]
    if wide:
        parts.append(row(("   created ", "$muted"), (words.moment(found.attributes.get(given("createdate"))), "")))
    merged = [row(("▲ ", "$warning bold"), (note, "$warning")) for note in found.notes]
    return stack(row(*parts), *merged)


def counted(shown: int, fields: list[Field], *, blanks: bool) -> Content:
    """How many properties are shown, and how many are not because they are blank."""
    hidden = "" if blanks else f", {words.number(sum(not field.value for field in fields))} blank hidden"
    return literal(f"  {words.number(shown)} of {words.number(len(fields))}{hidden}", "$muted")


def not_there(known: Trouble | None) -> Content:
    """What became of a record that was not read, in place of its properties."""
    message, remedy = (known.message, known.remedy) if known else ("It was not read.", "")
    return stack(
        lines(f"✗ {message}", "$error", limit=1200),
        *([row(("→ ", "$accent"), (remedy, ""))] if remedy else []),
        row(("^r", "$accent bold"), (" reads it again", "$muted")),
    )


def outcome(done: Edited) -> Content:
    """What became of an edit, as HubSpot returned it."""
    value = literal(done.value or "blank", "bold", limit=120)
    if done.accepted:
        told = row((f"{DONE.glyph} ", "$success"), (f"{done.name} is ", ""), value)
        return row(told, (", as HubSpot returned it.", "$muted"))
    return stack(
        row((f"{KEPT}", "$warning bold"), (f": {done.name} is ", ""), value, (" still.", "")),
        *(literal(note, "$muted", limit=400) for note in done.notes),
    )
