"""Secrets at a real terminal: never shown, sealed in the vault file, asked for with a passphrase."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cli.shell import Shell, connected
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal

PASSPHRASE = "correct horse battery staple"


def prompt(shell: Shell, *words: str) -> Terminal:
    """A command at a terminal of its own."""
    return Terminal(shell.command(*words), environment=shell.environment(), cwd=shell.folder, columns=160, rows=40)


def test_a_token_goes_in_by_the_prompt_and_serves_from_the_vault_file(tmp_path: Path) -> None:
    with start_simulator(contacts=3) as hubspot:
        shell = connected(tmp_path, hubspot)
        del shell.environ["HUBSPOKE_ACCESS_TOKEN"]
        with prompt(shell, "credentials", "set", "accessToken") as terminal:
            terminal.wait("New passphrase")
            terminal.press(PASSPHRASE, "enter")
            terminal.wait("Once more")
            terminal.press(PASSPHRASE, "enter")
            terminal.wait("accessToken:")
            terminal.press(hubspot.token, "enter")
            assert terminal.wait_end() == 0
            assert "Stored accessToken in: vault file" in terminal.text
            shown = terminal.raw
        assert hubspot.token.encode() not in shown
        assert PASSPHRASE.encode() not in shown
        found = subprocess.run(["grep", "-rlF", hubspot.token, str(shell.config)], capture_output=True, check=False)
        assert found.stdout == b""

        with prompt(shell, "search", "contact") as terminal:
            terminal.wait("Passphrase of the vault file")
            terminal.press("wrong", "enter")
            terminal.wait("Passphrase of the vault file.*(?s:.)*Passphrase of the vault file")
            terminal.press(PASSPHRASE, "enter")
            assert terminal.wait_end(20) == 0
            assert "3 records" in terminal.text

        alone = shell.run("search", "contact")
        assert alone.code == 1
        assert "no terminal to ask on" in alone.err


def test_ctrl_c_at_the_passphrase_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    with start_simulator() as hubspot:
        shell = connected(tmp_path, hubspot)
        with prompt(shell, "credentials", "set", "accessToken") as terminal:
            terminal.wait("New passphrase")
            terminal.press("\x03")
            assert terminal.wait_end(5) == 130
        assert not (shell.config / "vault.sealed").exists()


def test_a_secret_that_was_typed_as_an_argument_is_refused_and_not_repeated(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("profile", "add", "acme")
    done = shell.run("credentials", "set", "clientSecret", "hunter2-hunter2")
    assert done.code == 2
    assert "never an argument" in done.err
    assert "hunter2" not in done.out + done.err
