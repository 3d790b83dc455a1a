"""After a whole run no secret is anywhere but in the keyring, and in what the operator himself put into the environment."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import secretstorage
import trustme
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]

from tests.support.behind_proxy import NAME, behind_proxy
from tests.support.canaries import Canaries, ProcessWatch, files_below
from tests.support.operator import Operator
from tests.support.people import create_half, differences, write_people
from tests.support.secret_service import PrivateSession
from tests.support.simulator import Simulator, start_simulator
from tests.support.terminal import Terminal

PEOPLE = 500
MORE_PEOPLE = 510
TOKEN_SECONDS = 4
SUPPORT = Path(__file__).parents[1] / "support"
SCREENSHOTS = SUPPORT / "screenshots.py"


def sabotage(place: str) -> dict[str, str]:
    """The environment of a command that fails there with all secrets in its hands."""
    return {"PYTHONPATH": str(SUPPORT / "sabotage"), "SABOTAGE": place}


def password(of: str) -> str:
    """Long enough to be found in parts, with letters that every spelling writes in another way."""
    return f"{of}{secrets.token_hex(12)}\"p/w+ö&%\\<'>={secrets.token_hex(4)}"


def until(true: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come true")


class Traces:
    """What a run leaves: files old and new, processes, all that was printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed: dict[str, bytes] = {}
        self._before = set(self._temporary())

    def all(self, canaries: Canaries, processes: ProcessWatch, *, granted: str = "") -> list[str]:
        """Every find; `granted` is the variable that the operator himself filled."""
        found = canaries.in_folder(self.folder)
        for path in self._temporary():
            if path not in self._before:
                found += canaries.in_file(path, str(path))
        for place, data in self.printed.items():
            found += canaries.in_bytes(place, data)
        for seen in processes.seen:
            found += canaries.in_bytes(f"the arguments of {seen.title}", seen.arguments)
            mine = granted and "--secrets-fd" not in seen.words
            environment = [line for line in seen.environment.split(b"\0") if not (mine and is_named(line, granted))]
            found += canaries.in_bytes(f"the environment of {seen.title}", b"\0".join(environment))
        return found

    @staticmethod
    def _temporary() -> Iterator[Path]:
        """Files in the folders that everybody may write to; the folder of the tests themselves is searched apart."""
        for folder in ("/tmp", "/var/tmp", "/dev/shm"):
            for entry in Path(folder).iterdir():
                if entry.name.startswith("pytest-of-"):
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    yield from files_below(entry)
                elif entry.is_file():
                    yield entry


def is_named(line: bytes, variable: str) -> bool:
    """Whether a line of an environment sets that variable."""
    return line.startswith(variable.encode() + b"=")


def stored(desktop: PrivateSession) -> dict[str, str]:
    """What a foreign program finds in the keyring."""
    connection = open_dbus_connection(desktop.address)
    try:
        items = secretstorage.get_default_collection(connection).get_all_items()
        return {item.get_attributes()["username"]: item.get_secret().decode() for item in items}
    finally:
        connection.close()


def port_of(hubspot: Simulator) -> int:
    port = urlsplit(hubspot.url).port
    assert port is not None
    return port


