"""The gateway by keys: a client is added, a real gateway is watched at its work, and ended."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from textual.widgets import Input

from console.gateway.settings import Client, GatewaySettings, load, save
from screens.app import HubspokeApp
from screens.screens.gateway.form import ClientForm
from screens.screens.gateway.screen import GatewayScreen
from screens.screens.gateway.secret import SecretShown
from tests.screens.looking import sees, shown, until
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator, start_simulator

SECRET = "a-secret-of-wso2-only-0815"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=3, companies=1, seed=7) as made:
        yield made


@pytest.fixture
def place(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    return Workplace(tmp_path / "work", simulator, [])


async def test_a_client_from_key_to_key(place: Workplace) -> None:
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None, "no profile was opened")
        await pilot.press("ctrl+g")
        await sees(pilot, "not running")
        await sees(pilot, "No client yet")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, ClientForm), "no form")
        await pilot.press("ctrl+s")
        await sees(pilot, "A client needs a name")
        app.screen.query_one("#client-name", Input).value = "Big Name"
        await pilot.press("ctrl+s")
        await sees(pilot, "is no name of a client")
        app.screen.query_one("#client-name", Input).value = "entra"
        app.screen.query_one("#client-rights", Input).value = "scim:read everything"
        await pilot.press("ctrl+s")
        await sees(pilot, "everything is no right")
        app.screen.query_one("#client-rights", Input).value = "scim:read scim:write"
        app.screen.query_one("#client-auth").focus()
        await pilot.press("space", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SecretShown), "no secret was shown")
        text = shown(app)
        found = re.search(r"[A-Za-z0-9_-]{43}", text)
        assert found is not None
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, GatewayScreen), "the secret stayed")
        await sees(pilot, "bearer token")
        assert found[0] not in shown(app)
        assert load(place.paths).client == (Client(name="entra", auth="bearer"),)
        assert found[0] not in (place.paths.config / "gateway.toml").read_text()
        await pilot.press("enter")
        await sees(pilot, "Client entra")
        app.screen.query_one("#client-scope", Input).value = "mail xx 1"
        await pilot.press("ctrl+s")
        await sees(pilot, "is no query filter")
        app.screen.query_one("#client-scope", Input).value = "active eq true"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, GatewayScreen), "a change showed a secret, or was not saved")
        assert load(place.paths).client[0].scope == "active eq true"
        await pilot.press("s")
        await sees(pilot, "A new bearer token for entra?")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SecretShown), "no new secret was shown")
        assert found[0] not in shown(app)
        await pilot.press("escape", "delete")
        await sees(pilot, "Remove entra?")
        await pilot.press("y")
        await sees(pilot, "No client yet")
        assert load(place.paths).client == ()


async def test_a_gateway_of_another_process_is_watched_and_ended(place: Workplace) -> None:
    save(place.paths, GatewaySettings(listen="127.0.0.1:0", tls="off", client=(Client(name="wso2"),)))
    environment = place.environment | {"HUBSPOKE_GATEWAY_WSO2": SECRET}
    app = HubspokeApp(place.paths)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.session is not None, "no profile was opened")
        await pilot.press("ctrl+g")
        await sees(pilot, "not running")
        process = subprocess.Popen(
            [*place.command, "gateway"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await sees(pilot, "● serving")
            await sees(pilot, "No request yet")
            found = re.search(r"http://127\.0\.0\.1:\d+", shown(app))
            assert found is not None
            async with httpx.AsyncClient(base_url=found[0], trust_env=False) as client:
                uid = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
                await client.get(f"/scim/v2/Users/{uid}", auth=("wso2", SECRET))
                await client.get("/scim/v2/Users", auth=("wso2", "wrong-secret-of-nobody"))
            await sees(pilot, "/scim/v2/Users/{id}")
            await sees(pilot, "wrong credentials")
            assert uid not in shown(app)
            assert SECRET not in shown(app)
            await pilot.press("tab", "down")
            await sees(pilot, "held")
            await pilot.press("f")
            await sees(pilot, "follows")
            await pilot.press("x")
            await sees(pilot, "Stop the gateway at")
            await pilot.press("y")
            await until(pilot, lambda: process.poll() is not None, "it goes on")
            assert process.returncode == 0
            await sees(pilot, "not running")
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)
