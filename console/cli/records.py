"""What `search`, `get` and `schema` share: classes of objects and the shapes of records."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.hubspot.model import Record

CLASSES = ("contact", "company")
DEFAULT_FIELDS = {
    "contact": ("email", "firstname", "lastname", "phone", "jobtitle", "company"),
    "company": ("name", "domain", "city", "country", "phone"),
}


def add_class(parser: argparse.ArgumentParser) -> None:
    """The positional argument that names a class."""
    parser.add_argument("object_class", metavar="CLASS", choices=CLASSES, help="contact or company")


def fields_of(text: str | None, object_class: str) -> tuple[str, ...]:
    """The properties to show: those asked for, or a handful."""
    if text is None:
        return DEFAULT_FIELDS[object_class]
    return names_of(text)


def names_of(text: str | None) -> tuple[str, ...]:
    """The properties that a list with commas names."""
    return tuple(dict.fromkeys(name for part in (text or "").split(",") if (name := part.strip())))


def row(record: Record, fields: Sequence[str]) -> tuple[object, ...]:
    """A record as a line of a table."""
    return record.id, *(record.properties.get(name) for name in fields)


def shape(record: Record, fields: Sequence[str] | None = None) -> dict[str, object]:
    """A record as JSON: exact values."""
    properties = record.properties if fields is None else {name: record.properties.get(name) for name in fields}
    return {
        "id": record.id,
        "properties": properties,
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "archived": record.archived,
    }
