"""What this terminal, line, vault and machine can do, and what to set: for `hubspoke doctor`, the screen, the bundle."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from console.settings.paths import Paths

if TYPE_CHECKING:
    from console.settings.vault import Vault

VAULT_SECONDS = 15.0
SLOW_TRIP = 0.15
_PLAIN_TERMS = ("xterm", "screen", "tmux", "linux", "vt100", "ansi")
_FREE_BYTES = 200 * 1024 * 1024


class Finding(NamedTuple):
    """One thing that was looked at: `state` is ok, warn or fail; `advice` is empty when nothing needs to be done."""

    id: str
    state: str
    detail: str
    advice: str = ""


class Seen(NamedTuple):
    """What is known of the terminal. `size` in cells, `colours` a word, `round_trip` in seconds; None: not known.

    `fenced` says whether the terminal answers, so that one frame at a time is sent; None where nobody asked.
    """

    terminal: bool = True
    encoding: str = "utf-8"
    size: tuple[int, int] | None = None
    colours: str | None = None
    round_trip: float | None = None
    fenced: bool | None = None


def terminal_findings(environ: Mapping[str, str], seen: Seen) -> Iterator[Finding]:
    """The terminal and the line to it."""
    yield _term(environ, seen)
    if seen.size is not None:
        width, height = seen.size
        small = width < 80 or height < 24
        advice = "80 x 24 shows everything: make the window larger, or its letters smaller." if small else ""
        yield Finding("size", "warn" if small else "ok", f"{width} x {height}", advice)
    yield _encoding(seen.encoding)
    yield _colours(environ, seen)
    yield from _line(environ, seen)
    yield from _multiplexer(environ)


def _term(environ: Mapping[str, str], seen: Seen) -> Finding:
    term = environ.get("TERM", "")
    if not seen.terminal:
        return Finding("terminal", "warn", "standard output is no terminal", "The console needs one: ssh -t")
    if term in ("", "dumb"):
        return Finding(
            "terminal", "warn", f'TERM is "{term}"', "Set TERM to what your terminal is, such as xterm-256color."
        )
    if term in _PLAIN_TERMS:
        better = {"screen": "screen-256color", "tmux": "tmux-256color"}.get(term, "xterm-256color")
        advice = "" if term == "linux" else f"For 256 colours: TERM={better}"
        return Finding("terminal", "ok", term, advice)
    return Finding("terminal", "ok", term)


def _encoding(encoding: str) -> Finding:
    if encoding.lower().replace("-", "") == "utf8":
        return Finding("encoding", "ok", "UTF-8")
    return Finding("encoding", "warn", encoding or "unknown", "Set LANG=C.UTF-8; the console needs UTF-8.")


def _colours(environ: Mapping[str, str], seen: Seen) -> Finding:
    if environ.get("NO_COLOR"):
        return Finding("colours", "ok", "none, as NO_COLOR asks")
    full = environ.get("COLORTERM", "") in ("truecolor", "24bit")
    detail = "16 million" if full or seen.colours == "truecolor" else {"standard": "16"}.get(seen.colours or "", "256")
    if detail == "16 million":
        return Finding("colours", "ok", detail)
    # ssh hands COLORTERM on only where both ends are told to
    where = "on the way here: ssh -o SendEnv=COLORTERM" if environ.get("SSH_CONNECTION") else "COLORTERM=truecolor"
    return Finding("colours", "ok", detail, f"For 16 million, if your terminal has them: {where}")


def _line(environ: Mapping[str, str], seen: Seen) -> Iterator[Finding]:
    trip = seen.round_trip
    took = f", {trip * 1000:.0f} ms there and back" if trip is not None else ""
    fence = {True: ", one frame in flight", False: ", the terminal does not answer: frames are not held back"}
    told = fence.get(seen.fenced, "") if seen.fenced is not None else ""
    if environ.get("SSH_CONNECTION"):
        slow = trip is not None and trip > SLOW_TRIP
        advice = "ssh -C makes scrolling up to 45 times lighter" + ("; on this line it will be felt." if slow else ".")
        yield Finding("line", "ok", f"over SSH{took}{told}", advice)
    else:
        yield Finding("line", "ok", f"local{took}")


def _multiplexer(environ: Mapping[str, str]) -> Iterator[Finding]:
    if environ.get("TMUX"):
        yield Finding("tmux", "ok", "inside tmux", "To copy from the console: set -g set-clipboard on")
    if environ.get("STY"):
        yield Finding("screen", "ok", "inside GNU screen", "Colours and copying are better in tmux.")


def machine_findings(paths: Paths, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Python, folders, room on the disk, proxies that the environment names."""
    import sqlite3

    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "ok", f"{python}, SQLite {sqlite3.sqlite_version}")
    for name, path in (("config", paths.config), ("state", paths.state)):
        there = path if path.exists() else next(parent for parent in path.parents if parent.exists())
        if not os.access(there, os.W_OK):
            yield Finding(name, "fail", f"{path} cannot be written", f"Mend its permissions, or use --{name} DIR.")
            continue
        free = shutil.disk_usage(there).free
        short = free < _FREE_BYTES
        left = f"{path}, {free / 1024**3:.1f} GB free"
        yield Finding(name, "warn" if short else "ok", left, "Make room: the journal must never stop." if short else "")
    names = [name for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY") if environ.get(name)]
    if names:
        advice = "It is not used silently: hubspoke profile set httpProxyHost=... httpProxyPort=..."
        yield Finding("proxy", "warn", f"the environment names one in {', '.join(names)}", advice)


async def vault_finding(paths: Paths, vault: Vault | None = None) -> Finding:
    """Where secrets live here; `vault` is one that is open already."""
    from console.settings.chain import open_vault  # keyring is looked at here, nowhere else
    from console.settings.errors import VaultError

    try:
        async with asyncio.timeout(VAULT_SECONDS):
            status = await (vault or await open_vault(paths)).status()
    except VaultError as error:
        return Finding("vault", "warn", error.message, error.remedy)
    except TimeoutError:
        advice = (
            "Is its agent waiting for somebody at another screen? hubspoke credentials vault file is the other way."
        )
        return Finding("vault", "fail", f"no answer within {VAULT_SECONDS:.0f} s", advice)
    state = {"ready": "ok", "unreachable": "fail"}.get(status.state, "warn")
    return Finding("vault", state, f"{status.label}: {status.detail or status.state.replace('_', ' ')}", status.remedy)
