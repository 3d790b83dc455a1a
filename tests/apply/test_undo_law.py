"""The law of undo: what a run did and calls fully undoable is as before, in every property that can be written."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.journal.model import Action, ApplyRules, Change, NewEntry, Situation, Undo
from console.provisioning.undo import plan_undo
from tests.apply.apply_parts import ME, contact, create, email, open_parts, update
from tests.support.simulator import Simulator

NAMES = ("firstname", "lastname", "phone", "jobtitle", "city")
values = st.dictionaries(
    st.sampled_from(NAMES), st.text("abc XYZ'<é", min_size=1, max_size=6).map(str.strip).filter(bool)
)
wishes = st.dictionaries(st.sampled_from(NAMES), st.text("abcXYZ", max_size=4), min_size=1)


@dataclass(frozen=True)
class Case:
    """One person: what HubSpot has, what the run wants, and whether the plan knew of the record."""

    before: dict[str, str]
    wanted: dict[str, str]
    known: str
    linked: bool


cases = st.lists(
    st.builds(Case, values, wishes, st.sampled_from(["new", "found", "confirmed", "adopted", "left"]), st.booleans()),
    min_size=1,
    max_size=8,
)


def entry_of(case: Case, number: int, uid: str, held: dict[str, str]) -> NewEntry:
    """The entry that a plan would have for this person."""
    changes = tuple(
        Change(name=name, before=held.get(name), after=value or None)
        for name, value in case.wanted.items()
        if (held.get(name) or "") != value
    )
    if case.known in ("new", "adopted"):
        return create(number, **{name: value for name, value in case.wanted.items() if value})
    if case.known == "left":
        return update(number, uid, action=Action.UNLINK)
    entry = update(number, uid, *changes)
    return msgspec.structs.replace(
        entry, situation=Situation.CONFIRMED if case.linked else Situation.FOUND, undo=Undo.FULL
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=cases)
def test_undo_restores_what_was(sim: Simulator, cases: list[Case]) -> None:
    sim.reset()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_there_and_back(sim, Path(folder), cases))


async def _there_and_back(sim: Simulator, folder: Path, cases: list[Case]) -> None:
    entries: list[NewEntry] = []
    linked: list[tuple[str, str, bool]] = []
    for number, case in enumerate(cases, 1):
        uid = ""
        if case.known != "new":
            uid = contact(sim, number, **({"firstname": "", "lastname": ""} | case.before))
        if uid and case.known != "adopted" and (case.linked or case.known == "left"):
            linked.append((f"E{number}", uid, case.linked))
        entries.append(entry_of(case, number, uid, sim.dump().get(uid, {})))
    before = sim.dump()
    async with open_parts(folder, sim.url, sim.token) as parts:
        await parts.linked(sim.portal_id, *linked)
        links = [await parts.link(sim.portal_id, f"E{number}") for number in range(1, len(cases) + 1)]
        plan = await parts.approved(sim.portal_id, entries, rules=ApplyRules(failure_percent=100.0))
        run = await parts.apply(plan)
        assert set(run.states) <= {"done"}, run
        assert set(sim.by_email()) == {email(number) for number in range(1, len(cases) + 1)}
        undo = await plan_undo(parts.target, parts.store, plan.id)
        guards = tuple(msgspec.structs.replace(guard, accepted=guard.count) for guard in undo.guards)
        await parts.store.approve(msgspec.structs.replace(undo, guards=guards), ME)
        back = await parts.apply(undo)
        assert set(back.states) == {"done"}, back
        assert (await parts.store.progress(plan.id)).states == {"undone": len(cases)}
        assert _full(sim.dump()) == _full(before)
        again = [await parts.link(sim.portal_id, f"E{number}") for number in range(1, len(cases) + 1)]
        assert [(one.uid, one.created_by_us) if one else None for one in again] == [
            (one.uid, one.created_by_us) if one else None for one in links
        ]


def _full(dump: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Values without the blank ones: a cleared property and one that was never set are the same."""
    return {uid: {name: value for name, value in held.items() if value} for uid, held in dump.items()}
