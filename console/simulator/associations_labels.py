"""Definitions of association labels: listed, made, renamed and taken away. Facts: section 9."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from console.simulator.associations import USER, Label
from console.simulator.associations_read import typed
from console.simulator.associations_write import other_type
from console.simulator.portal import Portal
from console.simulator.problems import invalid, not_found

_NAME = re.compile(r"[A-Za-z]\w{0,99}\Z", re.ASCII)


class NewLabel(msgspec.Struct, rename="camel"):
    """Body of POST labels; without an inverse both ways have the same text."""

    label: str
    name: str
    inverse_label: str | None = None


class ChangedLabel(msgspec.Struct, rename="camel"):
    """Body of PUT labels."""

    association_type_id: int
    label: str
    inverse_label: str | None = None


def listed(portal: Portal, from_type: str) -> list[dict[str, Any]]:
    """Every label between the two types, seen from one of them."""
    return typed(portal.associations.labels, from_type)


def make(portal: Portal, from_type: str, new: NewLabel) -> list[dict[str, Any]]:
    """A user-defined label: both of its definitions."""
    associations = portal.associations
    if not _NAME.match(new.name):
        raise invalid(f"Label name '{new.name}' is not valid.")
    if not new.label:
        raise invalid("A label needs a text.")
    if any(new.name == label.name for label in associations.labels):
        raise invalid(f"An association label with the name '{new.name}' already exists.")
    label = associations.define(new.name, from_type, new.label, new.inverse_label or new.label)
    return typed([label], from_type) + typed([label], other_type(from_type))


def rename(portal: Portal, from_type: str, changed: ChangedLabel) -> None:
    """Other texts for a user-defined label."""
    label = _own(portal, from_type, changed.association_type_id)
    label.texts[from_type] = changed.label
    if changed.inverse_label is not None:
        label.texts[other_type(from_type)] = changed.inverse_label


def remove(portal: Portal, from_type: str, type_id: int) -> None:
    """Take a user-defined label away, from the pairs that have it too."""
    portal.associations.forget(_own(portal, from_type, type_id))


def _own(portal: Portal, from_type: str, type_id: int) -> Label:
    label = portal.associations.label(from_type, USER, type_id)
    if label is not None:
        return label
    if any(one.ids[from_type] == type_id for one in portal.associations.labels):
        raise invalid(f"Association type {type_id} is defined by HubSpot and cannot be changed.")
    raise not_found()
