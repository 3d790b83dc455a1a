"""The runs service with real runner processes."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from console.journal.errors import NotApproved
from console.journal.model import Action, EntryState, GuardVerdict, Plan, Problem, RunState, Situation
from console.provisioning.errors import PlanRefused
from console.provisioning.lock import LockedByAnother, holder
from console.provisioning.report import ReportFormat
from console.provisioning.runner import clean_environment
from console.provisioning.runs import GuardRefused, RunnerFailed, Runs, approver
from console.settings.handover import pack
from console.settings.profiles import Profiles
from console.settings.secrets import ACCESS_TOKEN, JOURNAL_KEY, Secrets
from console.settings.vault import MemoryVault
from tests.apply.apply_parts import MAPPING, MASTER, Parts, create, open_parts
from tests.support.simulator import Simulator

PEOPLE = 800
FORMS: tuple[ReportFormat, ...] = ("md", "csv", "jsonl")


@dataclass
class Scene:
    """A console's side of a run."""

    parts: Parts
    runs: Runs
    sim: Simulator
    secrets: Secrets

    async def plan(self, people: int = PEOPLE) -> Plan:
        plan = await self.parts.plan(self.sim.portal_id, [create(n) for n in range(1, people + 1)])
        await self.runs.approve(plan.id)
        return plan

    def owner(self) -> int:
        found = holder(self.parts.paths.locks, self.sim.portal_id, MAPPING)
        assert found is not None
        return found.pid

    async def until_writing(self, plan: Plan) -> None:
        while (await self.runs.show(plan.id)).states.get("done", 0) == 0:
            await asyncio.sleep(0.02)


@pytest.fixture
def sim(sim: Simulator) -> Simulator:
    sim.settings(latency=0.05)
    return sim


