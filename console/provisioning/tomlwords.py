"""Texts and keys as they are written into a mapping file."""

from __future__ import annotations

import re

BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
"""A name that needs no quotes, neither in TOML nor in a query filter."""


def comment(text: str) -> str:
    """A text as it may stand in a comment: on one line and without control characters."""
    return "".join(one if one.isprintable() else "?" for one in text)


def toml_key(name: str) -> str:
    """A key, in quotes where it needs them."""
    return name if BARE.match(name) else _basic(name)


def toml_text(text: str) -> str:
    """A TOML string; expressions with double quotes read best in single ones."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    if "source" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return _basic(text)


def _basic(text: str) -> str:
    parts = []
    for one in text:
        if one in '\\"':
            parts.append("\\" + one)
        elif one.isprintable() or one == " ":
            parts.append(one)
        else:
            parts.append(f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}")
    return '"' + "".join(parts) + '"'