def server_side(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(context)
    return context


@contextmanager
def console(operator: Operator, environment: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """The console in a terminal; what it wrote is kept with all that was printed."""
    with Terminal(
        operator.command(),
        columns=120,
        rows=40,
        environment=operator.environment | dict(environment or {}),
        cwd=operator.folder,
    ) as terminal:
        try:
            terminal.wait("✓ connected|✗ RuntimeError")
            yield terminal
        finally:
            terminal.read(0.2)
            operator.said.append(terminal.raw.decode("utf-8", "surrogateescape"))
            operator.said.append(terminal.text)


def home(terminal: Terminal) -> None:
    terminal.press("escape")
    terminal.wait("What now")


def test_secrets_of_a_whole_run_are_only_in_the_keyring(tmp_path: Path) -> None:
    authority = trustme.CA()
    folder = tmp_path / "operator"
    (folder / "tmp").mkdir(parents=True)
    authority.cert_pem.write_to_path(folder / "company.pem")
    given = {name: password(name) for name in ("proxy", "source", "typed", "passphrase")}
    began = time.monotonic()

    def mark(what: str) -> None:
        print(f"{time.monotonic() - began:6.1f} {what}")

    with (
        PrivateSession() as desktop,
        start_simulator(token_seconds=TOKEN_SECONDS, seed=secrets.randbits(40)) as hubspot,
        behind_proxy(port_of(hubspot), server_side(authority), "operator", given["proxy"]) as far,
        ProcessWatch(tmp_path, desktop.folder) as processes,
    ):
        traces = Traces(tmp_path)
        desktop.start(given["passphrase"])
        operator = Operator(
            folder, far.url,
            settings=(
                f"clientId={json.dumps(hubspot_client(hubspot))[1:-1]}", f"caFile={folder / 'company.pem'}", "maximumConnections=1",
                "httpProxyHost=127.0.0.1", f"httpProxyPort={far.proxy.port}", "httpProxyUser=operator",
            ),
            environment=desktop.environment | {"TMPDIR": str(folder / "tmp")},
        )  # fmt: skip
        mark("profile")
        for name, value in {
            "clientSecret": hubspot.client_secret,
            "refreshToken": hubspot.refresh_token,
            "proxy": given["proxy"],
            "source/hr": given["source"],
        }.items():
            operator.run("credentials", "set", name, stdin=value + "\n")
        mark("credentials")
        status = operator.json("credentials", "status")
        assert (status["vault"]["label"], status["vault"]["state"]) == ("Secret Service", "ready")
        assert stored(desktop)["source/hr"] == given["source"]
        hubspot.credentials(rotateRefresh=True)
        operator.run("test", "-v", "--log-file", str(folder / "requests.log"))
        hubspot.credentials(rotateRefresh=False)
        rotated = stored(desktop)["refreshToken"]
        assert rotated != hubspot.refresh_token
        mark("test")
        create_half(hubspot, PEOPLE)
        mapping = str(write_people(folder, PEOPLE))
        plan = operator.json("plan", mapping)["id"]
        operator.run("diff", plan, "--jsonl")
        mark("plan")
        hubspot.settings(latency=0.7)
        operator.run("apply", plan, "--yes", "--detach")
        mark("detached")
        with console(operator) as terminal:
            mark("console up")
            terminal.press("ctrl+p")
            terminal.wait("Search for")
            terminal.press("credentials")
            terminal.wait("Store a secret")
            terminal.press("enter")
            terminal.wait("accessToken")
            terminal.wait("✓ set")
            terminal.press("enter")
            terminal.wait("paste it here")
            terminal.press(f"\x1b[200~{given['typed']}\x1b[201~")
            terminal.wait("•{20}")
            terminal.press("enter")
            terminal.wait("Stored accessToken in: Secret Service")
            hubspot.credentials(expireAccess=True)
            home(terminal)
            for key, shown in (
                ("c", "httpProxyUser"),
                ("t", r"Read companies(?s:.*)(works|open yet)"),
                ("r", "people-to-contacts"),
                ("h", "people-to-contacts"),
            ):
                terminal.press(key)
                terminal.wait(shown)
                mark(key)
                home(terminal)
            terminal.press("q")
            terminal.read(0.3)
            if not terminal.ended():
                terminal.press("y")
            assert terminal.wait_end() == 0
        mark("console done")
        operator.run("runs", "watch", plan)
        assert differences(hubspot, PEOPLE) == []
        mark("watched")
        hubspot.settings(latency=0)
        for form in ("md", "csv", "jsonl"):
            operator.run("runs", "report", plan, "--format", form)
        operator.run("doctor")
        operator.run("profile", "show")
        operator.run("search", "contact", "--jsonl", "--limit", "5")
        mark("reports")
        done = subprocess.run(
            [sys.executable, "-P", str(SCREENSHOTS), str(operator.config), str(operator.state), str(folder)],
            env=operator.environment, capture_output=True, text=True, timeout=30, check=False)
        traces.printed["screenshots"] = (done.stdout + done.stderr).encode()
        assert done.returncode == 0, done.stderr[-3000:]
        mark("screenshots");print(done.stdout)

        crashed = operator.run("test", code=1, environment=sabotage("account"))
        print("STDERR", crashed.stderr)
        write_people(folder, MORE_PEOPLE)
        plan2 = operator.json("plan", mapping)["id"]
        crashed = subprocess.run(operator.command("apply", plan2, "--yes", "--detach"), env=operator.environment|sabotage("runner"), capture_output=True, text=True)
        print("RUNNER", crashed)
        traces.printed["runner crash"] = (crashed.stdout + crashed.stderr).encode()
        mark("crashes")
        with console(operator, sabotage("account,doctor")) as terminal:
            terminal.press("t")
            terminal.wait("Reference")
            print(terminal.text)
            home(terminal)
            for _ in range(13):
                terminal.press("d")
            terminal.read(1)
            print(terminal.ended(), terminal.status, terminal.text)
        mark("console crash")
        canaries = Canaries(**given, staticToken=hubspot.token, clientSecret=hubspot.client_secret, refreshToken=hubspot.refresh_token,
           rotated=rotated, journalKey=stored(desktop)["journalKey"])
        tokens = hubspot.state()["tokens"]
        canaries.add("access token", *tokens)
        print(len(tokens), len(processes.seen))
        traces.printed["said"] = "\n".join(operator.said).encode("utf-8","surrogateescape")
        for f in files_below(tmp_path): print(f, f.stat().st_size)
        found = traces.all(canaries, processes) + canaries.in_folder(desktop.folder)
        mark("searched")
        print("\n".join(found))
        for s in processes.seen: print(s.pid, s.words[:4], s.words[4:][-8:])
        assert found == []


def hubspot_client(hubspot: Simulator) -> str:
    return hubspot.client_id
