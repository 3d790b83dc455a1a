"""Records through a Hubspoke gateway: its own actions, in batches of 100 and with HubSpot's searches as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from console.connector.remote_client import CLASSES, RemoteClient
from console.connector.remote_errors import refused
from console.hubspot.budget_port import Priority
from console.hubspot.errors import HubSpotError, OutcomeUnknown, ServerFault, Unexpected
from console.hubspot.model import ObjectType, Outcome, Page, Record, Write


class _Result(msgspec.Struct):
    status: int = 0
    object: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    new: bool | None = None


class _Results(msgspec.Struct):
    results: list[_Result]


class _Page(msgspec.Struct):
    result: list[dict[str, Any]]
    after: str | None = None
    total: int | None = None


class Batches:
    """The gateway's actions on one class."""

    def __init__(self, client: RemoteClient, object_type: ObjectType, priority: Priority) -> None:
        self._client = client
        self._cls = CLASSES[object_type]
        self._priority: Priority = priority

    async def page(self, action: str, question: dict[str, Any]) -> Page:
        """A page of a listing or of a search."""
        found = (await self._post(action, question, safe=True, shown="search")).decode(_Page)
        return Page(results=[record_of(one) for one in found.result], after=found.after, total=found.total)

    async def read(
        self, keys: Sequence[str], fields: Sequence[str], id_property: str | None, *, archived: bool
    ) -> list[Outcome]:
        """Records by id or another key."""
        more: dict[str, Any] = {"fields": list(fields), "archived": archived}
        if id_property is not None:
            more["idProperty"] = id_property
        return await self._batch("read", [{"_id": key} for key in keys], more, safe=True)

    async def write(self, operation: str, writes: Sequence[Write], id_property: str | None = None) -> list[Outcome]:
        """Creates, updates or upserts."""
        more = {"idProperty": id_property} if id_property is not None else {}
        return await self._batch(operation, [_item(one) for one in writes], more, safe=operation != "create")

    async def archive(self, ids: Sequence[str]) -> list[Outcome]:
        """Records to the recycle bin."""
        return await self._batch("delete", [{"_id": uid} for uid in ids], {}, safe=True)

    async def _batch(
        self, operation: str, items: list[dict[str, Any]], more: dict[str, Any], *, safe: bool
    ) -> list[Outcome]:
        """One outcome per item. What failed as a whole failed for each."""
        if not items:
            return []
        body = {"operation": operation, "items": items, **more}
        shown = "batch/read" if operation == "read" else f"batch/{operation}"
        try:
            found = (await self._post("batch", body, safe=safe, shown=shown)).decode(_Results).results
        except HubSpotError as error:
            return [Outcome(error=_lost(error, safe=safe))] * len(items)
        if len(found) != len(items):
            short = Unexpected(f"The gateway answered {len(found)} results to {len(items)} items.")
            return [Outcome(error=_lost(short, safe=safe))] * len(items)
        return [_outcome(one) for one in found]

    async def _post(self, action: str, body: dict[str, Any], *, safe: bool, shown: str) -> Any:
        return await self._client.crest(
            "POST",
            f"/{self._cls}",
            json=body,
            params={"_action": action},
            priority=self._priority,
            safe=safe,
            shown=f"/{self._cls}/{shown}",
        )


def _lost(error: HubSpotError, *, safe: bool) -> HubSpotError:
    """An unreadable answer to a create is one whose outcome nobody knows."""
    if safe or not isinstance(error, Unexpected | ServerFault):
        return error
    return OutcomeUnknown(error.message, status=error.status, correlation_id=error.correlation_id)


def _item(write: Write) -> dict[str, Any]:
    more = {"_id": write.id, "_trace": write.trace}
    return {**{name: value for name, value in more.items() if value is not None}, **write.properties}


def _outcome(found: _Result) -> Outcome:
    if found.error is not None or found.status >= 400:
        return Outcome(error=refused(found.error or {}, found.status))
    return Outcome(record=None if found.object is None else record_of(found.object), new=found.new)


def record_of(found: dict[str, Any]) -> Record:
    """A record from the JSON of an object; what begins with an underscore is told about it, not its own."""
    properties = {name: text_of(value) for name, value in found.items() if not name.startswith("_")}
    uid = found.get("_id")
    if not isinstance(uid, str) or not uid:
        raise Unexpected("The other side gave an object without _id.")
    updated = found.get("_rev") or properties.get("lastmodifieddate") or properties.get("hs_lastmodifieddate")
    return Record(
        id=uid,
        properties=properties,
        created_at=_text(found.get("_created")) or properties.get("createdate"),
        updated_at=_text(updated),
        archived=bool(found.get("_archived")),
        archived_at=_text(found.get("_archivedAt")),
        url=_text(found.get("_url")),
    )


def text_of(value: Any) -> str | None:
    """A value as HubSpot writes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(text for one in value if (text := text_of(one)) is not None)
    return msgspec.json.encode(value).decode()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
