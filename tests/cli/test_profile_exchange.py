"""Provisioner files at the command line: what is said of each key, where secrets go, what comes out again."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.settings.provisioner_samples import FULL
from tests.support.terminal import Terminal

PASSPHRASE = "correct horse battery staple"
CANARY = FULL["configurationProperties"]["refreshToken"]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def file(shell: Shell, **changes: object) -> str:
    """The whole provisioner file, with other keys at its top."""
    path = shell.folder / "provisioner.openicf-hubspot.json"
    path.write_text(json.dumps(FULL | changes))
    return str(path)


@pytest.mark.connector_row("provisioner-import", "provisioner-export", "config-string-coercion")
def test_in_and_out_again(shell: Shell) -> None:
    done = shell.run("profile", "import", file(shell), "--no-secrets")
    assert done.code == 0, done.err
    assert "honoured: name, enabled" in done.out
    assert "LOOK: clientSecret is encrypted" in done.out
    assert "kept: poolConfigOption has no effect" in done.out
    assert "credentials set clientSecret" in done.err
    shown = shell.run("profile", "show", "--json").json
    assert (shown["id"], shown["permitsPerSecond"], shown["readSchema"]) == ("hubspot", 10, True)
    assert shown["icf"]["operationTimeout"]["SEARCH"] == 60000
    out = shell.folder / "out.json"
    assert shell.run("profile", "export", str(out)).code == 0
    wanted = FULL | {
        "configurationProperties": {
            key: value
            for key, value in FULL["configurationProperties"].items()
            if key not in ("clientSecret", "refreshToken")
        }
    }
    assert json.loads(out.read_text()) == wanted == shell.run("profile", "export").json
    assert out.stat().st_mode & 0o777 == 0o600
    refused = shell.run("profile", "export", str(out))
    assert (refused.code, "--replace" in refused.err) == (1, True)
    assert shell.run("profile", "export", str(out), "--replace").code == 0


def test_what_became_of_each_key_as_json(shell: Shell) -> None:
    told = shell.run("profile", "import", "-", "--name", "two", "--no-secrets", "--json", given=json.dumps(FULL)).json
    assert told["id"] == "two"
    assert told["missing"] == ["clientSecret", "refreshToken"]
    states = {note["id"]: note["state"] for note in told["notes"]}
    assert (states["operationOptions"], states["systemActions"], states["clientSecret"]) == (
        "used",
        "kept",
        "attention",
    )


@pytest.mark.connector_row("encrypted-secrets", "provisioner-encrypted-values")
def test_readable_secrets_go_to_the_vault_and_the_others_are_asked_for(shell: Shell) -> None:
    command = shell.command("profile", "import", file(shell))
    with Terminal(command, environment=shell.environment(), cwd=shell.folder, columns=160, rows=60) as terminal:
        terminal.wait("clientSecret .*: ")
        terminal.press("canary-typed-1", "enter")
        terminal.wait("New passphrase")
        terminal.press(PASSPHRASE, "enter")
        terminal.wait("Once more")
        terminal.press(PASSPHRASE, "enter")
        assert terminal.wait_end() == 0
        assert "Stored refreshToken in the vault" in terminal.text
        assert "Stored clientSecret in the vault" in terminal.text
        shown = terminal.raw
    assert b"canary" not in shown
    held = subprocess.run(
        ["grep", "-rl", "canary", str(shell.config), str(shell.state)], capture_output=True, check=False
    )
    assert held.stdout == b""
    assert (shell.config / "vault.sealed").exists()


def test_a_vault_that_does_not_open_leaves_no_half_of_an_import(shell: Shell) -> None:
    done = shell.run("profile", "import", file(shell))
    assert done.code == 1
    assert "Nothing was imported" in done.err
    assert "--no-secrets" in done.err
    assert CANARY not in done.out + done.err
    assert shell.run("profile", "list", "--json").json == []


def test_a_foreign_address_is_refused_until_it_is_accepted(shell: Shell) -> None:
    document = file(shell, configurationProperties={"apiBaseUrl": "https://evil.example/x"})
    done = shell.run("profile", "import", document)
    assert done.code == 1
    assert "apiBaseUrl leads to https://evil.example" in done.err
    assert "--accept-url https://evil.example" in done.err
    assert shell.run("profile", "list", "--json").json == []
    assert shell.run("profile", "import", document, "--accept-url", "https://evil.example").code == 0


def test_a_name_that_is_taken_changes_nothing(shell: Shell) -> None:
    shell.run("profile", "add", "hubspot", "clientId=mine")
    done = shell.run("profile", "import", file(shell))
    assert done.code == 1
    assert "--name" in done.err
    assert shell.run("profile", "show", "--json").json["clientId"] == "mine"


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "not JSON"), ("[]", "no JSON object"), ('{"name": "x", "connectorRef": {"connectorName": "a.LdapConnector"}}', "another connector")],
)  # fmt: skip
def test_another_file_is_told(shell: Shell, text: str, says: str) -> None:
    path = shell.folder / "file.json"
    path.write_text(text)
    done = shell.run("profile", "import", str(path))
    assert done.code == 1
    assert says in done.err
    assert "Traceback" not in done.err
    assert shell.run("profile", "import", str(shell.folder / "none.json")).code == 1


def test_an_own_profile_goes_out_and_comes_back(shell: Shell) -> None:
    shell.run("profile", "add", "acme", "authentication=token", "timeoutSeconds=30", "noProxy=localhost")
    before = shell.run("profile", "show", "--json").json
    assert before["readSchema"] is True
    out = shell.run("profile", "export").out
    shell.run("profile", "remove", "acme")
    assert shell.run("profile", "import", "-", given=out).code == 0
    assert shell.run("profile", "show", "--json").json == before


def test_only_an_ordinary_file_is_written_over(shell: Shell, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    shell.run("profile", "add", "own")
    for place in (pipe, tmp_path):
        done = shell.run("profile", "export", str(place), "--replace", "--profile", "own")
        assert (done.code, "no ordinary file" in done.err) == (1, True), done.err
    assert stat.S_ISFIFO(pipe.stat().st_mode)
