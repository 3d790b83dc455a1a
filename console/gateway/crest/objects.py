"""The objects of the system: create, read, update, patch and delete of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import Response

from console.connector.errors import IcfError
from console.connector.patch import OPERATIONS
from console.gateway.crest.answers import answer, shaped
from console.gateway.crest.refused import Refused, bad, of_icf

if TYPE_CHECKING:
    from console.connector.connector_object import ConnectorObject
    from console.connector.operations import Operations
    from console.gateway.crest.asked import Asked

NOT_SERVED = frozenset({"increment", "move", "copy", "transform"})
"""Operations of a patch that CREST knows and the connector does not have."""
_META = frozenset({"_id", "_rev", "_objectClass", "_notes"})
OWN_ID = "Create with client provided ID is not supported."


class Objects:
    """One class of the system."""

    def __init__(self, operations: Operations, asked: Asked, system: str, cls: str) -> None:
        self._operations = operations
        self._asked = asked
        self._system = system
        self._cls = cls

    async def create(self) -> Response:
        """POST: 201, where it is, and the object."""
        body = await self._asked.document()
        if body.get("_id"):
            raise Refused(501, OWN_ID)
        try:
            made = await self._operations.create(self._cls, own(body))
        except IcfError as error:
            raise of_icf(error, "CREATE", self._cls) from None
        place = f"{self._asked.base}/system/{quote(self._system)}/{quote(self._cls)}/{quote(made.uid, safe='')}"
        return self._shown(made, 201, {"Location": place})

    async def read(self, uid: str) -> Response:
        """GET."""
        try:
            found = await self._operations.get(self._cls, uid, self._asked.attributes)
        except IcfError as error:
            raise of_icf(error, "GET", self._cls, uid) from None
        return self._shown(found)

    async def put(self, uid: str) -> Response:
        """PUT: the given attributes are replaced, the others stay."""
        if self._asked.if_none_match is not None:
            raise Refused(501, OWN_ID)
        if self._asked.if_match is None:
            raise Refused(
                428,
                f"No resource version for resource {uid} has been provided: UPSERT is not supported on system objects."
                " Send If-Match with the object's _rev, or with *",
            )
        body = await self._asked.document()
        if body.get("_id") not in (None, "", uid):
            raise bad(f"The _id in the body is not that of the resource {uid}")
        given = own(body)
        try:
            if "_rev" in body:
                given = await self._changes(uid, given)
            done = await self._operations.update(self._cls, uid, given, if_match=self._asked.if_match)
        except IcfError as error:
            raise of_icf(error, "UPDATE", self._cls, uid) from None
        return self._shown(done)

    async def patch(self, uid: str) -> Response:
        """PATCH: operations, made one update."""
        operations = await self._asked.operations()
        _check(operations)
        try:
            done = await self._operations.patch(self._cls, uid, operations, if_match=self._asked.if_match)
        except IcfError as error:
            raise of_icf(error, "UPDATE", self._cls, uid) from None
        return self._shown(done)

    async def delete(self, uid: str) -> Response:
        """DELETE: the object as it was."""
        version = self._asked.if_match
        try:
            if version not in (None, "*"):  # an empty update only looks whether the version is still that one
                await self._same_version(uid, str(version))
            gone = await self._operations.delete(self._cls, uid)
        except IcfError as error:
            raise of_icf(error, "DELETE", self._cls, uid) from None
        return self._shown(gone)

    async def _changes(self, uid: str, given: dict[str, Any]) -> dict[str, Any]:
        """What differs: a client that read the object and sends it back whole sends what cannot be written, too."""
        present = (await self._operations.get(self._cls, uid, tuple(given))).attributes if given else {}
        return {name: value for name, value in given.items() if name not in present or present[name] != value}

    async def _same_version(self, uid: str, version: str) -> None:
        present = await self._operations.get(self._cls, uid)
        if present.revision != version:
            raise Refused(412, f"The resource version for {uid} does not match the version provided: {version[:60]}")

    def _shown(self, found: ConnectorObject, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        shape = reduced(shaped(found, notes=self._asked.flag("_notes")), self._asked.fields)
        more = {"ETag": f'"{found.revision}"'} if found.revision else {}
        return answer(shape, status, pretty=self._asked.pretty, headers={**more, **(headers or {})})


def own(body: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a body, without what CREST puts beside them."""
    return {name: value for name, value in body.items() if name not in _META}


def reduced(shape: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """The object with `_fields` only; without any, or with `*`, whole."""
    if not fields or "*" in fields:
        return shape
    return {name: value for name, value in shape.items() if name in fields or name in _META}


def _check(operations: list[Any]) -> None:
    """Refuse operations that nobody knows, and tell those that only this connector does not have."""
    for one in operations:
        name = str(one.get("operation", "")).lower() if isinstance(one, dict) else ""
        if name in NOT_SERVED:
            raise Refused(
                501, f"PATCH operation '{name}' is not supported by the Connector; use replace, add or remove"
            )
        if name not in OPERATIONS:
            raise bad("Each element of a PATCH is an object with an operation: replace, add or remove, and a field")
