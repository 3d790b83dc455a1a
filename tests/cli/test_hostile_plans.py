"""Plans, runs and reports over hostile records and a hostile source: what is printed cannot act on a terminal."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.simulator.hostile import VALUES
from tests.cli.shell import Done, Shell, connected
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal

FOREIGN = ("Cc", "Cf", "Cs", "Zl", "Zp")
SOURCE = "people\x1b]0;owned\x07\u202e[b].csv"
COLUMN = "given\u202e[@click=app.quit][/b]\u200b"
KEY = "given\x1b[2J\x9b31m\x00\u202e[@click=app.quit][/b]"
"""Control characters in a CSV's first line are refused; JSON Lines may hold them."""
MAPPING = f"""\
version = 1
name = "hostile"
source = {json.dumps(SOURCE)}
source_id = "id"
target = "contact"
correlate = ["email"]

[properties]
email = 'source.mail'
firstname = {json.dumps(f'source["{COLUMN}"]')}
lastname = 'source.family'
"""


def controls(text: str) -> set[str]:
    """Characters that act on a terminal, but for the line feed."""
    return {character for character in text if character != "\n" and unicodedata.category(character) in FOREIGN}


def people(folder: Path) -> None:
    """Some who exist with hostile values, some who are new, and rows that are wrong in hostile words."""
    rows = [("id", "mail", COLUMN, "family")]
    for number, value in enumerate(VALUES):
        clean = value[:300].replace("\x00", "")
        rows.append((f"E{number}", f"hostile-{number:02d}@hostile.example", f"other {clean}", clean))
        rows.append((f"N{number} {clean[:20]}", f"new-{number:02d}@hostile.example", clean, clean))
        rows.append((f"W{number}", f"no address {clean[:40]}", clean, clean))
    with (folder / SOURCE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    (folder / "hostile.toml").write_text(MAPPING, encoding="utf-8")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("hostile")
    people(folder)
    with start_simulator(contacts=3, hostile=True) as hubspot:
        yield connected(folder, hubspot)


def on_both(shell: Shell, *words: str, codes: tuple[int, ...] = (0,), exact: bool = False) -> Done:
    """Run it in a pipe and on a terminal; `exact`: piped data is as it is."""
    piped = shell.run(*words)
    assert piped.code in codes, piped.err
    assert controls(piped.err) == set()
    assert exact or controls(piped.out) == set()
    assert "Traceback" not in piped.out + piped.err
    with Terminal(shell.command(*words), environment=shell.environment(), columns=200, cwd=shell.folder) as terminal:
        assert terminal.wait_end(20) in codes
        # the progress line is ours: it goes back to the line's beginning
        assert controls(terminal.raw.decode("utf-8").replace("\r\n", "\n")) <= {"\r"}
    return piped


def test_a_hostile_source_and_its_mapping(shell: Shell) -> None:
    preview = on_both(shell, "sources", "preview", SOURCE)
    assert "\\u202e[@click=app.quit][/b]" in preview.out
    lines = shell.folder / f"lines{SOURCE}.jsonl"
    lines.write_text("\n".join(json.dumps({"id": str(n), KEY: value[:300]}) for n, value in enumerate(VALUES)))
    assert "\\x1b[2J" in on_both(shell, "sources", "preview", lines.name).out
    on_both(shell, "mapping", "suggest", lines.name)
    (shell.folder / "control.csv").write_text(f"id,{KEY}\n1,2\n")
    on_both(shell, "sources", "preview", "control.csv", codes=(1,))
    on_both(shell, "sources", "test", SOURCE)
    on_both(shell, "sources", "preview", f"gone {SOURCE}", codes=(1,))
    on_both(shell, "mapping", "check", "./hostile.toml")
    on_both(shell, "mapping", "suggest", SOURCE)
    (shell.folder / "broken.toml").write_text(
        MAPPING + f'city = {json.dumps("source.x y " + KEY)}\n{json.dumps(KEY)} = "1"\n'
    )
    broken = on_both(shell, "mapping", "check", "./broken.toml", codes=(1,))
    assert "\\x1b[2J" in broken.out + broken.err


def test_a_hostile_plan_its_run_and_its_report(shell: Shell) -> None:
    told = on_both(shell, "plan", "./hostile.toml")
    assert "\\x1b" in told.out + told.err
    plan = shell.run("plan", "./hostile.toml", "--json").json
    assert plan["actions"]["UPDATE"] >= len(VALUES) - 1
    assert plan["actions"]["CREATE"] >= len(VALUES) - 1
    assert plan["actions"]["EXCEPTION"] >= len(VALUES)
    table = on_both(shell, "diff", plan["id"], "--format", "table")
    for word in ("\\x1b]52;c;", "\\x1b]8;;", "\\x1b]0;owned", "\\x1b[2J", "\\x9b31m", "\\u202e", "[/b]", "[@click=app"):
        assert word in table.out, word
    on_both(shell, "diff", plan["id"], "--jsonl")
    on_both(shell, "diff", plan["id"], "--format", "csv", exact=True)
    on_both(shell, "diff", plan["id"], "--text", "\x1b[2J")
    done = shell.run("apply", plan["id"], "--yes")
    assert done.code in (0, 3, 6), done.err
    assert controls(done.out + done.err) == set()
    run_id = shell.run("runs", "list", "--json").json[0]["id"]
    assert run_id in on_both(shell, "runs", "list").out
    on_both(shell, "runs", "show", run_id)
    on_both(shell, "runs", "watch", run_id, codes=(0, 3, 6))
    report = on_both(shell, "runs", "report", run_id)
    assert "\\x1b" in report.out
    for line in report.out.splitlines():
        assert not any(cell.strip().startswith(("=", "+", "@")) for cell in line.split("|"))
    on_both(shell, "runs", "report", run_id, "--format", "csv")
    on_both(shell, "runs", "report", run_id, "--format", "jsonl")
    rows = list(csv.reader(io.StringIO(shell.run("runs", "report", run_id, "--format", "csv").out)))
    assert len(rows) > len(VALUES)
