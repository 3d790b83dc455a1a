"""PATCH operations made one update: every attribute ends with one whole value (identity facts, A1, A2 and A4).

`replace` sets it. `add` to an attribute of one value replaces it; to one of several values it adds to what is there.
`remove` without a value clears the attribute; with a value it takes that value away. The operations are taken in
their order. Others (increment, move, copy, transform) are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from console.connector.errors import InvalidAttributeValue, UnsupportedOperation

OPERATIONS = ("replace", "add", "remove")


class PatchOperation(NamedTuple):
    """One operation on one attribute; `value` is None where there is none."""

    operation: str
    field: str
    value: Any = None
    appends: bool = False


class Several(Protocol):
    """How an attribute of several values is taken apart and put together."""

    def has(self, field: str) -> bool:
        """Whether the attribute has several values."""

    def parts(self, value: Any) -> list[Any]:
        """Its values."""

    def whole(self, parts: Sequence[Any]) -> Any:
        """The attribute with these values; None without any."""

    def key(self, part: Any) -> str:
        """What tells one value from another."""


class Patch(NamedTuple):
    """What to write, and what the operator is told besides."""

    changes: dict[str, Any]
    notes: tuple[str, ...]


def read_operations(raw: Any, name_of: Callable[[str], str]) -> list[PatchOperation]:
    """The operations of a PATCH's body; `name_of` gives HubSpot's name of an attribute.

    Raises:
        InvalidAttributeValue: one that is no operation.
        UnsupportedOperation: one that this connector does not have.
    """
    if not isinstance(raw, list | tuple):
        raise InvalidAttributeValue(
            'A patch is a list of operations: [{"operation":"replace","field":"/x","value":1}].'
        )
    return [_operation(one, name_of) for one in raw]


def fields_to_read(operations: Sequence[PatchOperation], several: Several) -> list[str]:
    """The attributes whose present values decide what is written."""
    needed = [
        one.field
        for one in operations
        if (one.operation == "add" and several.has(one.field)) or (one.operation == "remove" and one.value is not None)
    ]
    return list(dict.fromkeys(needed))


def patched(operations: Sequence[PatchOperation], present: Mapping[str, Any], several: Several) -> Patch:
    """What the operations make of the present values. Raises InvalidAttributeValue."""
    changes: dict[str, Any] = {}
    notes: list[str] = []
    for one in operations:
        value = changes.get(one.field, present.get(one.field))
        if one.operation == "replace":
            changes[one.field] = one.value
        elif one.operation == "add":
            changes[one.field] = _added(one, value, several)
        elif one.value is None:
            changes[one.field] = None
        else:
            left = _removed(one, value, several)
            if left is _UNCHANGED:
                notes.append(f"{one.field} does not have the value that was to be removed.")
            else:
                changes[one.field] = left
    return Patch(changes, tuple(notes))


_UNCHANGED = object()


def _added(one: PatchOperation, present: Any, several: Several) -> Any:
    if not several.has(one.field):
        if one.appends:
            raise InvalidAttributeValue(f"{one.field} has one value: nothing can be appended to it.")
        return one.value
    parts = {several.key(part): part for part in several.parts(present)}
    parts |= {several.key(part): part for part in several.parts(one.value)}
    return several.whole(list(parts.values()))


def _removed(one: PatchOperation, present: Any, several: Several) -> Any:
    going = {several.key(part) for part in several.parts(one.value)}
    parts = several.parts(present) if several.has(one.field) else [present] if present not in (None, "") else []
    left = [part for part in parts if several.key(part) not in going]
    if len(left) == len(parts):
        return _UNCHANGED
    return several.whole(left) if several.has(one.field) else None


def _operation(raw: Any, name_of: Callable[[str], str]) -> PatchOperation:
    if (
        not isinstance(raw, Mapping)
        or not isinstance(raw.get("operation"), str)
        or not isinstance(raw.get("field"), str)
    ):
        raise InvalidAttributeValue("An operation of a patch has an operation, a field and mostly a value.")
    operation = raw["operation"].strip().lower()
    if operation not in OPERATIONS:
        raise UnsupportedOperation(
            f"A patch cannot {operation}: HubSpot has no such write.", advice=f"Use one of: {', '.join(OPERATIONS)}."
        )
    path = [part.replace("~1", "/").replace("~0", "~") for part in raw["field"].removeprefix("/").split("/")]
    appends = len(path) == 2 and path[1] == "-" and operation == "add"
    if not path[0] or (len(path) > 1 and not appends):
        raise InvalidAttributeValue(f"{raw['field']} is no attribute: attributes have no parts.")
    if operation == "add" and raw.get("value") is None:
        raise InvalidAttributeValue(f"An add of {path[0]} needs a value.", advice="Use remove to clear an attribute.")
    if operation == "replace" and "value" not in raw:
        raise InvalidAttributeValue(
            f"A replace of {path[0]} needs a value.", advice="Use null, or remove, to clear it."
        )
    return PatchOperation(operation, name_of(path[0]), raw.get("value"), appends)
