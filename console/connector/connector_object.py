"""Objects as the operations of the connector give them."""

from __future__ import annotations

from typing import Any

import msgspec


class ConnectorObject(msgspec.Struct, frozen=True, kw_only=True):
    """One object of one class. Attributes have the values as HubSpot writes them: text or None for records.

    `uid` is the object's own: after a merge it is not the one that was asked for, and a note says so. `name` is
    empty where the answer to a write does not hold it.
    `revision` is the moment of the last change, to be given back as `if_match`; empty where HubSpot does not tell.
    `notes` are for the operator: what was followed, kept or not taken. They may hold foreign text.
    """

    object_class: str
    uid: str
    name: str
    attributes: dict[str, Any]
    revision: str = ""
    notes: tuple[str, ...] = ()

    def noted(self, *notes: str) -> ConnectorObject:
        """The same object with more notes."""
        return msgspec.structs.replace(self, notes=(*self.notes, *notes)) if notes else self


class ObjectPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a search: `cookie` gets the next one, None on the last; `total` where HubSpot told it."""

    objects: list[ConnectorObject]
    cookie: str | None = None
    total: int | None = None
    note: str = ""


class AttributeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the schema says of one attribute; `flags` are the framework's words."""

    name: str
    native_name: str
    type: str
    flags: tuple[str, ...] = ()
    label: str = ""
    options: tuple[str, ...] = ()
