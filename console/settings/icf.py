"""What a provisioner file says beyond the connector's properties, typed: time limits, denied operations, object types.

The file's document is kept as it came, but for secrets, so that an export gives it back; this is the view of it
that operations work by. Facts: identity, section A5.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import msgspec

from console.settings import jsontable
from console.settings.errors import SettingsError
from console.text import safe

Denial = Literal["THROW", "DO_NOTHING"]

OPERATIONS = (
    "CREATE",
    "UPDATE",
    "DELETE",
    "TEST",
    "SCRIPT_ON_CONNECTOR",
    "SCRIPT_ON_RESOURCE",
    "GET",
    "RESOLVEUSERNAME",
    "AUTHENTICATE",
    "SEARCH",
    "VALIDATE",
    "SYNC",
    "SCHEMA",
)
FLAGS = frozenset(
    {"MULTIVALUED", "NOT_CREATABLE", "NOT_READABLE", "NOT_RETURNED_BY_DEFAULT", "NOT_UPDATEABLE", "REQUIRED"}
)
ON_DENY: dict[str, Denial] = {"THROW_EXCEPTION": "THROW", "DO_NOTHING": "DO_NOTHING", "ALLOW": "DO_NOTHING"}
"""The manual knows THROW_EXCEPTION and DO_NOTHING, the program has ALLOW in the second's place."""


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute of an object type: what it is called there, and what the connector calls it."""

    name: str
    native: str
    type: str = "string"
    multivalued: bool = False
    required: bool = False
    creatable: bool = True
    updateable: bool = True
    readable: bool = True
    returned: bool = True


class ObjectType(msgspec.Struct, frozen=True, kw_only=True):
    """One object type: its name there, the connector's object class, and its attributes; none listed means all."""

    name: str
    native: str
    attributes: dict[str, Attribute]


class IcfSettings:
    """The settings of a provisioner file that the connector's properties do not hold; empty for other profiles."""

    def __init__(self, document: Mapping[str, Any] | None = None) -> None:
        self.document: dict[str, Any] = dict(document or {})

    @classmethod
    def from_table(cls, table: Any) -> IcfSettings:
        """The settings from a profile's `[icf]` table.

        Raises:
            SettingsError: it is damaged.
        """
        found = cls(jsontable.restored(table))
        found.check()
        return found

    def table(self) -> dict[str, Any]:
        """The `[icf]` table of a profile."""
        return jsontable.stored(self.document)

    def __bool__(self) -> bool:
        return bool(self.document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IcfSettings) and jsontable.same(self.document, other.document)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"IcfSettings({', '.join(sorted(self.document))})"

    def timeout(self, operation: str) -> float | None:
        """How many seconds an operation (`CREATE`, `SEARCH`, ...) may take; None is for ever."""
        milliseconds = self._timeouts.get(operation)
        return milliseconds / 1000 if milliseconds is not None and milliseconds > 0 else None

    def denied(self, operation: str, cls: str = "") -> Denial | None:
        """Whether an operation is denied, on a class or at all, and what then: refuse it, or do nothing."""
        rule = self._denials.get(operation)
        if rule is None:
            return None
        for name in dict.fromkeys((cls, *self._names_of(cls))):
            if name in rule.features:
                return rule.features[name]
        return rule.general

    def attributes(self, cls: str) -> dict[str, Attribute]:
        """The attributes of a class by their names there; empty where the file selects none, which means all."""
        found = self._type_of(cls)
        return found.attributes if found else {}

    @cached_property
    def object_types(self) -> dict[str, ObjectType]:
        """The object types by name."""
        return {
            name: _object_type(name, _table(found, f"objectTypes.{name}"))
            for name, found in self._part("objectTypes").items()
        }

    def check(self) -> None:
        """Raises SettingsError where a part has another form than operations need."""
        _ = self._timeouts, self._denials, self.object_types

    @cached_property
    def _timeouts(self) -> dict[str, int | None]:
        return {name: _milliseconds(value, name) for name, value in self._part("operationTimeout").items()}

    @cached_property
    def _denials(self) -> dict[str, _Rule]:
        found = {}
        for operation, value in self._part("operationOptions").items():
            place = f"operationOptions.{operation}"
            rule = _table(value, place)
            features = _table(rule.get("objectFeatures") or {}, f"{place}.objectFeatures")
            found[operation] = _Rule(
                _denial(rule, place, "THROW"),
                {
                    name: _denial(_table(feature, f"{place}.objectFeatures.{name}"), place, _on_deny(rule, place))
                    for name, feature in features.items()
                    if isinstance(feature, dict) and "denied" in feature
                },
            )
        return found

    def _part(self, key: str) -> dict[str, Any]:
        return _table(self.document.get(key) or {}, key)

    def _type_of(self, cls: str) -> ObjectType | None:
        named = self.object_types.get(cls)
        return named or next((found for found in self.object_types.values() if found.native == cls), None)

    def _names_of(self, cls: str) -> list[str]:
        return [name for name, found in self.object_types.items() if cls in (name, found.native)]


