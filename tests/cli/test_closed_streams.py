"""Streams that are closed, full or read no more: the exit code stays what it is, and nothing breaks."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest

from console.cli.output import Output
from tests.cli.shell import Shell

FULL = Path("/dev/full")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def started(shell: Shell, line: str) -> subprocess.CompletedProcess[str]:
    """A line of the shell, in which `hubspoke` is the command."""
    command = " ".join(shell.command())
    return subprocess.run(
        ["sh", "-c", line.replace("hubspoke", command)],
        capture_output=True,
        text=True,
        env=shell.environment(),
        cwd=shell.folder,
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_lead_nowhere(shell: Shell, closed: str) -> None:
    assert started(shell, f"hubspoke profile add one {closed}").returncode == 0
    done = started(shell, f"hubspoke profile list {closed}")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert started(shell, f"hubspoke profile show --profile nobody {closed}").returncode == 1


def test_a_closed_stream_is_not_taken_by_the_next_file(shell: Shell) -> None:
    assert started(shell, "hubspoke profile add one").returncode == 0
    done = started(shell, "hubspoke profile export out.json --profile one >&- 2>&-")
    assert done.returncode == 0
    assert (shell.folder / "out.json").read_text().startswith("{")


@pytest.mark.skipif(not FULL.is_char_device(), reason="there is no /dev/full here")
def test_a_full_device_is_told_and_is_no_mystery(shell: Shell) -> None:
    started(shell, "hubspoke profile add one")
    for words in ("profile list", "profile list --json"):
        done = started(shell, f"hubspoke {words} > {FULL}")
        assert (done.returncode, "No space left" in done.stderr) == (1, True), done.stderr
        assert "reference" not in done.stderr
        assert "Exception ignored" not in done.stderr


def test_a_failure_keeps_its_exit_code_when_nobody_reads(shell: Shell) -> None:
    started(shell, "hubspoke profile add one")
    for words, code in (("schema nope", 2), ("profile show --profile nobody", 1)):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            shell.command(*words.split()),
            stdout=writer,
            stderr=writer,
            env=shell.environment(),
            timeout=50,
            check=False,
        )
        os.close(writer)
        assert done.returncode == code


def test_a_result_does_not_stand_behind_the_progress_line() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    output = Output(screen, screen)
    output.live = True
    output.progress("12 found")
    output.table(("id",), [("7",)])
    shown = screen.getvalue()
    assert "12 found" in shown
    assert shown.rpartition("\r")[2].startswith("ID\n")
