"""What scripts call: the connector's operations by name, with writes that are listed instead of sent unless asked for.

In a dry run later reads by uid see what the script would have written; a search sees HubSpot as it is.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from console.connector.errors import IcfError, UnknownUid
from console.connector.script import BadCall, ScriptWrite
from console.connector.script_rehearsal import rehearse

if TYPE_CHECKING:
    from console.connector.operations import ConnectorObject, Operations

T = TypeVar("T")

_DRY = "dry-"
MOST = 10_000
"""Objects that one search gives to a script at most."""


class ConnectorHost:
    """The operations that scripts may call; `writes` are those that they asked for, in order."""

    operations = (
        "associate", "associations", "create", "delete", "dissociate", "get", "schema", "search", "test", "update",
    )  # fmt: skip

    def __init__(self, operations: Operations, configuration: Mapping[str, Any], *, write: bool = False) -> None:
        self._operations = operations
        self._write = write
        self._wanted: dict[tuple[str, str], dict[str, Any] | None] = {}  # None: deleted
        self.configuration = configuration
        self.writes: list[ScriptWrite] = []

    async def call(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """See `ScriptHost.call`."""
        method: Callable[..., Coroutine[Any, Any, Any]] = getattr(self, f"_{name}")
        try:
            bound = inspect.signature(method).bind(*args, **kwargs)
        except TypeError as error:
            raise BadCall(str(error)) from None
        return await method(*bound.args, **bound.kwargs)

    # Reading

    async def _get(self, cls: str, uid: str, fields: Sequence[str] = ()) -> dict[str, Any]:
        wanted = self._wanted.get((_text(cls), _text(uid)), {})
        if wanted is None:
            raise UnknownUid(f"GET of {cls} {uid}: this script has deleted it.", uid=uid)
        if wanted and uid.startswith(_DRY):
            return _dry(cls, uid, wanted)
        found = shape(await self._operations.get(cls, uid, _names(fields)))
        return found | {"properties": found["properties"] | wanted, "dry": True} if wanted else found

    async def _search(
        self,
        cls: str,
        filter: str | None = None,  # noqa: A002 - the word of the contract and of the command line
        fields: Sequence[str] = (),
        sort: str | None = None,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= MOST:
            raise BadCall(f"limit must be a number from 1 to {MOST:,}")
        for name, value in (("filter", filter), ("sort", sort)):
            if not isinstance(value, str | None):
                raise BadCall(f"{name} must be text")
        found = self._operations.search(_text(cls), filter, attributes=_names(fields), sort=sort, limit=limit)
        return [shape(each) async for each in found]

    async def _associations(self, cls: str, uid: str, other: str) -> list[dict[str, Any]]:
        found = await self._operations.associations(_text(cls), _text(uid), _text(other))
        return [
            {
                "id": each.to_id,
                "types": [{"category": t.category, "typeId": t.type_id, "label": t.label} for t in each.types],
            }
            for each in found
        ]

    async def _schema(self, cls: str) -> list[dict[str, Any]]:
        (attributes,) = (await self._operations.schema(_text(cls))).values()
        return [
            {
                "id": each.name,
                "nativeName": each.native_name,
                "type": each.type,
                "flags": list(each.flags),
                "label": each.label,
                "options": list(each.options),
            }
            for each in attributes
        ]

    async def _test(self) -> dict[str, Any]:
        return dict(await self._operations.test())

    # Writing

    async def _create(self, cls: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        values, cls = _values(properties), _text(cls)
        if self._write:
            return await self._done("create", cls, "", values, self._operations.create(cls, values))
        await rehearse(self._operations, "CREATE", cls, values)
        uid = f"{_DRY}{len(self.writes) + 1}"
        self._wanted[cls, uid] = values
        self._list("create", cls, "", values)
        return _dry(cls, uid, values)

    async def _update(self, cls: str, uid: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        values, cls, uid = _values(properties), _text(cls), _text(uid)
        if self._write:
            return await self._done("update", cls, uid, values, self._operations.update(cls, uid, values))
        before = await self._get(cls, uid)
        await rehearse(self._operations, "UPDATE", cls, values, uid)
        self._wanted[cls, uid] = (self._wanted.get((cls, uid)) or {}) | values
        self._list("update", cls, uid, values)
        return before | {"properties": before["properties"] | values, "dry": True}

    async def _delete(self, cls: str, uid: str) -> dict[str, Any]:
        cls, uid = _text(cls), _text(uid)
        if self._write:
            return await self._done("delete", cls, uid, {}, self._operations.delete(cls, uid))
        before = await self._get(cls, uid)
        await rehearse(self._operations, "DELETE", cls, {}, uid)
        self._wanted[cls, uid] = None
        self._list("delete", cls, uid, {})
        return before | {"dry": True}

    async def _associate(self, cls: str, uid: str, other: str, other_uid: str, label: str | None = None) -> None:
        await self._link("associate", cls, uid, other, other_uid, label)

    async def _dissociate(self, cls: str, uid: str, other: str, other_uid: str, label: str | None = None) -> None:
        await self._link("dissociate", cls, uid, other, other_uid, label)

    async def _link(self, name: str, cls: str, uid: str, other: str, other_uid: str, label: str | None) -> None:
        for each in (cls, uid, other, other_uid):
            _text(each)
        if not isinstance(label, str | int | None) or isinstance(label, bool):
            raise BadCall("label must be text, or the number of a type")
        told = {"class": other, "id": other_uid, "label": label}
        if self._write:
            do = self._operations.associate if name == "associate" else self._operations.dissociate
            await self._sent(name, cls, uid, told, do(cls, uid, other, other_uid, label=label))
        else:
            await self._get(cls, uid)
            await self._get(other, other_uid)
            self._list(name, cls, uid, told)

    async def _done(
        self, name: str, cls: str, uid: str, values: Mapping[str, Any], work: Coroutine[Any, Any, ConnectorObject]
    ) -> dict[str, Any]:
        return shape(await self._sent(name, cls, uid, values, work))

    async def _sent(self, name: str, cls: str, uid: str, values: Mapping[str, Any], work: Coroutine[Any, Any, T]) -> T:
        """The write, listed when it was done, or when it may have been, whoever stops the script meanwhile."""

        async def write() -> T:
            try:
                done = await work
            except IcfError as error:
                if error.outcome_unknown:
                    self._list(name, cls, uid, values, uncertain=True)
                raise
            self._list(name, cls, uid or getattr(done, "uid", ""), values)
            return done

        return await _to_the_end(write())

    def _list(self, operation: str, cls: str, uid: str, values: Mapping[str, Any], *, uncertain: bool = False) -> None:
        self.writes.append(ScriptWrite(operation, cls, uid, values, dry=not self._write, uncertain=uncertain))


def shape(found: ConnectorObject) -> dict[str, Any]:
    """An object as scripts and `--json` know it."""
    return {"id": found.uid, "class": found.object_class, "name": found.name, "properties": dict(found.attributes)}


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """A write that has begun is finished before anybody says that it was stopped."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _dry(cls: str, uid: str, values: Mapping[str, Any]) -> dict[str, Any]:
    name = values.get("email" if cls == "contact" else "name", "")
    return {"id": uid, "class": cls, "name": name, "properties": dict(values), "dry": True}


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise BadCall(f"a class or an id must be text, not {value!r}")
    return value


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(each, str) for each in value or ()):
        raise BadCall("fields must be a list of property names")
    return tuple(value or ())


def _values(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value):
        raise BadCall("properties must be a map from property names to values")
    return dict(value)
