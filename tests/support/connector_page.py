"""The rows of the connector's reference page, the tests that prove them, and the document made of both.

`python -m tests.support.connector_page` writes docs/connector-page.md. In a whole run a row without a passed test
fails the run; a run of some files only judges nothing.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROWS = HOUSE / "tests" / "architecture" / "connector_page.toml"
PAGE = HOUSE / "docs" / "connector-page.md"
MARKER = "connector_row"
ALL_BUT = "not alone"
"""How .ci/check leaves out what it runs afterwards, by itself: a run of all the rest is still a whole run."""
_FIELDS = {"id", "section", "says", "command"}


@dataclass(frozen=True)
class Row:
    """One row of the page: what it says, and the command that shows it."""

    id: str
    section: str
    says: str
    command: str


def rows(file: Path = ROWS) -> dict[str, Row]:
    """Every row by its id, in the order of the page.

    Raises:
        ValueError: a row twice, or one with missing or unknown fields.
    """
    found: dict[str, Row] = {}
    for entry in tomllib.loads(file.read_text())["row"]:
        if set(entry) != _FIELDS or entry["id"] in found:
            raise ValueError(f"{file.name}: {entry.get('id')!r} stands twice or has other fields than {_FIELDS}.")
        found[entry["id"]] = Row(**entry)
    return found


def marked(folder: Path = HOUSE / "tests") -> dict[str, list[str]]:
    """Row id -> tests marked with it, `file::test`, as the source text has them."""
    found: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("test_*.py")):
        text = file.read_text()
        if MARKER in text:
            for id_, test in _marks(ast.parse(text)):
                found.setdefault(id_, []).append(f"{file.relative_to(folder.parent)}::{test}")
    return found


def _marks(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            seen = [id_ for decorator in node.decorator_list for id_ in _ids(decorator)]
            yield from ((id_, node.name) for id_ in dict.fromkeys(seen))


def _ids(decorator: ast.expr) -> Iterator[str]:
    for node in ast.walk(decorator):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == MARKER:
            yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def document(page: Mapping[str, Row], tests: Mapping[str, Sequence[str]]) -> str:
    """The page as Markdown: one table per section."""
    lines = [
        "# The connector page, row by row",
        "",
        "What the reference page of OpenICF's HubSpot connector lists, the command that shows it here, and the tests that",
        "prove it. Written by `python -m tests.support.connector_page`; a row without a passing test fails the build.",
    ]
    section = ""
    for row in page.values():
        if row.section != section:
            section = row.section
            lines += ["", f"## {section}", "| row | what it says | command | proved by |", "| --- | --- | --- | --- |"]
        files = dict.fromkeys(test.partition("::")[0] for test in tests.get(row.id, ()))
        proof = "<br>".join(f"[{Path(file).name}](../{file})" for file in files) or "nothing yet"
        lines.append(f"| {row.id} | {_cell(row.says)} | `{_cell(row.command)}` | {proof} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


class Judge:
    """A plugin: which rows had a passed test, and whether that is all of them at the end of a whole run."""

    def __init__(self, config: pytest.Config, page: Mapping[str, Row] | None = None) -> None:
        self._page = rows() if page is None else page
        self._whole = _whole(config) and not hasattr(config, "workerinput")  # of several processes the first judges
        self._proved: set[str] = set()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which test proves what; a row that nobody knows is a mistake."""
        for item in items:
            ids = {str(id_) for mark in item.iter_markers(MARKER) for id_ in mark.args}
            if unknown := ids - set(self._page):
                raise pytest.UsageError(
                    f"{item.nodeid}: no such row of the connector page: {', '.join(sorted(unknown))}"
                )
            if ids:
                item.user_properties.append((MARKER, sorted(ids)))  # travels with the report, also between processes

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that passed proves its rows."""
        if report.when == "call" and report.passed:
            self._proved |= {id_ for name, ids in report.user_properties if name == MARKER for id_ in ids}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a whole run that left a row unproved."""
        if self._missing() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the rows."""
        if missing := self._missing():
            terminalreporter.section("connector page: rows without a passed test", red=True)
            for id_ in missing:
                terminalreporter.line(f"{id_}: {self._page[id_].says}")

    def _missing(self) -> list[str]:
        return [id_ for id_ in self._page if id_ not in self._proved] if self._whole else []


def _whole(config: pytest.Config) -> bool:
    """Whether this run was meant to run everything."""
    option = config.option
    if config.getoption("markexpr", "") not in ("", ALL_BUT):
        return False
    narrowed = ("keyword", "deselect", "lf", "failedfirst", "stepwise", "collectonly", "ignore_glob")
    if any(getattr(option, name, None) for name in narrowed) or option.maxfail:
        return False
    return config.args_source is not pytest.Config.ArgsSource.ARGS or {
        Path(argument).resolve() for argument in config.args
    } <= {HOUSE, HOUSE / "tests"}


def main() -> int:
    """Write the document; 1 when a row has no test."""
    page, tests = rows(), marked()
    PAGE.write_text(document(page, tests))
    missing = [id_ for id_ in page if id_ not in tests]
    sys.stdout.write(f"{PAGE.relative_to(HOUSE)}: {len(page)} rows, {len(missing)} without a test\n")
    sys.stdout.writelines(f"  {id_}\n" for id_ in missing)
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
