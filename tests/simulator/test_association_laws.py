"""Laws of associations that hold after any sequence of writes; no body breaks their endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.simulator.associations import COMPANIES, CONTACTS
from console.simulator.associations_write import MIRROR, associate, dissociate
from console.simulator.config import Options
from console.simulator.merge import Merge, merge
from console.simulator.objects import Objects
from console.simulator.portal import Portal
from console.simulator.privacy import Erasure, erase
from tests.support.simulator import Simulator, start_simulator

ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["label", "replace", "strip", "part", "archive", "merge people", "merge firms", "erase"]),
        st.integers(0, 4),
        st.integers(0, 4),
        st.sets(st.integers(0, 2), max_size=3),
    ),
    max_size=25,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.text(max_size=8) | st.just("1001"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "from", "to", "types", "after", "objectId", "label", "name"]), inner)
    ),
    max_leaves=8,
)
PATHS = [
    ("POST", "/crm/associations/2026-09/contact/company/batch/read"),
    ("POST", "/crm/associations/2026-09/contact/company/batch/create"),
    ("POST", "/crm/associations/2026-09/company/contact/batch/associate/default"),
    ("POST", "/crm/v4/associations/contact/company/batch/archive"),
    ("POST", "/crm/v4/associations/contact/company/batch/labels/archive"),
    ("POST", "/crm/associations/2026-03/contact/company/labels"),
    ("PUT", "/crm/associations/2026-03/contact/company/labels"),
    ("PUT", "/crm/objects/2026-09/contact/1001/associations/company/1001"),
    ("POST", "/crm/objects/2026-09/contacts/merge"),
    ("POST", "/crm/objects/2026-09/contacts/gdpr-delete"),
]


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    with start_simulator(contacts=3, companies=2) as running:
        yield running


@given(ACTIONS, st.booleans())
@settings(max_examples=150, deadline=None)
def test_both_ends_agree_and_one_company_is_primary(actions: list[Any], renewed: bool) -> None:
    portal = Portal(Options(hostile=False))
    portal.switches.merge_new_id = renewed
    people, firms = Objects(portal, CONTACTS), Objects(portal, COMPANIES)
    contacts = [people.store(people.check_create({"email": f"p{n}@law.example"})).id for n in range(5)]
    companies = [firms.store(firms.check_create({"name": f"Firm {n}"})).id for n in range(5)]
    for action in actions:
        _act(portal, people, firms, contacts, companies, *action)
    _check(portal)


def _act(
    portal: Portal,
    people: Objects,
    firms: Objects,
    contacts: list[int],
    companies: list[int],
    verb: str,
    one: int,
    other: int,
    chosen: set[int],
) -> None:
    contact, company = contacts[one], companies[other]
    labels = [portal.associations.labels[number] for number in chosen]
    active = people.find(str(contact)) is not None and firms.find(str(company)) is not None
    if verb in ("label", "replace") and active:
        associate(portal, contact, company, labels, replace=verb == "replace")
    elif verb in ("strip", "part"):
        dissociate(portal, contact, company, labels if verb == "strip" else None)
    elif verb == "archive":
        firms.archive(company)
    elif verb.startswith("merge"):
        objects, ids = (people, contacts) if verb == "merge people" else (firms, companies)
        pair = [objects.find(str(ids[number]), merged=True) for number in (one, other)]
        if pair[0] is not None and pair[1] is not None and pair[0].id != pair[1].id:
            merge(objects, Merge(primary_object_id=pair[0].id, object_id_to_merge=pair[1].id))
    elif verb == "erase" and one == 0 and people.find(str(contact)) is not None:
        erase(people, Erasure(object_id=contact))


def _check(portal: Portal) -> None:
    associations, tables = portal.associations, portal.tables
    for contact, company, labels in associations.pairs():
        assert associations.unlabeled in labels
        assert contact in associations.contacts_of(company)
        assert contact not in tables[CONTACTS].gone
        assert company not in tables[COMPANIES].gone
    for company in tables[COMPANIES].ids:
        found = list(associations.contacts_of(company))
        assert found == sorted(set(found))
        assert all(associations.between(contact, company) for contact in found)
    for record in tables[CONTACTS].records.values():
        links = associations.companies_of(record.id)
        assert [company for company, _ in links] == sorted(company for company, _ in links)
        primary = [str(company) for company, labels in links if associations.primary in labels]
        assert len(primary) <= 1
        shown = [one for one in primary if not tables[COMPANIES].records[int(one)].archived]
        assert record.archived or record.values.get(MIRROR) == (shown[0] if shown else None)


@given(st.sampled_from(PATHS), st.one_of(JSON, st.builds(lambda one: {"inputs": [one]}, JSON)))
@settings(max_examples=120, deadline=None)
def test_no_body_breaks_an_endpoint(hubspot: Simulator, call: tuple[str, str], body: Any) -> None:
    answer = hubspot.request(*call, body)
    assert answer.status in (200, 201, 204, 207, 400, 404)
    assert answer.status < 400 or answer.json["correlationId"]
