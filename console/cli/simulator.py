"""`hubspoke simulator`: the embedded HubSpot as a server; the one door to console.simulator."""

from __future__ import annotations

import argparse

from console.cli.context import Context
from console.simulator.command import add_arguments as add_simulator_arguments
from console.simulator.command import run as serve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `simulator`."""
    add_simulator_arguments(parser)
    parser.set_defaults(run=_run)


def _run(context: Context) -> int:
    return serve(context.args)
