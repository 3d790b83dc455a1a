"""`python -m tests.live [PROBE ...]`: asks a developer test account what the simulator takes for granted.

HUBSPOKE_LIVE_TOKEN: the token of a private app or a service key with the scopes of contacts, companies and their
schemas. HUBSPOKE_LIVE_URL: the simulator on loopback instead of HubSpot. HUBSPOKE_LIVE_CLIENT_ID: an OAuth app's id.
HUBSPOKE_LIVE_REQUIRED: a contact property that the account's create form requires.

Exit codes: 0 nothing was contradicted, 1 something was, 2 the probes must not run here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from tests.live.hub import Hub, Refused
from tests.live.probes import PROBES, Finding, Probe

WORDS = {True: "confirmed", False: "contradicted", None: "not asked"}


def main(arguments: list[str], env: Mapping[str, str], out: TextIO) -> int:
    """Run the probes named, or all."""
    unknown = set(arguments) - {probe.name for probe in PROBES}
    if unknown:
        out.write(f"refused: no such probe: {', '.join(sorted(unknown))}\n")
        return 2
    try:
        hub = Hub.from_environment(env)
        out.write(f"{hub.check()}, everything made here begins with {hub.prefix}\n")
    except Refused as reason:
        out.write(f"refused: {reason}\n")
        return 2
    chosen = [probe for probe in PROBES if not arguments or probe.name in arguments]
    try:
        held = [told(probe, hub, out) for probe in chosen]
    finally:
        left = hub.clean()
    out.writelines(f"could not be taken away: {text}\n" for text in left)
    return int(False in held)


def told(probe: Probe, hub: Hub, out: TextIO) -> bool | None:
    """Ask one probe and say what came of it."""
    try:
        finding = probe.ask(hub)
    except (AssertionError, OSError, ValueError, KeyError) as problem:
        finding = Finding(None, f"{type(problem).__name__}: {str(problem)[:200]}")
    out.write(
        f"{WORDS[finding.holds]:<13} {probe.name:<22} {probe.expected}\n{'':<13} {'':<22} found: {finding.found}\n"
    )
    out.flush()
    return finding.holds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdout))
