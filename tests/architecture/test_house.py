"""The rules of the house that a machine can check."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
TOP = {
    ".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md",
    "console", "docs", "pyproject.toml", "screens", "tests", "themes",
}  # fmt: skip
LONGEST = 600


def tracked() -> list[Path]:
    """Every file of the project, as git knows them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=HOUSE, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [HOUSE / name for name in listed.stdout.splitlines() if (HOUSE / name).is_file()]


def test_the_top_level_holds_what_the_design_says_and_no_more() -> None:
    assert {path.relative_to(HOUSE).parts[0] for path in tracked()} == TOP


def test_no_module_is_over_the_length_that_is_a_fault() -> None:
    modules = [path for path in tracked() if path.suffix == ".py"]
    too_long = {str(path): n for path in modules if (n := len(path.read_text().splitlines())) > LONGEST}
    assert modules
    assert too_long == {}


def test_locks_and_documents_name_no_registry() -> None:
    registry = re.compile(r"https?://[^ \"]*(?:/simple/|/packages/|/pool/)|--(?:extra-)?index-url|files\.pythonhosted")
    readable = [path for path in tracked() if path.suffix in (".md", ".lock", ".toml", "") and path.name != "LICENSE"]
    assert [str(path) for path in readable if registry.search(path.read_text())] == []


def test_every_locked_requirement_is_pinned_and_hashed() -> None:
    for name in ("core.lock", "dev.lock"):
        requirements = re.split(r"\n(?=\S)", (HOUSE / ".ci" / name).read_text().strip())
        assert len(requirements) > 30
        assert all("==" in each and "--hash=sha256:" in each for each in requirements)


@pytest.mark.parametrize("command", ["sh .ci/demo", "sh .ci/check"])
def test_the_readme_shows_the_two_commands(command: str) -> None:
    assert f"\n$ {command}\n" in (HOUSE / "README.md").read_text()
    assert (HOUSE / command.split()[1]).is_file()


def test_every_dependency_says_why_it_is_there() -> None:
    text = (HOUSE / "pyproject.toml").read_text()
    block = text.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    lines = [line for line in block.splitlines() if line.strip()]
    assert lines
    assert [line for line in lines if "#" not in line] == []
