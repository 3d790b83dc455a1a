"""`python -m console.simulator`: the simulator without the rest of Hubspoke."""

from __future__ import annotations

import argparse
import sys

from console.simulator.command import add_arguments, run


def main() -> int:
    """Parse the arguments and serve."""
    parser = argparse.ArgumentParser(prog="hubspoke simulator", description="An embedded HubSpot on loopback.")
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
