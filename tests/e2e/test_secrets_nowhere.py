"""After a whole run no secret is anywhere but in the keyring, and in what the operator himself put into the environment."""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import pytest
import secretstorage
import trustme
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]

from tests.support.behind_proxy import NAME, BehindProxy, behind_proxy
from tests.support.canaries import Canaries, ProcessWatch, Seen, files_below
from tests.support.operator import Operator
from tests.support.people import create_half, differences, write_people
from tests.support.secret_service import PrivateSession
from tests.support.simulator import Simulator, start_simulator
from tests.support.terminal import Terminal

PEOPLE, MORE_PEOPLE = 500, 510
TOKEN_SECONDS = 4
LATENCY = 0.4
SUPPORT = Path(__file__).parents[1] / "support"
SHARED_FOLDERS = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))
TOKEN_VARIABLE, PROXY_VARIABLE = "HUBSPOKE_ACCESS_TOKEN", "HTTPS_PROXY"


def password(of: str) -> str:
    """Long enough to be found in part, with letters that every spelling writes in another way."""
    return f"{of}-{secrets.token_hex(12)}-\"p/w+ö&%\\<'>=-{secrets.token_hex(4)}"


def sabotage(place: str) -> dict[str, str]:
    """The environment of a command that fails there with every secret in its hands."""
    return {"PYTHONPATH": str(SUPPORT / "sabotage"), "SABOTAGE": place}


class Traces:
    """All that commands leave behind, of which none may hold a secret."""

    def __init__(self, folder: Path, operator: Operator, processes: ProcessWatch) -> None:
        self.folder, self.operator, self.processes = folder, operator, processes
        self._before = set(_shared())

    def searched(self, canaries: Canaries, *also: Path) -> list[str]:
        """Every find in files, in what was printed and shown, in arguments and environments."""
        found = [line for folder in (self.folder, *also) for line in canaries.in_folder(folder)]
        for path in _shared():
            if path not in self._before and not path.name.startswith("pytest-of-"):
                for file in [path] if path.is_file() else files_below(path):
                    found += canaries.in_file(file, str(file))
        said = "\n".join(self.operator.said)
        found += canaries.in_bytes("what was printed and shown", said.encode("utf-8", "surrogateescape"))
        for seen in self.processes.seen:
            found += canaries.in_bytes(f"arguments of {seen.title}", seen.arguments)
            found += canaries.in_bytes(f"environment of {seen.title}", ungranted(seen))
        return found

    def names(self) -> str:
        """The files that there are, one a line."""
        return "\n".join(str(path.relative_to(self.folder)) for path in files_below(self.folder))


def _shared() -> Iterator[Path]:
    for folder in SHARED_FOLDERS:
        yield from folder.iterdir()


def is_runner(seen: Seen) -> bool:
    return "--secrets-fd" in seen.words


def ungranted(seen: Seen) -> bytes:
    """The environment but for what the operator put there himself: the token for his own commands, and the proxy."""
    granted = {PROXY_VARIABLE} if is_runner(seen) else {PROXY_VARIABLE, TOKEN_VARIABLE}
    lines = seen.environment.split(b"\0")
    return b"\0".join(line for line in lines if line.partition(b"=")[0].decode("latin-1") not in granted)


def stored(desktop: PrivateSession) -> dict[str, str]:
    """What a foreign program finds in the keyring."""
    connection = open_dbus_connection(desktop.address)
    try:
        items = secretstorage.get_default_collection(connection).get_all_items()
        return {item.get_attributes()["username"]: item.get_secret().decode() for item in items}
    finally:
        connection.close()


