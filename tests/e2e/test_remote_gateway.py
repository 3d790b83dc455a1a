"""A console on one machine drives a gateway on another, which alone reaches HubSpot: two network namespaces and a cable."""

from __future__ import annotations

import json
import os
import secrets
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.operator import HUBSPOKE, Operator
from tests.support.people import create_half, differences, write_people
from tests.support.simulator import start_simulator

PEOPLE = 1_000
GATEWAY, CONSOLE = "10.253.77.1", "10.253.77.2"
SETTINGS = f"""\
listen = "{GATEWAY}:8253"
per_second_per_client = 1000.0

[[client]]
name = "console"
rights = ["system:read", "system:write"]
"""
SECRET = "a-secret-of-the-console"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None, reason="network namespaces are root's to make"
)


def ip(*arguments: str, check: bool = True) -> bool:
    """`ip`; whether it worked."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, (arguments, done.stderr)
    return done.returncode == 0


@contextmanager
def two_machines() -> Iterator[str]:
    """A namespace for the console, linked to this one, where the gateway is; its name."""
    name = f"hsk{secrets.token_hex(3)}"
    near, far = f"v{name}a", f"v{name}b"
    if not ip("netns", "add", name, check=False):
        pytest.skip("this machine makes no network namespaces")
    try:
        if not ip("link", "add", near, "type", "veth", "peer", "name", far, check=False):
            pytest.skip("this machine has no virtual cables")
        ip("link", "set", far, "netns", name)
        ip("addr", "add", f"{GATEWAY}/30", "dev", near)
        ip("link", "set", near, "up")
        ip("-n", name, "addr", "add", f"{CONSOLE}/30", "dev", far)
        ip("-n", name, "link", "set", far, "up")
        ip("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        ip("netns", "del", name, check=False)  # the cable goes with it


class ConsoleElsewhere(Operator):
    """An operator whose commands run in another namespace."""

    def __init__(self, folder: Path, namespace: str, *settings: str) -> None:
        self._namespace = namespace
        folder.mkdir()
        super().__init__(
            folder, "https://api.hubapi.com", SECRET, settings=[f"remoteUrl=https://{GATEWAY}:8253", *settings]
        )

    def command(self, *arguments: str) -> list[str]:
        """The whole argument list, within the namespace."""
        plain = [*HUBSPOKE, "--config", str(self.config), "--state", str(self.state), *arguments]
        return ["ip", "netns", "exec", self._namespace, *plain]


@contextmanager
def gateway(folder: Path, url: str, token: str) -> Iterator[dict[str, Any]]:
    """A gateway with HTTPS of its own making; what it says when it listens."""
    folder.mkdir()
    operator = Operator(folder, url, token, environment={"HUBSPOKE_GATEWAY_CONSOLE": SECRET})
    (operator.config / "gateway.toml").write_text(SETTINGS, encoding="utf-8")
    process = operator.start("gateway", "--ready-json")
    try:
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], 40)
        line = process.stdout.readline() if readable else ""
        assert line, process.communicate(timeout=5)[1][-2000:]
        yield json.loads(line)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=30)
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=10)


def test_a_console_drives_a_gateway_on_another_machine(tmp_path: Path) -> None:
    with two_machines() as namespace, start_simulator(burst="100000/10") as hubspot:
        create_half(hubspot, PEOPLE)
        with gateway(tmp_path / "gateway", hubspot.url, hubspot.token) as ready:
            trusting = ("acceptSelfSignedCertificates=true", f"certificateFingerprint={ready['certificate']}")
            console = ConsoleElsewhere(tmp_path / "console", namespace, "clientId=console", *trusting)

            wary = ConsoleElsewhere(tmp_path / "wary", namespace, "clientId=console")
            assert "fail" in {stage["state"] for stage in wary.json("test", code=1)["stages"] if stage["id"] == "tls"}

            status = console.json("test")
            assert status["ok"] is True
            assert str(hubspot.portal_id) in str(status["stages"])

            somebody = next(iter(hubspot.by_email()))
            found = console.json("search", "contact", f'email eq "{somebody}"', "--fields", "email")
            assert somebody in json.dumps(found)

            mapping = write_people(tmp_path, PEOPLE)
            console.run("provision", str(mapping), "--yes", "--attached")
            assert differences(hubspot, PEOPLE) == []
            assert console.json("plan", str(mapping))["writes"] == 0
