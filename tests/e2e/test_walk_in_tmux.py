"""A newcomer's walk with keys alone: setup, plan, run, history. Only keys that the screen shows are pressed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.support.operator import HUBSPOKE
from tests.support.tmux import Tmux


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (140, 40)])
def test_setup_plan_run_history_by_keys(tmp_path: Path, columns: int, rows: int) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "TERM": "tmux-256color"}
    command = [*HUBSPOKE, "demo", "--users", "1000"]
    with Tmux(tmp_path, command, columns=columns, rows=rows, environment=environment) as window:
        window.wait("s Setup")
        window.wait("connected")
        window.press("s")
        window.wait("1 of 7: Account")
        window.press("Enter")
        window.wait("4 of 7: Live test")
        window.wait("Everything works")
        window.press("C-n")
        window.wait("5 of 7: Source")
        window.press("Enter")
        window.wait("It can be read")
        window.press("Enter")
        window.wait("6 of 7: Mapping")
        window.wait("No problems")
        window.press("C-n")
        window.wait("7 of 7: First plan")
        window.wait("Enter opens the plan")
        window.press("Enter")
        window.wait(r"\d+ +\+ create")
        window.wait(r"\d+ +~ update")
        window.wait("a Approve")
        window.press("a")
        window.wait("Type yes")
        window.press("yes", "Enter")
        done = window.wait(r"✓ done +\d+ of \d+ +100%")
        assert "429" not in done, "the demo's allowance was overrun"
        window.press("h")
        window.wait("History")
        window.wait(r"r-\d{8}-\w+ +people-to-\S+ +✓ done")
        while "q Quit" not in window.text:
            window.press("Escape")
            time.sleep(0.4)  # an escape and a letter at once are one key: alt
        window.press("q")
        assert window.ended(), window.text
