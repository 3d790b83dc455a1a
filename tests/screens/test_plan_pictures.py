"""A plan's screens in each of their states look as they looked when somebody last agreed to how they look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from console.hubspot.model import AccountDetails
from console.journal.model import Problem
from console.provisioning.errors import PlanRefused
from screens.app import HubspokeApp
from screens.messages import PlanMoved
from screens.screens.approve import ApproveScreen
from screens.screens.new_plan import NewPlanScreen
from screens.screens.plan import PlanScreen
from screens.standing import standing_of
from screens.widgets import plan_maker
from screens.widgets.plan_maker import PlanMaker
from tests.screens import plan_samples, samples
from tests.screens.sample_app import still_app
from tests.screens.sizes import sized
from tests.screens.test_pictures import settle

Opener = Callable[[Pilot[Any]], Awaitable[None]]


def plan(plan_id: str, *keys: str, typed: str = "") -> Opener:
    async def run(pilot: Pilot[Any]) -> None:
        await pilot.app.push_screen(PlanScreen(plan_id))
        await settle(pilot)
        await press(pilot, *keys)
        if typed:
            await press(pilot, *typed)
            await press(pilot, "enter")

    return run


def approve(of: Any, *typed: str, first: int | None = None, production: bool = True) -> Opener:
    async def run(pilot: Pilot[Any]) -> None:
        if not production:
            as_sandbox(pilot.app)
        await pilot.app.push_screen(ApproveScreen(of, first))
        await settle(pilot)
        for answer in typed:
            await press(pilot, *answer, "enter")

    return run


def as_sandbox(app: Any) -> None:
    account = AccountDetails(portal_id=46123456, account_type="SANDBOX", portal_name="Acme rehearsal")
    cast("HubspokeApp", app).standing = standing_of(samples.PROFILE, account, demo=False)


def new_plan(*keys: str, typed: str = "") -> Opener:
    async def run(pilot: Pilot[Any]) -> None:
        session: Any = cast("HubspokeApp", pilot.app).session
        session.plans.value.mapping_file = str(session.paths.mappings / "people-to-contacts.toml")
        await pilot.app.push_screen(NewPlanScreen())
        await settle(pilot)
        await press(pilot, *keys)
        await press(pilot, *typed)

    return run


async def under_way(pilot: Pilot[Any]) -> None:
    maker = await the_maker(pilot)
    clock = plan_maker.time
    plan_maker.time = SimpleNamespace(monotonic=lambda: maker._started + 42)  # type: ignore[assignment]
    try:
        maker.on_plan_moved(PlanMoved(plan_samples.PROGRESS))
        await pilot.pause()
    finally:
        plan_maker.time = clock


async def failed(pilot: Pilot[Any]) -> None:
    from screens.widgets.plan_maker import refusal_rows

    maker = await the_maker(pilot)
    cast("NewPlanScreen", pilot.app.screen)._failed(PlanRefused("wrong"))
    problem = Problem(
        message='firstname: there is no column "given"',
        remedy="The columns are: employee_id, mail, given_name.",
        line=9,
        field="properties.firstname",
    )
    maker._line.show(refusal_rows(PlanRefused("wrong", problems=(problem,))))
    await pilot.pause()


async def the_maker(pilot: Pilot[Any]) -> PlanMaker:
    import time

    screen = NewPlanScreen()
    await pilot.app.push_screen(screen)
    await settle(pilot)
    screen.query_one("#new-plan").display = False
    maker = screen.query_one(PlanMaker)
    maker.display = True
    maker._started = time.monotonic()
    await pilot.pause()
    return maker


async def press(pilot: Pilot[Any], *keys: str) -> None:
    if keys:
        await pilot.press(*["space" if key == " " else key for key in keys])
        await settle(pilot)


FULL = plan_samples.FULL.id
STATES: dict[str, Opener] = {
    "new": new_plan(),
    "new-narrowed": new_plan("tab", typed='mail co "acme" and'),
    "under-way": under_way,
    "failed": failed,
    "everything": plan(FULL, "down"),
    "nothing": plan(plan_samples.IDLE.id),
    "guard": plan(plan_samples.DANGEROUS.id, "down"),
    "stale": plan(plan_samples.STALE.id),
    "filtered": plan(FULL, "slash", typed='property eq "city" and number lt 100'),
    "filter-wrong": plan(FULL, "slash", typed='action eq "UPDATE" and colour eq 1'),
    "marked": plan(FULL, "down", "down", "x"),
    "about": plan(FULL, "i"),
    "export": plan(FULL, "e"),
    "entry-delete": plan(FULL, "enter"),
    "entry-ambiguous": plan(FULL, "down", "enter"),
    "entry-associated": plan(FULL, "down", "down", "enter"),
    "entry-create": plan(FULL, "down", "down", "down", "down", "enter"),
    "entry-invalid": plan(FULL, *["down"] * 16, "enter"),
    "decide": plan(FULL, "down", "d"),
    "approve": approve(plan_samples.FULL),
    "approve-sandbox": approve(plan_samples.IDLE, production=False),
    "approve-first": approve(plan_samples.FULL, first=10),
    "approve-wrong": approve(plan_samples.DANGEROUS, "12", "620"),
    "approve-erasing": approve(plan_samples.ERASING),
    "approve-stale": approve(plan_samples.STALE),
    "approve-four-eyes": approve(plan_samples.FOUR_EYES),
}


@pytest.mark.parametrize(("state", "size"), sized(STATES))
def test_it_looks_as_agreed(
    snap_compare: Callable[..., bool], tmp_path: Path, state: str, size: tuple[int, int]
) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await STATES[state](pilot)
        assert pilot.app.troubles == []  # type: ignore[attr-defined]

    assert snap_compare(still_app(tmp_path), terminal_size=size, run_before=run)
