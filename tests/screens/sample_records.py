"""A few records for pictures of the record screens; the connector's real operations run over them.

Uids ending in 404, 410, 301 and 500 are of records that are not there, archived, merged away, and not to be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from console.connector.classes import object_class
from console.hubspot.associations import Association, AssociationType
from console.hubspot.errors import Conflict, NotFound, ServerFault
from console.hubspot.model import AccountDetails, Option, Outcome, PropertyDefinition, Record
from tests.screens import samples

P = PropertyDefinition


def options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value=value, label=value.replace("_", " ").capitalize()) for value in values)


CONTACT = (
    P(name="email", label="Email", unique=True, group_name="contactinformation"),
    P(name="firstname", label="First name", group_name="contactinformation"),
    P(name="lastname", label="Last name", group_name="contactinformation"),
    P(name="phone", label="Phone number", field_type="phonenumber", group_name="contactinformation"),
    P(name="company", label="Company name", group_name="contactinformation"),
    P(name="jobtitle", label="Job title", group_name="contactinformation"),
    P(name="city", label="City", group_name="contactinformation"),
    P(name="fax", label="Fax number", field_type="phonenumber", group_name="contactinformation"),
    P(name="message", label="Message", field_type="textarea", group_name="contactinformation"),
    P(name="date_of_birth", label="Date of birth", type="date", field_type="date", group_name="contactinformation"),
    P(name="annualrevenue", label="Annual revenue", type="number", field_type="number", group_name="contactinformation"),
    P(name="hs_language", label="Preferred language", type="enumeration", field_type="select", options=options("en", "de", "si", "ta"), group_name="contactinformation"),
    P(name="lifecyclestage", label="Lifecycle stage", type="enumeration", field_type="radio", options=options("subscriber", "lead", "opportunity", "customer", "evangelist"), group_name="contactinformation"),
    P(name="newsletters", label="Newsletters", type="enumeration", field_type="checkbox", options=options("product_news", "events", "security", "partners"), group_name="contactinformation", hubspot_defined=False),
    P(name="vip", label="Very important", type="bool", field_type="booleancheckbox", options=options("true", "false"), group_name="contactinformation", hubspot_defined=False),
    P(name="createdate", label="Create date", type="datetime", field_type="date", read_only=True, group_name="contactinformation"),
    P(name="lastmodifieddate", label="Last modified date", type="datetime", field_type="date", read_only=True, group_name="contactinformation"),
    P(name="hs_object_id", label="Record ID", type="number", field_type="number", read_only=True, group_name="contactinformation"),
    P(name="hs_email_domain", label="Email domain", calculated=True, read_only=True, group_name="email_information"),
    P(name="num_notes", label="Number of sales activities", type="number", field_type="number", calculated=True, group_name="sales_properties"),
)  # fmt: skip
COMPANY = (
    P(name="name", label="Company name", group_name="companyinformation"),
    P(name="domain", label="Company domain name", group_name="companyinformation"),
    P(name="city", label="City", group_name="companyinformation"),
    P(name="hs_object_id", label="Record ID", type="number", field_type="number", read_only=True),
    P(name="hs_lastmodifieddate", label="Last modified date", type="datetime", field_type="date", read_only=True),
)
SCHEMAS = {"contact": CONTACT, "company": COMPANY}
COMPANIES = ("Acme Manufacturing", "Acme Logistics", "Galle Fort Holdings")
EXTRA = {
    "phone": "+94 91 222 3344",
    "date_of_birth": "1981-03-14",
    "hs_language": "en",
    "lifecyclestage": "customer",
    "newsletters": "events;security",
    "vip": "true",
    "message": "Prefers a call in the morning.\nSpeaks for the whole plant.",
    "createdate": "2026-01-05T08:00:00Z",
    "hs_email_domain": "acme.example",
    "num_notes": "7",
}
PAST = {
    "jobtitle": (
        ("Engineer", "2026-11-20T10:00:00Z", "CRM_UI", "", "Karen Holt", "812344"),
        ("Junior engineer", "2026-09-02T07:30:00Z", "INTEGRATION", "44321", "hubspoke", ""),
        ("Trainee", "2026-01-05T08:00:00Z", "IMPORT", "901", "spring.csv", ""),
    ),
    "city": (
        ("Galle", "2026-11-14T16:20:00Z", "INTEGRATION", "44321", "hubspoke", ""),
        ("Colombo", "2026-01-05T08:00:00Z", "IMPORT", "901", "spring.csv", ""),
    ),
    "email": (("ada.2@acme.example", "2026-01-05T08:00:00Z", "IMPORT", "901", "spring.csv", ""),),
}
KEYS = ("value", "timestamp", "sourceType", "sourceId", "sourceLabel", "updatedByUserId")
PRIMARY = AssociationType("HUBSPOT_DEFINED", 1, "Primary")
PLAIN = AssociationType("HUBSPOT_DEFINED", 279)
BILLING = AssociationType("USER_DEFINED", 31, "Billing contact")


def company(number: int) -> Record:
    name = COMPANIES[number % 3]
    properties: dict[str, str | None] = {"name": name, "domain": f"{name.split()[1].lower()}.example", "city": "Galle"}
    properties |= {"hs_object_id": str(61_000_000 + number), "hs_lastmodifieddate": "2026-11-19T10:00:00Z"}
    return Record(id=str(61_000_000 + number), properties=properties, updated_at="2026-11-19T10:00:00Z")


class Told:
    """An answer of HubSpot's."""

    def __init__(self, body: Any) -> None:
        self.body = body

    def decode(self, kind: Any) -> Any:
        return msgspec.convert(self.body, kind)


