"""An operator's folders on a simulator: a profile, a vault in memory, a source and a mapping."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from console.settings import preferences
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from tests.support.simulator import Simulator

MAPPING = """\
version = 1
name = "people-to-contacts"
source = "{source}"
source_id = "employee_id"
target = "contact"
correlate = ["email"]

[properties]
email = 'source.mail.lowerAscii()'
firstname = 'source.given_name'
lastname = 'source.family_name'
"""
HEADINGS = ("employee_id", "mail", "given_name", "family_name")


class Workplace:
    """Folders below `folder`; credentials come by the environment."""

    def __init__(
        self, folder: Path, simulator: Simulator, people: Sequence[tuple[str, str, str, str]], lanes: int = 0
    ) -> None:
        self.folder = folder
        self.simulator = simulator
        self.paths = Paths.resolve(str(folder / "config"), str(folder / "state"))
        self._lanes = lanes
        self.point_at(simulator.url)
        Profiles(self.paths).use("walk")
        preferences.change(self.paths, vault="memory")
        self.people = folder / "people.csv"
        with self.people.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADINGS, *people])
        self.paths.mappings.mkdir(parents=True, exist_ok=True)
        mapping = self.paths.mappings / "people-to-contacts.toml"
        mapping.write_text(MAPPING.format(source=self.people), encoding="utf-8")

    def point_at(self, url: str) -> None:
        """Save the profile for another address."""
        profile = Profile(name="walk", authentication="token", api_base_url=url, timeout_seconds=5)
        Profiles(self.paths).save(msgspec.structs.replace(profile, maximum_connections=self._lanes))

    @property
    def environment(self) -> dict[str, str]:
        """What the console is started with."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HUBSPOKE_", "SSH_", "TMUX"))}
        return {
            **kept,
            "HUBSPOKE_ACCESS_TOKEN": self.simulator.token,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
        }

    @property
    def command(self) -> list[str]:
        """The console."""
        folders = ["--config", str(self.paths.config), "--state", str(self.paths.state)]
        return [sys.executable, "-P", "-m", "screens", *folders]
