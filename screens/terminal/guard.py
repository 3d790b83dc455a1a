"""Refuses, in words, a terminal that the console would only spoil."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Protocol


class Stream(Protocol):
    """What we ask of stdin, stdout and stderr."""

    @property
    def encoding(self) -> str:
        """Its character encoding."""

    def isatty(self) -> bool:
        """Whether a terminal is behind it."""


def refusal(environ: Mapping[str, str], stdin: Stream | None, stdout: Stream | None, stderr: Stream | None) -> str:
    """Why the console cannot run here and what to do, "" when it can.

    Textual paints on stderr; it would do so in full colour on TERM=dumb, into a pipe, and with
    escaped text instead of line drawing where the stream is not UTF-8.
    """
    if (
        stdin is None
        or stdout is None
        or stderr is None
        or not (stdin.isatty() and stdout.isatty() and stderr.isatty())
    ):
        return (
            "hubspoke: the console needs a terminal for input and output.\n"
            "Over SSH use `ssh -t`. In scripts use the subcommands: hubspoke --help."
        )
    if environ.get("TERM") == "dumb":
        return (
            "hubspoke: TERM=dumb: this terminal cannot place text, so the console cannot run in it.\n"
            "Set TERM to what the terminal is (for example xterm-256color), or use the subcommands: hubspoke --help."
        )
    if not _is_utf8(stderr.encoding):
        return (
            f"hubspoke: the terminal is set to {stderr.encoding or 'no encoding'}, and the console draws with UTF-8.\n"
            "Set LC_ALL=C.UTF-8 (and unset PYTHONIOENCODING), or use the subcommands: hubspoke --help."
        )
    return ""


def _is_utf8(encoding: str | None) -> bool:
    try:
        return codecs.lookup(encoding or "").name == "utf-8"
    except LookupError:
        return False
