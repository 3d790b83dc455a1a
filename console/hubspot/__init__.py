"""HubSpot's HTTP API, typed: the only package that talks to HubSpot."""

import sys

# httpx offers a command of its own wherever click and rich are installed, and so would load a terminal library
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
