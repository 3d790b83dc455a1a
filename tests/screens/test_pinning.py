"""A certificate that no authority vouches for: shown with its fingerprint, taken by a key, warned of for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from console.settings import preferences
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from screens.app import HubspokeApp
from screens.standing import TLS_OFF, TLS_PINNED, standing_of
from tests.screens.looking import sees, shown, until
from tests.support.certificates import SelfSigned, self_signed
from tests.support.simulator import Simulator, start_simulator
from tests.support.tls_front import TlsFront, start_tls_front


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=2, seed=5) as made:
        yield made


@pytest.fixture(scope="module")
def own() -> SelfSigned:
    return self_signed("hubspot.intranet.example")


@pytest.fixture
def front(simulator: Simulator, own: SelfSigned) -> Iterator[TlsFront]:
    with start_tls_front(own.server(), urlsplit(simulator.url).port) as made:
        yield made


def console(folder: Path, front: TlsFront) -> HubspokeApp:
    paths = Paths.resolve(str(folder / "config"), str(folder / "state"))
    profile = Profile(
        name="acme",
        authentication="token",
        api_base_url=front.url,
        accept_self_signed_certificates=True,
        timeout_seconds=5,
    )
    Profiles(paths).save(profile)
    preferences.change(paths, vault="memory")
    return HubspokeApp(paths)


async def test_the_test_shows_the_fingerprint_and_a_key_takes_it(
    simulator: Simulator, front: TlsFront, own: SelfSigned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    app = console(tmp_path, front)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None, "not opened")
        await pilot.press("t")
        await sees(pilot, "not open yet")
        assert simulator.token.encode() not in front.received
        await pilot.press("f8")
        await sees(pilot, "Take this certificate")
        assert own.fingerprint[:48] in shown(app)
        assert own.fingerprint[48:] in shown(app)
        await pilot.press("escape")
        await sees(pilot, "F8 Accept certificate")
        await pilot.press("f8")
        await sees(pilot, "Take this certificate")
        await pilot.press("y")
        await sees(pilot, "▲ It works; look at the warnings.", 30)
        assert "TLS PINNED" in shown(app)
        assert Profiles(app.paths).load("acme").certificate_fingerprint == own.fingerprint
        assert app.troubles == []


async def test_the_connector_screen_takes_what_the_server_shows_now(
    simulator: Simulator, front: TlsFront, own: SelfSigned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOKE_ACCESS_TOKEN", simulator.token)
    app = console(tmp_path, front)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None, "not opened")
        await pilot.press("c")
        await sees(pilot, "Accept certificate")
        await pilot.press("f8")
        await sees(pilot, "Take this certificate")
        await pilot.press("y")
        await until(
            pilot, lambda: Profiles(app.paths).load("acme").certificate_fingerprint == own.fingerprint, "not taken"
        )
        await sees(pilot, "TLS PINNED")
        assert app.troubles == []


def test_every_switched_off_check_stands_in_the_first_line() -> None:
    profile = Profile(name="acme")
    for change, warnings in (
        ({}, ()),
        ({"disable_host_name_verifier": True}, (TLS_OFF,)),
        ({"accept_self_signed_certificates": True}, (TLS_OFF,)),
        ({"accept_self_signed_certificates": True, "certificate_fingerprint": "AB"}, (TLS_PINNED,)),
        (
            {
                "accept_self_signed_certificates": True,
                "certificate_fingerprint": "AB",
                "disable_host_name_verifier": True,
            },
            (TLS_OFF,),
        ),
    ):
        changed = msgspec.structs.replace(profile, **change)
        assert standing_of(changed, None, demo=False).warnings == warnings
