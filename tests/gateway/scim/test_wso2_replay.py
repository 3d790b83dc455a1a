"""What WSO2 Identity Server really sends, SCIM 1.1 and 2.0: create, edit, delete, and everything comes to HubSpot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.serving import serving
from tests.support.simulator import Simulator

USER_1 = {
    "schemas": ["urn:scim:schemas:core:1.0"], "userName": "alice", "password": "Clear-Text-1!",
    "name": {"givenName": "Alice", "familyName": "Smith"}, "emails": ["alice@example.com"], "phoneNumbers": ["0712345678"],
}  # fmt: skip


async def test_scim_1_create_edit_delete(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client() as client:
        made = await client.post("/hubspot/contacts", json=USER_1)
        assert made.status_code == 201
        assert made.json()["userName"] == "alice"
        assert made.json()["schemas"] == ["urn:scim:schemas:core:1.0"]
        assert "password" not in made.json()
        assert gateway.contacts()["alice@example.com"]["firstname"] == "Alice"
        found = await client.get("/hubspot/contacts?filter=userName%20Eq%20alice")
        assert (found.json()["totalResults"], found.json()["Resources"][-1]["id"]) == (1, made.json()["id"])
        body = {"schemas": ["urn:scim:schemas:core:1.0"], "name": {"givenName": "Alicia", "familyName": "Smith"}}
        changed = await client.patch(f"/hubspot/contacts/{made.json()['id']}", json=body)
        assert (changed.status_code, changed.json()["name"]["givenName"]) == (200, "Alicia")
        assert gateway.contacts()["alice@example.com"]["firstname"] == "Alicia"
        assert (await client.delete(f"/hubspot/contacts/{made.json()['id']}")).status_code == 204
        assert gateway.contacts() == {}


async def test_scim_1_of_nobody(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client() as client:
        empty = await client.get("/hubspot/contacts?filter=userName%20Eq%20nobody")
        assert (empty.status_code, empty.json()["totalResults"], empty.json()["Resources"]) == (200, 0, [])
        for answer in (
            await client.patch("/hubspot/contacts/null", json=USER_1),
            await client.delete("/hubspot/contacts/null"),
        ):
            assert (answer.status_code, answer.json()["Errors"][0]["code"]) == (404, "404")
        nameless = await client.post("/hubspot/contacts", json={**USER_1, "emails": []})
        assert (nameless.status_code, nameless.json()["Errors"][0]["code"]) == (400, "400")
        assert gateway.contacts() == {}


@pytest.mark.parametrize("name", ["a+b@example.com", "o'neil & sons", "PRIMARY/alice", 'say "hi"'])
async def test_names_that_break_queries(hubspot: Simulator, tmp_path: Path, name: str) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client() as client:
        made = await client.post("/hubspot/contacts", json={**USER_1, "userName": name})
        assert made.status_code == 201, made.text
        raw = name.replace(" ", "%20").replace('"', "%22")
        found = await client.get(f"/hubspot/contacts?filter=userName%20Eq%20{raw}")
        assert [one["id"] for one in found.json()["Resources"]] == [made.json()["id"]]


async def test_a_second_post_is_a_change(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client() as client:
        first = await client.post("/hubspot/contacts", json=USER_1)
        again = await client.post(
            "/hubspot/contacts", json={**USER_1, "name": {"givenName": "Al", "familyName": "Smith"}}
        )
        assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
        assert gateway.contacts()["alice@example.com"]["firstname"] == "Al"


async def test_scim_2_create_edit_delete(hubspot: Simulator, tmp_path: Path) -> None:
    headers = {"Content-Type": "application/scim+json", "User-Agent": "wso2/scim2/client", "Accept": "application/json"}
    user = {**USER_1, "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}
    async with serving(tmp_path, hubspot) as gateway, gateway.client(**headers) as client:
        made = await client.post("/scim2/Users", json=user)
        assert (made.status_code, made.json()["userName"]) == (201, "alice")
        assert made.json()["emails"] == [{"value": "alice@example.com", "primary": True}]
        retried = await client.post("/scim2/Users", json=user)
        assert (retried.status_code, retried.json()["id"]) == (201, made.json()["id"])
        found = await client.get("/scim2/Users?filter=userName%20Eq%20alice&startIndex=1&count=1")
        assert found.json()["Resources"][0]["id"] == made.json()["id"]
        operations = [
            {"op": "replace", "path": "name.givenName", "value": "Bo"},
            {"op": "replace", "path": "emails", "value": ["bo@example.com"]},
            {
                "op": "replace",
                "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                "value": "Sales",
            },
        ]
        schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
        patched = await client.patch(
            f"/scim2/Users/{made.json()['id']}", json={"schemas": schemas, "Operations": operations}
        )
        assert patched.status_code == 200, patched.text
        assert set(gateway.contacts()) == {"bo@example.com"}
        full = {**patched.json(), "name": {"givenName": "Bob", "familyName": "S"}}
        replaced = await client.put(f"/scim2/Users/{made.json()['id']}", json=full)
        assert (replaced.status_code, replaced.json()["name"]["givenName"]) == (200, "Bob")
        assert gateway.contacts()["bo@example.com"]["firstname"] == "Bob"
        assert (await client.delete(f"/scim2/Users/{made.json()['id']}")).status_code == 204
        assert gateway.contacts() == {}
        lost = await client.delete("/scim2/Users/null")
        assert (lost.status_code, lost.json()["status"]) == (404, "404")


async def test_groups_by_display(hubspot: Simulator, tmp_path: Path) -> None:
    async with serving(tmp_path, hubspot) as gateway, gateway.client() as client:
        alice = (await client.post("/hubspot/contacts", json=USER_1)).json()
        group = {"schemas": ["urn:scim:schemas:core:1.0"], "displayName": "Sales", "members": [{"display": "alice"}]}
        made = await client.post("/hubspot/groups", json=group)
        assert (made.status_code, [one["value"] for one in made.json()["members"]]) == (201, [alice["id"]])
        found = await client.get("/hubspot/groups?filter=displayName%20Eq%20Sales")
        assert found.json()["Resources"][0]["id"] == made.json()["id"]
        removal = {"members": [{"display": "alice", "operation": "delete"}]}
        left = await client.patch(f"/hubspot/groups/{made.json()['id']}", json=removal)
        assert (left.status_code, left.json().get("members")) == (200, None)
