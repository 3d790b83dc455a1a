"""The browse screen on a snapshot of 1,000,000 contacts, in a terminal of 120x40: what an operator waits for, and pays.

    python -P -m tests.bench.screen_table [--contacts 1000000] [--keys 200]

Nobody answers at the profile's address: everything is local. Prints one JSON document; 1 when a limit is missed: first
paint of the records 1 s, key to screen 30 ms (p95, the last byte of the first frame; also while all of them are being sorted),
resident memory 100 MB, 12.5 KB for a scrolled row, no byte while nothing happens.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import Any

import pyte

from console.connector.snapshot_file import FOLDER, SUFFIX, Head, Place, SnapshotFile
from console.hubspot.model import PropertyDefinition
from tests.screens.furnished import PORTAL, furnished

ROOT = Path(__file__).resolve().parents[2]
COLUMNS, ROWS = 120, 40
KEY = "6b" * 32
PAINT, KEYS_P95, RESIDENT, ROW, IDLE = 1.0, 0.030, 100.0, 12_500, 0
GAP = 0.008
"""Seconds between two frames."""
QUIET = 0.05
"""Seconds without a byte after which a frame is taken for whole."""
CONSOLE = """
import sys
import console.settings.journal_key as keys
async def key(*_):
    return bytes.fromhex({key!r})
keys.journal_key = key  # sealed as with a vault, without one being asked
from screens.__main__ import main
sys.exit(main(["--config", {config!r}, "--state", {state!r}]))
"""
NAMES = ("email", "firstname", "lastname", "company", "jobtitle", "city", "phone", "createdate", "lastmodifieddate")
CITIES = ("Galle", "Colombo", "Kandy", "Jaffna", "Matara", "São Paulo", None)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Screen:
    """The console in a terminal, and when its bytes came."""

    def __init__(self, program: str) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "TERM": "xterm-256color"}
            environ |= {"LANG": "C.UTF-8", "COLORTERM": "truecolor", "HUBSPOKE_ACCESS_TOKEN": "pat-na1-nobody"}
            os.execve(sys.executable, [sys.executable, "-P", "-c", program], environ)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What a person sees."""
        return "\n".join(self._screen.display)

    def press(self, key: str, quiet: float = QUIET) -> tuple[float, int]:
        """Seconds from a key to the last byte of the first frame, and all bytes until it is quiet again.

        The pane beside the list follows later, in a frame of its own. What comes is read as a terminal would afterwards.
        """
        began = shown = time.perf_counter()
        os.write(self._fd, key.encode())
        data, first = bytearray(), True
        while time.perf_counter() - began < 20:
            if not select.select([self._fd], [], [], quiet if data else 2)[0]:
                break
            now = time.perf_counter()
            first = first and (not data or now - shown < GAP)
            data += os.read(self._fd, 1 << 20)
            if first:
                shown = time.perf_counter()
        self._stream.feed(bytes(data))
        return shown - began, len(data)

    def wait(self, pattern: str, seconds: float = 60) -> float:
        """Seconds until something is on the screen."""
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            if re.search(pattern, self.text):
                return time.perf_counter() - began
            if select.select([self._fd], [], [], 0.02)[0]:
                self._stream.feed(os.read(self._fd, 1 << 20))
        raise SystemExit(f"{pattern!r} did not appear:\n{self.text}")

    def settle(self, quiet: float = 0.6) -> None:
        """Wait until nothing comes any more."""
        while select.select([self._fd], [], [], quiet)[0]:
            self._stream.feed(os.read(self._fd, 1 << 20))

    def idle(self, seconds: float) -> int:
        """Bytes that come while nobody does anything."""
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            if select.select([self._fd], [], [], 0.1)[0]:
                count += len(os.read(self._fd, 1 << 20))
        return count

    def memory(self, field: str) -> float:
        """Megabytes of the process."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field):
                return round(int(line.split()[1]) / 1024, 1)
        return 0.0

    def cpu(self) -> float:
        """Milliseconds that the process had a processor: what a key costs, however busy the machine is."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.close(self._fd)
        os.waitpid(self.pid, 0)


def take(path: Path, count: int) -> None:
    """A snapshot as the console would have taken it."""
    schema = tuple(
        PropertyDefinition(name=name, type="datetime" if name.endswith("date") else "string") for name in NAMES
    )
    head = Head(
        portal_id=PORTAL,
        object_class="contact",
        properties=NAMES,
        schema=schema,
        begun_at=time.time() - 7500,
        expected=count,
    )
    file = SnapshotFile.make(path, bytes.fromhex(KEY), head)
    file._connection().execute("pragma synchronous = off")
    for start in range(0, count, 100):
        numbers = range(start, min(start + 100, count))
        ended = time.time() if numbers.stop == count else None
        columns = list(zip(*[person(number, count) for number in numbers], strict=True))
        file.add([str(51_000_000_000 + n) for n in numbers], columns, Place(records=numbers.stop, ended_at=ended))
    file.close()


def person(number: int, count: int) -> tuple[str | None, ...]:
    """One contact; the same number is always the same."""
    first, last = LETTERS[number * 7919 % 26], number * 7919 % count
    return (
        f"{first}person.{last}@acme{number % 50}.example", f"Given{number * 31 % 5000}", f"Family{number * 17 % 20_000}",
        f"Company {number % 3000}", "Engineer" if number % 3 else "Head of Accounts", CITIES[number % 7],
        f"+94 11 {number % 10_000_000:07}", "2026-01-05T08:00:00Z",
        f"2026-11-{number % 28 + 1:02}T10:{number % 60:02}:00.{number % 1000:03}Z",
    )  # fmt: skip


