"""The `hubspoke` command as a process, the way a script or a shell starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from tests.support.simulator import Simulator

COMMAND = [sys.executable, "-P", "-m", "screens"]


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The documents on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Shell:
    """Somebody at a shell, with folders of their own."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The folder of profiles, mappings and the vault file."""
        return self.folder / "config"

    @property
    def state(self) -> Path:
        """The folder of the journal."""
        return self.folder / "state"

    def command(self, *words: str) -> list[str]:
        """The whole command line."""
        return [*COMMAND, "--config", str(self.config), "--state", str(self.state), *words]

    def environment(self) -> dict[str, str]:
        """The environment that commands run in."""
        return dict(os.environ) | self.environ

    def run(self, *words: str, given: str = "", seconds: float = 50) -> Done:
        """Run a command to its end; `given` is its standard input."""
        done = subprocess.run(
            self.command(*words),
            input=given.encode(),
            capture_output=True,
            env=self.environment(),
            cwd=self.folder,
            timeout=seconds,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
        return subprocess.Popen(self.command(*words), text=True, env=self.environment(), cwd=self.folder, **pipes)


def connected(folder: Path, hubspot: Simulator) -> Shell:
    """Somebody with a profile on the simulator, whose token the environment brings."""
    shell = Shell(folder, {"HUBSPOKE_ACCESS_TOKEN": hubspot.token})
    paths = Paths.resolve(str(shell.config), str(shell.state))
    Profiles(paths).save(Profile(name="acme", authentication="token", api_base_url=hubspot.url))
    return shell