class SampleClient:
    version = "2026-09"

    async def request(self, method: str, path: str, **more: Any) -> Told:
        told = {name: [dict(zip(KEYS, one, strict=True)) for one in past] for name, past in PAST.items()}
        return Told({"propertiesWithHistory": told})


class SampleAssociations:
    def at(self, priority: str) -> SampleAssociations:
        return self

    async def read(self, from_type: str, to_type: str, ids: Sequence[str]) -> dict[str, list[Association]]:
        if ids[0].endswith("7"):
            return {uid: [] for uid in ids}
        found = [Association("61000000", (PRIMARY, PLAIN)), Association("61000001", (BILLING, PLAIN))]
        return {uid: [*found, Association("61000002", (PLAIN,))] for uid in ids}

    async def labels(self, from_type: str, to_type: str) -> list[AssociationType]:
        return [PLAIN, PRIMARY, BILLING]


class SampleHubSpot:
    client = SampleClient()
    associations = SampleAssociations()

    async def merge(self, *_: Any) -> Record:
        return await SampleObjects("contact").read("51000002")


class SampleObjects:
    """Records of one class."""

    def __init__(self, cls: str) -> None:
        self._cls = cls
        self.object_type = object_class(cls).object_type

    def _record(self, uid: str) -> Record:
        number = int(uid) % 1_000_000
        if self._cls == "company":
            return company(number)
        from tests.screens.sample_session import contact

        found = contact(number)
        extra: dict[str, str | None] = {**EXTRA, "hs_object_id": found.id}
        return msgspec.structs.replace(found, properties=extra | found.properties)

    async def read(
        self, uid: str, properties: Sequence[str] = (), id_property: str | None = None, archived: bool = False
    ) -> Record:
        if id_property is not None:
            if "taken" in uid:
                return self._record("51000009")
            raise NotFound("resource not found")
        if uid.endswith("999"):
            await asyncio.sleep(3600)  # an answer that does not come
        if uid.endswith("500"):
            raise ServerFault("HubSpot answered 503: the service is not available.", advice="Try again in a minute.")
        if uid.endswith("410") and archived:
            return msgspec.structs.replace(self._record(uid), archived=True, archived_at="2026-11-18T12:00:00Z")
        if uid.endswith(("404", "410")):
            raise NotFound("resource not found")
        if uid.endswith("301"):
            uid = "51000002"
        found = self._record(uid)
        asked = {name: found.properties.get(name) for name in properties} or found.properties
        return msgspec.structs.replace(found, properties=dict(asked))

    async def batch_read(
        self, keys: Sequence[str], properties: Sequence[str] = (), id_property: str | None = None
    ) -> list[Outcome]:
        made = []
        for key in keys:
            try:
                made.append(Outcome(record=await self.read(key, properties, id_property)))
            except NotFound as error:
                made.append(Outcome(error=error))
        return made

    async def update(self, uid: str, properties: dict[str, str | None]) -> Record:
        if properties.get("lifecyclestage") == "lead":
            properties = {"lifecyclestage": "customer"}  # HubSpot does not go back
        if properties.get("email"):
            raise Conflict("Contact already exists. Existing ID: 51000009", existing_id="51000009")
        return msgspec.structs.replace(self._record(uid), properties=dict(properties))

    async def create(self, properties: dict[str, str | None]) -> Record:
        return msgspec.structs.replace(self._record("51000011"), properties=dict(properties))

    async def archive(self, uid: str) -> None:
        return None

    async def batch_archive(self, ids: Sequence[str]) -> list[Outcome]:
        return [Outcome() for _ in ids]


class RecordConnector:
    """What the connector's operations ask of a connector."""

    live_schema = True
    priority = "interactive"

    def __init__(self) -> None:
        self.profile = samples.PROFILE
        self.hubspot = SampleHubSpot()

    def at(self, priority: str) -> Any:
        return self

    def kind(self, cls: str) -> Any:
        return object_class(cls)

    def objects(self, cls: str) -> Any:
        return SampleObjects(cls)

    def forget_schema(self, cls: str) -> None:
        return None

    async def details(self, *, fresh: bool = False) -> AccountDetails:
        return AccountDetails(portal_id=46123456, account_type="STANDARD", portal_name="Acme Manufacturing")

    async def schema(self, cls: str, **_: Any) -> dict[str, PropertyDefinition]:
        from console.connector.default_schema import default_schema

        found = SCHEMAS.get(cls)
        return {one.name: one for one in found} if found is not None else default_schema(cls)

    async def get(self, cls: str, uid: str, properties: Sequence[str] = ()) -> Record:
        return await SampleObjects(cls).read(uid, properties)

    async def batch_read(self, cls: str, keys: Sequence[str], **more: Any) -> list[Outcome]:
        return await SampleObjects(cls).batch_read(keys, **more)

    async def batch_archive(self, cls: str, ids: Sequence[str]) -> list[Outcome]:
        return await SampleObjects(cls).batch_archive(ids)

    async def find(self, cls: str, key_property: str, values: Sequence[str], properties: Any = ()) -> list[Outcome]:
        return await SampleObjects(cls).batch_read(values, properties, key_property)
