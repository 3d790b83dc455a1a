"""The console on samples: nothing moves, so that its pictures can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from console.provisioning.mappings import Mappings
from console.settings.paths import Paths
from console.settings.profiles import Profiles
from console.settings.vault import MemoryVault
from screens import words
from screens.app import HubspokeApp
from tests.screens import samples
from tests.screens.sample_session import Ready, SampleSession

MAPPING = """\
version = 1
name = "people-to-contacts"
source = "people.csv"
source_id = "employee_id"
target = "contact"
correlate = ["email"]

[properties]
email = 'source.mail.lowerAscii()'
firstname = 'source.given_name'
lastname = 'source.family_name'
"""
PEOPLE = (
    "employee_id,mail,given_name,family_name\nE1,ada@acme.example,Ada,Lovelace\nE2,grace@acme.example,Grace,Hopper\n"
)


class StillApp(HubspokeApp):
    """Opens nothing by itself."""

    def _begin(self) -> None:
        self.surviving = True


def still_app(folder: Path, theme: str = "", *, busy: bool = True) -> StillApp:
    """The console at one moment; `folder` gets a mapping and a source."""
    words.clock = lambda: samples.NOW
    paths = Paths.resolve(str(folder / "config"), str(folder / "state"))
    app = StillApp(paths, samples.PROFILE.name, glance=samples.GLANCE)
    session = SampleSession()
    paths.mappings.mkdir(parents=True, exist_ok=True)
    (paths.mappings / "people-to-contacts.toml").write_text(MAPPING)
    (paths.mappings / "people.csv").write_text(PEOPLE)
    session.mappings = Ready(Mappings(paths))
    session.vault = Ready(MemoryVault())
    session.profiles = Profiles(paths)
    session.paths = paths
    app.session = cast("Any", session)
    if busy:
        app.budget_state = samples.BUDGET
        app.active_runs = 1
    if theme:
        app.wear(theme)
    return app
