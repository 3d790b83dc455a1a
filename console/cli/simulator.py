"""`hubspoke simulator`: the embedded HubSpot as a server; the one door to console.simulator."""

from __future__ import annotations

import argparse

from console.cli.context import Context
from console.simulator import command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `simulator`."""
    command.add_arguments(parser)
    parser.set_defaults(run=_run)


def _run(context: Context) -> int:
    return command.run(context.args)
