"""Functions of mappings on texts, and the checks of arguments that all of them share."""

from __future__ import annotations

from typing import Any


class BadArgument(ValueError):
    """A function was given something that it cannot use."""


def text_of(function: str, value: Any) -> str:
    """A text, "" for null. Raises BadArgument for everything else."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadArgument(f"{function}() takes text, not {type(value).__name__}")
    return value


def lower(value: Any) -> str:
    """Small letters, in every script; CEL's own lowerAscii() knows only A to Z."""
    return text_of("lower", value).strip().lower()


def upper(value: Any) -> str:
    """Capital letters, in every script."""
    return text_of("upper", value).strip().upper()


def clean(value: Any) -> str:
    """Without blanks at both ends, and with one blank where there were several blanks, tabs or new lines."""
    return " ".join(text_of("clean", value).split())


def first_word(value: Any) -> str:
    """The first word."""
    words = text_of("firstWord", value).split()
    return words[0] if words else ""


def last_word(value: Any) -> str:
    """The last word."""
    words = text_of("lastWord", value).split()
    return words[-1] if words else ""


def but_last_word(value: Any) -> str:
    """All words but the last; of a single word, nothing."""
    return " ".join(text_of("butLastWord", value).split()[:-1])
