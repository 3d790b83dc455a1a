"""Foreign text cannot steer what shows it."""

from __future__ import annotations

import html as standard
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.text import cell, html, markdown, safe

FORBIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs"}
ANY = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too


LETTER = "[\u0620-\u06dc\u06de-\u070e\u0710-\u088f\u0900-\u0dff]"


def unsafe(text: str) -> list[str]:
    joined = re.sub(f"(?<={LETTER})[\u200c\u200d](?={LETTER})", "", text)
    return [character for character in joined if unicodedata.category(character) in FORBIDDEN]


@given(ANY, st.none() | st.integers(0, 40))
def test_no_control_format_or_separator_character_comes_through(text: str, limit: int | None) -> None:
    for shown in (safe(text, limit=limit), cell(text, limit=limit), html(text, limit=limit), markdown(text)):
        assert unsafe(shown) == []


@given(ANY)
def test_with_newlines_only_line_feeds_stay(text: str) -> None:
    shown = safe(text, newlines=True)
    assert set(unsafe(shown)) <= {"\n"}
    assert shown.count("\n") == text.count("\n")


@given(ANY)
def test_what_was_safe_once_stays_as_it_is(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(st.text(st.characters(categories=("L", "M", "N", "P", "S")), max_size=60))
def test_ordinary_text_is_untouched(text: str) -> None:
    assert safe(text) == text


@given(ANY, st.integers(0, 40))
def test_the_limit_holds_and_a_cut_shows(text: str, limit: int) -> None:
    whole, shown = safe(text), safe(text, limit=limit)
    assert len(shown) <= limit
    if len(whole) <= limit:
        assert shown == whole
    elif limit:
        assert shown.endswith("…")


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("\x1b]52;c;Zm9v\x07", "\\x1b]52;c;Zm9v\\x07"),
        ("\x9b31mred", "\\x9b31mred"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("one\u2028two\u2029", "one\\u2028two\\u2029"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("nul\x00 del\x7f", "nul\\x00 del\\x7f"),
        ("line\r\n\ttab", "line\\r\\n\\ttab"),
        ("half \ud83d", "half \\ud83d"),
        ("Zoë 李 \U0001f600 [@click=app.quit] [/b]", "Zoë 李 \U0001f600 [@click=app.quit] [/b]"),
        ("\u0da9\u0dca\u200d\u0dbb\u0dd3", "\u0da9\u0dca\u200d\u0dbb\u0dd3"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("a\u200db \u0da9\u200d", "a\\u200db \u0da9\\u200d"),
        ("", ""),
    ],
)
def test_what_steers_a_terminal_becomes_visible(foreign: str, shown: str) -> None:
    assert safe(foreign) == shown


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1+cmd|x",
        "-2+3+cmd|x",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "-",
        "+",
        "\uff1d1+1",
        "+94 77 x",
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(formula: str) -> None:
    assert cell(formula) == "'" + safe(formula)


@pytest.mark.parametrize(
    "plain", ["-5", "+5", "-1,234.50", "+1.5e3", "-12 %", "+94 77 123 4567", "+1 (555) 123-4567", "a=b", "", "5-3"]
)
def test_numbers_phones_and_words_are_not_quoted(plain: str) -> None:
    assert cell(plain) == plain


@given(ANY)
def test_html_holds_the_text_and_no_markup(text: str) -> None:
    shown = html(text)
    assert not set(shown) & set("<>\"'")
    assert standard.unescape(shown) == safe(text)


def test_markdown_holds_no_markup() -> None:
    assert markdown("a|b [x](javascript:1) <b> `c`\n# h") == (
        "a\\|b \\[x\\]\\(javascript:1\\) \\<b\\> \\`c\\`\\\\n\\# h"
    )


def test_ordinary_text_costs_next_to_nothing() -> None:
    values = ["Ada Lovelace", "ada@example.com", "Zoë Müller", "+94 77 123 4567"] * 25_000
    started = time.perf_counter()
    assert [safe(value) for value in values] == values
    assert time.perf_counter() - started < 0.5  # 5 microseconds each; measured 0.15


def test_a_long_hostile_value_is_cut_before_it_is_worked_on() -> None:
    hostile = "\x1b" * 10_000_000
    started = time.perf_counter()
    assert safe(hostile, limit=80) == "\\x1b" * 19 + "\\x1" + "…"
    assert time.perf_counter() - started < 0.05


def test_no_character_of_unicode_escapes_the_gate() -> None:
    everything = "".join(map(chr, range(0x110000)))
    assert unsafe(safe(everything)) == []
