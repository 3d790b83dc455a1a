"""What an operator is told when something goes wrong.

Errors of the house say what happened and what to do: they are shown as they are. Anything else
is our mistake: an apology with a reference, under which the log has the traceback. The log gets
frames and the error's type, never its text or values, which may be personal.
"""

from __future__ import annotations

import secrets
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from console.settings.errors import SettingsError
from console.settings.paths import private_dir, private_open

GOES_ON = "The console goes on; nothing was written to HubSpot by this."
ENDED = "The console had to end. Runs go on without it; open it again with: hubspoke"
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class Trouble(NamedTuple):
    """What to show. `reference` is "" when the error is one that the house expects."""

    message: str
    remedy: str
    reference: str = ""

    @property
    def text(self) -> str:
        """Message and remedy as sentences."""
        return "\n".join(part for part in (self.message, self.remedy) if part)


def expected(error: BaseException) -> Trouble | None:
    """The words of an error of the house; None for anything else."""
    message = getattr(error, "message", None)
    if not isinstance(message, str) or not message:
        return None
    remedy = getattr(error, "remedy", "") or getattr(error, "advice", "")
    return Trouble(message, remedy if isinstance(remedy, str) else "")


def apology(error: BaseException, log: Path | None, *, ended: bool = False) -> Trouble:
    """Write the traceback under a new reference, and say sorry; `ended`: the console cannot go on."""
    reference = "".join(secrets.choice(ALPHABET) for _ in range(6))
    where = f"Details are in {log} under {reference}." if log is not None and _record(error, reference, log) else ""
    return Trouble(
        f"Sorry, that was a mistake of Hubspoke's own ({type(error).__name__}). Reference {reference}.",
        f"{ENDED if ended else GOES_ON} {where}".strip(),
        reference,
    )


def _record(error: BaseException, reference: str, log: Path) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {reference} {type(error).__qualname__}"]
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    try:
        private_dir(log.parent)
        with private_open(log, "a") as file:
            file.write("\n".join(lines) + "\n")
    except (OSError, SettingsError):
        return False  # a full or read-only disk must not hide the apology
    return True
