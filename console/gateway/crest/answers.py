"""Answers of CREST: JSON, the shape of an object, and lists that are written as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from console.connector.connector_object import ConnectorObject

HEADERS = {"Cache-Control": "no-store", "Content-API-Version": "resource=1.0"}
_CHUNK = 32_768
"""Bytes that are gathered before they are sent."""


def encoded(value: Any, *, pretty: bool = False) -> bytes:
    """The JSON of a value."""
    found = msgspec.json.encode(value)
    return msgspec.json.format(found, indent=2) if pretty else found


def answer(
    value: Any, status: int = 200, *, pretty: bool = False, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer."""
    return Response(encoded(value, pretty=pretty), status, {**HEADERS, **(headers or {})}, "application/json")


def shaped(found: ConnectorObject, *, notes: bool = False, classed: bool = False) -> dict[str, Any]:
    """An object: `_id`, `_rev` where it has versions, and its attributes.

    `notes` adds what the operator is told, `classed` its class.
    """
    shape: dict[str, Any] = {"_id": found.uid}
    if found.revision:
        shape["_rev"] = found.revision
    if classed:
        shape["_objectClass"] = found.object_class
    shape |= found.attributes
    if notes and found.notes:
        shape["_notes"] = list(found.notes)
    return shape


async def listed(
    objects: AsyncIterator[dict[str, Any]], ending: AsyncIterator[dict[str, Any]], *, pretty: bool
) -> AsyncIterator[bytes]:
    """`{"result": [...], ...}` piece by piece; `ending` gives the members that follow the list, when it is over."""
    gathered = bytearray(b'{"result":[')
    count = 0
    async for one in objects:
        gathered += (b"," if count else b"") + (b"\n" if pretty else b"") + encoded(one, pretty=pretty)
        count += 1
        if len(gathered) >= _CHUNK:
            yield bytes(gathered)
            gathered.clear()
    members = {"resultCount": count}
    async for more in ending:
        members |= more
    gathered += b"]," + encoded(members, pretty=pretty)[1:]
    yield bytes(gathered)
