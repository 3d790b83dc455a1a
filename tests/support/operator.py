"""An operator at a shell: the real `hubspoke` command with folders and credentials of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HUBSPOKE = (sys.executable, "-P", "-m", "screens")


class Operator:
    """Runs commands against one HubSpot with a config and a state folder below `folder`; `said` is all they printed."""

    def __init__(
        self,
        folder: Path,
        url: str,
        token: str = "",
        *,
        settings: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.config = folder / "config"
        self.state = folder / "state"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            **(environment or {}),
        }
        self.said: list[str] = []
        if token:
            self.environment["HUBSPOKE_ACCESS_TOKEN"] = token
        authentication = "token" if token else "oauth"
        self.run("profile", "add", "test", f"apiBaseUrl={url}", f"authentication={authentication}", *settings)

    def command(self, *arguments: str) -> list[str]:
        """The whole argument list of a command."""
        return [*HUBSPOKE, "--config", str(self.config), "--state", str(self.state), *arguments]

    def run(
        self, *arguments: str, code: int = 0, stdin: str = "", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A finished command, with `environment` added for this one; AssertionError if it exits with another code."""
        done = subprocess.run(
            self.command(*arguments), input=stdin, capture_output=True, text=True,
            env=self.environment | dict(environment or {}), cwd=self.folder, timeout=55, check=False,
        )  # fmt: skip
        self.said += [done.stdout, done.stderr]
        assert done.returncode == code, (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command that goes on while the test does other things."""
        return subprocess.Popen(
            self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=self.environment, cwd=self.folder,
        )  # fmt: skip
