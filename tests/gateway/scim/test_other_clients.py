"""What Entra, Okta and PingOne send, in every form they have; and what strangers may not do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.serving import Serving, serving
from tests.support.simulator import Simulator

PATCH = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SCIM = {"Content-Type": "application/scim+json"}


async def bob(client: httpx.AsyncClient) -> str:
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "58342554-38d6-4ec8-948c-50044d0a33fd", "userName": "bob@x.org", "active": True,
        "emails": [{"primary": True, "type": "work", "value": "bob@x.org"}],
        "name": {"givenName": "Bob", "familyName": "Jones"}, ENTERPRISE: {"department": "bob", "manager": "u77"},
    }  # fmt: skip
    made = await client.post("/scim/v2/Users", json=body, headers=SCIM)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def patched(client: httpx.AsyncClient, uid: str, *operations: dict[str, Any], query: str = "") -> dict[str, Any]:
    answer = await client.patch(
        f"/scim/v2/Users/{uid}{query}", json={"schemas": PATCH, "Operations": list(operations)}, headers=SCIM
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_entra_of_today(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client("entra") as client:
        uid = await bob(client)
        now = await patched(
            client, uid,
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Add", "path": "nickName", "value": "Babs"},
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "bobby@x.org"},
            {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+9471"},
            {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "u78"},
        )  # fmt: skip
        assert (now["active"], now["nickName"], now["emails"][0]["value"]) == (False, "Babs", "bobby@x.org")
        assert (now["phoneNumbers"][0]["value"], now[ENTERPRISE]["manager"]["value"]) == ("+9471", "u78")
        for wanted in (
            'userName eq "BOB@x.org"',
            'externalId eq "58342554-38d6-4ec8-948c-50044d0a33fd"',
            'emails[type eq "work"].value eq "bobby@x.org"',
        ):
            found = await client.get("/scim/v2/Users", params={"filter": wanted})
            assert [one["id"] for one in found.json()["Resources"]] == [uid], wanted
        assert (await client.get("/scim/v2/Users", params={"filter": 'userName eq "nobody"'})).json()["Resources"] == []


async def test_entra_with_the_flag(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client("entra") as client:
        uid = await bob(client)
        value = {"displayName": "B", "name.givenName": "K", f"{ENTERPRISE}:employeeNumber": "A", "active": False}
        now = await patched(client, uid, {"op": "replace", "value": value}, query="?aadOptscim062020")
        assert (now["displayName"], now["name"]["givenName"], now[ENTERPRISE]["employeeNumber"]) == ("B", "K", "A")
        assert now["active"] is False


@pytest.mark.parametrize(
    "removal",
    [
        {"op": "Remove", "path": "members", "value": [{"value": "UID"}]},
        {"op": "remove", "path": 'members[value eq "UID"]'},
        {"op": "remove", "path": 'members[value EQ "UID"]'},
    ],
)
async def test_groups_of_entra(hubspot: Simulator, tmp_path: Path, removal: dict[str, Any]) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client("entra") as client:
        uid = await bob(client)
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G", "externalId": "g1"}
        group = (await client.post("/scim/v2/Groups", json=body, headers=SCIM)).json()["id"]
        add = {"op": "Add", "path": "members", "value": [{"value": uid}]}
        where = f"/scim/v2/Groups/{group}"
        await client.patch(where, json={"schemas": PATCH, "Operations": [add]}, headers=SCIM)
        assert [one["value"] for one in (await client.get(where)).json()["members"]] == [uid]
        assert "members" not in (await client.get(f"{where}?excludedAttributes=members")).json()
        assert [one["display"] for one in (await client.get(f"/scim/v2/Users/{uid}")).json()["groups"]] == ["G"]
        gone = {name: _with(value, uid) for name, value in removal.items()}
        assert (
            await client.patch(where, json={"schemas": PATCH, "Operations": [gone]}, headers=SCIM)
        ).status_code == 200
        assert "members" not in (await client.get(where)).json()


def _with(value: Any, uid: str) -> Any:
    if isinstance(value, str):
        return value.replace("UID", uid)
    return [{"value": uid}] if isinstance(value, list) else value


async def test_okta(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client("entra") as client:
        probe = await client.get("/scim/v2/Users?startIndex=1&count=2")
        assert (probe.json()["totalResults"], probe.json()["Resources"]) == (0, [])
        uid = await bob(client)
        off = await patched(client, uid, {"op": "replace", "value": {"id": uid, "active": False}})
        assert off["active"] is False
        full = {**off, "active": True, "password": "geheim", "name": {"givenName": "Bobby", "familyName": "Jones"}}
        put = await client.put(f"/scim/v2/Users/{uid}", json=full, headers=SCIM)
        assert (put.json()["active"], put.json()["name"]["givenName"]) == (True, "Bobby")
        assert "password" not in put.json()
        config = await client.get("/scim/v1/ServiceProviderConfigs")
        capabilities = config.json()["urn:okta:schemas:scim:providerconfig:1.0"]["userManagementCapabilities"]
        assert "PUSH_NEW_USERS" in capabilities
        assert (await client.get("/scim/v2/ServiceProviderConfig")).json()["patch"] == {"supported": True}


async def test_pages_find_everybody_once(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client("entra") as client:
        people = await gateway.gateway.session.people
        for number in range(23):
            await people.add(f"p{number}", {"emails": [{"value": f"p{number}@x.org"}]})
        seen: list[str] = []
        while True:
            page = (await client.get(f"/scim/v2/Users?startIndex={len(seen) + 1}&count=10")).json()
            assert page["totalResults"] == 23
            if not page["Resources"]:
                break
            seen += [one["userName"] for one in page["Resources"]]
        assert sorted(seen) == sorted(f"p{number}" for number in range(23))
        by_name = (await client.get("/scim/v2/Users?sortBy=userName&sortOrder=descending&count=2")).json()
        assert [one["userName"] for one in by_name["Resources"]] == ["p9", "p8"]


async def test_stale_versions_are_refused(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client("entra") as client:
        uid = await bob(client)
        old = (await client.get(f"/scim/v2/Users/{uid}")).headers["etag"]
        await patched(client, uid, {"op": "replace", "path": "title", "value": "Chief"})
        refused = await client.delete(f"/scim/v2/Users/{uid}", headers={"If-Match": old})
        assert (refused.status_code, refused.json()["status"]) == (412, "412")
        unchanged = await client.get(f"/scim/v2/Users/{uid}", headers={"If-None-Match": "*"})
        assert unchanged.status_code == 304


async def test_bulk(hubspot: Simulator, tmp_path: Path) -> None:
    user = {"userName": "b1", "emails": ["b1@x.org"], "password": "geheim"}
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "POST", "path": "/Users", "bulkId": "q", "data": user},
                       {"method": "DELETE", "path": "/Users/null"}],
    }  # fmt: skip
    async with serving(tmp_path, hubspot) as gateway, gateway.client("entra") as client:
        answer = await client.post("/scim/v2/Bulk", json=body, headers=SCIM)
        assert [one["status"] for one in answer.json()["Operations"]] == ["201", "404"], answer.text
        people = await gateway.gateway.session.people
        person = await people.named("b1")
        assert person is not None
        assert "password" not in person.attributes
        assert person.attributes["emails"] == [{"value": "b1@x.org", "primary": True}]


async def test_strangers_learn_nothing(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway:
        await _refused(gateway, "/scim2/Users", {"status": "401"})
        await _refused(gateway, "/hubspot/contacts", {"Errors": [{"code": "401"}]})
        async with gateway.client("reader") as reader:
            assert (await reader.get("/scim2/Users")).status_code == 200
            forbidden = await reader.post("/scim2/Users", json={"userName": "x", "emails": ["x@x.org"]}, headers=SCIM)
            assert (forbidden.status_code, forbidden.json()["status"]) == (403, "403")
            assert (await reader.get("/metrics")).status_code == 403
        async with gateway.client("entra") as allowed:
            assert "hubspoke_requests_total" in (await allowed.get("/metrics")).text
        async with gateway.client("") as anybody:
            assert (await anybody.get("/healthz")).json() == {"status": "ok"}
            assert (await anybody.get("/readyz")).json() == {"status": "ready"}


async def _refused(gateway: Serving, path: str, told: dict[str, Any]) -> None:
    bodies = set()
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic YWRtaW46d3Jvbmc="},
        {"X-API-Key": "no"},
    ):
        async with gateway.client("") as client:
            answer = await client.get(path, headers=headers)
        assert answer.status_code == 401
        assert "Basic" in answer.headers["www-authenticate"]
        bodies.add(answer.text)
    assert len(bodies) == 1
    for name, value in told.items():
        found = (await _first(gateway, path))[name]
        assert found == value or value[0].items() <= found[0].items()


async def _first(gateway: Serving, path: str) -> Any:
    async with gateway.client("") as client:
        return (await client.get(path)).json()


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b'{"userName": 5}', b"{}"])
@pytest.mark.parametrize("path", ["/scim2/Users", "/hubspot/contacts", "/scim2/Groups", "/scim2/Bulk"])
async def test_bad_bodies_are_told_in_the_protocols_words(
    hubspot: Simulator, tmp_path: Path, path: str, body: bytes
) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client() as client:
        answer = await client.post(path, content=body, headers=SCIM if "scim2" in path else {})
        assert answer.status_code == 400, answer.text
        told = answer.json()
        assert told.get("status") == "400" or told["Errors"][0]["code"] == "400"
        assert "Traceback" not in answer.text
        assert await (await gateway.gateway.session.people).count() == 0
