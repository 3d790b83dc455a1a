"""`hubspoke credentials login` and `revoke` as processes: by the loopback, by pasting, and how each failure is told."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.settings import preferences
from console.settings.paths import Paths
from tests.support.browser import field, grant, visit
from tests.support.canaries import Canaries
from tests.support.operator import Operator
from tests.support.ports import free_port
from tests.support.simulator import Simulator, start_simulator
from tests.support.terminal import Terminal

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with start_simulator(contacts=2, seed=9, redirect_uri=f"http://localhost:{free_port()}/callback") as made:
        yield made


@pytest.fixture(autouse=True)
def decides(simulator: Simulator) -> Iterator[None]:
    simulator.settings(authorizePage="approve")
    yield
    simulator.reset()


def operator(folder: Path, simulator: Simulator, **settings: Any) -> Operator:
    """Somebody with a profile for the app; the client secret comes by the environment, the vault is in memory."""
    chosen = {
        "clientId": simulator.client_id,
        "authorizeUrl": f"{simulator.url}/oauth/authorize",
        "redirectUri": simulator.options["redirect_uri"],
        **settings,
    }
    folder.mkdir(exist_ok=True)
    environment = {"HUBSPOKE_CLIENT_SECRET": simulator.client_secret}
    made = Operator(
        folder,
        simulator.url,
        settings=[f"{name}={value}" for name, value in chosen.items()],
        environment=environment,
    )
    preferences.change(Paths.resolve(str(made.config), str(made.state)), vault="memory")
    return made


def shown_url(process: subprocess.Popen[str]) -> str:
    """The authorization URL, which is the first line on stdout."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def login(someone: Operator, *options: str) -> subprocess.Popen[str]:
    """The command, as a script starts it."""
    return subprocess.Popen(
        someone.command("credentials", "login", *options), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=someone.environment, cwd=someone.folder,
    )  # fmt: skip


def silent(simulator: Simulator, folder: Path, *output: str) -> None:
    """No secret in what was printed, nor in a file."""
    canaries = Canaries(clientSecret=simulator.client_secret, refreshToken=simulator.refresh_token)
    minted = simulator.state()["tokens"]
    if minted:
        canaries.add("accessToken", *minted)
    assert canaries.in_bytes("output", "\n".join(output).encode()) == []
    assert canaries.in_folder(folder) == []


@pytest.mark.connector_row("oauth-authorize")
@pytest.mark.connector_row("config-client-id")
@pytest.mark.connector_row("config-client-secret")
def test_it_passes_by_the_loopback(simulator: Simulator, tmp_path: Path) -> None:
    someone = operator(tmp_path, simulator)
    process = login(someone, "--no-browser")
    url = shown_url(process)
    assert field(url, "redirect_uri") == simulator.options["redirect_uri"]
    assert visit(grant(url)).status == 200
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert re.search(rf"portal +{simulator.portal_id} .*DEVELOPER_TEST", out)
    assert "crm.objects.contacts.read" in out
    assert "stored in: memory" in out
    silent(simulator, tmp_path, url, out, err)


def test_at_a_desktop_the_browser_opens_by_itself_and_comes_back(simulator: Simulator, tmp_path: Path) -> None:
    someone = operator(tmp_path / "work", simulator)
    browser = tmp_path / "browser"
    browser.write_text(f"#!{sys.executable}\nimport sys, urllib.request\nurllib.request.urlopen(sys.argv[1]).read()\n")
    browser.chmod(0o700)
    desktop = {"DISPLAY": ":0", "BROWSER": f"{browser} %s &"}
    done = someone.run("credentials", "login", "--timeout", "15", environment=desktop)
    assert str(simulator.portal_id) in done.stdout
    assert "The browser was asked to open it" in done.stderr
    far = someone.run(
        "credentials", "login", "--timeout", "0.5", code=1, environment=desktop | {"SSH_TTY": "/dev/pts/9"}
    )
    assert "asked to open" not in far.stderr, "over SSH the display is somewhere else"
    assert "ssh -L" in far.stderr


@pytest.mark.parametrize("browser", ["lynx-or-so %s", "lynx-or-so"])
def test_a_browser_that_takes_the_terminal_is_not_opened(simulator: Simulator, tmp_path: Path, browser: str) -> None:
    program = tmp_path / "lynx-or-so"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/opened\n")
    program.chmod(0o700)
    someone = operator(tmp_path / "work", simulator)
    desktop = {"DISPLAY": ":0", "BROWSER": f"{tmp_path}/{browser}"}
    done = someone.run("credentials", "login", "--timeout", "0.5", code=1, environment=desktop)
    assert "asked to open" not in done.stderr
    assert not (tmp_path / "opened").exists()


