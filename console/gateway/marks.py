"""How far each mapping has brought the repository's changes to HubSpot: a small file that survives a crash."""

from __future__ import annotations

import msgspec

from console.settings.errors import SettingsError
from console.settings.paths import Paths, write_private

FILE = "gateway-marks.json"


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A plan of ours that has not come to its end; with it, everything up to the change `until` is done.

    `held` says that a guard, or somebody, stopped it: a human decides. Without it a crash or a stop of ours did, and it
    goes on by itself.
    """

    plan: str
    until: int
    held: bool = False


class Kept(msgspec.Struct):
    """What is in the file: changes done, and plans that were begun, by `portal/mapping/lane`."""

    changes: dict[str, int] = {}
    begun: dict[str, Begun] = {}


class Marks:
    """The last change done, by portal, mapping and lane. A mark that is too old costs comparisons; nothing is written twice."""

    def __init__(self, paths: Paths) -> None:
        self._path = paths.state / FILE
        self._kept = self._read()

    def done(self, lane: str) -> int:
        """The last change that is done; 0 at the beginning."""
        return self._kept.changes.get(lane, 0)

    def begun(self, lane: str) -> Begun | None:
        """The plan that was begun."""
        return self._kept.begun.get(lane)

    def begin(self, lane: str, begun: Begun) -> None:
        """A plan begins, or is held. Written before it is approved, so that a crash leaves no run that nobody knows."""
        self._kept.begun[lane] = begun
        self._write()

    def end(self, lane: str, until: int | None = None) -> None:
        """No plan is under way any more; with `until`, everything up to that change is done."""
        began = self._kept.begun.pop(lane, None)
        if until is None or until == self.done(lane):
            if began is not None:
                self._write()
            return
        self._kept.changes[lane] = until
        self._write()

    def _write(self) -> None:
        write_private(self._path, msgspec.json.encode(self._kept))

    def _read(self) -> Kept:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return Kept()
        except (OSError, msgspec.DecodeError):
            raise SettingsError(
                f"{self._path} cannot be read.",
                "Remove it: everybody is then compared once, and nothing is written twice.",
                file=self._path,
            ) from None