def opened(screen: Screen, count: int) -> float:
    """Go to the contacts, open the snapshot; seconds from Enter to its rows."""
    screen.press("b")
    screen.wait("not read")
    screen.settle()
    screen.press("l")
    screen.wait("Open it")
    screen.settle()
    began = time.perf_counter()
    screen.press("\r", quiet=0.02)
    screen.wait(f"{count:,} contacts")
    screen.wait("person.0@acme0")
    return time.perf_counter() - began


def p95(times: list[float]) -> float:
    """The 95th percentile in milliseconds."""
    return round(statistics.quantiles(times, n=20)[-1] * 1000, 1)


def keys(screen: Screen, number: int) -> dict[str, Any]:
    """Rows scrolled one by one, screenfuls, the far end and back."""
    for _ in range(ROWS):
        screen.press("\x1b[B", quiet=0.02)
    before = screen.cpu()
    rows = [screen.press("\x1b[B") for _ in range(number)]
    between = screen.cpu()
    pages = [screen.press("\x1b[6~")[0] for _ in range(number // 4)]
    after = screen.cpu()
    ends = [screen.press(key)[0] for key in ("\x1b[F", "\x1b[H") * 10]
    return {
        "scrolledRowP95Ms": p95([seconds for seconds, _ in rows]),
        "scrolledRowMedianMs": round(statistics.median([seconds for seconds, _ in rows]) * 1000, 1),
        "pageP95Ms": p95(pages),
        "cpuMsPerScrolledRow": round((between - before) / len(rows), 1),
        "cpuMsPerPage": round((after - between) / len(pages), 1),
        "endAndHomeP95Ms": p95(ends),
        "bytesPerScrolledRow": round(statistics.median([count for _, count in rows])),
    }


def sorting(screen: Screen) -> dict[str, Any]:
    """All of them by e-mail: while it is being found keys are pressed; then once more from what was kept."""
    began = time.perf_counter()
    screen.press("s", quiet=0.02)
    during: list[float] = []
    screen.wait("sorting|aperson")
    while "sorting" in screen.text and time.perf_counter() - began < 60:
        during.append(screen.press("\x1b[D" if len(during) % 2 else "\x1b[C", quiet=0.02)[0])
    if len(during) % 2:
        screen.press("\x1b[D", quiet=0.02)  # back to the column by which it is sorted
    screen.wait("aperson")
    first = time.perf_counter() - began
    screen.settle()
    down = [screen.press("\x1b[6~")[0] for _ in range(30)]
    screen.press("s")
    screen.wait("zperson")
    screen.settle()
    return {
        "firstTimeSeconds": round(first, 1),
        "keyMeanwhileP95Ms": p95(during) if len(during) > 1 else None,
        "keysMeanwhile": len(during),
        "pageInSortedP95Ms": p95(down),
    }


def searching(screen: Screen) -> dict[str, Any]:
    """Words, as one types: until the first rows, and until all are found."""
    screen.press("/")
    began = time.perf_counter()
    for letter in "family1234":
        screen.press(letter, quiet=0.02)
    screen.wait("so far|of 1", 30)
    first = time.perf_counter() - began
    while re.search("so far", screen.text):
        screen.wait("contacts", 1)
        screen.settle(0.3)
    whole = time.perf_counter() - began
    screen.press("\x1b")
    screen.settle()
    return {"firstAnswerSeconds": round(first, 2), "allFoundSeconds": round(whole, 2)}


def main() -> int:
    """Measure; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        paths, _ = furnished(Path(name))
        path = paths.state / FOLDER / f"{PORTAL}-contact{SUFFIX}"
        path.parent.mkdir(mode=0o700)
        take(path, options.contacts)
        screen = Screen(CONSOLE.format(key=KEY, config=str(paths.config), state=str(paths.state)))
        try:
            result: dict[str, Any] = {"contacts": options.contacts, "fileMB": round(path.stat().st_size / 1e6)}
            screen.wait("Contacts")
            screen.settle()
            result["residentHomeMB"] = screen.memory("VmRSS")
            result["firstPaintSeconds"] = round(opened(screen, options.contacts), 2)
            screen.settle(10)  # notices go after eight seconds
            result["idleBytes"] = screen.idle(5)
            result["residentMB"] = screen.memory("VmRSS")
            result["keys"] = keys(screen, options.keys)
            result["search"] = searching(screen)
            result["sort"] = sorting(screen)
            result["residentAfterMB"] = screen.memory("VmRSS")
            result["peakMB"] = screen.memory("VmHWM")
        finally:
            screen.close()
    print(json.dumps(result, indent=2))
    return int(not good(result))


def good(result: dict[str, Any]) -> bool:
    """Whether every limit is kept."""
    waits = [result["keys"][name] for name in ("scrolledRowP95Ms", "pageP95Ms", "endAndHomeP95Ms")]
    waits.append(result["sort"]["keyMeanwhileP95Ms"] or 0.0)
    return bool(
        result["firstPaintSeconds"] <= PAINT
        and max(waits) <= KEYS_P95 * 1000
        and result["peakMB"] <= RESIDENT
        and result["keys"]["bytesPerScrolledRow"] <= ROW
        and result["idleBytes"] <= IDLE
    )


if __name__ == "__main__":
    sys.exit(main())