@pytest.mark.connector_row("oauth-refresh-token")
def test_it_passes_by_pasting(simulator: Simulator, tmp_path: Path) -> None:
    someone = operator(tmp_path, simulator)
    process = login(someone, "--paste")
    url = shown_url(process)
    sent = grant(url)
    out, err = process.communicate(sent + "\n", timeout=20)
    assert process.returncode == 0, err
    assert str(simulator.portal_id) in out
    assert field(sent, "code") not in out + err
    silent(simulator, tmp_path, url, out, err)


@pytest.mark.parametrize(
    ("decision", "words", "advice"),
    [
        ("deny", "The access was denied", "super admin"),
        ("wrong-state", "belongs to another login", "Begin again"),
        ("expired-code", "does not take this code", "Begin again"),
        ("error", "granted no access", "Begin again"),
    ],
)
def test_what_hubspot_refuses_says_what_to_do(
    simulator: Simulator, tmp_path: Path, decision: str, words: str, advice: str
) -> None:
    simulator.settings(authorizePage=decision)
    someone = operator(tmp_path, simulator)
    process = login(someone, "--no-browser")
    url = shown_url(process)
    assert visit(grant(url)).status == 200, "the browser is told nothing of it"
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert words in err
    assert advice in err
    silent(simulator, tmp_path, url, out, err)


def test_a_wrong_redirect_says_where_to_write_the_right_one(simulator: Simulator, tmp_path: Path) -> None:
    someone = operator(tmp_path, simulator)
    other = "http://localhost:1/other"
    process = login(someone, "--paste")
    url = shown_url(process)
    code = field(grant(url), "code")
    process.kill()
    process.communicate()
    someone.run("profile", "set", f"redirectUri={other}")
    process = login(someone, "--paste", "--no-pkce")
    shown = visit(shown_url(process))
    assert (shown.status, "Redirect URI mismatch" in shown.text) == (400, True), "HubSpot's page refuses it first"
    out, err = process.communicate(code + "\n", timeout=20)
    assert process.returncode == 1
    assert "is not one of the app's" in err
    assert f"Write exactly {other}" in err
    silent(simulator, tmp_path, out, err)


def test_a_wrong_client_secret_and_a_wrong_proof_are_told_apart(simulator: Simulator, tmp_path: Path) -> None:
    someone = operator(tmp_path, simulator)
    process = login(someone, "--paste")
    code = field(grant(shown_url(process)), "code")
    process.kill()
    process.communicate()
    process = login(someone, "--paste")
    shown_url(process)
    _, err = process.communicate(code + "\n", timeout=20)
    assert "--no-pkce" in err, "a code of another login meets the proof of this one"
    someone.environment["HUBSPOKE_CLIENT_SECRET"] = "wrong-" + simulator.client_secret
    process = login(someone, "--paste")
    process_url = shown_url(process)
    _, err = process.communicate(grant(process_url) + "\n", timeout=20)
    assert process.returncode == 1
    assert "credentials set clientSecret" in err


def test_nobody_coming_back_ends_in_words(simulator: Simulator, tmp_path: Path) -> None:
    done = operator(tmp_path, simulator).run("credentials", "login", "--no-browser", "--timeout", "0.2", code=1)
    assert "No answer came within 0.2 seconds" in done.stderr
    assert "--paste" in done.stderr


def test_a_port_that_is_taken_names_what_to_do(simulator: Simulator, tmp_path: Path) -> None:
    import socket

    port = int(simulator.options["redirect_uri"].rpartition(":")[2].partition("/")[0])
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        done = operator(tmp_path, simulator).run("credentials", "login", "--no-browser", code=1)
    assert f"Port {port}" in done.stderr
    assert "--paste" in done.stderr


@pytest.mark.parametrize("given", ["-1", "0", "nan", "inf", "1e400", "soon"])
def test_a_wait_that_is_no_time_is_refused_before_anything_begins(
    simulator: Simulator, tmp_path: Path, given: str
) -> None:
    done = operator(tmp_path, simulator).run("credentials", "login", f"--timeout={given}", code=2)
    assert "number of seconds" in done.stderr
    assert done.stdout == ""


def test_the_address_is_shown_when_the_browser_can_come_back(simulator: Simulator, tmp_path: Path) -> None:
    process = login(operator(tmp_path, simulator))
    try:
        visit(grant(shown_url(process)))  # at once, as a browser does that was granted the access before
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


