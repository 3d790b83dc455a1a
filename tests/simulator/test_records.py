"""Single records: what is returned, kept, altered, ignored and refused. Facts: section 3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.judge import Answer
from tests.support.simulator import Simulator, start_simulator

CONTACTS = "/crm/objects/2026-09/contacts"
COMPANIES = "/crm/objects/2026-09/companies"


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Simulator]:
    """One portal with some people; every test writes under a mail domain of its own."""
    with start_simulator(contacts=25, companies=5, seed=3) as running:
        yield running


def make(hubspot: Simulator, email: str, **values: Any) -> dict[str, Any]:
    answer = hubspot.post(CONTACTS, {"properties": {"email": email, **values}})
    assert answer.status == 201, answer.text
    return dict(answer.json)


def change(hubspot: Simulator, id_: str, **values: Any) -> Answer:
    return hubspot.request("PATCH", f"{CONTACTS}/{id_}", {"properties": values})


@pytest.mark.parametrize("base", ["/crm/v3/objects", "/crm/objects/2026-03", "/crm/objects/2026-09"])
@pytest.mark.parametrize("name", ["contacts", "contact", "0-1"])
def test_all_versions_and_names_lead_to_the_same_records(hubspot: Simulator, base: str, name: str) -> None:
    page = hubspot.get(f"{base}/{name}?limit=1")
    assert page.json["results"][0]["id"] == "1001"
    assert set(page.json["results"][0]["properties"]) == {
        "createdate",
        "email",
        "firstname",
        "hs_object_id",
        "lastmodifieddate",
        "lastname",
    }


def test_an_unknown_object_type(hubspot: Simulator) -> None:
    answer = hubspot.get("/crm/objects/2026-09/butterflies")
    assert answer.status == 400
    assert answer.json["message"] == "Unable to infer object type from: butterflies"
    assert "category" not in answer.json


def test_a_create_answers_what_was_set_and_what_was_worked_out(hubspot: Simulator) -> None:
    made = make(hubspot, " Ada@Create.Example ", firstname="Ada", lastname="Byron")
    values = made["properties"]
    assert values["email"] == "ada@create.example"
    assert values["hs_full_name_or_email"] == "Ada Byron"
    assert values["hs_email_domain"] == "create.example"
    assert values["lifecyclestage"] == "lead"
    assert values["hs_lifecyclestage_lead_date"].isdigit()
    assert values["hs_object_id"] == made["id"]
    assert made["url"].endswith(f"/record/0-1/{made['id']}")


def test_asking_for_properties(hubspot: Simulator) -> None:
    made = make(hubspot, "asked@read.example")
    answer = hubspot.get(f"{CONTACTS}/{made['id']}?properties=phone,no_such&properties=city")
    assert answer.json["properties"] == {
        "createdate": made["createdAt"],
        "hs_object_id": made["id"],
        "lastmodifieddate": made["updatedAt"],
        "phone": None,  # defined but empty
        "city": None,
    }


def test_email_is_unique_whatever_the_case(hubspot: Simulator) -> None:
    first = make(hubspot, "only@one.example")
    second = make(hubspot, "other@one.example")
    clash = hubspot.post(CONTACTS, {"properties": {"email": "ONLY@One.Example"}})
    assert clash.status == 409
    assert clash.json["category"] == "CONFLICT"
    assert clash.json["message"] == f"Contact already exists. Existing ID: {first['id']}"
    assert change(hubspot, second["id"], email="Only@one.example").status == 409
    assert change(hubspot, first["id"], email="ONLY@one.example").status == 200  # its own
    hubspot.mutate("contacts", first["id"], hs_additional_emails="second@one.example;third@one.example")
    assert hubspot.post(CONTACTS, {"properties": {"email": "third@one.example"}}).status == 409


def test_an_archived_email_is_free_again(hubspot: Simulator) -> None:
    made = make(hubspot, "leaver@archive.example")
    assert hubspot.request("DELETE", f"{CONTACTS}/{made['id']}").status == 204
    assert hubspot.request("DELETE", f"{CONTACTS}/{made['id']}").status == 204
    assert hubspot.get(f"{CONTACTS}/{made['id']}").json["category"] == "OBJECT_NOT_FOUND"
    archived = hubspot.get(f"{CONTACTS}/{made['id']}?archived=true").json
    assert archived["archived"] is True
    assert archived["archivedAt"] >= archived["createdAt"]
    assert made["id"] in [record["id"] for record in hubspot.get(f"{CONTACTS}?archived=true").json["results"]]
    assert make(hubspot, "leaver@archive.example")["id"] != made["id"]


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("email", "MiXed@Altered.Example", "mixed@altered.example"),
        ("phone", " +94 (77) 123-4567 ", " +94 (77) 123-4567 "),
        ("closedate", "1731628800000", "2024-11-15T00:00:00.000Z"),
        ("closedate", "2024-11-15", "2024-11-15T00:00:00.000Z"),
        ("hs_buying_role", "CHAMPION;END_USER;CHAMPION", "CHAMPION;END_USER"),
        ("hubspot_owner_id", "4711", "4711"),
        ("associatedcompanyid", "0012.50", "12.5"),
        ("firstname", "=HYPERLINK(1)", "=HYPERLINK(1)"),
    ],
)
def test_values_are_kept_or_altered(hubspot: Simulator, name: str, sent: str, kept: str) -> None:
    made = make(hubspot, f"altered-{abs(hash((name, sent)))}@altered.example")
    assert change(hubspot, made["id"], **{name: sent}).json["properties"][name] == kept
    assert hubspot.dump()[made["id"]][name] == kept


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("email", "not an address", "INVALID_EMAIL"),
        ("no_such_thing", "x", "PROPERTY_DOESNT_EXIST"),
        ("createdate", "2024-01-01", "READ_ONLY_VALUE"),
        ("hs_object_id", "7", "READ_ONLY_VALUE"),
        ("lifecyclestage", "Lead", "INVALID_OPTION"),
        ("numemployees", "many", "INVALID_OPTION"),
        ("hs_buying_role", "CHAMPION;NOBODY", "INVALID_OPTION"),
        ("associatedcompanyid", "1,234", "INVALID_LONG"),
        ("closedate", "tomorrow", "INVALID_DATE"),
        ("firstname", "x" * 65_537, "PROPERTY_VALUE_TOO_LONG"),
    ],
)
def test_values_are_refused(hubspot: Simulator, name: str, value: str, code: str) -> None:
    answer = hubspot.post(CONTACTS, {"properties": {"lastname": "Refused", name: value}})
    assert answer.status == 400
    assert answer.json["category"] == "VALIDATION_ERROR"
    assert answer.json["errors"][0]["code"] == code
    assert answer.json["errors"][0]["context"]["propertyName"] == [name]
    listed = json.loads(answer.json["message"].removeprefix("Property values were not valid: "))
    assert (listed[0]["error"], listed[0]["name"], listed[0]["portalId"]) == (code, name, hubspot.portal_id)
    assert answer.json["correlationId"] == answer.headers["x-hubspot-correlation-id"]


def test_clearing_and_appending(hubspot: Simulator) -> None:
    id_ = make(hubspot, "clear@write.example", city="Galle", hs_buying_role="CHAMPION")["id"]
    cleared = change(hubspot, id_, city="")
    assert cleared.json["properties"]["city"] == ""
    assert "city" not in hubspot.dump()[id_]
    assert change(hubspot, id_, hs_buying_role=";END_USER").json["properties"]["hs_buying_role"] == "CHAMPION;END_USER"
    assert change(hubspot, id_, firstname=None, associatedcompanyid=12).status == 200
    assert hubspot.dump()[id_]["associatedcompanyid"] == "12"


def test_the_lifecycle_stage_moves_forward_only(hubspot: Simulator) -> None:
    id_ = make(hubspot, "stage@write.example", lifecyclestage="customer")["id"]
    ignored = change(hubspot, id_, lifecyclestage="lead")
    assert (ignored.status, ignored.json["properties"]["lifecyclestage"]) == (200, "customer")
    change(hubspot, id_, lifecyclestage="")
    assert change(hubspot, id_, lifecyclestage="lead").json["properties"]["lifecyclestage"] == "lead"


def test_a_record_needs_a_name_of_some_kind(hubspot: Simulator) -> None:
    for path in (CONTACTS, COMPANIES):
        answer = hubspot.post(path, {"properties": {"city": "Colombo"}})
        assert answer.status == 400
        assert "required properties were missing" in answer.json["message"]


def test_company_domains_are_normalised_and_not_unique(hubspot: Simulator) -> None:
    body = {"properties": {"name": "Engines", "domain": "HTTPS://WWW.Engines.Example/about?x=1"}}
    made = [hubspot.post(COMPANIES, body) for _ in range(2)]
    assert [answer.status for answer in made] == [201, 201]
    assert {answer.json["properties"]["domain"] for answer in made} == {"engines.example"}
    assert made[0].json["properties"]["website"] == "engines.example"
    assert hubspot.get(f"{COMPANIES}/engines.example?idProperty=domain").status == 400
    wrong = hubspot.post(COMPANIES, {"properties": {"name": "X", "industry": "Computer Software"}})
    assert wrong.json["errors"][0]["code"] == "INVALID_OPTION"


def test_listing_pages_by_the_next_id(hubspot: Simulator) -> None:
    seen: list[str] = []
    after = ""
    while True:
        page = hubspot.get(f"{CONTACTS}?limit=10{after}").json
        seen += [record["id"] for record in page["results"]]
        if "paging" not in page:
            break
        following = page["paging"]["next"]["after"]
        assert int(following) > int(seen[-1])  # the next record's id, not the last one seen
        after = f"&after={following}"
    assert seen == sorted(hubspot.dump(), key=int)
    assert hubspot.get(f"{CONTACTS}?limit=1&after={seen[-1]}").json["results"][0]["id"] == seen[-1]


@pytest.mark.parametrize(
    "query", ["limit=101", "limit=0", "limit=x", "limit=51&propertiesWithHistory=email", "after=x"]
)
def test_listing_refuses(hubspot: Simulator, query: str) -> None:
    assert hubspot.get(f"{CONTACTS}?{query}").json["category"] == "VALIDATION_ERROR"


def test_history_shows_the_latest_value(hubspot: Simulator) -> None:
    page = hubspot.get(f"{CONTACTS}?limit=1&propertiesWithHistory=email").json["results"][0]
    assert page["propertiesWithHistory"]["email"][0]["value"] == page["properties"]["email"]


def test_a_long_url_meets_the_edge(hubspot: Simulator) -> None:
    answer = hubspot.get(f"{CONTACTS}?properties=" + ",".join(f"property_{n:04d}" for n in range(1500)))
    assert answer.status == 414
    assert answer.headers["content-type"].startswith("text/html")
    assert b"<title>414 Request-URI Too Large</title>" in answer.body


@pytest.mark.parametrize("raw", [b"{", b"[]", b"", b'{"properties": {"email": {"a": 1}}}', b'{"inputs": 3}'])
def test_bodies_that_do_not_parse(hubspot: Simulator, raw: bytes) -> None:
    answer = hubspot.request("POST", CONTACTS, raw=raw)
    assert answer.status == 400
    assert "category" not in answer.json
    assert answer.json["correlationId"]


def test_unknown_routes_and_methods_are_not_json(hubspot: Simulator) -> None:
    for method, path, status in (("GET", "/crm/v3/nothing", 404), ("PUT", CONTACTS, 405)):
        answer = hubspot.request(method, path)
        assert answer.status == status
        assert answer.headers["content-type"].startswith("text/html")


def test_properties_are_listed_read_made_and_archived(hubspot: Simulator) -> None:
    listed = {p["name"]: p for p in hubspot.get("/crm/properties/2026-09/contacts").json["results"]}
    assert listed["email"]["type"] == "string"
    assert listed["createdate"]["modificationMetadata"]["readOnlyValue"] is True
    assert listed["hubspot_owner_id"]["referencedObjectType"] == "OWNER"
    assert hubspot.get("/crm/v3/properties/contacts/email").json == listed["email"]
    assert hubspot.get("/crm/v3/properties/contacts/no_such").json["category"] == "OBJECT_NOT_FOUND"
    new = {
        "name": "shoe_size",
        "label": "Shoe size",
        "type": "number",
        "fieldType": "number",
        "groupName": "contactinformation",
    }
    made = hubspot.post("/crm/v3/properties/contacts", new)
    assert made.status == 201
    assert "hubspotDefined" not in made.json
    assert make(hubspot, "shoes@write.example", shoe_size="42")["properties"]["shoe_size"] == "42"
    assert hubspot.request("DELETE", "/crm/v3/properties/contacts/shoe_size").status == 204
    assert hubspot.get("/crm/v3/properties/contacts/shoe_size").status == 404
    assert hubspot.request("DELETE", "/crm/v3/properties/contacts/email").status == 400
    wrong = hubspot.post("/crm/v3/properties/contacts", {**new, "name": "Shoe Size"})
    assert wrong.json["category"] == "VALIDATION_ERROR"


def test_account_details_differ_by_version(hubspot: Simulator) -> None:
    old, new = (hubspot.get(f"/account-info/{version}/details").json for version in ("2026-03", "2026-09"))
    assert old["portalId"] == new["portalId"] == hubspot.portal_id
    assert "portalName" in new
    assert "portalName" not in old
    hubspot.settings(accountType="STANDARD")
    assert hubspot.get("/account-info/v3/details").json["accountType"] == "STANDARD"
    hubspot.settings(accountType="DEVELOPER_TEST")
