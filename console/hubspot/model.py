"""Records, pages and outcomes as the rest of Hubspoke sees them."""

from __future__ import annotations

from typing import Literal

import msgspec

from console.hubspot.errors import HubSpotError

ObjectType = Literal["contacts", "companies"]
Properties = dict[str, str | None]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One CRM record. Every property value is text or None, as HubSpot sends it."""

    id: str
    properties: Properties
    created_at: str | None = None
    updated_at: str | None = None
    archived: bool = False
    archived_at: str | None = None
    url: str | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a listing or a search; `after` is None on the last one."""

    results: list[Record]
    after: str | None = None
    total: int | None = None


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One input of a batch write. `id` is the record id (update, archive) or the key's value (upsert)."""

    properties: Properties = {}
    id: str | None = None
    trace: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one input of a batch: exactly one of `record` and `error`, or neither for an archive."""

    record: Record | None = None
    error: HubSpotError | None = None
    new: bool | None = None

    @property
    def ok(self) -> bool:
        """Whether HubSpot accepted this input."""
        return self.error is None


class AccountDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The HubSpot account behind the credentials (GET /account-info/{version}/details)."""

    portal_id: int
    account_type: str = ""
    portal_name: str = ""
    time_zone: str = ""
    ui_domain: str = ""
    data_hosting_location: str = ""
    utc_offset: str = ""

    @property
    def is_production(self) -> bool:
        """STANDARD accounts hold live customer data."""
        return self.account_type in ("STANDARD", "")


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One choice of an enumeration."""

    value: str
    label: str = ""
    hidden: bool = False


class PropertyDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """The definition of one property."""

    name: str
    label: str = ""
    type: str = "string"
    field_type: str = "text"
    group_name: str = ""
    description: str = ""
    options: tuple[Option, ...] = ()
    read_only: bool = False
    calculated: bool = False
    hidden: bool = False
    unique: bool = False
    hubspot_defined: bool = True

    @property
    def writable(self) -> bool:
        """HubSpot takes values only where the value is neither read-only nor calculated."""
        return not self.read_only and not self.calculated
