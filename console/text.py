r"""The one gate for foreign text on its way to a screen, a table or a report.

Everything that HubSpot, a source, a file name or a server's error says passes `safe()`:
what could steer a terminal, reorder or hide text becomes a visible escape (`\x1b`, `\u202e`).
"""

from __future__ import annotations

import re
import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
_SHORT = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}
# Arabic and Indic names are spelled with joiners; between letters of those scripts they only shape the letters
_LETTER = "[\u0620-\u06dc\u06de-\u070e\u0710-\u088f\u0900-\u0dff]"
_JOINER = re.compile(f"(?<={_LETTER})([\u200c\u200d])(?={_LETTER})")
_KNOWN = 8192  # bounds what hostile text can make us remember

_FORMULA = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"  # spreadsheets take the full-width forms too
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d{1,3})?\s?%?", re.ASCII)
_PHONE = re.compile(r"\+\d[\d ()./-]{4,28}", re.ASCII)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&])")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def _visible(codepoint: int) -> str:
    short = _SHORT.get(codepoint)
    if short:
        return short
    if codepoint <= 0xFF:
        return f"\\x{codepoint:02x}"
    return f"\\u{codepoint:04x}" if codepoint <= 0xFFFF else f"\\U{codepoint:08x}"


class _Escapes(dict[int, "int | str"]):
    """A translation table that learns each character when it first meets it."""

    def __missing__(self, codepoint: int) -> int | str:
        unsafe = unicodedata.category(chr(codepoint)) in _UNSAFE
        shown: int | str = _visible(codepoint) if unsafe else codepoint
        if len(self) < _KNOWN:
            self[codepoint] = shown
        return shown


_ONE_LINE = _Escapes()
_LINES = _Escapes({0x0A: 0x0A})


def safe(text: str, *, limit: int | None = None, newlines: bool = False) -> str:
    """Foreign text with everything that could act on a terminal made visible.

    `limit` is the length of the result at most; a cut shows as an ellipsis. With `newlines`
    a line feed stays one, for places that show several lines.
    """
    if limit is not None:
        text = text[: max(limit, 0) + 1]
    if not text.isprintable():
        table = _LINES if newlines else _ONE_LINE
        text = "".join(part if at % 2 else part.translate(table) for at, part in enumerate(_JOINER.split(text)))
    if limit is not None and len(text) > limit:
        return text[: limit - 1] + "\u2026" if limit > 0 else ""
    return text


def cell(text: str, *, limit: int | None = None) -> str:
    """Foreign text for a cell of a report that people open in a spreadsheet.

    A leading `'` keeps a formula from running. Plain numbers and phone numbers stay as they are.
    """
    shown = safe(text, limit=limit)
    if text[:1] and text[0] in _FORMULA and not (_NUMBER.fullmatch(text) or _PHONE.fullmatch(text)):
        return "'" + shown
    return shown


def html(text: str, *, limit: int | None = None) -> str:
    """Foreign text for an HTML page, as content or inside a quoted attribute."""
    return safe(text, limit=limit).translate(_HTML)


def markdown(text: str, *, limit: int | None = None) -> str:
    """Foreign text for a Markdown report: no markup, link, tag or table border survives."""
    return _MARKDOWN.sub(r"\\\1", safe(text, limit=limit))
