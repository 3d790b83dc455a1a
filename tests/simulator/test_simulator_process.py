"""The command: its ready line, its ends, its data file, what it refuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.simulator.config import OptionError, parse_allowance, parse_listen
from tests.support.simulator import start_simulator

COMMAND = [sys.executable, "-P", "-m", "console.simulator"]
CONTACTS = "/crm/objects/2026-09/contacts"

FACTS = {
    "url",
    "token",
    "clientId",
    "clientSecret",
    "refreshToken",
    "portalId",
    "authorizeUrl",
    "redirectUri",
}


def test_exactly_one_json_line_when_it_listens_and_an_end_with_stdin() -> None:
    with subprocess.Popen(
        [*COMMAND, "--ready-json", "--exit-with-stdin", "--contacts", "10"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        assert set(facts) == FACTS
        host, _, port = facts["url"].removeprefix("http://").partition(":")
        socket.create_connection((host, int(port)), timeout=5).close()
        process.stdin.close()
        assert process.wait(10) == 0
        assert process.stdout.read() == b""
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_gracefully_even_with_a_stalled_request(number: signal.Signals) -> None:
    with start_simulator() as hubspot:
        hubspot.faults("stall=1x")
        waiting = socket.create_connection(("127.0.0.1", int(hubspot.url.rpartition(":")[2])))
        waiting.sendall(f"GET {CONTACTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {hubspot.token}\r\n\r\n".encode())
        while hubspot.state()["inFlight"] == 0:
            time.sleep(0.01)
        hubspot.process.send_signal(number)
        assert hubspot.process.wait(5) == 0
        waiting.close()


def test_the_data_file_continues_where_it_ended(tmp_path: Path) -> None:
    data = tmp_path / "portal"
    previous = os.umask(0)
    try:
        with start_simulator(contacts=20, companies=3, hostile=True, seed=9, data=data) as hubspot:
            hubspot.post(CONTACTS, {"properties": {"email": "kept@data.example", "city": "Hà Nội"}})
            hubspot.request("DELETE", f"{CONTACTS}/1001")
            new = {
                "name": "erp",
                "label": "x",
                "type": "string",
                "fieldType": "text",
                "groupName": "contactinformation",
            }
            hubspot.post("/crm/v3/properties/contacts", {**new, "hasUniqueValue": True})
            contacts, companies, token = hubspot.dump(), hubspot.dump("companies"), hubspot.token
            assert hubspot.stop() == 0
    finally:
        os.umask(previous)
    assert stat.S_IMODE(data.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["portal"]
    with start_simulator(contacts=5, seed=1, data=data) as hubspot:
        assert hubspot.token == token  # the file's seed rules
        assert hubspot.dump() == contacts
        assert hubspot.dump("companies") == companies
        assert "1001" in hubspot.dump(archived=True)
        assert hubspot.post(CONTACTS, {"properties": {"email": "KEPT@data.example"}}).status == 409
        made = hubspot.post(CONTACTS, {"properties": {"email": "more@data.example", "erp": "7"}})
        assert int(made.json["id"]) > max(map(int, contacts))
        assert hubspot.post(CONTACTS, {"properties": {"email": "x@data.example", "erp": "7"}}).status == 409


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--listen", "0.0.0.0:0"], 2, "not a loopback address"),
        (["--listen", "192.0.2.1:80"], 2, "not a loopback address"),
        (["--listen", "example.com:80"], 2, "not a loopback address"),
        (["--listen", "127.0.0.1:99999"], 2, "HOST:PORT"),
        (["--burst", "many"], 2, "N/SECONDS"),
        (["--faults", "418"], 2, "unknown fault"),
        (["--data", "/no/such/folder/portal"], 2, "does not exist"),
        (["--data", "/proc/self/comm"], 1, "not a simulator's data file"),
    ],
)
def test_what_it_refuses(arguments: list[str], code: int, words: str) -> None:
    done = subprocess.run([*COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "--listen", f"127.0.0.1:{port}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_the_human_ready_text_names_everything() -> None:
    done = subprocess.run(
        [*COMMAND, "--contacts", "1", "--exit-with-stdin"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(name in done.stdout for name in FACTS)


def test_options_are_parsed() -> None:
    assert parse_allowance("100000/10") == (100_000, 10.0)
    assert parse_allowance("5/1") == (5, 1.0)
    assert parse_listen("localhost:8123") == ("127.0.0.1", 8123)
    assert parse_listen("[::1]:0") == ("::1", 0)
    for wrong in ("0/10", "5/0", "x/y", ""):
        with pytest.raises(OptionError):
            parse_allowance(wrong)


def test_declaring_the_options_imports_no_server() -> None:
    script = (
        "import argparse, sys\n"
        "from console.simulator.command import add_arguments\n"
        "add_arguments(argparse.ArgumentParser())\n"
        "print([name for name in ('starlette', 'uvicorn', 'h11', 'asyncio', 'msgspec') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
