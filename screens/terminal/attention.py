"""Calls the operator who looks elsewhere: bell, notification, title, and the progress that some terminals show.

Only bytes of our own leave here: numbers, and words from a fixed list. What a terminal does not know it ignores; those
that are known to print it instead, or to take progress for a message, get none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

BELL = "\a"
_SAVE_TITLE, _RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"
_NO_PROGRESS = "\x1b]9;4;0;0\x1b\\"
_PLAIN = re.compile(r"[A-Za-z0-9 .,:%-]{1,80}\Z")
_PROGRESS_TERMS = ("xterm-ghostty", "ghostty")
_PROGRESS_PROGRAMS = ("ghostty", "WezTerm")


class Call(Enum):
    """Why somebody is called; the words are all that a notification ever says."""

    DONE = "run done"
    TROUBLED = "run done, some records failed"
    FAILED = "run failed"
    PAUSED = "run paused: it needs you"
    QUOTA = "run paused: the allowance is used up"
    QUARANTINED = "run waits for HubSpot"
    INTERRUPTED = "run interrupted: resume it"


class Can(NamedTuple):
    """What this terminal takes."""

    bell: bool = True
    notify: bool = True
    title: bool = True
    progress: bool = False


def can(environ: Mapping[str, str], wanted: str = "") -> Can:
    """What to send, from what the terminal says of itself and what the operator wants: "", bell, silent or off."""
    term = environ.get("TERM", "")
    if wanted == "off" or term in ("", "dumb"):
        return Can(bell=False, notify=False, title=False)
    if term == "linux":  # the console of a machine has no title, and would print a notification
        return Can(bell=wanted != "silent", notify=False, title=False)
    if wanted == "bell":
        return Can(notify=False, title=False)
    return Can(bell=wanted != "silent", progress=_shows_progress(environ, term))


def _shows_progress(environ: Mapping[str, str], term: str) -> bool:
    """Only where it is known: elsewhere OSC 9;4 would pop up as a message."""
    return (
        term in _PROGRESS_TERMS
        or environ.get("TERM_PROGRAM") in _PROGRESS_PROGRAMS
        or bool(environ.get("WT_SESSION") or environ.get("ConEmuPID"))
    )


class Attention:
    """The one place that sends such bytes; `write` puts them on the terminal beside the frames."""

    def __init__(self, takes: Can, write: Callable[[str], object]) -> None:
        self._can = takes
        self._write = write
        self._titled = False
        self._title = ""
        self._percent: int | None = None

    def call(self, why: Call, run: str = "") -> None:
        """A run ended or needs somebody; `run` is its id."""
        words = f"Hubspoke: {why.value}" + (f" {run}" if _PLAIN.match(run) else "")
        sent = f"\x1b]9;{words}{BELL}" if self._can.notify else ""
        self._send(sent + (BELL if self._can.bell else ""))

    def progress(self, percent: int, *, stands: bool = False) -> None:
        """How far the run is, in the title and where the terminal has a place for it; repeats send nothing."""
        percent = max(0, min(100, percent))
        self._entitle(f"hubspoke {percent}%" + (" paused" if stands else ""))
        if self._can.progress and (percent if not stands else -percent - 1) != self._percent:
            self._percent = percent if not stands else -percent - 1
            self._send(f"\x1b]9;4;{4 if stands else 1};{percent}\x1b\\")

    def rest(self) -> None:
        """Nothing runs any more: title and progress as they were found."""
        self._send(self.leaving())
        self._titled, self._title, self._percent = False, "", None

    def leaving(self) -> str:
        """The bytes that leave the terminal clean; "" where nothing was changed."""
        return (_NO_PROGRESS if self._percent is not None else "") + (_RESTORE_TITLE if self._titled else "")

    def _entitle(self, title: str) -> None:
        if not self._can.title or title == self._title:
            return
        self._title = title
        self._send(("" if self._titled else _SAVE_TITLE) + f"\x1b]2;{title}{BELL}")
        self._titled = True

    def _send(self, text: str) -> None:
        if text:
            self._write(text)
