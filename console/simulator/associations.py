"""Which contact belongs to which companies, and by which labels. Facts: section 9."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

HUBSPOT, USER = "HUBSPOT_DEFINED", "USER_DEFINED"
CONTACTS, COMPANIES = "contacts", "companies"
FIRST_USER_TYPE = 35  # user-defined ids overlap with HubSpot's own: category and id together name a type


class Label:
    """One kind of association; it has an id and a text for each way to look at it (None: unlabeled)."""

    __slots__ = ("category", "ids", "name", "texts")

    def __init__(
        self, category: str, name: str, contact: tuple[int, str | None], company: tuple[int, str | None]
    ) -> None:
        self.category = category
        self.name = name
        self.ids = {CONTACTS: contact[0], COMPANIES: company[0]}
        self.texts = {CONTACTS: contact[1], COMPANIES: company[1]}

    def kind(self, from_type: str) -> str:
        """The `type` in the associations of an object: `contact_to_company_unlabeled`."""
        way = "contact_to_company" if from_type == CONTACTS else "company_to_contact"
        return {"primary": way, "unlabeled": f"{way}_unlabeled"}.get(self.name, self.name)


Labels = tuple[Label, ...]
Link = tuple[int, Labels]


class Associations:
    """All pairs of contact and company of a portal; compact, because a large portal has one for nearly every contact."""

    def __init__(self) -> None:
        self.unlabeled = Label(HUBSPOT, "unlabeled", (279, None), (280, None))
        self.primary = Label(HUBSPOT, "primary", (1, "Primary"), (2, "Primary"))
        billing = Label(HUBSPOT, "billing_contact", (931, "Billing contact"), (930, "Billing contact"))
        self.labels = [self.primary, self.unlabeled, billing]
        self.next_type = FIRST_USER_TYPE
        self._companies: dict[int, tuple[Link, ...]] = {}
        self._contacts: dict[int, array[int]] = {}
        self._shared: dict[Labels, Labels] = {}

    # definitions

    def label(self, from_type: str, category: str, type_id: int) -> Label | None:
        """The label with this id, seen from `from_type`."""
        for label in self.labels:
            if label.category == category and label.ids[from_type] == type_id:
                return label
        return None

    def define(self, name: str, from_type: str, text: str, inverse: str) -> Label:
        """A new user-defined label with an id for each way."""
        forward, backward = (self.next_type, text), (self.next_type + 1, inverse)
        self.next_type += 2
        ways = (forward, backward) if from_type == CONTACTS else (backward, forward)
        label = Label(USER, name, *ways)
        self.labels.append(label)
        return label

    def forget(self, label: Label) -> None:
        """Take a label away, from every pair that has it too."""
        self.labels.remove(label)
        for contact, company, labels in list(self.pairs()):
            if label in labels:
                self.put(contact, company, (one for one in labels if one is not label))

    # pairs

    def companies_of(self, contact: int) -> tuple[Link, ...]:
        """Companies of a contact with their labels, by id."""
        return self._companies.get(contact, ())

    def contacts_of(self, company: int) -> array[int] | tuple[int, ...]:
        """Contacts of a company, by id."""
        return self._contacts.get(company, ())

    def between(self, contact: int, company: int) -> Labels:
        """The labels of a pair; none if the two are not associated."""
        for id_, labels in self.companies_of(contact):
            if id_ == company:
                return labels
        return ()

    def primary_of(self, contact: int) -> int | None:
        """The primary company of a contact."""
        for id_, labels in self.companies_of(contact):
            if self.primary in labels:
                return id_
        return None

    def put(self, contact: int, company: int, labels: Iterable[Label]) -> None:
        """Give a pair exactly these labels; none ends the association."""
        wanted = set(labels)
        kept = tuple(label for label in self.labels if label in wanted)
        others = [link for link in self.companies_of(contact) if link[0] != company]
        if kept:
            others.append((company, self._shared.setdefault(kept, kept)))
            self._companies[contact] = tuple(sorted(others, key=lambda link: link[0]))
            self._add_contact(company, contact)
        else:
            self._set_companies(contact, others)
            self._remove_contact(company, contact)

    def drop(self, object_type: str, id_: int) -> None:
        """End all associations of a record."""
        if object_type == CONTACTS:
            for company, _ in self._companies.pop(id_, ()):
                self._remove_contact(company, id_)
        else:
            for contact in self._contacts.pop(id_, array("q")):
                self._set_companies(contact, [link for link in self.companies_of(contact) if link[0] != id_])

    def load_primary(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Fill at start: contacts by growing id, each with its only company."""
        labels = (self.primary, self.unlabeled)
        links: dict[int, tuple[Link, ...]] = {}
        for contact, company in pairs:
            link = links.get(company)
            if link is None:
                link = links[company] = ((company, labels),)
                self._contacts[company] = array("q")
            self._companies[contact] = link
            self._contacts[company].append(contact)

    def pairs(self) -> Iterator[tuple[int, int, Labels]]:
        """Every contact, company and their labels."""
        for contact, links in self._companies.items():
            for company, labels in links:
                yield contact, company, labels

    def _set_companies(self, contact: int, links: list[Link]) -> None:
        if links:
            self._companies[contact] = tuple(links)
        else:
            self._companies.pop(contact, None)

    def _add_contact(self, company: int, contact: int) -> None:
        contacts = self._contacts.setdefault(company, array("q"))
        position = bisect_left(contacts, contact)
        if position == len(contacts) or contacts[position] != contact:
            contacts.insert(position, contact)

    def _remove_contact(self, company: int, contact: int) -> None:
        contacts = self._contacts.get(company)
        if contacts is None:
            return
        position = bisect_left(contacts, contact)
        if position < len(contacts) and contacts[position] == contact:
            del contacts[position]
        if not contacts:
            del self._contacts[company]
