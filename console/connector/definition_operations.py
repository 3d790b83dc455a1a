"""Property definitions as objects: the classes `contactProperties` and `companyProperties` (identity facts, A1).

The uid and the name of a definition are the property's internal name; its attributes are HubSpot's JSON of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from console.connector.classes import CLASSES, DEFINITION_CLASSES
from console.connector.connector import Connector
from console.connector.connector_object import ConnectorObject
from console.connector.errors import AlreadyExists, InvalidAttributeValue, PreconditionFailed, UnknownUid
from console.connector.patch import fields_to_read, patched, read_operations
from console.hubspot.errors import Conflict, NotFound, OutcomeUnknown
from console.hubspot.property_definitions import Definition

REQUIRED = ("name", "label", "type", "fieldType", "groupName")
CHANGEABLE = (
    "label", "type", "fieldType", "groupName", "description", "options", "displayOrder", "hidden", "formField",
    "calculationFormula", "numberDisplayHint", "textDisplayHint", "dateDisplayHint", "showCurrencySymbol",
    "currencyPropertyName",
)  # fmt: skip
ONCE = ("name", "hasUniqueValue", "externalOptions", "referencedObjectType", "dataSensitivity")
"""What is decided when a property is made."""
GIVEN = (
    "createdAt", "updatedAt", "archivedAt", "archived", "createdUserId", "updatedUserId", "hubspotDefined", "calculated",
    "modificationMetadata", "sensitiveDataCategories",
)  # fmt: skip
"""What only HubSpot says."""
_NAME = re.compile(r"[\w.~-]{1,250}", re.ASCII)
"""What the names of properties may be made of, older ones too; nothing that means something else in an address."""
_UIDS = frozenset({"_id", "__uid__", "id", "uid"})


class Definitions:
    """Operations on the definitions of one type. Methods raise `IcfError` and `HubSpotError`."""

    def __init__(self, connector: Connector, cls: str) -> None:
        self._connector = connector
        self._cls = cls
        self._records = next(kind.name for kind in CLASSES.values() if kind.object_type == DEFINITION_CLASSES[cls])
        self._api = connector.hubspot.definitions(DEFINITION_CLASSES[cls], connector.priority)

    async def create(self, attributes: Mapping[str, Any]) -> ConnectorObject:
        """A new property. Raises AlreadyExists where there is one of that name."""
        wanted = _native(self._cls, attributes)
        for name in GIVEN:
            _refuse(name in wanted, f"{name} is HubSpot's to say: it cannot be given.")
        missing = [name for name in REQUIRED if wanted.get(name) in (None, "")]
        _refuse(bool(missing), f"A definition needs {', '.join(missing)}.")
        values = {name: value for name, value in wanted.items() if value is not None}
        try:
            found = await self._api.create(values)
        except Conflict as error:
            raise AlreadyExists(
                f"There is a property {values['name']} already. {error.message}",
                advice="Update it instead, or choose another name.",
                correlation_id=error.correlation_id,
                existing_id=str(values["name"]),
            ) from error
        except OutcomeUnknown as error:
            found = await self._lost(values, error)
        self._connector.forget_schema(self._records)
        return self.object(found)

    async def get(self, uid: str, names: Sequence[str] = ()) -> ConnectorObject:
        """One definition. Raises UnknownUid."""
        return self.object(await self._read(uid), names)

    async def update(self, uid: str, attributes: Mapping[str, Any], if_match: str | None = None) -> ConnectorObject:
        """Replace parts of a definition; `options` are replaced as a whole list.

        Raises:
            UnknownUid: there is no such property.
            InvalidAttributeValue: a part that cannot be changed.
        """
        changes = self._changes(uid, _native(self._cls, attributes))
        if if_match is not None:
            self._confirm(await self._read(uid), if_match)
        if not changes:
            return (await self.get(uid)).noted("Nothing was to be changed.")
        try:
            found = await self._api.update(_name(uid, self._cls), changes)
        except NotFound as error:
            raise await self._gone(uid, error) from error
        self._connector.forget_schema(self._records)
        return self.object(found)

    async def patch(
        self, uid: str, operations: Sequence[Mapping[str, Any]], if_match: str | None = None
    ) -> ConnectorObject:
        """Operations on parts of a definition, made one update; an option is added or removed by its value."""
        several = _Options()
        read = read_operations(operations, lambda name: "name" if name == "__NAME__" else name)
        present: Mapping[str, Any] = {}
        if fields_to_read(read, several):
            present = await self._read(uid)
        patch = patched(read, present, several)
        return (await self.update(uid, patch.changes, if_match)).noted(*patch.notes)

    async def delete(self, uid: str) -> ConnectorObject:
        """Archive the property; its definition is given back as it was.

        Raises:
            UnknownUid: there is none, or it is archived.
            Invalid: HubSpot does not let go of it: it is in use, or its own.
        """
        found = await self._read(uid)
        with suppress(NotFound):  # somebody else was quicker, or an earlier attempt of ours whose answer was lost
            await self._api.archive(str(found["name"]))
        self._connector.forget_schema(self._records)
        return self.object(found)

    async def everything(self) -> list[ConnectorObject]:
        """Every definition in use, by name."""
        found = [self.object(one) for one in await self._api.list()]
        return sorted(found, key=lambda one: one.uid)

    def object(self, found: Definition, names: Sequence[str] = ()) -> ConnectorObject:
        """The definition as an object."""
        wanted = ["name" if name == "__NAME__" else name for name in names if name != "*"]
        return ConnectorObject(
            object_class=self._cls,
            uid=str(found["name"]),
            name=str(found["name"]),
            attributes={name: found[name] for name in wanted if name in found} if wanted else dict(found),
            revision=str(found.get("updatedAt") or ""),
        )

    def _changes(self, uid: str, wanted: dict[str, Any]) -> dict[str, Any]:
        if wanted.get("name", uid) != uid:
            raise InvalidAttributeValue(
                f"The internal name of a property cannot be changed: it stays {uid}.",
                advice="Change its label, or make a new property and move the values.",
            )
        wanted.pop("name", None)
        for name in (*GIVEN, *ONCE):
            when = "when the property is made" if name in ONCE else "by HubSpot"
            _refuse(name in wanted, f"{name} is decided {when}: it cannot be changed.")
        return {name: _cleared(name, value) for name, value in wanted.items()}

    async def _read(self, uid: str) -> Definition:
        try:
            return await self._api.read(_name(uid, self._cls))
        except NotFound as error:
            raise await self._gone(uid, error) from error

    async def _gone(self, uid: str, error: NotFound) -> UnknownUid:
        archived = [one for one in await self._api.list(archived=True) if one["name"] == uid]
        if archived:
            since = f" since {archived[0]['archivedAt']}" if archived[0].get("archivedAt") else ""
            message, advice = (
                f"The property {uid} is archived{since}.",
                "Create it again by this name and HubSpot brings it back, up to 90 days.",
            )
        else:
            message, advice = f"There is no property {uid}.", f"List them with: hubspoke search {self._cls}"
        return UnknownUid(message, advice=advice, correlation_id=error.correlation_id, uid=uid)

    async def _lost(self, values: Mapping[str, Any], lost: OutcomeUnknown) -> Definition:
        """The definition that a create made, or did not make, before its answer was lost."""
        try:
            found = await self._api.read(str(values["name"]))
        except NotFound:
            raise lost from None
        if all(found.get(name) == values[name] for name in REQUIRED):
            return found
        raise lost

    def _confirm(self, found: Definition, if_match: str) -> None:
        given = if_match.strip().removeprefix("W/").strip('"')
        if given not in ("*", found.get("updatedAt")):
            raise PreconditionFailed(
                f"The property {found['name']} was changed at {found.get('updatedAt')}, "
                f"and the change is meant for its version of {given}.",
                advice="Read it again, look at what changed, and give its present version.",
                uid=str(found["name"]),
            )


class _Options:
    """The options of an enumeration, as a patch takes them apart; they are told apart by their value."""

    def has(self, field: str) -> bool:
        """Only `options` has several values."""
        return field == "options"

    def parts(self, value: Any) -> list[Any]:
        """The options; one alone may be given without a list."""
        return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]

    def whole(self, parts: Sequence[Any]) -> Any:
        """The list of options, empty where none is left."""
        return list(parts)

    def key(self, part: Any) -> str:
        """The option's internal value."""
        return str(part.get("value", "")) if isinstance(part, Mapping) else str(part)


