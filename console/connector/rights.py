"""What the connector's operations need of HubSpot's scopes (facts section 2.6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

LEGACY = "contacts"
"""The one scope of apps made before there were finer ones; it covers contacts, companies and their definitions."""


class Right(NamedTuple):
    """One kind of operation on one object class, and the scopes of which any one allows it."""

    object_class: str
    operation: Literal["read", "write"]
    any_of: tuple[str, ...]

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.operation} {self.object_class}"


RIGHTS = (
    Right("contact", "read", ("crm.objects.contacts.read",)),
    Right("contact", "write", ("crm.objects.contacts.write",)),
    Right("company", "read", ("crm.objects.companies.read",)),
    Right("company", "write", ("crm.objects.companies.write",)),
    Right("contactProperties", "read", ("crm.schemas.contacts.read", "crm.objects.contacts.read")),
    Right("contactProperties", "write", ("crm.schemas.contacts.write",)),
    Right("companyProperties", "read", ("crm.schemas.companies.read", "crm.objects.companies.read")),
    Right("companyProperties", "write", ("crm.schemas.companies.write",)),
)
"""Create, update and delete are writes; get, search and schema are reads."""


def right(object_class: str, operation: str) -> Right:
    """The one of that class and operation."""
    return next(one for one in RIGHTS if one.object_class == object_class and one.operation == operation)


def lacking(granted: Iterable[str]) -> list[Right]:
    """The rights that these scopes do not give."""
    held = set(granted)
    return [] if LEGACY in held else [one for one in RIGHTS if not held.intersection(one.any_of)]
