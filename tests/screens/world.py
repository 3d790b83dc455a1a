"""Folders in which much has happened, and what screens are opened with over them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console.provisioning.causes import Causes
from screens.app import HubspokeApp
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator

PEOPLE = [(f"E{n:03d}", f"e{n:03d}@acme.example", f"Given{n}", f"Family{n}") for n in range(30)]
PEOPLE += [("E900", "no address", "Nobody", "Nowhere"), ("E901", "also none", "Nobody", "Else")]


class World:
    """Folders with a finished run in which some entries failed, and one more plan."""

    def __init__(
        self, folder: Path, simulator: Simulator, people: Sequence[tuple[str, str, str, str]] = tuple(PEOPLE)
    ) -> None:
        self.place = Workplace(folder, simulator, people)
        self.say("apply", self.plan(), "--yes", "--attached", codes=(0, 3, 6))
        self.run_id = str(json.loads(self.say("runs", "list", "--json"))[0]["id"])
        with self.place.people.open("a", encoding="utf-8") as file:
            file.write("E950,new@acme.example,New,Person\n")
        self.plan_id = self.plan()
        self.uid = next(iter(simulator.dump()))

    def plan(self) -> str:
        """Make a plan."""
        return str(json.loads(self.say("plan", "people-to-contacts", "--json"))["id"])

    def say(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        """What a command prints."""
        command, environment = [*self.place.command, *arguments], self.place.environment
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=50, check=False)
        assert done.returncode in codes, (arguments, done.returncode, done.stdout[-1500:], done.stderr[-1500:])
        return done.stdout

    @property
    def ids(self) -> tuple[str, str, str, str]:
        """What `things` wants to know: run, plan, contact, file."""
        return self.run_id, self.plan_id, self.uid, str(self.place.people)


async def things(app: HubspokeApp, run_id: str, plan_id: str, uid: str, people: str) -> dict[str, Any]:
    """What screens are opened with, by the names of their parameters."""
    assert app.session is not None
    plans, runs = await app.session.plans, await app.session.runs
    run, plan = await runs.show(run_id), await plans.show(plan_id)
    problems = [entry async for entry in runs.dead_letters(run_id)]
    found = {
        "run_id": run_id, "plan_id": plan_id, "plan": plan, "run": run, "uid": uid, "object_class": "contact",
        "mapping": "people-to-contacts", "source_id": "E001", "spec": people, "path": Path(people), "left": (),
        "mapping_edit.name": "people-to-contacts", "versions.name": "email", "imported.name": "people-to-contacts",
        "log.path": None, "entry": problems[0] if problems else (await plans.entries(plan_id))[0],
    }  # fmt: skip
    causes = await Causes(await app.session.journal).of(run)
    return found | ({"group": causes[0]} if causes else {})
