"""The gateway's screen while clients push what tries to act on a terminal: nothing of theirs reaches it."""

from __future__ import annotations

import base64
import socket
import subprocess
import time
from pathlib import Path

from console.gateway import status
from console.gateway.settings import Client, GatewaySettings, save
from console.simulator.hostile import VALUES
from tests.screens.foreign import foreign
from tests.screens.test_hostile import ALL
from tests.screens.workplace import Workplace
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal

SECRET = "a-secret-of-forty-characters-for-a-client"
GATEWAY = "\x07"
"""^g."""


def address(place: Workplace) -> tuple[str, int]:
    """Where the gateway listens, once it does."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        told = status.read(place.paths)
        if told is not None:
            host, _, port = told.url.removeprefix("http://").partition(":")
            return host, int(port)
        time.sleep(0.05)
    raise AssertionError("the gateway does not serve")


def send(
    to: tuple[str, int], target: bytes, user: str, secret: str, method: bytes = b"GET", agent: bytes = b"x"
) -> bytes:
    """One request as bytes; the first line of the answer."""
    credentials = base64.b64encode(f"{user}:{secret}".encode("utf-8", "surrogatepass"))
    with socket.create_connection(to, timeout=5) as line:
        line.sendall(
            b"%s %s HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\nAuthorization: Basic %s\r\nConnection: close\r\n\r\n"
            % (method, target, agent, credentials)
        )
        return line.recv(65536).split(b"\r\n", 1)[0]


def test_what_clients_push_at_the_gateway_reaches_no_terminal(tmp_path: Path) -> None:
    with start_simulator() as simulator:
        place = Workplace(tmp_path, simulator, [])
        save(place.paths, GatewaySettings(listen="127.0.0.1:0", tls="off", client=(Client(name="wso2"),)))
        environment = place.environment | {"HUBSPOKE_GATEWAY_WSO2": SECRET}
        gateway = subprocess.Popen(
            [*place.command, "gateway"],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            to = address(place)
            answers = []
            for value in (*VALUES, ALL):
                raw = value[:300].encode("utf-8", "surrogatepass")
                quoted = b"".join(b"%%%02X" % byte for byte in raw)
                visible = bytes(byte for byte in raw if byte not in b"\r\n \0")
                answers += [
                    send(to, b"/scim/v2/Users/" + quoted, "wso2", SECRET),
                    send(to, b"/" + quoted + b"/Users?filter=" + quoted, "wso2", SECRET, method=b"PATCH"),
                    send(to, b"/scim/v2/Users", value[:200].replace(":", ""), "wrong"),
                    send(to, b"/scim/v2/" + visible, "wso2", SECRET, agent=visible),
                ]
            assert {answer[9:10] for answer in answers} == {b"4"}, set(answers)
            with Terminal(place.command, columns=140, rows=40, environment=environment, cwd=tmp_path) as terminal:
                terminal.wait("✓ connected")
                terminal.press(GATEWAY)
                terminal.wait("● serving")
                terminal.wait("404")
                terminal.wait("wrong credentials")
                terminal.press("tab", "down", "down", "pagedown", "pagedown", "f")
                terminal.wait("404|401|400")
                terminal.press("escape")
                terminal.wait("q Quit")
                terminal.press("q")
                assert terminal.wait_end() == 0
                assert foreign(bytes(terminal.raw)) == []
            assert not place.paths.log.exists()
        finally:
            gateway.terminate()
            gateway.wait(20)
