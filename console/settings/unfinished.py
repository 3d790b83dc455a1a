"""Where a guided setup was left: in a private file, without secrets, so that it goes on there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from console.settings.paths import Paths, write_private


class Unfinished(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a setup knows so far. `kind` is demo, token or oauth; `step` the name of the step that is asked.

    `typed` holds fields by name; a secret is never among them.
    """

    kind: str = ""
    step: str = ""
    profile: str = ""
    source: str = ""
    mapping: str = ""
    plan_id: str = ""
    typed: dict[str, str] = {}


def load(paths: Paths) -> Unfinished | None:
    """The setup that was left; None when there is none, or its file cannot be read."""
    try:
        return msgspec.json.decode(_file(paths).read_bytes(), type=Unfinished)
    except (OSError, msgspec.DecodeError):
        return None


def save(paths: Paths, unfinished: Unfinished) -> None:
    """Keep it. Raises OSError or SettingsError where the folder takes nothing."""
    write_private(_file(paths), msgspec.json.encode(unfinished))


def clear(paths: Paths) -> None:
    """It is finished."""
    with suppress(OSError):
        _file(paths).unlink()


def _file(paths: Paths) -> Path:
    return paths.state / "setup.json"
