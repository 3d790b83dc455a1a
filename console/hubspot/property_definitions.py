"""Property definitions and their groups, whole and as HubSpot writes them: listed, read, made, changed, archived.

`console.hubspot.properties` reads what a schema needs of them; here nothing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.hubspot.answer import Answer
from console.hubspot.budget_port import Priority
from console.hubspot.client import Client
from console.hubspot.errors import HubSpotError, OutcomeUnknown, Unexpected
from console.hubspot.model import ObjectType
from console.hubspot.paths import property_path

Definition = dict[str, Any]
"""One definition or group as JSON; `name` is always there (facts section 8)."""


class PropertyDefinitions:
    """The definitions of one object type. Every method raises `HubSpotError`."""

    def __init__(self, client: Client, object_type: ObjectType, priority: Priority = "bulk") -> None:
        self._client = client
        self._object_type: ObjectType = object_type
        self._priority: Priority = priority

    async def read(self, name: str, *, archived: bool = False) -> Definition:
        """One definition. Raises NotFound."""
        return _one(await self._send("GET", name, params={"archived": "true"} if archived else None))

    async def create(self, definition: Mapping[str, Any]) -> Definition:
        """A new property; the name of an archived one brings that one back.

        Raises:
            Conflict: there is one of that name.
            OutcomeUnknown: it may exist now.
        """
        return await self._made(definition)

    async def update(self, name: str, changes: Mapping[str, Any]) -> Definition:
        """Replace parts of a definition; `options` are replaced as a whole list."""
        return _one(await self._send("PATCH", name, body=dict(changes)))

    async def archive(self, name: str) -> None:
        """Take a property out of use; HubSpot keeps it for 90 days. Raises Invalid where it is in use."""
        await self._send("DELETE", name)

    async def groups(self) -> list[Definition]:
        """Every group of properties."""
        return _listed(await self._send("GET", "groups"))

    async def create_group(self, group: Mapping[str, Any]) -> Definition:
        """A new group: name and label, with a display order if wanted. Raises Conflict, OutcomeUnknown."""
        return await self._made(group, "groups")

    async def update_group(self, name: str, changes: Mapping[str, Any]) -> Definition:
        """Replace a group's label or display order."""
        return _one(await self._send("PATCH", "groups", name, body=dict(changes)))

    async def archive_group(self, name: str) -> None:
        """Remove a group. Raises Invalid where properties are in it."""
        await self._send("DELETE", "groups", name)

    async def list(self, *, archived: bool = False) -> list[Definition]:
        """Every definition that is in use, or every archived one."""
        answer = await self._send("GET", params={"archived": "true"} if archived else None)
        return [found for found in _listed(answer) if bool(found.get("archived")) is archived]

    async def _made(self, what: Mapping[str, Any], *rest: str) -> Definition:
        answer = await self._send("POST", *rest, body=dict(what), safe=False)
        try:
            return _one(answer)
        except Unexpected as error:
            unreadable: HubSpotError = error
        raise OutcomeUnknown(unreadable.message, status=answer.status, correlation_id=answer.correlation_id)

    async def _send(
        self,
        method: str,
        *rest: str,
        body: Definition | None = None,
        params: Mapping[str, str] | None = None,
        safe: bool = True,
    ) -> Answer:
        path = property_path(self._object_type, self._client.version, *rest)
        return await self._client.request(method, path, json=body, params=params, priority=self._priority, safe=safe)


def _listed(answer: Answer) -> list[Definition]:
    document = answer.decode(dict[str, Any])
    results = document.get("results")
    if not isinstance(results, list):
        raise _shapeless(answer, "a list of definitions")
    return [found for found in results if isinstance(found, dict) and isinstance(found.get("name"), str)]


def _one(answer: Answer) -> Definition:
    found = answer.decode(dict[str, Any])
    if not isinstance(found.get("name"), str):
        raise _shapeless(answer, "a definition")
    return found


def _shapeless(answer: Answer, promised: str) -> Unexpected:
    return Unexpected(
        f"HubSpot answered {answer.status} without {promised}.",
        status=answer.status,
        correlation_id=answer.correlation_id,
    )
