"""`hubspoke demo`: the console on the embedded simulator, with sample people."""

from __future__ import annotations

import argparse
from pathlib import Path

from console.cli.context import Context
from console.cli.exits import usage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `demo`."""
    parser.add_argument("--contacts", type=int, default=2000, metavar="N", help="contacts in HubSpot (2000)")
    parser.add_argument("--users", type=int, default=200, metavar="N", help="people in the personnel file (200)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep everything in this folder; without it all goes")
    parser.set_defaults(run=_run)


def _run(context: Context) -> int:
    from console.demo import Demo

    args = context.args
    if args.contacts < 0 or args.users < 0:
        raise usage("--contacts and --users are numbers of records: 0 or more.")
    if args.config or args.state:
        raise usage("The demo has folders of its own.", "Leave --config and --state out; --keep DIR names its folder.")
    if context.open_console is None:
        raise usage("The demo needs the console, which is not part of this program.")
    demo = Demo.start(args.keep, contacts=args.contacts, users=args.users)
    try:
        return context.open_console(demo.paths, demo.profile.name, demo)
    finally:
        demo.stop()
        if demo.kept:
            context.out.note(f"Kept: {demo.folder} (its simulator has ended; start it again with the same --keep)")
