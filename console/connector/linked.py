"""The records that one record is associated with, by name, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from console.connector.operations import Operations
from console.hubspot.associations import Association

PAGE = 100


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """Another record and its labels; `name` is empty where it has none, `there` False where it is not to be read."""

    uid: str
    name: str = ""
    detail: str = ""
    labels: tuple[str, ...] = ()
    there: bool = True


_DETAIL = {"contact": ("firstname", "lastname"), "company": ("domain",)}


async def named(operations: Operations, other: str, page: Sequence[Association]) -> list[Linked]:
    """One page of associations with the names of the records: one request for a hundred."""
    kind = operations.connector.kind(operations.types.find(other).native)
    wanted = (kind.name_attribute, *_DETAIL.get(kind.name, ()))
    outcomes = await operations.connector.batch_read(kind.name, [one.to_id for one in page], properties=wanted)
    found = []
    for association, outcome in zip(page, outcomes, strict=True):
        record = outcome.record
        have = record.properties if record is not None else {}
        detail = " ".join(filter(None, (have.get(name) for name in _DETAIL.get(kind.name, ()))))
        found.append(
            Linked(
                uid=association.to_id,
                name=have.get(kind.name_attribute) or "",
                detail=detail,
                labels=association.labels,
                there=record is not None,
            )
        )
    return found