class _Rule(msgspec.Struct, frozen=True):
    general: Denial | None
    features: dict[str, Denial | None]


def _object_type(name: str, found: dict[str, Any]) -> ObjectType:
    properties = _table(found.get("properties") or {}, f"objectTypes.{name}.properties")
    attributes = (
        _attribute(key, _table(value, f"objectTypes.{name}.properties.{key}")) for key, value in properties.items()
    )
    return ObjectType(
        name=name,
        native=_word(found.get("nativeType"), f"objectTypes.{name}.nativeType") or name,
        # the uid is always there under its own name and is no attribute
        attributes={attribute.name: attribute for attribute in attributes if attribute.native != "__UID__"},
    )


def _attribute(name: str, found: dict[str, Any]) -> Attribute:
    flags = found.get("flags") or []
    if not isinstance(flags, list) or not all(isinstance(flag, str) for flag in flags):
        raise _wrong(f"{name}.flags", "must be a list of words", 'Write ["NOT_UPDATEABLE"].')
    kind = found.get("type")
    return Attribute(
        name=name,
        native=_word(found.get("nativeName"), f"{name}.nativeName") or name,
        type=kind if isinstance(kind, str) else "string",
        multivalued="MULTIVALUED" in flags or kind == "array",
        required="REQUIRED" in flags or _flag(found, "required", False, name),
        creatable="NOT_CREATABLE" not in flags,
        updateable="NOT_UPDATEABLE" not in flags,
        readable="NOT_READABLE" not in flags,
        returned="NOT_RETURNED_BY_DEFAULT" not in flags,
    )


def _denial(rule: dict[str, Any], place: str, otherwise: Denial) -> Denial | None:
    if not _flag(rule, "denied", False, place):
        return None
    return _on_deny(rule, place) if rule.get("onDeny") is not None else otherwise


def _on_deny(rule: dict[str, Any], place: str) -> Denial:
    given = rule.get("onDeny")
    if given is None:
        return "THROW"
    found = ON_DENY.get(given) if isinstance(given, str) else None
    if found is None:
        raise _wrong(f"{place}.onDeny", "is no way to deny", "Write THROW_EXCEPTION or DO_NOTHING.")
    return found


def _milliseconds(value: Any, operation: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and value.strip().removeprefix("-").isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -1 <= value <= 86_400_000:
        raise _wrong(
            f"operationTimeout.{operation}",
            "must be whole milliseconds up to a day",
            "Write -1 for no limit, or 60000.",
        )
    return value


def _flag(found: Mapping[str, Any], key: str, otherwise: bool, place: str) -> bool:
    from console.settings.fields import Wrong, boolean  # for files that have such a part

    value = found.get(key)
    if value is None:
        return otherwise
    try:
        return boolean(value)
    except Wrong as wrong:
        raise _wrong(f"{place}.{key}", wrong.problem, wrong.remedy) from None


def _word(value: Any, place: str) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise _wrong(place, "must be text", "Put it between quotation marks.")


def _table(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(place, "must be an object with keys", "Write { } with keys and values.")
    return value


def _wrong(place: str, problem: str, remedy: str) -> SettingsError:
    return SettingsError(f"{safe(place, limit=120)} {problem}.", remedy, key=place.partition(".")[0])
