"""Runs on a simulator that a console finds when it comes: planned, approved and started by the services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from console.journal.model import RunProgress
from console.session import Session
from tests.screens.workplace import Workplace
from tests.support.simulator import Simulator

LONG = "A name that is far too long for this account"
MAX_LENGTH = {"objectType": "contacts", "property": "lastname", "ruleType": "MAX_LENGTH", "ruleArguments": ["20"]}


def people(count: int, letter: str = "R", wrong: int = 0) -> list[tuple[str, str, str, str]]:
    """So many people; each `wrong`th has a name that MAX_LENGTH refuses."""
    return [
        (
            f"{letter}{n:04d}",
            f"{letter.lower()}{n:04d}@acme.example",
            f"Given{n}",
            LONG if wrong and n % wrong == 0 else f"Family{n}",
        )
        for n in range(count)
    ]


class RunPlace(Workplace):
    """An operator's folders with a run in them."""

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """The services, as the command line has them."""
        async with Session.open(self.paths) as session:
            yield session

    async def approved(self, first: int | None = None) -> str:
        """A run that is approved and not begun."""
        async with self.session() as session:
            plan = await (await session.plans).create("people-to-contacts")
            return (await (await session.runs).approve(plan.id, first=first)).id

    async def started(self, first: int | None = None) -> str:
        """A run whose runner has begun."""
        run_id = await self.approved(first)
        async with self.session() as session:
            await (await session.runs).start(run_id)
        return run_id

    async def finished(self, first: int | None = None) -> str:
        """A run that stands still."""
        run_id = await self.started(first)
        await self.rests(run_id)
        return run_id

    async def rests(self, run_id: str) -> RunProgress:
        """Wait until it stands still."""
        async with self.session() as session:
            runs = await session.runs
            async for _ in runs.watch(run_id):
                pass
            return await runs.show(run_id)


def place(
    folder: Path, simulator: Simulator, count: int, *, letter: str = "R", wrong: int = 0, lanes: int = 1
) -> RunPlace:
    """Folders with so many people in the source."""
    return RunPlace(folder, simulator, people(count, letter, wrong), lanes=lanes)
