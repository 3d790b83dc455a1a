"""A source that stays bad is left alone at longer and longer intervals, also by the next process: quarantine for sources."""

from __future__ import annotations

import hashlib
import time

import msgspec

from console.provisioning.errors import PlanRefused
from console.provisioning.quarantine import MOST_TRIES, WAITS, next_try, told
from console.settings.paths import Paths, write_private
from console.sources.errors import SourceError

FOLDER = "sources"


class SourceQuarantined(PlanRefused):
    """The source could not be read, again; `until` is when it is tried again, None: a human has to."""

    def __init__(self, message: str, *, remedy: str, until: float | None, tries: int) -> None:
        super().__init__(message, remedy=remedy)
        self.until = until
        self.tries = tries


class Bad(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a source that could not be read: how often, and until when it is left alone."""

    tries: int
    until: float | None


class SourceWatch:
    """Remembers of one mapping and its source how often reading failed."""

    def __init__(self, paths: Paths, mapping: str, source: str) -> None:
        name = hashlib.blake2b(f"{mapping}\0{source}".encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        self._path = paths.state / FOLDER / f"{name}.json"
        self._mapping = mapping

    def check(self) -> None:
        """Raises SourceQuarantined where the source is to be left alone at this moment."""
        bad = self._bad()
        left = bad.until - time.time() if bad is not None and bad.until is not None else 0.0
        if bad is not None and 0 < left <= WAITS[-1]:  # more is a clock that was put back since
            raise self._quarantined("The source could not be read.", bad, "")

    def failed(self, refused: PlanRefused, interval: float | None = None) -> PlanRefused:
        """What to raise for a plan that was refused: its source is in quarantine from now on, if that was the reason.

        Whoever looks every `interval` seconds waits twice as long each time, at first.
        """
        if not isinstance(refused.__cause__, SourceError):
            return refused
        before = self._bad()
        tries = before.tries + 1 if before is not None and before.tries < MOST_TRIES else 1
        now = time.time()
        until = next_try(tries, None, now)
        if until is not None and interval is not None:
            until = min(until, now + interval * 2**tries)
        bad = Bad(tries=tries, until=until)
        write_private(self._path, msgspec.json.encode(bad))
        return self._quarantined(refused.message, bad, refused.remedy)

    def well(self) -> None:
        """It could be read."""
        self._path.unlink(missing_ok=True)

    def _bad(self) -> Bad | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Bad)
        except (OSError, msgspec.DecodeError):
            return None  # then it is tried once more, which is safe

    def _quarantined(self, message: str, bad: Bad, remedy: str) -> SourceQuarantined:
        end = "" if message.rstrip().endswith(".") else "."
        words = told(f"{message.rstrip()}{end}", bad.tries, bad.until, again=f"hubspoke plan {self._mapping}")
        return SourceQuarantined(words, remedy=remedy, until=bad.until, tries=bad.tries)
