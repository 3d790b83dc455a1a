"""What the operator of a search is told besides: what HubSpot does not do, what it does not have, what it counts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from console.connector import all_classes
from console.connector.classes import ALL, CLASSES
from console.connector.errors import icf_error
from console.connector.filter import FilterError
from console.connector.filter_match import SECONDARY_EMAILS
from console.connector.searching import Question, sort_keys
from console.hubspot.errors import HubSpotError

if TYPE_CHECKING:
    from console.connector.operations import Operations


async def notes(
    operations: Operations,
    cls: str,
    filter: str | None,  # noqa: A002 - the word of the contract and of the command line
    text: str,
    sort: str | None,
    fields: Sequence[str],
) -> list[str]:
    """What is done here and not by HubSpot, and which fields HubSpot does not have; a search that was made is fine."""
    connector, kind = operations.connector, operations.types.find(cls)
    question = Question(filter=filter, sort=sort_keys(sort), text=text)
    if kind.native == ALL:
        parts = await all_classes.filters(connector, operations.types, filter)
        queries = {f"{name}: ": await connector.query(name, node, text=text) for name, node in parts.items()}
    elif kind.native in CLASSES:
        order = question.order(kind)
        queries = {"": await connector.query(kind.native, question.node(kind), text=text, sort=order)}
    else:
        queries = {}
    found = [f"{prefix}{query.note}" for prefix, query in queries.items() if query.note]
    if kind.native in CLASSES and fields and connector.live_schema:
        found += _unknown(await connector.schema(kind.native), kind.native, [kind.native_name(name) for name in fields])
    return [f"Note: {note}." for note in found]


def _unknown(schema: Iterable[str], cls: str, fields: Sequence[str]) -> list[str]:
    """HubSpot passes over a name that it does not have, and the column stays empty."""
    known = frozenset(schema)
    said: list[str] = []
    for name in fields:
        if name in known or CLASSES[cls].property_of(name) in known or name == SECONDARY_EMAILS:
            continue
        near = difflib.get_close_matches(name, known, 1, 0.6)
        said.append(f"{cls} has no property {name}, so it stays empty{f'; did you mean {near[0]}?' if near else ''}")
    return said


async def counted(operations: Operations, cls: str, filter: str | None, text: str) -> int | None:  # noqa: A002 - as above
    """HubSpot's count of what a filter means; None where only reading all would tell. Raises IcfError."""
    kind = operations.types.find(cls)
    operations.types.check("SEARCH", cls)
    if kind.native not in CLASSES:
        return None
    try:
        return await operations.connector.count(kind.native, Question(filter=filter).node(kind), text)
    except (HubSpotError, FilterError) as error:
        raise icf_error(error, "SEARCH", cls, filtering=True) from error
