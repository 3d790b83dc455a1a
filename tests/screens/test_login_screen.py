"""Logging in with keys alone, at 80x24, against a simulator's own page to grant access."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from console.settings import preferences
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from console.settings.secrets import Secrets
from screens.app import HubspokeApp
from screens.screens.login import LoginScreen
from tests.screens.looking import sees, shown, types, until
from tests.support.browser import field, grant, visit
from tests.support.ports import free_port
from tests.support.simulator import Simulator, start_simulator

PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=2, seed=5, redirect_uri=f"http://localhost:{free_port()}/callback") as made:
        yield made


@pytest.fixture(autouse=True)
def no_desktop(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    simulator.settings(authorizePage="approve")
    yield
    simulator.reset()


def redirect(simulator: Simulator) -> str:
    return str(simulator.options["redirect_uri"])


async def console(folder: Path, simulator: Simulator, **settings: Any) -> HubspokeApp:
    """A console whose profile has an app, its secret, and no grant yet."""
    paths = Paths.resolve(str(folder / "config"), str(folder / "state"))
    profile = Profile(
        name="acme",
        authentication="oauth",
        client_id=simulator.client_id,
        api_base_url=simulator.url,
        authorize_url=f"{simulator.url}/oauth/authorize",
        redirect_uri=redirect(simulator),
        timeout_seconds=5,
    )
    profile = msgspec.structs.replace(profile, **settings)
    Profiles(paths).save(profile)
    Profiles(paths).use("acme")
    preferences.change(paths, vault="memory")
    return HubspokeApp(paths)


async def at_login(pilot: Pilot[Any], simulator: Simulator) -> LoginScreen:
    """Store the client secret, then open the login by its keys."""
    app: Any = pilot.app
    await until(pilot, lambda: app.session is not None, "not opened")
    await (await app.session.secrets).set("clientSecret", simulator.client_secret)
    await press_login(pilot)
    await sees(pilot, "grant the access")
    assert isinstance(app.screen, LoginScreen)
    return app.screen


async def press_login(pilot: Pilot[Any]) -> None:
    await pilot.press("v")
    await sees(pilot, "Enter stores one")
    await pilot.press("l")


async def reads(pilot: Pilot[Any], text: str) -> None:
    """Wait for words that may stand in several rows."""
    await until(pilot, lambda: text in " ".join(shown(pilot.app).split()), f"{text!r} did not appear")


def secret_words(simulator: Simulator) -> tuple[str, ...]:
    return simulator.client_secret, simulator.refresh_token


async def test_the_browser_comes_back_and_the_account_is_shown(simulator: Simulator, tmp_path: Path) -> None:
    app = await console(tmp_path, simulator)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_login(pilot, simulator)
        assert "Waiting for the browser on localhost" in shown(app)
        sent = await asyncio.to_thread(grant, screen._url)
        answer = await asyncio.to_thread(visit, sent)
        assert "Return to the terminal" in answer.text
        await sees(pilot, "Access is granted")
        await sees(pilot, str(simulator.portal_id))
        assert "crm.objects.contacts.write" in shown(app)
        assert not any(secret in shown(app) for secret in secret_words(simulator))
        await pilot.press("enter")
        await sees(pilot, "Enter stores one")
        await until(pilot, lambda: "✓ set" in shown(app), "the refresh token is not there")
        await pilot.press("escape")
        await sees(pilot, "✓ connected")
        assert app.troubles == []


async def test_what_the_browser_shows_can_be_pasted(simulator: Simulator, tmp_path: Path) -> None:
    app = await console(tmp_path, simulator)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_login(pilot, simulator)
        await types(pilot, screen._url)
        await pilot.press("enter")
        await reads(pilot, "address of HubSpot's page")
        sent = await asyncio.to_thread(grant, screen._url)
        await types(pilot, sent)
        assert field(sent, "code")[-20:] not in shown(app), "what is pasted is not shown"
        await pilot.press("enter")
        await sees(pilot, "Access is granted")
        assert app.troubles == []


@pytest.mark.parametrize(
    ("decision", "words", "advice"),
    [
        ("deny", "The access was denied", "super admin"),
        ("wrong-state", "belongs to another login", "Begin again"),
        ("expired-code", "does not take this code", "Begin again"),
    ],
)
async def test_a_login_that_fails_says_what_to_do_and_can_begin_again(
    simulator: Simulator, tmp_path: Path, decision: str, words: str, advice: str
) -> None:
    simulator.settings(authorizePage=decision)
    app = await console(tmp_path, simulator)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_login(pilot, simulator)
        await asyncio.to_thread(visit, await asyncio.to_thread(grant, screen._url))
        await reads(pilot, words)
        await reads(pilot, advice)
        told = " ".join(shown(app).split())
        assert advice in told
        assert "F5 begins again." in told
        assert "hubspoke credentials login" not in told  # that is the command line's way
        simulator.settings(authorizePage="approve")
        await pilot.press("f5")
        await sees(pilot, "grant the access")
        await asyncio.to_thread(visit, await asyncio.to_thread(grant, screen._url))
        await sees(pilot, "Access is granted")
        assert app.troubles == []


async def test_a_profile_with_a_token_is_told_where_to_change_that(simulator: Simulator, tmp_path: Path) -> None:
    app = await console(tmp_path, simulator, authentication="token")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None, "not opened")
        await press_login(pilot)
        await reads(pilot, "signs in with a static token")
        await reads(pilot, "on Connector (c at Home) choose oauth for authentication")
        assert app.troubles == []


async def test_over_ssh_the_tunnel_is_named_and_an_https_redirect_is_pasted(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.9 51000 10.0.0.5 22")
    app = await console(tmp_path, simulator)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_login(pilot, simulator)
        await sees(pilot, "ssh -L ")
        assert "10.0.0.5" in shown(app)
    app = await console(tmp_path / "https", simulator, redirect_uri="https://intranet.example/hubspot")
    async with app.run_test(size=(80, 24)) as pilot:
        await at_login(pilot, simulator)
        await reads(pilot, "comes back to https://intranet.example/hubspot")
        assert "ssh -L" not in shown(app)


async def test_two_consoles_share_a_port_by_pasting(simulator: Simulator, tmp_path: Path) -> None:
    one, other = await console(tmp_path / "a", simulator), await console(tmp_path / "b", simulator)
    async with one.run_test(size=(80, 24)) as first:
        await at_login(first, simulator)
        async with other.run_test(size=(80, 24)) as second:
            screen = await at_login(second, simulator)
            await reads(second, "is in use by another program")
            await types(second, await asyncio.to_thread(grant, screen._url))
            await second.press("enter")
            await sees(second, "Access is granted")


async def test_revoking_asks_and_forgets(simulator: Simulator, tmp_path: Path) -> None:
    app = await console(tmp_path, simulator)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_login(pilot, simulator)
        await types(pilot, await asyncio.to_thread(grant, screen._url))
        await pilot.press("enter")
        await sees(pilot, "Access is granted")
        await pilot.press("enter")
        await sees(pilot, "Enter stores one")
        await pilot.press("r")
        await sees(pilot, "up to 30 minutes")
        await pilot.press("y")
        secrets = await app.session.secrets  # type: ignore[union-attr]
        assert isinstance(secrets, Secrets)
        await until(pilot, lambda: any("Revoked at HubSpot" in told.message for told in app._notifications), "not told")
        assert await secrets.get("refreshToken") is None
        assert await secrets.get("clientSecret") == simulator.client_secret
        assert app.troubles == []


async def test_setup_logs_in_on_its_way(simulator: Simulator, tmp_path: Path) -> None:
    paths = Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))
    app = HubspokeApp(paths)
    preferences.change(paths, vault="memory")
    async with app.run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 7: Account")
        await sees(pilot, "recommended")
        await pilot.press("down", "down", "enter")
        await sees(pilot, "2 of 7: Credentials")
        for value in (
            "rehearsal",
            simulator.url,
            simulator.client_id,
            simulator.client_secret,
            redirect(simulator),
        ):
            await types(pilot, value)
            await pilot.press("enter")
        assert "logs in with the browser" in shown(app)
        await pilot.press("enter")
        await sees(pilot, "grant the access")
        assert isinstance(app.screen, LoginScreen)
        await pilot.press("escape")
        await sees(pilot, "Nobody logged in yet")
        await until(pilot, lambda: isinstance(app.focused, Input), "no field")
        await pilot.press("ctrl+n")
        await sees(pilot, "grant the access")
        assert isinstance(app.screen, LoginScreen)
        await asyncio.to_thread(visit, await asyncio.to_thread(grant, app.screen._url))
        await sees(pilot, "Access is granted")
        await pilot.press("enter")
        await sees(pilot, "3 of 7: Options")
        profile = Profiles(paths).load("rehearsal")
        assert profile.read_schema
        assert profile.authorize_url == f"{simulator.url}/oauth/authorize"
        assert app.troubles == []
