"""Every row of the REST surface of a system object, replayed over a socket (identity facts, A3 and A4)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from console.gateway.crest.configs import reopen
from tests.gateway.crest.crest_serving import Serving

CONTACT = "system/hubspot/contact"


async def made(client: httpx.AsyncClient, **attributes: Any) -> dict[str, Any]:
    """A contact."""
    answer = await client.post(CONTACT, params={"_action": "create"}, json={"email": "ann@example.org", **attributes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_test_tells_one_status_or_an_array_of_one_as_the_page_shows(crest: Serving) -> None:
    async with crest.client() as client:
        one = (await client.post("system/hubspot", params={"_action": "test"})).json()
        array = (await client.post("system/hubspot", params={"_action": "test", "_asArray": "true"})).json()
        every = (await client.post("system", params={"_action": "test"})).json()
    assert array == every == [one]
    assert one["ok"] is True
    assert one["name"] == "hubspot"
    assert one["config"] == "config/provisioner.openicf/hubspot"
    assert one["objectTypes"] == ["company", "contactProperties", "__ALL__", "companyProperties", "contact"]
    assert set(one) == {"name", "enabled", "config", "connectorRef", "displayName", "objectTypes", "ok"}


async def test_the_curl_of_the_connector_page_works_as_printed_there(crest: Serving) -> None:
    process = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--header", "X-OpenIDM-Username: idm", "--header", "X-OpenIDM-Password: idm-secret",
        "--header", "Accept-API-Version: resource=1.0", "--request", "POST",
        f"{crest.url}/openidm/system/hubspot?_action=test",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert b'"displayName":"gw"' in output
    assert b'"ok":true' in output


async def test_a_failed_test_says_why_with_200(crest: Serving) -> None:
    await reopen(crest.session, msgspec.structs.replace(crest.session.profile, enabled=False))
    async with crest.client() as client:
        answer = await client.post("system/hubspot", params={"_action": "test"})
    assert answer.status_code == 200
    assert answer.json()["ok"] is False
    assert "switched off" in answer.json()["error"]


@pytest.mark.parametrize("params", [{"_action": "create"}, {}])
async def test_create_answers_201_with_location_and_the_whole_object(crest: Serving, params: dict[str, str]) -> None:
    async with crest.client() as client:
        answer = await client.post(CONTACT, params=params, json={"email": "bo@example.org", "firstname": "Bo"})
        assert answer.status_code == 201
        body = answer.json()
        assert answer.headers["location"] == f"{crest.url}/openidm/system/hubspot/contact/{body['_id']}"
        assert (await client.get(answer.headers["location"])).json()["email"] == "bo@example.org"
    assert body["firstname"] == "Bo"
    assert answer.headers["etag"] == f'"{body["_rev"]}"'


async def test_a_client_chooses_no_id(crest: Serving) -> None:
    async with crest.client() as client:
        given = await client.post(CONTACT, json={"_id": "77", "email": "a@example.org"})
        put = await client.put(f"{CONTACT}/77", json={"email": "a@example.org"}, headers={"If-None-Match": "*"})
    assert (given.status_code, put.status_code) == (501, 501)
    assert given.json()["message"] == "Create with client provided ID is not supported."


async def test_what_exists_is_412_and_not_409(crest: Serving) -> None:
    async with crest.client() as client:
        first = await made(client)
        again = await client.post(CONTACT, json={"email": "ann@example.org"})
    assert again.status_code == 412
    assert again.json()["reason"] == "Precondition Failed"
    assert again.json()["detail"]["existingId"] == first["_id"]
    assert again.json()["message"].startswith("System object contact already exists")


async def test_read_and_what_is_not_there(crest: Serving) -> None:
    async with crest.client() as client:
        uid = (await made(client, firstname="Ann"))["_id"]
        found = await client.get(f"{CONTACT}/{uid}", params={"_fields": "email,/firstname"})
        missing = await client.get(f"{CONTACT}/99999999")
    assert {name for name in found.json() if not name.startswith("_")} == {"email", "firstname"}
    assert missing.status_code == 404
    assert missing.json()["detail"] == {}
    assert set(missing.json()) == {"code", "reason", "message", "detail"}


async def test_put_replaces_what_is_given_when_the_version_is_right(crest: Serving) -> None:
    async with crest.client() as client:
        found = await made(client, firstname="Ann", lastname="Lee")
        place = f"{CONTACT}/{found['_id']}"
        without = await client.put(place, json={"firstname": "Anna"})
        wrong = await client.put(place, json={"firstname": "Anna"}, headers={"If-Match": '"2001-01-01T00:00:00Z"'})
        right = await client.put(place, json={"firstname": "Anna"}, headers={"If-Match": f'"{found["_rev"]}"'})
        any_version = await client.put(place, json={"jobtitle": "CTO"}, headers={"If-Match": "*"})
        now = (await client.get(place, params={"_fields": "firstname,lastname,jobtitle"})).json()
    assert (without.status_code, wrong.status_code) == (428, 412)
    assert (right.status_code, any_version.status_code) == (200, 200)
    assert (now["firstname"], now["lastname"], now["jobtitle"]) == ("Anna", "Lee", "CTO")


async def test_an_object_that_was_read_can_be_sent_back_whole(crest: Serving) -> None:
    async with crest.client() as client:
        uid = (await made(client))["_id"]
        whole = (await client.get(f"{CONTACT}/{uid}")).json()
        answer = await client.put(
            f"{CONTACT}/{uid}", json={**whole, "city": "Kandy"}, headers={"If-Match": whole["_rev"]}
        )
    assert answer.status_code == 200, answer.text
    assert crest.simulator.dump("contacts")[uid]["city"] == "Kandy"


async def test_patch_takes_an_array_of_operations(crest: Serving) -> None:
    async with crest.client() as client:
        uid = (await made(client, firstname="Ann", jobtitle="CEO"))["_id"]
        operations = [
            {"operation": "replace", "field": "/firstname", "value": "Anna"},
            {"operation": "add", "field": "city", "value": "Galle"},
            {"operation": "remove", "field": "/jobtitle"},
        ]
        done = await client.patch(f"{CONTACT}/{uid}", json=operations)
        override = await client.post(
            f"{CONTACT}/{uid}",
            json=[{"operation": "replace", "field": "/zip", "value": "80000"}],
            headers={"X-HTTP-Method-Override": "PATCH"},
        )
    assert (done.status_code, override.status_code) == (200, 200), override.text
    values = crest.simulator.dump("contacts")[uid]
    assert (values["firstname"], values["city"], values["zip"]) == ("Anna", "Galle", "80000")
    assert not values.get("jobtitle")


PATCHES: tuple[tuple[Any, int], ...] = (
    ([{"operation": "increment", "field": "/x", "value": 1}], 501),
    ([{"operation": "move", "field": "/x", "from": "/y"}], 501),
    ([{"operation": "copy", "field": "/x", "from": "/y"}], 501),
    ([{"operation": "transform", "field": "/x", "value": {}}], 501),
    ([{"operation": "explode", "field": "/x"}], 400),
    ([{"field": "/x"}], 400),
    (["replace"], 400),
    ({"operation": "replace"}, 400),
    ([{"operation": "replace", "field": "/a/b", "value": 1}], 400),
)


async def test_what_no_patch_is(crest: Serving) -> None:
    async with crest.client() as client:
        uid = (await made(client))["_id"]
        for operations, status in PATCHES:
            answer = await client.patch(f"{CONTACT}/{uid}", json=operations)
            assert (answer.status_code, answer.json()["code"]) == (status, status), operations


async def test_delete_gives_the_object_as_it_was(crest: Serving) -> None:
    async with crest.client() as client:
        found = await made(client, firstname="Ann")
        place = f"{CONTACT}/{found['_id']}"
        wrong = await client.delete(place, headers={"If-Match": "2001-01-01T00:00:00Z"})
        gone = await client.delete(place, headers={"If-Match": found["_rev"]})
        again = await client.delete(place)
    assert wrong.status_code == 412
    assert (gone.status_code, gone.json()["_id"], gone.json()["firstname"]) == (200, found["_id"], "Ann")
    assert again.status_code == 404


async def test_what_the_connector_does_not_do_is_501(crest: Serving) -> None:
    async with crest.client() as client:
        asked = [
            client.post(CONTACT, params={"_action": "authenticate", "username": "a", "password": "b"}),
            client.post(CONTACT, params={"_action": "liveSync"}),
            client.post("system", params={"_action": "liveSync", "source": CONTACT}),
            client.post(
                "system/hubspot", params={"_action": "script", "scriptId": "x", "scriptExecuteMode": "resource"}
            ),
        ]
        answers = [await one for one in asked]
    assert [one.status_code for one in answers] == [501] * 4
    assert all(one.json()["reason"] == "Not Implemented" for one in answers)


NONSENSE = (
    ("GET", "system/salesforce/contact/1", 404),
    ("GET", "system/hubspot/deal/1", 404),
    ("GET", "system/hubspot/contact", 400),
    ("GET", "system/hubspot/contact?_queryFilter=true&_queryId=query-all-ids", 400),
    ("GET", "system/hubspot/contact?_queryId=everyone", 400),
    ("GET", "system/hubspot/contact?_queryExpression=select", 400),
    ("GET", "system/hubspot/contact?_queryFilter=", 400),
    ("GET", "system/hubspot/contact?_queryFilter=email+ne+1", 400),
    ("GET", "system/hubspot/contact?_queryFilter=true&_pageSize=-1", 400),
    ("GET", "system/hubspot/contact?_queryFilter=true&_pageSize=x", 400),
    ("GET", "system/hubspot/contact?_queryFilter=true&_pagedResultsOffset=5", 400),
    ("GET", "system/hubspot/contact?_queryFilter=true&_pageSize=5&_pagedResultsCookie=%21%21", 400),
    ("GET", "system/hubspot/contact?_queryFilter=true&_queryFilter=false", 400),
    ("GET", "system/hubspot/contact?_queryFilter=true&_unknown=1", 400),
    ("GET", "system/hubspot/contact?_queryFilter=true&_prettyPrint=maybe", 400),
    ("GET", "system/hubspot/contact?_queryFilter=true&_totalPagedResultsPolicy=SOME", 400),
    ("GET", "system/hubspot/contact?_queryFilter=true&_sortKeys=nosuchthing", 400),
    ("POST", "system?_action=dance", 400),
    ("POST", "system/hubspot?_action=dance", 400),
    ("POST", "system/hubspot/contact?_action=dance", 400),
    ("PUT", "system/hubspot/contact", 501),
    ("GET", "nowhere", 404),
    ("GET", "system/hubspot/contact/1/2", 404),
)


async def test_what_makes_no_sense_is_told_in_the_protocols_own_words(crest: Serving) -> None:
    async with crest.client() as client:
        for method, path, status in NONSENSE:
            answer = await client.request(method, path)
            body = answer.json()
            assert (answer.status_code, body["code"]) == (status, status), (path, answer.text)
            assert body["reason"]
            assert body["message"]


async def test_headers_and_bodies_that_make_no_sense(crest: Serving) -> None:
    async with crest.client() as client:
        text = await client.post(CONTACT, content="<x/>", headers={"Content-Type": "text/xml"})
        broken = await client.post(CONTACT, content="{", headers={"Content-Type": "application/json"})
        listed = await client.post(CONTACT, json=[1])
        version = await client.get(f"{CONTACT}/1", headers={"Accept-API-Version": "resource=7.0"})
        words = await client.get(f"{CONTACT}/1", headers={"Accept-API-Version": "newest"})
        none = await client.put(f"{CONTACT}/1", json={}, headers={"If-None-Match": '"5"'})
        escaped = await client.get("system/hubspot/contact", params={"_queryFilter": '<script> eq "1"'})
    assert [one.status_code for one in (text, broken, listed, version, words, none, escaped)] == [
        400,
        400,
        400,
        404,
        400,
        400,
        400,
    ]
    assert "<script>" not in escaped.text


async def test_rights_and_who_may_not_come_in(crest: Serving) -> None:
    async with crest.client("eye") as eye, crest.client("scim") as scim, crest.client("") as nobody:
        read = await eye.get(CONTACT, params={"_queryFilter": "true"})
        write = await eye.post(CONTACT, json={"email": "x@example.org"})
        batch = await eye.post(
            CONTACT, params={"_action": "batch"}, json={"operation": "delete", "items": [{"_id": "1"}]}
        )
        other = await scim.get(CONTACT, params={"_queryFilter": "true"})
        config = await scim.get("config/provisioner.openicf/hubspot")
        recon = await eye.get("recon")
        unknown = await nobody.get(CONTACT, params={"_queryFilter": "true"})
    assert read.status_code == 200
    assert [one.status_code for one in (write, batch, other, config, recon)] == [403] * 5
    assert unknown.status_code == 401
    assert set(unknown.json()) == {"code", "reason", "message"}
