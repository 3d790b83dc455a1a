"""The table of the connector page: its rows, its document, and the rule that a row needs a passed test."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from console.cli.parser import parse
from tests.support.connector_page import HOUSE, PAGE, Row, document, marked, rows

RULE = """
import pytest
from tests.support.connector_page import Judge, Row

PAGE = {id_: Row(id_, "Section", "Words", "hubspoke get") for id_ in ("one", "two")}

def pytest_configure(config):
    config.addinivalue_line("markers", "connector_row(id, ...): proves rows")
    config.pluginmanager.register(Judge(config, PAGE), "judge")
"""
BOTH = """
import pytest

@pytest.mark.connector_row("one")
def test_one():
    assert True

@pytest.mark.connector_row("two")
def test_two():
    {two}
"""


def run(folder: Path, two: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A whole run of its own over two marked tests."""
    (folder / "conftest.py").write_text(RULE)
    (folder / "test_rows.py").write_text(BOTH.format(two=two))
    (folder / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(HOUSE), "PATH": ""},
    )  # fmt: skip


def test_every_row_has_a_marked_test() -> None:
    tests = marked()
    assert [id_ for id_ in rows() if id_ not in tests] == []


def test_every_mark_names_a_row() -> None:
    assert set(marked()) <= set(rows())


def test_the_document_says_what_rows_and_markers_say() -> None:
    told = "python -m tests.support.connector_page writes it again"
    assert PAGE.read_text() == document(rows(), marked()), told


@pytest.mark.parametrize("row", rows().values(), ids=lambda row: row.id)
def test_the_command_of_every_row_is_one_that_can_be_typed(row: Row) -> None:
    program, *words = shlex.split(row.command)
    assert program == "hubspoke"
    assert parse(words).command == words[0]


def test_a_whole_run_with_every_row_proved_passes(tmp_path: Path) -> None:
    done = run(tmp_path, "assert True")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("two", ["pytest.skip('not here')", "pytest.xfail('not yet')"])
def test_a_row_without_a_passed_test_fails_the_whole_run_and_is_named(tmp_path: Path, two: str) -> None:
    done = run(tmp_path, two)
    assert done.returncode == 1
    assert "two: Words" in done.stdout
    assert "one: Words" not in done.stdout


@pytest.mark.parametrize("part", ["test_rows.py::test_one", "-ktest_one", "--collect-only"])
def test_a_run_of_a_part_judges_nothing(tmp_path: Path, part: str) -> None:
    assert run(tmp_path, "pytest.skip('not here')", part).returncode == 0


def test_a_mark_of_a_row_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    done = run(tmp_path, "assert True\n\n@pytest.mark.connector_row('three')\ndef test_three():\n    pass")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "no such row of the connector page: three" in done.stderr + done.stdout


def test_marks_are_found_in_the_text_of_tests(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    shutil.copy(__file__, folder / "test_copy.py")
    (folder / "test_more.py").write_text(BOTH.format(two="assert True"))
    assert marked(folder) == {"one": ["tests/test_more.py::test_one"], "two": ["tests/test_more.py::test_two"]}
