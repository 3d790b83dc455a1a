"""A process that applies an approved plan and kills itself, for good, at a named point.

    python -m tests.apply.doomed FOLDER URL TOKEN PLAN POINT NTH

POINT "" runs to the end. Exit code 7: locked by another.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from console.provisioning.lock import LockedByAnother
from console.provisioning.runner import run_attached
from tests.apply.apply_parts import open_parts


async def main(folder: str, url: str, token: str, plan: str, point: str, nth: int) -> int:
    left = nth

    def on_point(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    async with open_parts(Path(folder), url, token) as parts:
        try:
            run = await run_attached(parts, plan, on_point=on_point)
        except LockedByAnother as locked:
            print(locked.message)
            return 7
    print(run.state.value)
    return 0


if __name__ == "__main__":
    folder, url, token, plan, point, nth = sys.argv[1:]
    sys.exit(asyncio.run(main(folder, url, token, plan, point, int(nth))))
