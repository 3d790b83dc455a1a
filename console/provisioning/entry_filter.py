"""A query filter on the entries of a plan: `action eq "UPDATE" and property eq "phone"`."""

from __future__ import annotations

from collections.abc import Collection

from console.connector.filter import Filter, FilterError, attributes, matches, parse
from console.hubspot.model import Option, PropertyDefinition
from console.journal.journal import Journal
from console.journal.model import Action, Entry, EntryState, Situation, Undo
from console.provisioning.errors import PlanRefused

ATTRIBUTES = {
    "number": "the entry's number in its plan",
    "action": "CREATE, UPDATE, DELETE, LINK, UNLINK, EXCEPTION, ...",
    "situation": "ABSENT, FOUND, CONFIRMED, AMBIGUOUS, INVALID, ...",
    "state": "planned, needs_decision, done, failed, ...",
    "undo": "full, partial, none",
    "name": "whom it is about",
    "key": "what the record is found by",
    "sourceId": "the person's id in the source",
    "uid": "HubSpot's id of the record",
    "property": "the properties that change",
    "cleared": "the properties that lose their value",
    "before": "values that are replaced",
    "after": "values that are sent",
    "clears": "how many values are taken away",
    "problem": "why it cannot go on",
    "outcome": "what became of it",
    "cause": "why it failed, or was left out",
}
"""What a filter may ask for, each with its meaning."""
_SCAN = 500
_CHOICES: dict[str, type[Action | Situation | EntryState | Undo]] = {
    "action": Action,
    "situation": Situation,
    "state": EntryState,
    "undo": Undo,
}
_NUMBERS = ("number", "clears")


def entry_schema() -> dict[str, PropertyDefinition]:
    """The attributes as definitions, for completion."""
    return {name: _definition(name, told) for name, told in ATTRIBUTES.items()}


def _definition(name: str, told: str) -> PropertyDefinition:
    options = tuple(Option(value=one.value, label=one.value) for one in _CHOICES.get(name, ()))
    kind = "enumeration" if options else "number" if name in _NUMBERS else "string"
    return PropertyDefinition(name=name, label=told, type=kind, options=options)


def parse_entry_filter(text: str) -> Filter:
    """The filter of a text.

    Raises:
        FilterError: it is none, or asks for something that entries do not have; both name the place.
    """
    node = parse(text)
    for name in attributes(node):
        if name not in ATTRIBUTES:
            known = ", ".join(ATTRIBUTES)
            raise FilterError(f"an entry has no {name}; it has {known}", max(text.find(name), 0), text)
    return node


def values_of(entry: Entry) -> dict[str, object]:
    """An entry as filters see it."""
    payload = entry.payload
    changes = payload.changes if payload is not None else ()
    return {
        "number": entry.number,
        "action": entry.action.value,
        "situation": entry.situation.value,
        "state": entry.state.value,
        "undo": entry.undo.value,
        "uid": entry.uid,
        "outcome": entry.outcome,
        "cause": entry.cause,
        "clears": entry.clears,
        "name": payload.label if payload is not None else None,
        "key": payload.key if payload is not None else None,
        "sourceId": payload.source_id if payload is not None else None,
        "property": [change.name for change in changes],
        "cleared": [change.name for change in changes if change.clears],
        "before": [change.before for change in changes],
        "after": [change.after for change in changes],
        "problem": [problem.message for problem in payload.problems] if payload is not None else [],
    }


async def filtered(
    journal: Journal,
    plan_id: str,
    query: str,
    *,
    actions: Collection[str] | None = None,
    situations: Collection[str] | None = None,
    states: Collection[str] | None = None,
    text: str | None = None,
    after: int = 0,
    limit: int = 200,
) -> list[Entry]:
    """The next entries after a number that the filter means. Raises PlanRefused for a text that is no filter."""
    try:
        node = parse_entry_filter(query)
    except FilterError as error:
        raise PlanRefused(f"that is not a query filter: {error}", remedy=error.caret()) from None
    found: list[Entry] = []
    while len(found) < limit:
        page = await journal.entries(
            plan_id, actions=actions, situations=situations, states=states, text=text, after=after, limit=_SCAN
        )
        found.extend(entry for entry in page if matches(node, values_of(entry)))
        if len(page) < _SCAN:
            break
        after = page[-1].number
    return found[:limit]
