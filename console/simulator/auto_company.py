"""The account setting that gives new contacts a company by their mail domain, some time later. Facts: section 3.4."""

from __future__ import annotations

from console.simulator.associations import COMPANIES, CONTACTS
from console.simulator.associations_write import associate
from console.simulator.people import FREE_MAIL
from console.simulator.portal import Portal
from console.simulator.store import Record

PERSONAL = frozenset(
    (
        *FREE_MAIL,
        "aol.com",
        "gmail.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "web.de",
        "yahoo.com",
        "yandex.ru",
    )
)


def expect(portal: Portal, contact: Record) -> None:
    """A contact was created: if its mail domain is a business's, its company follows after the delay."""
    domain = _domain(contact)
    if portal.switches.auto_companies and domain and domain not in PERSONAL:
        portal.later(portal.switches.auto_company_delay, lambda due: _arrive(portal, contact.id, due))


def _arrive(portal: Portal, contact: int, due: float) -> None:
    """Associate the contact with the company of its domain, which is made if there is none."""
    table, now, lag = portal.tables[CONTACTS], portal.clock.now(), portal.switches.index_lag
    record = table.records[contact]
    domain = _domain(record)
    if record.archived or not domain or portal.associations.companies_of(contact):
        return
    company = portal.domains.get(domain)
    if company is None:
        company = _make(portal, domain, due)
    associate(portal, contact, company, (), replace=False)
    present = table.records[contact]
    updated = max(int(due * 1000), present.updated + 1)
    table.put(Record(contact, present.created, updated, 0, present.values), now, lag)


def _make(portal: Portal, domain: str, due: float) -> int:
    table, ms = portal.tables[COMPANIES], int(due * 1000)
    name = domain.partition(".")[0].capitalize()
    company = Record(table.new_id(), ms, ms, 0, {"name": name, "domain": domain, "website": domain})
    portal.domains.put(company, portal.clock.now(), portal.switches.index_lag)
    portal.wrote("auto-create", COMPANIES, company.id, name, "")
    return company.id


def _domain(contact: Record) -> str:
    return contact.values.get("email", "").rpartition("@")[2]
