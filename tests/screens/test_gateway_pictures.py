"""The gateway's screen looks as it looked when somebody last agreed to how it looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from console.gateway.live import Served
from console.gateway.settings import Client, GatewaySettings, save
from console.gateway.status import FeedStatus, Status
from tests.screens import samples
from tests.screens.sample_app import still_app
from tests.screens.test_pictures import settle

SIZES = [(80, 24), (140, 40)]
FINGERPRINT = ":".join(f"{(number * 37 + 11) % 256:02X}" for number in range(32))
CLIENTS = (
    Client(name="wso2", user="admin", mapping="people-to-contacts", blocking=True, rights=("scim:read", "scim:write")),
    Client(name="entra", auth="bearer", mapping="people-to-contacts"),
    Client(name="pingidm", auth="mtls", subject="idm.example.org", rights=("system:read", "system:write", "recon")),
    Client(name="prometheus", auth="apiKey", rights=("metrics",)),
)
PATHS = (
    "/scim/v2/Users",
    "/scim/v2/Users/{id}",
    "/hubspot/contacts",
    "/openidm/system/hubspot/contact/{id}",
    "/metrics",
)


def served(number: int) -> Served:
    status = {3: 404, 7: 429, 11: 401, 13: 503}.get(number % 17, 200 if number % 2 else 201)
    client = "" if status == 401 else CLIENTS[number % 4].name
    note = {429: "slowed down", 401: "wrong credentials"}.get(status, "")
    return Served(
        at=samples.NOW - number * 3, client=client, address="192.0.2.17", method=("GET", "POST", "PATCH")[number % 3],
        path=PATHS[number % 5], status=status, milliseconds=8.0 + number % 40, note=note,
    )  # fmt: skip


def status(**changes: Any) -> Status:
    told: dict[str, Any] = {
        "pid": 4711, "host": "gw1", "user": "ops", "profile": "acme", "url": "https://127.0.0.1:8253",
        "certificate": FINGERPRINT, "started_at": samples.NOW - 8000, "clients": tuple(one.name for one in CLIENTS),
        "requests": 12_840, "under_way": 3, "seconds": 205.4,
        "feeds": (FeedStatus(mapping="people-to-contacts", done=1204),),
        "newest": tuple(served(number) for number in range(60)),
    }  # fmt: skip
    return Status(**(told | changes))


BEHIND = FeedStatus(mapping="people-to-contacts", done=1204, waiting=312, behind_since=samples.NOW - 42)
STUCK = FeedStatus(
    mapping="people-to-contacts", done=1204, failed=3, waiting=312, behind_since=samples.NOW - 4200,
    message="A guard holds the plan: 60 deletes are more than 50. Look at it, and approve it by number.",
)  # fmt: skip
State = tuple[Status | None, tuple[Client, ...], tuple[str, ...]]
STATES: dict[str, State] = {
    "serving": (status(), CLIENTS, ()),
    "behind": (status(feeds=(BEHIND,)), CLIENTS, ("down",)),
    "stuck": (status(feeds=(STUCK,), note="Start the gateway again for: max_requests."), CLIENTS, ()),
    "quiet": (status(requests=0, seconds=0.0, under_way=0, newest=(), feeds=(), certificate=""), CLIENTS[3:], ()),
    "held": (status(), CLIENTS, ("tab", "down", "down")),
    "stopping": (status(state="stopping"), CLIENTS, ()),
    "not running": (None, CLIENTS, ()),
    "nobody": (None, (), ()),
    "new": (None, CLIENTS, ("n",)),
    "edit": (status(), CLIENTS, ("enter", "down", "down", "down")),
    "wrong": (status(), CLIENTS, ("n", "ctrl+s")),
    "secret": (status(), CLIENTS, ("down", "s", "y")),
    "remove": (status(), CLIENTS, ("delete",)),
    "stop": (status(), CLIENTS, ("x",)),
    "not read": (None, (), ("broken",)),
}


class Secrets:
    """A vault that remembers nothing."""

    async def get(self, name: str) -> str | None:
        return None

    async def set(self, name: str, value: str) -> None:
        assert value.startswith("scrypt:")


def opener(folder: Path, state: State) -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        from screens.screens.gateway.screen import GatewayScreen
        from tests.screens.sample_session import Ready

        app: Any = pilot.app
        _, clients, keys = state
        app.session.secrets = Ready(Secrets())
        save(app.paths, GatewaySettings(client=clients, client_ca="/ca.pem"))
        if keys == ("broken",):
            (app.paths.config / "gateway.toml").write_text("listne = 1", encoding="utf-8")
            keys = ()
        await app.push_screen(GatewayScreen())
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        for field in app.screen.query(Input):
            assert not field.cursor_blink
        await settle(pilot)

    return run


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "140x40"])
@pytest.mark.parametrize("state", STATES)
def test_the_gateway_looks_as_agreed(
    snap_compare: Callable[..., bool],
    state: str,
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = STATES[state][0]
    monkeypatch.setattr("console.gateway.status.read", lambda _: told)
    monkeypatch.setattr(
        "console.gateway.administration.new_secret", lambda: "Q2FuYXJ5LW9mLWEtcGljdHVyZS1ub3QtYS1zZWNyZXQ"
    )
    monkeypatch.setattr("time.localtime", __import__("time").gmtime)
    assert snap_compare(still_app(tmp_path), terminal_size=size, run_before=opener(tmp_path, STATES[state]))
