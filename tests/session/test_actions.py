"""The registry of actions: complete, and every twin on the command line exists."""

from __future__ import annotations

import pytest

from console.actions import ACTIONS, GROUPS, grouped
from console.cli import main
from console.cli.parser import COMMANDS

WITHOUT_TWIN = {"theme", "suspend", "back", "quit"}
"""Only in a terminal of one's own: colours, a way to its shell, a way back, a way out."""


def test_every_action_says_what_it_does() -> None:
    for name, action in ACTIONS.items():
        assert action.name == name
        assert action.title
        assert action.description.endswith(".")
        assert action.group in GROUPS


def test_every_action_has_a_twin_on_the_command_line() -> None:
    missing = {name for name, action in ACTIONS.items() if not action.cli}
    assert missing == WITHOUT_TWIN


@pytest.mark.parametrize("twin", sorted({action.cli for action in ACTIONS.values() if action.cli}))
def test_the_twin_exists(twin: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for word in twin.split() if twin == "--help" or not word.startswith("--")]
    assert words[0] in COMMANDS or words == ["--help"]
    # a class of objects is an argument, not a subcommand, but it is accepted all the same
    assert main([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: hubspoke{'' if words == ['--help'] else ' ' + words[0]}")
    assert all(option in shown for option in twin.split() if option.startswith("--"))


def test_groups_hold_every_action_once() -> None:
    assert sum(len(actions) for actions in grouped().values()) == len(ACTIONS)
