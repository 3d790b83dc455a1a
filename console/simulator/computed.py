"""Properties that HubSpot works out itself; they are not stored but derived when asked for."""

from __future__ import annotations

import re
from collections.abc import Callable

from console.simulator.clock import iso
from console.simulator.credentials import PRIVATE_APP
from console.simulator.store import Record

Derive = Callable[[Record], str | None]


def _full_name_or_email(record: Record) -> str | None:
    values = record.values
    name = " ".join(part for part in (values.get("firstname"), values.get("lastname")) if part)
    return name or values.get("email")


def _email_domain(record: Record) -> str | None:
    email = record.values.get("email")
    return email.rpartition("@")[2] if email else None


def _searchable_phone(record: Record) -> str | None:
    phone = record.values.get("phone")
    if not phone:
        return None
    local = re.sub(r"^(?:\+|00)\d{1,3}\b", "", phone.strip())
    return re.sub(r"\D", "", local) or None


def _lead_date(record: Record) -> str | None:
    return iso(record.created) if record.values.get("lifecyclestage") == "lead" else None


def _merged(record: Record) -> list[str]:
    return [part for part in record.values.get("hs_merged_object_ids", "").split(";") if part]


_COMMON: dict[str, Derive] = {
    "hs_object_id": lambda record: str(record.id),
    "createdate": lambda record: iso(record.created),
    "hs_createdate": lambda record: iso(record.created),
    "hs_lastmodifieddate": lambda record: iso(record.updated),
    "hs_object_source": lambda _: "INTEGRATION",
    "hs_object_source_id": lambda _: str(PRIVATE_APP),
    "hs_object_source_label": lambda _: "INTEGRATION",
    "num_notes": lambda _: "0",
}
CONTACT: dict[str, Derive] = {
    **_COMMON,
    "lastmodifieddate": lambda record: iso(record.updated),
    "hs_all_contact_vids": lambda record: ";".join([str(record.id), *_merged(record)]),
    "hs_email_domain": _email_domain,
    "hs_full_name_or_email": _full_name_or_email,
    "hs_is_contact": lambda _: "true",
    "hs_is_unworked": lambda _: "true",
    "hs_lifecyclestage_lead_date": _lead_date,
    "hs_marketable_status": lambda _: "false",
    "hs_pipeline": lambda _: "contacts-lifecycle-pipeline",
    "hs_searchable_calculated_phone_number": _searchable_phone,
}
COMPANY: dict[str, Derive] = {
    **_COMMON,
    "hs_num_child_companies": lambda _: "0",
}
COMPUTED = {"contacts": CONTACT, "companies": COMPANY}
# what an update's answer shows besides the values that were sent
AFTER_UPDATE = {
    "contacts": ("createdate", "hs_full_name_or_email", "hs_is_contact", "hs_object_id", "lastmodifieddate"),
    "companies": ("createdate", "hs_lastmodifieddate", "hs_object_id"),
}
EPOCH_ON_CREATE = "hs_lifecyclestage_lead_date"  # comes back as epoch milliseconds from a create
