"""Where a pull stands: what the last complete one knew, and how far an interrupted one came.

One small file per portal, class, target and choice of fields. It holds no values of anybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from console.provisioning.pull_target import Field, Tally
from console.settings.paths import Paths, write_private

VERSION = 1


class Checkpoint(msgspec.Struct, kw_only=True):
    """An interrupted full pull: the listing's mark, the last id, and what the target needs to go on."""

    newest: str
    after: str
    last: int
    read: int
    tally: Tally
    saved: dict[str, Any]
    begun: float


class PullState(msgspec.Struct, kw_only=True):
    """What is remembered between pulls.

    `newest` is the latest modification that HubSpot knew of when the last complete pull began, by HubSpot's own
    clock: everything up to then is in the copy. `finished` is seconds since the epoch.
    """

    version: int = VERSION
    newest: str = ""
    finished: float = 0.0
    finished_full: float = 0.0
    checkpoint: Checkpoint | None = None


def state_file(paths: Paths, portal_id: int, object_class: str, target: str, fields: Sequence[Field]) -> Path:
    """The file that remembers this pull."""
    names = ",".join(f"{field.name}={field.property}" for field in fields)
    told = "\0".join((str(portal_id), object_class, target, names)).encode("utf-8", "surrogatepass")
    return paths.state / "pulls" / f"{portal_id}-{object_class}-{hashlib.sha256(told).hexdigest()[:16]}.json"


def load_state(path: Path) -> PullState:
    """What is remembered; nothing where the file is missing or not readable: then everything is pulled."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=PullState)
    except (OSError, msgspec.MsgspecError):
        return PullState()
    return found if found.version == VERSION else PullState()


def save_state(path: Path, state: PullState) -> None:
    """Remember, in one step."""
    write_private(path, msgspec.json.encode(state))
