"""Plans of who changed after a mark, and of who is known to have left: nobody else is touched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.journal.model import Action, Entry, Plan, RunState, Situation
from console.provisioning.errors import PlanRefused
from console.provisioning.request import PlanRequest
from console.provisioning.runner import run_attached
from console.session import Session
from tests.support.managed import MAPPING, managed_session
from tests.support.simulator import Simulator

GUARD = """
[guard]
deletes = "100%"
"""


@pytest.fixture
async def session(tmp_path: Path, hubspot: Simulator) -> AsyncIterator[Session]:
    async with managed_session(tmp_path, hubspot, MAPPING + GUARD) as made:
        (tmp_path / "config" / "people.csv").write_text("id,mail,givenName\n1,ann@x.org,Ann\n", encoding="utf-8")
        yield made


async def planned(session: Session, request: PlanRequest) -> tuple[Plan, list[Entry]]:
    plans = await session.plans
    plan = await plans.create("managed", request)
    return plan, await plans.entries(plan.id, limit=1000)


async def applied(session: Session, request: PlanRequest | None = None) -> None:
    plan = await (await session.plans).create("managed", request or PlanRequest())
    run = await (await session.runs).approve(plan.id)
    assert (await run_attached(session, run.id)).state is RunState.DONE


async def crew(session: Session, *names: str) -> dict[str, str]:
    """People in the repository and in HubSpot; their uids by name."""
    people = await session.people
    made = {name: (await people.add(name, {"mail": f"{name}@x.org", "givenName": name.title()})).uid for name in names}
    await applied(session)
    return made


async def mark(session: Session) -> str:
    return f"people {await (await session.people).do(lambda store: store.last_change())}"


async def test_only_who_changed_is_read(session: Session, hubspot: Simulator) -> None:
    uids = await crew(session, "ann", "ben", "cid")
    before = await mark(session)
    people = await session.people
    await people.replace(uids["ben"], attributes={"mail": "ben@x.org", "givenName": "Benno"})
    new = await people.add("dan", {"mail": "dan@x.org", "givenName": "Dan"})
    plan, entries = await planned(session, PlanRequest(since=before))
    told = {entry.payload.source_id: entry.action for entry in entries if entry.payload}
    assert told == {uids["ben"]: Action.UPDATE, new.uid: Action.CREATE}
    assert (plan.read, plan.partial) == (2, True)
    _, nothing = await planned(session, PlanRequest(since=await mark(session)))
    assert nothing == []
    assert len(hubspot.dump("contacts")) == 3


async def test_who_left_is_planned_by_name_and_nobody_else_is_missing(session: Session) -> None:
    uids = await crew(session, "ann", "ben", "cid")
    before = await mark(session)
    people = await session.people
    await people.remove(uids["ann"])
    await people.remove(uids["ben"])
    _, entries = await planned(session, PlanRequest(since=before))
    assert entries == []
    for request in (PlanRequest(since=before, gone=(uids["ann"],)), PlanRequest(gone=(uids["ann"],))):
        plan, entries = await planned(session, request)
        assert [(one.situation, one.action) for one in entries] == [(Situation.SOURCE_MISSING, Action.DELETE)]
        assert entries[0].payload is not None
        assert entries[0].payload.source_id == uids["ann"]
        assert plan.partial


async def test_leavers_alone_leave_who_changed_for_another_plan(session: Session, hubspot: Simulator) -> None:
    uids = await crew(session, "ann", "ben")
    people = await session.people
    await people.replace(uids["ben"], attributes={"mail": "ben@x.org", "givenName": "Benno"})
    await people.remove(uids["ann"])
    await applied(session, PlanRequest(gone=(uids["ann"], "nobody that a link remembers")))
    assert [values["firstname"] for values in hubspot.dump("contacts").values()] == ["Ben"]


async def test_many_leavers_are_looked_up_together(session: Session, hubspot: Simulator) -> None:
    uids = await crew(session, *(f"p{number}" for number in range(230)))
    for uid in uids.values():
        await (await session.people).remove(uid)
    before = hubspot.state()["requests"]["total"]
    _, entries = await planned(session, PlanRequest(gone=tuple(uids.values())))
    assert {entry.action for entry in entries} == {Action.DELETE}
    assert len(entries) == 230
    assert hubspot.state()["requests"]["total"] - before < 12


async def test_marks_that_are_none_are_refused(session: Session) -> None:
    with pytest.raises(PlanRefused, match="the mark of the last reading is not one of people:"):
        await planned(session, PlanRequest(since="2026-01-01T00:00:00Z"))
    with pytest.raises(PlanRefused, match="the mark of the last reading is not one of people:"):
        await planned(session, PlanRequest(since="people -1"))
    assert await (await session.plans).list() == []


async def test_a_source_that_knows_no_changes_says_so(session: Session) -> None:
    text = MAPPING.replace('"people:"', '"../people.csv"')
    (session.paths.mappings / "managed.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PlanRefused, match="cannot tell what changed since people 1"):
        await planned(session, PlanRequest(since="people 1"))
