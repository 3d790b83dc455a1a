"""How long `hubspoke --version` takes, as a multiple of an interpreter that does nothing (limit: 4)."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 4.0
ROUNDS = 25


def seconds(command: list[str]) -> float:
    """One run of a command."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> int:
    """Measure alternately, so that a busy machine hurts both alike; print medians and their ratio."""
    hubspoke = str(Path(sys.executable).with_name("hubspoke"))
    nothing = [sys.executable, "-c", "pass"]
    version = [hubspoke, "--version"]
    pairs = [(seconds(nothing), seconds(version)) for _ in range(ROUNDS)]
    base, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = ours / base
    print(f"python -c pass      {base * 1000:6.1f} ms")
    print(f"hubspoke --version  {ours * 1000:6.1f} ms")
    print(f"ratio               {ratio:6.2f}    limit {LIMIT}")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
