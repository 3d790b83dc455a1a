"""`hubspoke version`."""

from __future__ import annotations

import argparse

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import add_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `version`."""
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(context: Context) -> int:
    import sys

    from console import __version__

    if context.args.json:
        context.out.json({"hubspoke": __version__, "python": sys.version.split()[0]})
    else:
        context.out.line(f"hubspoke {__version__}")
    return Exit.OK
