"""What is printed: aligned, exact where it is data, harmless where it is for eyes."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cli.output import Output

HOSTILE = [
    "\x1b]52;c;ZXZpbA==\x07", "\x1b[2J\x1b[H", "\x9b31m", "\u202egnp.exe", "nul\x00byte", "[@click=app.quit]x[/]",
    "line\nfeed\rreturn", "\u2028separator", "\U000e0041tag", "\x7f", "zero\u200bwidth",
]  # fmt: skip


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def printed(*, terminal: bool = False) -> tuple[Output, io.StringIO, io.StringIO]:
    out, err = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
    return Output(out, err), out, err


def harmless(text: str) -> bool:
    return all(
        character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in text
    )


@given(st.text())
def test_json_is_exact_and_harmless(text: str) -> None:
    output, out, _ = printed()
    output.json({"id": text})
    assert json.loads(out.getvalue()) == {"id": text}
    assert harmless(out.getvalue())


@given(st.lists(st.text(), min_size=1))
def test_json_lines_are_one_line_each(texts: list[str]) -> None:
    output, out, _ = printed()
    for text in texts:
        output.json_line({"id": text})
    assert [json.loads(line)["id"] for line in out.getvalue().split("\n")[:-1]] == texts


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_tables_and_notes_are_harmless(rows: list[tuple[str, str]]) -> None:
    output, out, err = printed()
    output.table(("id", "name"), rows)
    output.facts(dict(rows))
    for row in rows:
        output.note(row[0])
    assert len(out.getvalue().splitlines()) == 1 + len(rows) + len(dict(rows))
    assert harmless(out.getvalue() + err.getvalue())


async def numbered(texts: list[str]) -> AsyncIterator[tuple[int, str]]:
    for pair in enumerate(texts):
        yield pair


async def test_csv_in_a_file_is_exact_and_says_so() -> None:
    output, out, err = printed()
    await output.csv(("id", "text"), numbered(HOSTILE))
    read = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert [row[1] for row in read[1:]] == HOSTILE
    assert "exact" in err.getvalue()


async def test_csv_on_a_terminal_is_escaped_and_says_so() -> None:
    output, out, err = printed(terminal=True)
    await output.csv(("id", "text"), numbered(HOSTILE))
    assert harmless(out.getvalue())
    assert "escaped" in err.getvalue()


def test_wide_and_combining_characters_keep_columns_aligned() -> None:
    output, out, _ = printed()
    output.table(("name", "city"), [("山田", "東京"), ("Zoe\u0308", "Bern"), ("Ann", "Rom")])
    lines = out.getvalue().splitlines()
    assert lines[1] == "山田  東京"
    assert lines[2] == "Zoe\u0308   Bern"
    assert lines[3] == "Ann   Rom"


def test_progress_needs_a_terminal_and_leaves_no_trace() -> None:
    output, _, err = printed()
    output.progress("half")
    assert err.getvalue() == ""
    output, _, err = printed(terminal=True)
    output.progress("half \x1b[2J")
    output.note("done")
    assert "\x1b" not in err.getvalue()
    assert err.getvalue().endswith("\r            \rdone\n") or "\rdone\n" in err.getvalue()


def test_a_file_name_that_is_no_utf8_is_still_told() -> None:
    output, out, _ = printed()
    output.json({"id": "caf\udce9.csv"})
    assert json.loads(out.getvalue())["id"] == "caf\udce9.csv"


@pytest.mark.parametrize("value", [None, True, False, 3, 2.5])
def test_values_of_all_kinds_have_words(value: object) -> None:
    output, out, _ = printed()
    output.table(("v",), [(value,)])
    assert out.getvalue().splitlines()[1:] in ([""], ["yes"], ["no"], ["3"], ["2.5"])