@pytest.fixture
async def scene(sim: Simulator, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_parts(tmp_path, sim.url, sim.token, maximum_connections=1) as parts:
        Profiles(parts.paths).save(parts.profile)
        secrets = await handed(parts, sim)
        runs = Runs(parts.store, parts.paths, parts.profile, lambda: pack(secrets.vault, secrets))
        yield Scene(parts=parts, runs=runs, sim=sim, secrets=secrets)


async def handed(parts: Parts, sim: Simulator) -> Secrets:
    secrets = Secrets(MemoryVault(), parts.profile.name, parts.profile.api_base_url, {})
    await secrets.set(ACCESS_TOKEN, sim.token)
    await secrets.set(JOURNAL_KEY, MASTER.hex())
    return secrets


async def test_a_runner_works_alone_and_hides_its_secrets(scene: Scene) -> None:
    scene.sim.settings(latency=0.25)  # eight batches one after the other: long enough to be watched
    plan = await scene.plan()
    os.environ["HUBSPOKE_ACCESS_TOKEN"] = scene.sim.token
    try:
        run_id = await scene.runs.start(plan.id)
    finally:
        del os.environ["HUBSPOKE_ACCESS_TOKEN"]
    pid = scene.owner()
    told = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
    for secret in (scene.sim.token, MASTER.hex()):
        assert secret.encode() not in told
    assert os.getsid(pid) == pid
    began = time.monotonic()
    with pytest.raises(LockedByAnother) as refused:
        await scene.runs.start(run_id)
    assert time.monotonic() - began < 1.0
    assert refused.value.pid == pid
    seen = [progress async for progress in scene.runs.watch(run_id)]
    assert seen[-1].state is RunState.DONE
    assert seen[-1].states == {"done": PEOPLE}
    assert len({progress.settled for progress in seen}) > 3
    assert len(scene.sim.state()["creates"]) == PEOPLE
    held = b"".join(path.read_bytes() for path in scene.parts.paths.state.rglob("*") if path.is_file())
    assert scene.sim.token.encode() not in held
    assert b"person.1@" not in held


async def test_the_run_survives_whoever_started_it(scene: Scene, tmp_path: Path) -> None:
    plan = await scene.plan()
    starter = subprocess.Popen(
        [sys.executable, "-m", "tests.apply.starter", str(tmp_path), scene.sim.url, scene.sim.token, plan.id],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    out, _ = await asyncio.to_thread(starter.communicate, timeout=30)
    assert starter.returncode == -signal.SIGKILL, out
    assert scene.owner() != starter.pid
    last = [progress async for progress in scene.runs.watch(plan.id)][-1]
    assert (last.state, last.states) == (RunState.DONE, {"done": PEOPLE})


async def test_a_killed_runner_shows_as_interrupted_and_resumes(scene: Scene) -> None:
    plan = await scene.plan()
    run_id = await scene.runs.start(plan.id)
    await scene.until_writing(plan)
    os.kill(scene.owner(), signal.SIGKILL)
    last = [progress async for progress in scene.runs.watch(run_id)][-1]
    assert last.interrupted
    assert (await scene.runs.list())[0].interrupted
    with pytest.raises(PlanRefused, match="not running"):
        await scene.runs.pause(run_id)
    assert await scene.runs.resume(run_id) == run_id
    last = [progress async for progress in scene.runs.watch(run_id)][-1]
    assert (last.state, last.states, last.interrupted) == (RunState.DONE, {"done": PEOPLE}, False)
    assert len(scene.sim.state()["creates"]) == PEOPLE


async def test_pause_resume_and_cancel_by_command(scene: Scene) -> None:
    plan = await scene.plan(3 * PEOPLE)
    run_id = await scene.runs.start(plan.id)
    await scene.until_writing(plan)
    await scene.runs.pause(run_id)
    last = [progress async for progress in scene.runs.watch(run_id)][-1]
    assert last.state is RunState.PAUSED
    await scene.runs.resume(run_id)
    await scene.runs.cancel(run_id)
    last = [progress async for progress in scene.runs.watch(run_id)][-1]
    assert last.state is RunState.CANCELLED
    assert last.states["done"] + last.states["skipped"] == 3 * PEOPLE
    with pytest.raises(PlanRefused):
        await scene.runs.cancel(run_id)
    with pytest.raises(PlanRefused):
        await scene.runs.start(run_id)
    kinds = [event.kind for event in await scene.parts.store.events(run_id=run_id)]
    assert kinds == ["approve", "pause", "resume", "cancel"]


async def test_an_interrupted_run_can_be_cancelled(scene: Scene) -> None:
    plan = await scene.plan()
    run_id = await scene.runs.start(plan.id)
    await scene.until_writing(plan)
    os.kill(scene.owner(), signal.SIGKILL)
    while not (await scene.runs.show(run_id)).interrupted:
        await asyncio.sleep(0.02)
    await scene.runs.cancel(run_id)
    run = await scene.runs.show(run_id)
    assert run.state is RunState.CANCELLED
    assert run.settled == run.total
    uncertain = await scene.runs.entries(run_id, states=["uncertain"], limit=PEOPLE)
    assert len(uncertain) == run.states.get("uncertain", 0) > 0


async def test_a_runner_that_cannot_begin_says_why(scene: Scene) -> None:
    plan = await scene.plan(1)
    Profiles(scene.parts.paths).remove("test")
    with pytest.raises(RunnerFailed) as refused:
        await scene.runs.start(plan.id)
    assert "test" in refused.value.message
    assert "log" in refused.value.remedy


async def test_a_runner_that_was_given_up_does_not_begin_later(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = await scene.plan(1)
    monkeypatch.setattr("console.provisioning.runs.START_SECONDS", 0.1)
    with pytest.raises(RunnerFailed, match="was ended"):
        await scene.runs.start(plan.id)
    await asyncio.sleep(1.0)
    assert (await scene.runs.show(plan.id)).state is RunState.APPROVED
    assert scene.sim.dump() == {}


async def test_an_unapproved_plan_does_not_start(scene: Scene) -> None:
    plan = await scene.parts.plan(scene.sim.portal_id, [create(1)])
    with pytest.raises(NotApproved):
        await scene.runs.start(plan.id)
    assert scene.sim.dump() == {}


async def test_guards_want_the_exact_number(scene: Scene) -> None:
    plan = await scene.parts.plan(scene.sim.portal_id, [create(1)])
    guards = (GuardVerdict(name="deletes", count=120, limit=50, rule="5% or 50"),)
    plan = await scene.parts.store.finish_plan(msgspec.structs.replace(plan, guards=guards))
    for accepts in ({}, {"deletes": 119}):
        with pytest.raises(GuardRefused) as refused:
            await scene.runs.approve(plan.id, accepts)
        assert "--accept deletes=120" in refused.value.remedy
    with pytest.raises(NotApproved, match="no guard"):
        await scene.runs.approve(plan.id, {"delets": 120})
    run = await scene.runs.approve(plan.id, {"deletes": 120})
    assert run.state is RunState.APPROVED
    assert (await scene.parts.store.events(run_id=run.id))[0].detail == "deletes=120"


async def test_reports_are_tame_and_complete(scene: Scene) -> None:
    evil = "\x1b]52;c;aGk=\x07\u202e=cmd|[x](http://evil)"
    wanted = create(1, email="bad")
    assert wanted.payload is not None
    bad = msgspec.structs.replace(wanted, payload=msgspec.structs.replace(wanted.payload, label=evil))
    twin = msgspec.structs.replace(
        create(2), situation=Situation.INVALID, action=Action.EXCEPTION,
        payload=msgspec.structs.replace(wanted.payload, source_id="E2", problems=(Problem(message=evil, line=9),)),
    )  # fmt: skip
    plan = await scene.parts.plan(scene.sim.portal_id, [bad, twin, create(3)])
    await scene.runs.approve(plan.id)
    await scene.parts.apply(plan)
    report = await scene.runs.report(plan.id)
    assert (report.run.states, report.more_problems) == ({"done": 1, "failed": 1, "needs_decision": 1}, 0)
    assert [entry.state for entry in report.problems] == [EntryState.FAILED, EntryState.NEEDS_DECISION]
    texts = {form: "".join([part async for part in scene.runs.render(report, form)]) for form in FORMS}
    for form in ("md", "csv"):
        assert not set("\x1b\x07\u202e") & set(texts[form])
    assert report.run.plan_hash[:16] in texts["md"]
    assert "INVALID" in texts["md"]
    rows = list(csv.DictReader(texts["csv"].splitlines()))
    assert [row["state"] for row in rows] == ["failed", "needs_decision", "done"]
    lines = [json.loads(line) for line in texts["jsonl"].splitlines()]
    assert lines[0]["portal_id"] == scene.sim.portal_id
    assert lines[1]["label"] == evil


def test_the_environment_of_a_runner_holds_no_secret() -> None:
    dirty = {
        "PATH": "/bin", "HUBSPOKE_ACCESS_TOKEN": "a", "HUBSPOKE_CLIENT_SECRET": "b", "HUBSPOKE_REFRESH_TOKEN": "c",
        "CREDENTIALS_DIRECTORY": "/run/x", "HUBSPOKE_VAULT_PASSPHRASE": "d", "LANG": "C",
    }  # fmt: skip
    assert clean_environment(dirty) == {"PATH": "/bin", "LANG": "C"}


def test_the_approver_is_who_sat_there() -> None:
    who = approver({"SUDO_USER": "bob", "SSH_CONNECTION": "192.0.2.7 4711 192.0.2.1 22"})
    assert (who.sudo_user, who.via) == ("bob", "192.0.2.7")
    assert who.login
    assert approver({}).via == ""
