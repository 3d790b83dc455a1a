"""First paint of the console against a minimal Textual app, each in a terminal of its own.

    python tests/bench/first_paint.py [--rounds 7]

Prints medians, the ratio (limit 1.35) and the resident memory (limit 60 MB). First paint is the
first chunk of output after which more than 20 cells of the terminal are not blank; for the console
also the profile, a gauge and the last run must be in it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[2]
COLUMNS, ROWS = 120, 40
LIMIT_RATIO, LIMIT_MB = 1.35, 60
MINIMAL = """
from textual.app import App
from textual.widgets import Footer, Header, Static
class Minimal(App):
    def compose(self):
        yield Header()
        yield Static("Hello, this is a minimal Textual application.")
        yield Footer()
Minimal().run()
"""
CONSOLE = """
import sys
from screens.__main__ import main
sys.exit(main(["--config", {config!r}, "--state", {state!r}]))
"""


def paint(program: str, wanted: tuple[str, ...]) -> tuple[float, float]:
    """Seconds to the first paint, and megabytes resident a moment after it.

    Output is only time-stamped while it comes and read as a terminal would afterwards, so that the
    reader's own speed is not measured.
    """
    began = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        os.execve(sys.executable, [sys.executable, "-c", program], {**environ, "COLORTERM": "truecolor"})
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    chunks: list[tuple[float, bytes]] = []
    try:
        while time.perf_counter() - began < 20:
            if select.select([fd], [], [], 0.4)[0]:
                chunks.append((time.perf_counter() - began, os.read(fd, 1 << 20)))
            elif sum(len(data) for _, data in chunks) > 2000:
                break
        resident = _resident(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(fd)
        os.waitpid(pid, 0)
    return _first_paint(chunks, wanted), resident


def _first_paint(chunks: list[tuple[float, bytes]], wanted: tuple[str, ...]) -> float:
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    for seen, data in chunks:
        stream.feed(data)
        text = "\n".join(screen.display)
        if sum(not character.isspace() for character in text) > 20 and all(word in text for word in wanted):
            return seen
    raise SystemExit("no first paint:\n" + "\n".join(screen.display))


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def furnish(folder: Path) -> tuple[str, str, tuple[str, ...]]:
    """A profile, an account seen before, a used allowance and a finished run, as an operator has them."""
    sys.path.insert(0, str(ROOT))
    from tests.screens.furnished import furnished

    paths, words = furnished(folder)
    return str(paths.config), str(paths.state), words


def main() -> int:
    """Measure in turns, so that a slow moment of the machine hits both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        config, state, words = furnish(Path(folder))
        ours = CONSOLE.format(config=config, state=state)
        minimal, console, memory = [], [], []
        paint(MINIMAL, ())
        paint(ours, words)
        for _ in range(rounds):
            minimal.append(paint(MINIMAL, ())[0])
            seconds, megabytes = paint(ours, words)
            console.append(seconds)
            memory.append(megabytes)
    base, mine = statistics.median(minimal), statistics.median(console)
    print(f"minimal Textual app   {base * 1000:7.0f} ms  (min {min(minimal) * 1000:.0f})")
    print(f"console, Home         {mine * 1000:7.0f} ms  (min {min(console) * 1000:.0f})")
    print(f"ratio                 {mine / base:7.2f}     limit {LIMIT_RATIO}")
    print(f"resident              {statistics.median(memory):7.1f} MB  limit {LIMIT_MB}")
    return 0 if mine / base <= LIMIT_RATIO and statistics.median(memory) <= LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(main())
