"""`hubspoke doctor`: what this terminal, vault and machine can do, and what to set."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import NamedTuple

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import add_json


class Finding(NamedTuple):
    """One thing that was looked at. `advice` is empty when nothing needs to be done."""

    id: str
    state: str
    detail: str
    advice: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `doctor`."""
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    found = [*_terminal(context), *_link(), *_machine(context), *await _vault(context), *_proxies()]
    if context.args.json:
        context.out.json([finding._asdict() for finding in found])
        return Exit.OK
    for finding in found:
        mark = "ok" if finding.state == "ok" else finding.state.upper()
        context.out.line(f"{mark:<5} {finding.id}: {finding.detail}")
        if finding.advice:
            context.out.line(f"      {finding.advice}")
    return Exit.OK


def _terminal(context: Context) -> Iterator[Finding]:
    term = os.environ.get("TERM", "")
    if not context.out.terminal:
        yield Finding("terminal", "warn", "standard output is no terminal", "The console needs one: ssh -t")
    elif term in ("", "dumb"):
        yield Finding(
            "terminal", "warn", f'TERM is "{term}"', "Set TERM to what your terminal is, such as xterm-256color."
        )
    else:
        yield Finding("terminal", "ok", term)
    colours = os.environ.get("COLORTERM", "")
    if colours in ("truecolor", "24bit"):
        yield Finding("colours", "ok", "16 million")
    else:
        yield Finding("colours", "ok", "256 or fewer", "For all: set COLORTERM=truecolor, or SendEnv COLORTERM in ssh.")
    encoding = (getattr(sys.stdout, "encoding", "") or "").lower()
    if encoding.replace("-", "") == "utf8":
        yield Finding("encoding", "ok", "UTF-8")
    else:
        yield Finding("encoding", "warn", encoding or "unknown", "Set LANG=C.UTF-8; the console needs UTF-8.")


def _link() -> Iterator[Finding]:
    if os.environ.get("SSH_CONNECTION"):
        yield Finding("link", "ok", "over SSH", "ssh -C makes scrolling up to 45 times lighter on a slow line.")
    if os.environ.get("TMUX"):
        yield Finding("tmux", "ok", "inside tmux", "To copy from the console: set -g set-clipboard on")


def _machine(context: Context) -> Iterator[Finding]:
    import sqlite3

    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "ok", f"{python}, SQLite {sqlite3.sqlite_version}")
    for name, path in (("config", context.paths.config), ("state", context.paths.state)):
        there = path if path.exists() else next(parent for parent in path.parents if parent.exists())
        if os.access(there, os.W_OK):
            yield Finding(name, "ok", str(path))
        else:
            yield Finding(name, "fail", f"{path} cannot be written", f"Mend its permissions, or use --{name} DIR.")


async def _vault(context: Context) -> list[Finding]:
    from console.settings.chain import open_vault  # keyring is looked at here, nowhere else
    from console.settings.errors import VaultError

    try:
        status = await (await open_vault(context.paths)).status()
    except VaultError as error:
        return [Finding("vault", "warn", error.message, error.remedy)]
    state = {"ready": "ok", "unreachable": "fail"}.get(status.state, "warn")
    return [Finding("vault", state, f"{status.label}: {status.detail or status.state}", status.remedy)]


def _proxies() -> Iterator[Finding]:
    names = [name for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY") if os.environ.get(name)]
    if names:
        advice = "It is not used silently: hubspoke profile set httpProxyHost=... httpProxyPort=..."
        yield Finding("proxy", "warn", f"the environment names one in {', '.join(names)}", advice)
