"""Companies by their domain, which HubSpot does not hold unique: several may have one, and some come by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.hubspot.errors import NotFound
from console.hubspot.model import ObjectType, Page, Record
from console.hubspot.search import BODY_CHARACTERS
from console.provisioning.limits import bounded
from console.provisioning.target import Target

SHARED_KEYS: Mapping[str, tuple[str, ...]] = {"company": ("domain",)}
"""Correlation keys that several records of a class may share: HubSpot is searched for them."""
BATCH = 100
_COMPANY, _MAIL_DOMAIN = "associatedcompanyid", "hs_email_domain"
_ROOM = BODY_CHARACTERS - 600
"""Characters of a search for the values; the rest is for its frame."""


class Companies:
    """Looks companies up by domain. `requests` counts what that cost."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.requests = 0

    async def by_domain(self, domains: Sequence[str], properties: Sequence[str]) -> dict[str, list[Record]]:
        """The companies of each domain, as HubSpot's index knows them, with their present values."""
        found: dict[str, list[Record]] = {domain: [] for domain in domains}
        uids: list[str] = []
        for part in _parts(_folded(domains)):
            after: str | None = None
            while True:
                page = await self._page("companies", [_among("domain", part)], ("domain",), after)
                uids += [record.id for record in page.results]
                after = page.after
                if after is None:
                    break
        await self._sort(uids, found, properties)
        return found

    async def present(self, domains: Sequence[str], properties: Sequence[str] = ()) -> dict[str, list[Record]]:
        """The companies of each domain right before one is made: by domain, then as a contact's company.

        HubSpot gives a new contact the company of its mail domain by itself, and its index learns of it later.
        """
        found = await self.by_domain(domains, properties)
        uids: list[str] = []
        for part in _parts(_folded([domain for domain in domains if not found[domain]])):
            uids += await self._of_contacts(part)
        await self._sort(list(dict.fromkeys(uids)), found, properties)
        return found

    async def _of_contacts(self, domains: list[str]) -> list[str]:
        """The companies of contacts with these mail domains; one contact a domain is enough."""
        uids: list[str] = []
        waiting = domains
        while waiting:
            filters = [_among(_MAIL_DOMAIN, waiting), {"propertyName": _COMPANY, "operator": "HAS_PROPERTY"}]
            page = await self._page("contacts", filters, (_MAIL_DOMAIN, _COMPANY), None)
            uids += [uid for contact in page.results if (uid := contact.properties.get(_COMPANY))]
            seen = {(contact.properties.get(_MAIL_DOMAIN) or "").casefold() for contact in page.results}
            left = [domain for domain in waiting if domain not in seen]
            waiting = left if page.after is not None and len(left) < len(waiting) else []
        return uids

    async def _sort(self, uids: Sequence[str], found: dict[str, list[Record]], properties: Sequence[str]) -> None:
        """Read the companies and file them under the domain that they have now."""
        asked: dict[str, list[str]] = {}
        for domain in found:
            asked.setdefault(domain.strip().casefold(), []).append(domain)
        for start in range(0, len(uids), BATCH):
            reading = self._target.batch_read(
                "company", uids[start : start + BATCH], properties=tuple(dict.fromkeys([*properties, "domain"]))
            )
            outcomes = await bounded(self._target.profile, "GET", reading)
            self.requests += 1
            for outcome in outcomes:
                if outcome.error is not None and not isinstance(outcome.error, NotFound):
                    raise outcome.error
                record = outcome.record
                domain = (record.properties.get("domain") or "").strip().casefold() if record is not None else ""
                for name in asked.get(domain, ()):
                    if record is not None and all(known.id != record.id for known in found[name]):
                        found[name].append(record)

    async def _page(
        self, kind: ObjectType, filters: Sequence[dict[str, Any]], properties: Sequence[str], after: str | None
    ) -> Page:
        self.requests += 1
        objects = self._target.hubspot.objects(kind)
        searching = objects.search([{"filters": list(filters)}], properties=properties, after=after)
        return await bounded(self._target.profile, "SEARCH", searching)


def _among(name: str, values: Sequence[str]) -> dict[str, Any]:
    return {"propertyName": name, "operator": "IN", "values": list(values)}


def _folded(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(value.strip().casefold() for value in values))


def _parts(values: Sequence[str]) -> Iterator[list[str]]:
    """As many values as one search has room for, at most 100."""
    part: list[str] = []
    size = 0
    for value in values:
        length = len(value.encode()) + 3
        if part and (len(part) == BATCH or size + length > _ROOM):
            yield part
            part, size = [], 0
        part.append(value)
        size += length
    if part:
        yield part
