"""What kind of line carries the console: a local terminal, or SSH where every byte counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Link(NamedTuple):
    """How sparing the console is. `fence`: one frame in flight. `gauges`: repaints a second, at most."""

    slow: bool
    fence: bool
    click_only_mouse: bool
    gauges: float


LOCAL = Link(slow=False, fence=False, click_only_mouse=False, gauges=4.0)
SSH = Link(slow=True, fence=True, click_only_mouse=True, gauges=2.0)


def link_of(environ: Mapping[str, str]) -> Link:
    """SSH when SSH_CONNECTION says so; HUBSPOKE_LINK=slow or fast overrules it."""
    asked = environ.get("HUBSPOKE_LINK", "")
    if asked in ("slow", "fast"):
        return SSH if asked == "slow" else LOCAL
    return SSH if environ.get("SSH_CONNECTION") else LOCAL