def _native(cls: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes under HubSpot's names. Raises InvalidAttributeValue for a uid and for what definitions do not have."""
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        _refuse(name.lower() in _UIDS, f"{name} is the uid: it cannot be an attribute of a write. Use name.")
        native = "name" if name == "__NAME__" else name
        if native not in (*CHANGEABLE, *ONCE, *GIVEN):
            raise InvalidAttributeValue(
                f"{cls} has no attribute {name}.",
                advice=f"It has: {', '.join((*REQUIRED, 'options', 'description'))}...",
            )
        _refuse(
            native in found and found[native] != value, "__NAME__ and name are one attribute: two values were given."
        )
        found[native] = value
    return found


def _cleared(name: str, value: Any) -> Any:
    """HubSpot takes no null: an empty list or text clears, where a definition can be without."""
    if value is not None:
        return value
    if name == "options":
        return []
    _refuse(name not in ("description", "calculationFormula"), f"A definition cannot be without {name}.")
    return ""


def _name(uid: str, cls: str) -> str:
    if uid in ("", ".", "..", "groups", "batch") or not _NAME.fullmatch(uid):
        raise UnknownUid(f"{uid!r} is no property.", advice=f"List them with: hubspoke search {cls}", uid=uid)
    return uid


def _refuse(refused: bool, message: str) -> None:
    if refused:
        raise InvalidAttributeValue(message)