@contextmanager
def console(operator: Operator, environment: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """The console in a terminal; all that it wrote is kept with what was printed."""
    everything = operator.environment | dict(environment or {})
    with Terminal(operator.command(), columns=120, rows=40, environment=everything, cwd=operator.folder) as terminal:
        try:
            terminal.wait("(✓ connected|✗ our mistake)")
            yield terminal
        finally:
            terminal.read(0.2)
            operator.said += [terminal.raw.decode("utf-8", "surrogateescape"), terminal.text]


def visit(operator: Operator, terminal: Terminal, *keys: str, shows: str) -> None:
    """Goes to a screen from Home."""
    terminal.press(*keys)
    operator.said.append(terminal.wait(shows))


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    terminal.read(0.3)
    if not terminal.ended():
        terminal.press("y")  # a run is under way; it goes on
    assert terminal.wait_end() == 0


def until(true: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)
    return found


# the whole run


@dataclass
class Scene:
    """An operator with a desktop, behind a company's proxy, in front of HubSpot; and who watches him."""

    folder: Path
    desktop: PrivateSession
    hubspot: Simulator
    far: BehindProxy
    operator: Operator
    canaries: Canaries
    given: dict[str, str]


@contextmanager
def scene(folder: Path) -> Iterator[tuple[Scene, Traces]]:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(tls)
    (folder / "tmp").mkdir()
    authority.cert_pem.write_to_path(folder / "company.pem")
    given = {name: password(name) for name in ("passphrase", "proxy", "source", "typed")}
    with (
        PrivateSession() as desktop,
        start_simulator(token_seconds=TOKEN_SECONDS, seed=secrets.randbits(40)) as hubspot,
        behind_proxy(urlsplit(hubspot.url).port or 0, tls, "operator", given["proxy"]) as far,
        ProcessWatch(folder, desktop.folder) as processes,
    ):
        desktop.start(given["passphrase"])
        settings = {
            "clientId": hubspot.client_id, "caFile": folder / "company.pem", "maximumConnections": 1,
            "httpProxyHost": "127.0.0.1", "httpProxyPort": far.proxy.port, "httpProxyUser": "operator",
        }  # fmt: skip
        environment = desktop.environment | {"TMPDIR": str(folder / "tmp")}
        operator = Operator(
            folder, far.url, settings=[f"{key}={value}" for key, value in settings.items()], environment=environment
        )
        canaries = Canaries(
            **given, clientSecret=hubspot.client_secret, refreshToken=hubspot.refresh_token, staticToken=hubspot.token
        )
        yield (
            Scene(folder, desktop, hubspot, far, operator, canaries, given),
            Traces(folder, operator, processes),
        )


def test_secrets_of_a_whole_run_are_nowhere_but_in_the_keyring(tmp_path: Path) -> None:
    with scene(tmp_path) as (here, traces):
        store_credentials(here)
        rotate_the_refresh_token(here)
        plan = provision_beside_a_console(here)
        read_it_all_again(here, plan)
        fail_everywhere(here)

        here.canaries.add("journalKey", key := stored(here.desktop)["journalKey"], bytes.fromhex(key))
        tokens = here.hubspot.state()["tokens"]
        here.canaries.add("access token", *tokens)
        assert len(tokens) >= 8
        assert set(here.far.proxy.targets) == {here.far.url.removeprefix("https://")}
        assert list(files_below(here.desktop.folder / "home" / "data" / "keyrings"))
        assert any(is_runner(seen) for seen in traces.processes.seen)
        found = traces.searched(here.canaries, here.desktop.folder)
        assert not found, "\n".join(found)

        names = traces.names()
        for pattern in (
            r"state/journal\.sqlite$", r"state/budget\.sqlite$", r"state/hubspoke\.log$", r"state/runs/.*\.log$",
            r"state/reports/.*\.txt$", r"config/profiles/test\.toml$", r"requests\.log$", r"credentials\.svg$",
        ):  # fmt: skip
            assert re.search(pattern, names, re.MULTILINE), f"{pattern} is not among what was searched:\n{names}"


def store_credentials(here: Scene) -> None:
    """By standard input, into a keyring that really is gnome-keyring."""
    values = {
        "clientSecret": here.hubspot.client_secret,
        "refreshToken": here.hubspot.refresh_token,
        "httpProxyPassword": here.given["proxy"],
        "source/hr": here.given["source"],
    }
    for name, value in values.items():
        here.operator.run("credentials", "set", name, stdin=value + "\n")
    status = here.operator.json("credentials", "status")
    assert (status["vault"]["label"], status["vault"]["state"]) == ("Secret Service", "ready")
    assert {secret["source"] for secret in status["secrets"] if secret["set"]} == {"Secret Service"}
    assert stored(here.desktop) == values


def rotate_the_refresh_token(here: Scene) -> None:
    """HubSpot hands out another refresh token; it takes the place of the first in the keyring."""
    here.hubspot.credentials(rotateRefresh=True)
    here.operator.run("test", "-v")
    here.hubspot.credentials(rotateRefresh=False)
    rotated = stored(here.desktop)["refreshToken"]
    assert rotated != here.hubspot.refresh_token
    here.canaries.add("rotated refreshToken", rotated)


def provision_beside_a_console(here: Scene) -> str:
    """A detached run whose tokens end under way, while the console is looked through; the plan's id."""
    create_half(here.hubspot, PEOPLE)
    mapping = write_people(here.folder, PEOPLE)
    plan = str(here.operator.json("plan", str(mapping))["id"])
    here.operator.run("diff", plan, "--jsonl")
    here.hubspot.settings(latency=LATENCY)
    here.operator.run("apply", plan, "--yes", "--detach")
    here.hubspot.credentials(expireAccess=True)
    with console(here.operator) as terminal:
        type_a_secret(here, terminal)
        here.hubspot.settings(latency=0)
        for key, shows in (
            ("c", "(?s)hubspoke  Connector.*httpProxyUser"),
            ("t", "(?s)hubspoke  Test.*(Everything works|look at the warnings)"),
            ("r", "(?s)hubspoke  Run.*people-to-contacts"),
            ("h", "(?s)hubspoke  History.*people-to-contacts"),
            ("b", r"(?s)hubspoke  Contacts.*person\.\d+@"),
        ):
            terminal.back("Home")
            visit(here.operator, terminal, key, shows=shows)
        terminal.back("Home")
        leave(terminal)
    here.operator.run("runs", "watch", plan)
    assert differences(here.hubspot, PEOPLE) == []
    return plan


def type_a_secret(here: Scene, terminal: Terminal) -> None:
    """Pasted into the console's masked field."""
    visit(here.operator, terminal, "ctrl+p", "credentials", shows="Store a secret")
    visit(here.operator, terminal, "enter", shows="✓ set")
    visit(here.operator, terminal, "enter", shows="paste it here")
    visit(here.operator, terminal, f"\x1b[200~{here.given['typed']}\x1b[201~", shows="•{20}")
    visit(here.operator, terminal, "enter", shows="Stored accessToken in: Secret Service")
    assert stored(here.desktop)["accessToken"] == here.given["typed"]


def read_it_all_again(here: Scene, plan: str) -> None:
    """Whatever tells something: reports, settings, the request log, pictures of the screens."""
    for words in (
        ("runs", "report", plan, "--format", "md"),
        ("runs", "report", plan, "--format", "jsonl"),
        ("profile", "show"),
        ("search", "contact", "--jsonl", "--limit", "5", "--log-file", str(here.folder / "requests.log")),
    ):
        here.operator.run(*words)
    take_pictures(here)


def take_pictures(here: Scene) -> None:
    program = str(SUPPORT / "console_pictures.py")
    done = subprocess.run(
        [sys.executable, "-P", program, str(here.operator.config), str(here.operator.state), str(here.folder)],
        env=here.operator.environment, cwd=here.folder, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    here.operator.said += [done.stdout, done.stderr]
    assert done.returncode == 0, done.stderr[-3000:]


def fail_everywhere(here: Scene) -> None:
    """Mistakes of our own in a command, in a runner and in the console, each with all secrets at hand."""
    crashed = here.operator.run("test", code=1, environment=sabotage("account"))
    assert "(RuntimeError), reference" in crashed.stderr

    mapping = write_people(here.folder, MORE_PEOPLE)
    here.operator.run("provision", str(mapping), "--yes", "--detach", environment=sabotage("runner"))
    logs = here.operator.state / "runs"
    until(lambda: any("(RuntimeError), reference" in log.read_text() for log in logs.iterdir()))

    with console(here.operator, sabotage("account,doctor")) as terminal:
        visit(here.operator, terminal, "t", shows=r"\(RuntimeError\)\. Reference")
        terminal.back("Home")
        # one failure after the other: the console gives up, and must do so in silence
        end = time.monotonic() + 10
        while not terminal.ended() and time.monotonic() < end:
            terminal.press("d")
        assert terminal.wait_end() != 0


# an operator without a desktop


def test_a_token_in_the_environment_goes_no_further(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    proxy = password("proxy")
    environment = {"TMPDIR": str(tmp_path / "tmp"), PROXY_VARIABLE: f"http://me:{quote_plus(proxy)}@127.0.0.1:9"}
    with start_simulator(seed=secrets.randbits(40)) as hubspot, ProcessWatch(tmp_path) as processes:
        operator = Operator(tmp_path, hubspot.url, hubspot.token, environment=environment)
        traces = Traces(tmp_path, operator, processes)
        canaries = Canaries(accessToken=hubspot.token, proxy=proxy)
        (secret,) = (one for one in operator.json("credentials", "status")["secrets"] if one["id"] == "accessToken")
        assert secret["source"] == "environment"
        plan = operator.json("plan", str(write_people(tmp_path, 40)))["id"]
        operator.run("apply", plan, "--yes", "--detach")
        operator.run("runs", "watch", plan)
        assert differences(hubspot, 40) == []
        for words in (["doctor"], ["test", "--json"], ["runs", "report", plan]):
            operator.run(*words)
        operator.run("test", code=1, environment=sabotage("account"))
        with console(operator) as terminal:
            visit(operator, terminal, "d", shows="(?i)proxy")
            terminal.back("Home")
            leave(terminal)

        runners = [seen for seen in processes.seen if is_runner(seen)]
        assert runners
        assert all(TOKEN_VARIABLE.encode() not in seen.environment for seen in runners)
        assert any(TOKEN_VARIABLE.encode() in seen.environment for seen in processes.seen)
        found = traces.searched(canaries)
        assert not found, "\n".join(found)


# the search itself


def planted(text: str) -> Iterator[tuple[str, bytes]]:
    """The secret as other programs would write it."""
    raw = text.encode()
    yield "raw", b"x" + raw + b"y"
    for written in (urlencode({"token": text, "more": 1}), quote(text), quote(text, safe="")):
        yield "URL-encoded", written.encode()
    for written in (json.dumps({"a": text}), json.dumps({"a": text}, ensure_ascii=False)):
        yield "JSON-escaped", written.encode()
    for before in (b"", b"u:", b"user", b"\xff\xfe\xfd\xfc\xfb"):
        for after in (b"", b"!", b"\xff\xff"):
            yield "base64", base64.b64encode(before + raw + after)
            yield "base64", base64.urlsafe_b64encode(before + raw + after)
    yield "hexadecimal", raw.hex().encode()
    yield "markup", f"<text>{html.escape(text)}</text>".encode()
    yield "repr", repr({"a": text}).encode()
    yield "another encoding", text.encode("utf-16")
    yield "in part", raw[3:38]


@pytest.mark.parametrize(
    "text",
    [password("control"), f"na1-{secrets.token_hex(16)}", "CK" + secrets.token_urlsafe(90)],
    ids=["password", "refresh token", "access token"],
)
def test_every_spelling_is_found(tmp_path: Path, text: str) -> None:
    canaries = Canaries(control=text)
    for spelling, data in planted(text):
        file = tmp_path / "some" / "file.bin"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"\0before" + data + b"after\n")
        assert f"some/file.bin: control ({spelling})" in canaries.in_folder(tmp_path)
        file.unlink()
        assert canaries.in_folder(tmp_path) == []
    (tmp_path / text[:24]).touch()
    assert canaries.in_folder(tmp_path) == ["the name of a file: control (in part)"]


def test_arguments_and_environments_are_found(tmp_path: Path) -> None:
    text = password("control")
    canaries = Canaries(control=text)
    commands: Sequence[tuple[list[str], dict[str, str]]] = (
        (["sleep", "30"], {"HOME": str(tmp_path), "THEIRS": quote(text)}),
        (["sh", "-c", "sleep 30", str(tmp_path), text], {}),
    )
    programs = [subprocess.Popen(words, env={"PATH": "/usr/bin:/bin", **more}) for words, more in commands]
    try:
        with ProcessWatch(tmp_path) as processes:
            until(lambda: len({seen.pid for seen in processes.seen}) == 2)
        by_pid = {seen.pid: seen for seen in processes.seen}
        assert "its: control (URL-encoded)" in canaries.in_bytes("its", by_pid[programs[0].pid].environment)
        assert "its: control (raw)" in canaries.in_bytes("its", by_pid[programs[1].pid].arguments)
        assert canaries.in_bytes("its", by_pid[programs[0].pid].arguments) == []
    finally:
        for program in programs:
            program.kill()
            program.wait()
