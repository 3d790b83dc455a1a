"""The page's "Try it out", twice: by keys in the console, and by what WSO2's servers send to a gateway that runs."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway_process import GatewayProcess, gateway_process
from tests.support.managed import FLAT, HEAD
from tests.support.operator import Operator
from tests.support.simulator import Simulator, start_simulator
from tests.support.tmux import Tmux

MAPPING = HEAD + FLAT
USER = {
    "schemas": ["urn:scim:schemas:core:1.0"], "userName": "alice", "password": "Clear-Text-1!",
    "name": {"givenName": "Alice", "familyName": "Smith"}, "emails": ["alice@example.org"],
}  # fmt: skip
SCIM_2 = {"Content-Type": "application/scim+json", "User-Agent": "wso2/scim2/client", "Accept": "application/json"}


def found(hubspot: Simulator, email: str, firstname: str | None) -> bool:
    """Whether HubSpot's one contact is this one; whether it is gone where no name is given."""
    contacts = {values.get("email"): values.get("firstname") for values in hubspot.dump().values()}
    return contacts == ({email: firstname} if firstname is not None else {})


def settles(hubspot: Simulator, email: str, firstname: str | None) -> None:
    """Wait for it."""
    end = time.monotonic() + 20
    while not found(hubspot, email, firstname):
        assert time.monotonic() < end, hubspot.dump()
        time.sleep(0.1)


# ------------------------------------------------------------------ by keys


def test_by_keys(tmp_path: Path) -> None:
    with start_simulator() as hubspot:
        operator = Operator(tmp_path, hubspot.url, hubspot.token, environment={"TERM": "tmux-256color"})
        mapping = operator.config / "mappings" / "managed.toml"
        mapping.parent.mkdir(parents=True, exist_ok=True)
        mapping.write_text(MAPPING, encoding="utf-8")
        command = operator.command()
        environment = {**operator.environment, "PATH": os.environ["PATH"]}
        with Tmux(tmp_path, command, columns=80, rows=24, environment=environment) as window:
            window.wait("connected")
            window.press("i")
            window.wait("Nobody yet")
            window.press("n")
            window.wait("A new person")
            window.press("ann")
            window.wait("userName +ann")
            window.press("Enter")
            filled(window, "mail", "ann@example.org")
            window.press("Tab")
            filled(window, "givenName", "Ann")
            window.press("C-s")
            window.wait("Saved ann")
            provisioned(window)
            settles(hubspot, "ann@example.org", "Ann")
            window.press("Escape")
            window.wait("userName +Name")
            window.press("Enter")
            window.wait("Edit ann")
            window.press("Tab")
            window.press("Tab")
            window.press("C-u")
            filled(window, "givenName", "Annie")
            window.press("C-s")
            window.wait("Saved ann")
            provisioned(window)
            settles(hubspot, "ann@example.org", "Annie")


def filled(window: Tmux, name: str, value: str) -> None:
    """Type into the field that the focus is in, or is about to come to."""
    time.sleep(0.3)
    window.press(value)
    window.wait(rf"{name} +{value}\b")


def provisioned(window: Tmux) -> None:
    """The question after saving is answered, and the one person planned, approved and applied."""
    window.press("y")
    window.wait("CREATE|UPDATE")
    window.press("a")
    window.wait("Write this person now")
    window.press("y")
    window.wait("✓ Outcome")


# ------------------------------------------------------- by an identity server


@pytest.fixture(scope="module")
def hubspot() -> Any:
    with start_simulator() as made:
        yield made


@pytest.mark.parametrize("blocking", [True, False])
async def test_by_wso2_with_scim_1(hubspot: Simulator, tmp_path: Path, blocking: bool) -> None:
    hubspot.reset()
    with gateway_process(tmp_path, hubspot, blocking=blocking) as gateway:
        async with gateway.client() as client:
            made = await client.post("/hubspot/contacts", json=USER)
            assert made.status_code == 201
            await brought(hubspot, "Alice", now=blocking)
            there = (await client.get("/hubspot/contacts?filter=userName%20Eq%20alice")).json()["Resources"][-1]
            name = {"givenName": "Alicia", "familyName": "Smith"}
            address = f"/hubspot/contacts/{there['id']}"
            edit = await client.patch(address, json={"schemas": USER["schemas"], "name": name})
            assert edit.status_code == 200
            await brought(hubspot, "Alicia", now=blocking)
            assert (await client.delete(address)).status_code == 204
            await brought(hubspot, None, now=blocking)
        await stops(gateway)


async def test_by_wso2_with_scim_2(hubspot: Simulator, tmp_path: Path) -> None:
    hubspot.reset()
    with gateway_process(tmp_path, hubspot, blocking=True) as gateway:
        async with gateway.client(**SCIM_2) as client:
            user = {**USER, "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}
            made = await client.post("/scim2/Users", json=user)
            assert made.status_code == 201
            await brought(hubspot, "Alice", now=True)
            there = (await client.get("/scim2/Users?filter=userName%20Eq%20alice&startIndex=1&count=1")).json()
            address = f"/scim2/Users/{there['Resources'][0]['id']}"
            patch = {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": "name.givenName", "value": "Alicia"}],
            }
            assert (await client.patch(address, json=patch)).status_code == 200
            await brought(hubspot, "Alicia", now=True)
            assert (await client.delete(address)).status_code == 204
            await brought(hubspot, None, now=True)
        await stops(gateway)


async def brought(hubspot: Simulator, firstname: str | None, *, now: bool) -> None:
    """It is in HubSpot: already where the client waited for it, else soon."""
    assert not now or found(hubspot, "alice@example.org", firstname), hubspot.dump()
    await asyncio.to_thread(settles, hubspot, "alice@example.org", firstname)


async def stops(gateway: GatewayProcess) -> None:
    """A graceful end."""
    assert await asyncio.to_thread(gateway.stop) == 0
