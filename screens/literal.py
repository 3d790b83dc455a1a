"""Foreign text as literal Content: shown as it is, never read as markup, never sent as escapes."""

from __future__ import annotations

from textwrap import wrap

from textual.content import Content

from console.text import safe


def literal(text: object, style: str = "", *, limit: int | None = None) -> Content:
    """Any text, made harmless, in one style."""
    return Content.styled(safe(str(text), limit=limit), style)


def lines(text: object, style: str = "", *, limit: int | None = None) -> Content:
    """Like `literal`, keeping line breaks."""
    return Content.styled(safe(str(text), limit=limit, newlines=True), style)


def hanging(lead: str, text: str, width: int, style: str = "") -> list[Content]:
    """Text wrapped under a lead such as an arrow: later lines are as far in as the first."""
    wrapped = wrap(safe(text, limit=2000), max(16, width - len(lead)), break_long_words=True)
    return [
        row((lead if number == 0 else " " * len(lead), "$accent"), (line, style)) for number, line in enumerate(wrapped)
    ]


def row(*parts: str | tuple[object, str] | Content) -> Content:
    """Parts side by side: our own words, (foreign text, style), or finished Content."""
    made = [
        part if isinstance(part, Content) else literal(*part) if isinstance(part, tuple) else literal(part)
        for part in parts
    ]
    return Content("").join(made)


def stack(*rows: str | Content) -> Content:
    """Rows one below the other."""
    return Content("\n").join([item if isinstance(item, Content) else literal(item) for item in rows])
