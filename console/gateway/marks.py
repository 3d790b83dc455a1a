"""How far each mapping has brought the repository's changes to HubSpot: a small file that survives a crash."""

from __future__ import annotations

import msgspec

from console.settings.errors import SettingsError
from console.settings.paths import Paths, write_private

FILE = "gateway-marks.json"


class Kept(msgspec.Struct):
    """What is in the file: changes done, and runs that were begun, by `portal/mapping`."""

    changes: dict[str, int] = {}
    runs: dict[str, str] = {}


class Marks:
    """The last change done, by portal and mapping. A mark that is too old costs comparisons; nothing is written twice."""

    def __init__(self, paths: Paths) -> None:
        self._path = paths.state / FILE
        self._kept = self._read()

    def get(self, portal_id: int, mapping: str) -> int:
        """The last change that is done; 0 at the beginning."""
        return self._kept.changes.get(f"{portal_id}/{mapping}", 0)

    def set(self, portal_id: int, mapping: str, change: int) -> None:
        """Everything up to this change is done."""
        self._kept.changes[f"{portal_id}/{mapping}"] = change
        self._write()

    def run(self, portal_id: int, mapping: str) -> str:
        """The run that was begun and has not come to its end: a stop of the gateway pauses it, as a human may."""
        return self._kept.runs.get(f"{portal_id}/{mapping}", "")

    def set_run(self, portal_id: int, mapping: str, run_id: str) -> None:
        """A run begins, or ("") has come to its end."""
        self._kept.runs[f"{portal_id}/{mapping}"] = run_id
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
