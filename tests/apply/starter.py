"""A console that starts a run and dies at once.

python -m tests.apply.starter FOLDER URL TOKEN PLAN
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from console.provisioning.runs import Runs
from console.settings.handover import pack
from console.settings.secrets import ACCESS_TOKEN, JOURNAL_KEY, Secrets
from console.settings.vault import MemoryVault
from tests.apply.apply_parts import MASTER, open_parts


async def main(folder: str, url: str, token: str, plan: str) -> None:
    async with open_parts(Path(folder), url, token) as parts:
        secrets = Secrets(MemoryVault(), parts.profile.name, parts.profile.api_base_url, {})
        await secrets.set(ACCESS_TOKEN, token)
        await secrets.set(JOURNAL_KEY, MASTER.hex())
        runs = Runs(parts.store, parts.paths, parts.profile, lambda: pack(secrets.vault, secrets))
        print(await runs.start(plan), flush=True)
        os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
