"""Associations between two records as the rest of Hubspoke sees them, and as HubSpot writes them."""

from __future__ import annotations

from typing import Any

import msgspec

from console.hubspot.errors import HubSpotError
from console.hubspot.wire import WireId, WirePaging

HUBSPOT_DEFINED = "HUBSPOT_DEFINED"
PRIMARY = {("contacts", "companies"): 1, ("companies", "contacts"): 2}
"""The type of the association with a contact's primary company, in each direction (facts section 9)."""
UNLABELLED = {("contacts", "companies"): 279, ("companies", "contacts"): 280}


class AssociationType(msgspec.Struct, frozen=True):
    """One way in which two records belong together; `label` is empty for the unlabelled one."""

    category: str
    type_id: int
    label: str = ""

    def wire(self) -> dict[str, Any]:
        """The type as a write names it."""
        return {"associationCategory": self.category, "associationTypeId": self.type_id}


class Association(msgspec.Struct, frozen=True):
    """Another record, and all the ways in which it belongs to the one that was asked about."""

    to_id: str
    types: tuple[AssociationType, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, `Primary` among them; the unlabelled type has none."""
        return tuple(one.label for one in self.types if one.label)


class Pair(msgspec.Struct, frozen=True):
    """Two records, by id."""

    from_id: str
    to_id: str


class Associated(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one input: the associations that were read, or why not."""

    associations: tuple[Association, ...] = ()
    error: HubSpotError | None = None


class WireType(msgspec.Struct, rename="camel"):
    """A type in an answer."""

    category: str | None = HUBSPOT_DEFINED
    type_id: int | None = None
    label: str | None = None

    def type(self) -> AssociationType:
        """The type as the rest of Hubspoke sees it."""
        return AssociationType(self.category or HUBSPOT_DEFINED, self.type_id or 0, self.label or "")


class WireTarget(msgspec.Struct, rename="camel"):
    """One associated record; its id is a number or a text (facts section 9)."""

    to_object_id: WireId
    association_types: list[WireType] = []

    def association(self) -> Association:
        """The association as the rest of Hubspoke sees it."""
        return Association(str(self.to_object_id), tuple(found.type() for found in self.association_types))


class WireTargets(msgspec.Struct):
    """A page of the associations of one record."""

    results: list[WireTarget] = []
    paging: WirePaging | None = None


class WireEnd(msgspec.Struct):
    """A record as an end of an association."""

    id: WireId


class WireRead(msgspec.Struct):
    """The associations of one input of a batch."""

    from_: WireEnd = msgspec.field(name="from")
    to: list[WireTarget] = []
    paging: WirePaging | None = None


class WireReads(msgspec.Struct, rename="camel"):
    """What a batch read answers."""

    results: list[WireRead] = []
    errors: list[Any] | None = None
    num_errors: int | None = None


class WireWritten(msgspec.Struct, rename="camel"):
    """One written association: with a label it names ids, by default two ends."""

    from_object_id: WireId | None = None
    to_object_id: WireId | None = None
    from_: WireEnd | None = msgspec.field(name="from", default=None)
    to: WireEnd | None = None

    def pair(self) -> Pair:
        """The two records."""
        start = self.from_.id if self.from_ is not None else self.from_object_id
        end = self.to.id if self.to is not None else self.to_object_id
        return Pair(str(start), str(end))


class WireWrites(msgspec.Struct, rename="camel"):
    """What a batch write answers."""

    results: list[WireWritten] = []
    errors: list[Any] | None = None
    num_errors: int | None = None


class WireLabels(msgspec.Struct):
    """The types that two object types can be associated by."""

    results: list[WireType] = []
