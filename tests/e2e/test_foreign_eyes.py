"""What Hubspoke wrote, seen through HubSpot's own SDKs."""

from __future__ import annotations

from pathlib import Path

import hubspot
from hubspot.crm.contacts import Filter, FilterGroup, PublicObjectSearchRequest
from hubspot_sdk import HubSpot

from tests.support.operator import Operator
from tests.support.people import wanted, write_people
from tests.support.simulator import start_simulator

PEOPLE = 150


def test_both_official_sdks_see_the_people_of_the_file(tmp_path: Path) -> None:
    with start_simulator() as simulator:
        operator = Operator(tmp_path, simulator.url, simulator.token)
        operator.run("provision", str(write_people(tmp_path, PEOPLE)), "--yes", "--attached")

        older = hubspot.HubSpot(access_token=simulator.token, host=simulator.url)
        names = list(wanted(1))
        seen = {
            record.properties["email"]: record.properties for record in older.crm.contacts.get_all(properties=names)
        }
        assert {email: {name: values[name] for name in names} for email, values in seen.items()} == {
            wanted(number)["email"]: wanted(number) for number in range(1, PEOPLE + 1)
        }
        asked = PublicObjectSearchRequest(
            filter_groups=[FilterGroup(filters=[Filter(property_name="email", operator="EQ", value=wanted(7)["email"])])],
            properties=names, limit=10,
        )  # fmt: skip
        (found,) = older.crm.contacts.search_api.do_search(public_object_search_request=asked).results
        assert found.properties["lastname"] == wanted(7)["lastname"]

        newer = HubSpot(access_token=simulator.token, base_url=simulator.url)
        (page,) = [newer.crm.objects.contacts.list(limit=100, properties=names)]
        assert len(page.results) == 100
        assert all((record.properties["email"] or "").startswith("person.") for record in page.results)