def test_an_end_of_input_is_no_answer(simulator: Simulator, tmp_path: Path) -> None:
    done = operator(tmp_path, simulator).run("credentials", "login", "--paste", code=1)
    assert "There was no answer" in done.stderr


def test_at_a_terminal_the_paste_is_not_shown_and_both_ways_are_open(simulator: Simulator, tmp_path: Path) -> None:
    someone = operator(tmp_path, simulator)
    environment = someone.environment | {"SSH_CONNECTION": "10.0.0.9 51000 10.0.0.5 22"}
    command = someone.command("credentials", "login")
    with Terminal(command, environment=environment, cwd=tmp_path, columns=700, rows=40) as terminal:
        terminal.wait("Waiting for the browser")
        assert re.search(r"ssh -L \d+:localhost:\d+ ", terminal.text)
        url = re.search(r"http://\S+/oauth/authorize\S+", terminal.text)
        assert url is not None
        terminal.press("nonsense with blanks", "enter")
        terminal.wait("There is no code in this")
        sent = grant(url[0])
        terminal.press(sent, "enter")
        assert terminal.wait_end(20) == 0
        raw = bytes(terminal.raw)
    assert str(simulator.portal_id).encode() in raw
    assert field(sent, "code").encode() not in raw
    assert b"nonsense" not in raw


@pytest.mark.parametrize("query", ["code=", "code=a", "code=a&code=b&state=c", "error="])
def test_a_visit_that_brings_nothing_is_nobodys_and_the_login_goes_on(
    simulator: Simulator, tmp_path: Path, query: str
) -> None:
    someone = operator(tmp_path, simulator)
    command = someone.command("credentials", "login", "--no-browser")
    with Terminal(command, environment=someone.environment, cwd=tmp_path, columns=700, rows=40) as terminal:
        url = re.search(r"http://\S+/oauth/authorize\S+", terminal.wait("Waiting for the browser"))
        assert url is not None
        assert visit(f"{simulator.options['redirect_uri']}?{query}").status == 404
        assert terminal.text.count("Waiting for the browser") == 1
        assert visit(grant(url[0])).status == 200
        assert terminal.wait_end(20) == 0


def test_an_address_that_was_cut_in_two_can_be_pasted_again(simulator: Simulator, tmp_path: Path) -> None:
    someone = operator(tmp_path, simulator)
    command = someone.command("credentials", "login", "--no-browser", "--paste")
    with Terminal(command, environment=someone.environment, cwd=tmp_path, columns=700, rows=40) as terminal:
        url = re.search(r"http://\S+/oauth/authorize\S+", terminal.wait("Paste here"))
        assert url is not None
        sent = grant(url[0])
        terminal.press(sent.partition("&")[0], "enter")
        assert "not whole" in terminal.wait("one line")
        terminal.press(sent, "enter")
        assert terminal.wait_end(20) == 0


def test_ctrl_c_gives_up_and_leaves_the_terminal_as_it_was(simulator: Simulator, tmp_path: Path) -> None:
    someone = operator(tmp_path, simulator)
    command = [
        "sh",
        "-c",
        'trap : INT; "$@"; echo ended $?; stty -a | grep -o ".echo\\b"',
        "sh",
        *someone.command("credentials", "login"),
    ]
    with Terminal(command, environment=someone.environment, cwd=tmp_path, columns=200, rows=40) as terminal:
        terminal.wait("Waiting for the browser")
        terminal.press("\x03")
        terminal.wait("ended 130")
        terminal.wait(" echo")
        assert terminal.wait_end(10) == 0


def test_revoking_wants_a_yes_and_says_what_lives_on(simulator: Simulator, tmp_path: Path) -> None:
    someone = operator(tmp_path, simulator)
    someone.environment["HUBSPOKE_REFRESH_TOKEN"] = simulator.refresh_token
    refused = someone.run("credentials", "revoke", code=2)
    assert "--yes" in refused.stderr
    done = someone.run("credentials", "revoke", "--yes")
    assert "Revoked at HubSpot" in done.stderr
    assert "up to 30 minutes" in done.stderr
    assert "take it out" in done.stderr, "the environment still brings it"
    failed = someone.run("search", "contact", code=1)
    assert "revoked" in failed.stderr or "Connect" in failed.stderr
    silent(simulator, tmp_path, *someone.said)


def test_a_static_token_needs_no_login(simulator: Simulator, tmp_path: Path) -> None:
    someone = operator(tmp_path, simulator)
    someone.run("profile", "set", "authentication=token")
    done = someone.run("credentials", "login", code=1)
    assert "static token" in done.stderr
    assert "authentication=oauth" in done.stderr
