"""Fills a new portal from its seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from console.simulator import hostile, people
from console.simulator.associations_write import MIRROR
from console.simulator.portal import Portal
from console.simulator.store import FIRST_ID, Record

PEOPLE_PER_COMPANY = 8


def fill(portal: Portal) -> None:
    """Seed contacts and companies, who are associated; hostile ones come last: they do not change the others."""
    options = portal.options
    count = options.companies if options.companies is not None else options.contacts // PEOPLE_PER_COMPANY
    firms = people.firms(count, options.seed)
    companies = people.companies(firms, FIRST_ID, options.seed)
    contacts = people.contacts(options.contacts, firms, FIRST_ID, options.seed)
    if options.hostile:
        companies = _followed(companies, hostile.companies)
        contacts = _followed(contacts, hostile.contacts)
    portal.tables["companies"].load(companies)
    table = portal.tables["contacts"]
    table.load(contacts)
    employed = (record for record in table.records.values() if MIRROR in record.values)
    portal.associations.load_primary((record.id, int(record.values[MIRROR])) for record in employed)


def _followed(records: Iterator[Record], more: Callable[[int, int], Iterator[Record]]) -> Iterator[Record]:
    last = FIRST_ID
    for record in records:
        last = record.id
        yield record
    yield from more(last + 1, people.LAST_CREATED)
