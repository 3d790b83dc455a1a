"""Classes and attributes under the names that an imported provisioner file gives them (identity facts, A5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from console.connector.classes import ALL, CLASSES, DEFINITION_CLASSES, OBJECT_CLASSES
from console.connector.connector_object import ConnectorObject
from console.connector.errors import Configuration, InvalidAttributeValue, PermissionDenied, UnsupportedOperation
from console.connector.filter_nodes import Filter, renamed
from console.hubspot.wire import text_of
from console.settings.icf import Attribute, IcfSettings

NAME = "__NAME__"


class ObjectType:
    """One object class as it is known here; without a configuration every name is HubSpot's own."""

    def __init__(self, name: str, native: str, attributes: Mapping[str, Attribute]) -> None:
        self.name = name
        self.native = native
        self._attributes = attributes
        self._native = {given: self._native_name(found.native) for given, found in attributes.items()}
        self._given = {native: given for given, native in self._native.items()}

    @property
    def renames(self) -> bool:
        """Whether any attribute has another name here than HubSpot's."""
        return any(given != native for given, native in self._native.items())

    def native_name(self, attribute: str) -> str:
        """HubSpot's name of an attribute; one that is not configured has it already."""
        return self._native.get(attribute, attribute)

    def given_name(self, native: str) -> str:
        """The configured name of HubSpot's attribute."""
        return self._given.get(native, native)

    def incoming(self, attributes: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
        """Attributes of a write under HubSpot's names.

        Raises:
            InvalidAttributeValue: one that the configuration does not let be written, or misses, or has twice.
        """
        found: dict[str, Any] = {}
        for name, value in attributes.items():
            self._check_writable(name, creating=creating)
            native = self._native_name(self.native_name(name))
            if native in found and found[native] != value:
                raise InvalidAttributeValue(f"{name} and another attribute are both {native} of HubSpot's.")
            found[native] = value
        if creating:
            required = [given for given, one in self._attributes.items() if one.required]
            missing = [given for given in required if found.get(self._native[given]) in (None, "")]
            if missing:
                raise InvalidAttributeValue(f"A {self.name} needs {', '.join(missing)}: objectTypes requires it.")
        return found

    def incoming_patch(self, operations: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The operations of a patch under HubSpot's names. Raises InvalidAttributeValue."""
        found: list[Any] = []
        for one in operations:
            if isinstance(one, Mapping) and isinstance(one.get("field"), str):
                name, _, rest = one["field"].removeprefix("/").partition("/")
                self._check_writable(name, creating=False)
                native = self._native_name(self.native_name(name))
                found.append({**one, "field": f"{native}/{rest}" if rest else native})
            else:
                found.append(one)
        return found

    def outgoing(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes that were read, under the configured names and of the configured types."""
        if not self._attributes:
            return dict(attributes)
        found: dict[str, Any] = {}
        for native, value in attributes.items():
            given = self._given.get(native, native)
            configured = self._attributes.get(given)
            if configured is None:
                found[given] = value
            elif configured.readable and self._native[given] == native:  # else another one has its name here
                found[given] = _typed(value, configured)
        return found

    def shown(self, found: ConnectorObject, asked: Iterable[str] = ()) -> ConnectorObject:
        """The object under the configured names; what was `asked` for by HubSpot's name keeps that."""
        attributes = self.outgoing(found.attributes)
        wanted = set(asked)
        for name in wanted - self._attributes.keys():
            given = self._given.get(name, name)
            if given != name and given in attributes:
                attributes[name] = attributes[given] if given in wanted else attributes.pop(given)
        return msgspec.structs.replace(found, object_class=self.name, attributes=attributes)

    def wanted(self, attributes: Sequence[str]) -> tuple[str, ...]:
        """HubSpot's names of the attributes to read; none where HubSpot shall choose."""
        if attributes:
            return tuple(self.native_name(name) for name in attributes)
        return tuple(self._native[given] for given, one in self._attributes.items() if one.returned and one.readable)

    def filter(self, node: Filter) -> Filter:
        """The filter under HubSpot's names."""
        return renamed(node, self.native_name) if self._native else node

    def _check_writable(self, name: str, *, creating: bool) -> None:
        """The flags of an attribute hold under HubSpot's name of it too."""
        configured = self._attributes.get(name) or self._attributes.get(self._given.get(self._native_name(name), name))
        if configured is None:
            return
        if not (configured.creatable if creating else configured.updateable):
            flag = "NOT_CREATABLE" if creating else "NOT_UPDATEABLE"
            raise InvalidAttributeValue(f"The attribute {name} of {self.name} is {flag}: objectTypes says so.")

    def _native_name(self, name: str) -> str:
        if name != NAME:
            return name
        kind = CLASSES.get(self.native)
        return kind.name_attribute if kind is not None else "name"


class ObjectTypes:
    """Every object class under the name by which it is known, and what may be done with it."""

    def __init__(self, icf: IcfSettings) -> None:
        self._icf = icf

    @property
    def names(self) -> tuple[str, ...]:
        """The known classes: the configured ones, then HubSpot's own."""
        return tuple(dict.fromkeys([*self._icf.object_types, *OBJECT_CLASSES]))

    def find(self, name: str) -> ObjectType:
        """The class of that name.

        Raises:
            UnsupportedOperation: there is none.
            Configuration: it is configured to be a class that HubSpot does not have.
        """
        configured = self._icf.object_types.get(name)
        native = configured.native if configured is not None else name
        if native in OBJECT_CLASSES:
            return ObjectType(name, native, self._icf.attributes(name))
        if configured is None:
            advice = f"Use one of: {', '.join(self.names)}."
            raise UnsupportedOperation(f"There is no object class {name}.", advice=advice)
        raise Configuration(
            f"objectTypes.{name} has the native type {native}, which HubSpot does not have.",
            advice=f"Use one of: {', '.join([*CLASSES, *DEFINITION_CLASSES, ALL])}.",
        )

    def given(self, native: str) -> ObjectType:
        """The class by which this one of HubSpot's is known."""
        named = [found.name for found in self._icf.object_types.values() if found.native == native]
        return self.find(named[0] if named else native)

    def check(self, operation: str, cls: str) -> None:
        """Raises PermissionDenied where the operation is configured to be denied.

        One that is configured to do nothing instead is refused too: it must not look as if it had been done.
        """
        if self._icf.denied(operation, cls) is not None:
            raise PermissionDenied(
                f"Operation {operation}{f' on {cls}' if cls else ''} is configured to be denied.",
                advice=f"operationOptions.{operation} of the profile says so. Nothing was done.",
            )

    def seconds(self, operation: str) -> float | None:
        """How long the operation may take; None without a bound."""
        return self._icf.timeout(operation)


def _typed(value: Any, configured: Attribute) -> Any:
    """A value of HubSpot's, which is text, as the configured JSON type; unchanged where it is not of that type."""
    text = text_of(value) if not isinstance(value, list | dict) else None
    if text is None:
        return value
    if configured.multivalued:
        return [part for part in text.split(";") if part]
    if configured.type == "boolean":
        return {"true": True, "false": False}.get(text, value)
    if configured.type in ("integer", "number"):
        try:
            return int(text) if configured.type == "integer" else float(text)
        except ValueError:
            return value
    return value
