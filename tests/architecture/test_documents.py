"""What the documents say exists."""

from __future__ import annotations

import re
from pathlib import Path

from console.actions import ACTIONS
from console.cli.exits import Exit
from console.cli.parser import COMMANDS, build

HOUSE = Path(__file__).parents[2]
DOCS = HOUSE / "docs"


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    rows = re.findall(r"^\| `hubspoke ([\w-]+)", (DOCS / "command-line.md").read_text(), re.MULTILINE)
    assert set(rows) == set(COMMANDS) - {"version"}


def test_every_exit_code_of_the_contract_is_documented() -> None:
    documented = {
        int(code) for code in re.findall(r"^\| (\d+) \|", (DOCS / "command-line.md").read_text(), re.MULTILINE)
    }
    assert documented <= {int(code) for code in Exit}
    assert documented >= set(range(9)) | {130}


def test_every_action_has_words_and_its_cli_twin_exists() -> None:
    twins = {action.cli.split()[0] for action in ACTIONS.values() if action.cli}
    assert all(action.title and action.description for action in ACTIONS.values())
    assert twins <= {*COMMANDS, "--help"}


def test_links_between_documents_lead_somewhere() -> None:
    pages = [HOUSE / "README.md", HOUSE / "CONTRIBUTING.md", *DOCS.glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_help_of_every_command_is_a_sentence() -> None:
    text = build().format_help()
    assert all(name in text for name in COMMANDS)
