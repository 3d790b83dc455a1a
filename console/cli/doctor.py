"""`hubspoke doctor`: what this terminal, vault and machine can do, and what to set."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import add_json
from console.doctor import Finding, Seen, machine_findings, terminal_findings, vault_finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `doctor`."""
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    found = [*look(context), await vault_finding(context.paths)]
    if context.args.json:
        context.out.json([finding._asdict() for finding in found])
        return Exit.OK
    for finding in found:
        mark = "ok" if finding.state == "ok" else finding.state.upper()
        context.out.line(f"{mark:<5} {finding.id}: {finding.detail}")
        if finding.advice:
            context.out.line(f"      {finding.advice}")
    return Exit.OK


def look(context: Context) -> Iterator[Finding]:
    """Terminal and machine, as the command line sees them."""
    size = tuple(shutil.get_terminal_size()) if context.out.terminal else None
    seen = Seen(
        terminal=context.out.terminal,
        encoding=getattr(sys.stdout, "encoding", "") or "",
        size=(size[0], size[1]) if size else None,
    )
    yield from terminal_findings(os.environ, seen)
    yield from machine_findings(context.paths, os.environ)
