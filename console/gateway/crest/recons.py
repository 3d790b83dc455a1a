"""`/openidm/recon`: reconciliations are plans and runs. What a guard holds waits for a human, and says so."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from console.gateway.crest.answers import answer
from console.gateway.crest.refused import Refused, bad
from console.hubspot.errors import HubSpotError
from console.journal.errors import JournalError, UnknownPlan
from console.journal.model import RunState
from console.journal.who import approver
from console.provisioning.errors import PlanRefused
from console.provisioning.lock import LockedByAnother
from console.provisioning.mapping import is_name
from console.provisioning.request import PlanRequest
from console.provisioning.runs import GuardRefused
from console.settings.errors import SettingsError
from console.sources.errors import SourceError

if TYPE_CHECKING:
    from console.gateway.crest.asked import Asked
    from console.gateway.gateway import Gateway
    from console.journal.model import Plan, RunProgress
    from console.provisioning.plans import PlanProgress

WAITING = "WAITING_FOR_APPROVAL"
_KEPT = 50
_NEWEST = 50
_STATES = {
    RunState.DONE: "SUCCESS", RunState.CANCELLED: "CANCELED", RunState.FAILED: "FAILED", RunState.PLANNED: WAITING,
}  # fmt: skip
_STAGES = {
    "SUCCESS": ("COMPLETED_SUCCESS", "reconciliation completed."),
    "CANCELED": ("COMPLETED_CANCELED", "reconciliation aborted."),
    "FAILED": ("COMPLETED_FAILED", "reconciliation failed."),
    WAITING: ("ACTIVE_PROCESSING_RESULTS", "the plan waits for approval."),
}
_EXPECTED = (PlanRefused, JournalError, SourceError, HubSpotError, LockedByAnother, SettingsError)


class Job:
    """A reconciliation that was started here, until its plan is there and its run begun."""

    def __init__(self, mapping: str, parameters: dict[str, Any]) -> None:
        self.id = f"recon-{secrets.token_hex(6)}"
        self.mapping = mapping
        self.parameters = parameters
        self.started = time.time()
        self.read = 0
        self.plan_id = ""
        self.state = "ACTIVE"
        self.message = ""
        self.task: asyncio.Task[None] | None = None

    def heard(self, progress: PlanProgress) -> None:
        """How far the plan is."""
        self.read = getattr(progress, "read", 0) or self.read


class Recons:
    """Reconciliations of this gateway's profile."""

    def __init__(self, gateway: Gateway) -> None:
        self._session = gateway.session
        self._jobs: dict[str, Job] = {}

    async def answer(self, asked: Asked) -> Response:
        """Serve one request below /openidm/recon."""
        asked.need("recon")
        path = asked.path[1:]
        try:
            if not path:
                return await self._all(asked)
            if len(path) > 1:
                raise Refused(404, "Resource not found")
            if asked.method == "GET":
                return answer(await self._shown(path[0]), pretty=asked.pretty)
            if asked.method == "POST" and asked.action == "cancel":
                return await self._cancel(path[0], asked)
            raise Refused(501, "A reconciliation is read by GET and ended by POST with _action=cancel")
        except UnknownPlan:
            raise Refused(404, f"There is no reconciliation {path[0][:60] if path else ''}") from None
        except (PlanRefused, JournalError) as error:
            raise bad(_words(error)) from None

    async def _all(self, asked: Asked) -> Response:
        if asked.method == "GET":
            plans = await (await self._session.plans).list(_NEWEST)
            known = {job.plan_id for job in self._jobs.values()}
            shown = [await self._of_job(job) for job in reversed(self._jobs.values())]
            shown += [await self._of_plan(plan.id) for plan in plans if plan.id not in known]
            return answer({"reconciliations": shown}, pretty=asked.pretty)
        if asked.method != "POST" or asked.action not in ("recon", "reconById"):
            raise bad("Reconciliations are listed by GET and started by POST with _action=recon or reconById")
        job = await self._started(asked)
        if asked.flag("waitForCompletion"):
            await self._completed(job)
        return answer({"_id": job.id, "state": (await self._of_job(job))["state"]}, pretty=asked.pretty)

    async def _started(self, asked: Asked) -> Job:
        mapping = asked.parameters.get("mapping", "")
        if not is_name(mapping) or mapping not in (await self._session.mappings).names():
            raise bad(f"There is no mapping {mapping[:60]!r}; recon needs the parameter mapping")
        if any(job.mapping == mapping and job.state == "ACTIVE" and not job.plan_id for job in self._jobs.values()):
            raise Refused(409, f"The mapping {mapping} is being reconciled already")
        ids = [one for one in asked.parameters.get("ids", "").split(",") if one]
        if asked.action == "reconById" and len(ids) != 1:
            raise bad("reconById needs one id in the parameter ids")
        parameters = {"analyze": asked.flag("analyze"), "client": asked.caller.client, **({"ids": ids} if ids else {})}
        job = Job(mapping, parameters)
        self._jobs[job.id] = job
        while len(self._jobs) > _KEPT:
            self._jobs.pop(next(iter(self._jobs)))
        request = PlanRequest(only=ids[0]) if asked.action == "reconById" else PlanRequest()
        applies = not parameters["analyze"] and asked.caller.may("system:write")
        job.task = asyncio.create_task(self._done(job, request, applies=applies), name=job.id)
        return job

    async def _done(self, job: Job, request: PlanRequest, *, applies: bool) -> None:
        """Plan, and apply what may be applied."""
        try:
            plans = await self._session.plans
            plan = await plans.create(job.mapping, request, progress=job.heard)
            job.plan_id = plan.id
            await (await self._session.journal).record(
                "recon", approver(), plan_id=plan.id, detail=f"gateway client {job.parameters['client']}"
            )
            await self._applied(job, plan, applies=applies)
        except _EXPECTED as error:
            job.state, job.message = "FAILED", _words(error)
        except asyncio.CancelledError:
            job.state, job.message = "CANCELED", "cancelled before anything was written"
            raise

    async def _applied(self, job: Job, plan: Plan, *, applies: bool) -> None:
        if not (plan.writes or any(plan.actions.get(name) for name in ("LINK", "UNLINK"))):
            job.state = "SUCCESS"
            return
        told = f"The plan {plan.id} would write {plan.writes} records and waits for approval: hubspoke apply {plan.id}"
        if not applies:
            job.state, job.message = ("SUCCESS" if job.parameters["analyze"] else WAITING), told
            return
        approval = await (await self._session.plans).approval(plan.id)
        if approval.refused:
            job.state, job.message = WAITING, f"{approval.refused}. {approval.remedy}"
            return
        runs = await self._session.runs
        try:
            run = await runs.approve(plan.id)
        except GuardRefused as held:
            job.state, job.message = WAITING, _words(held)
            return
        await runs.start(run.id)

    async def _completed(self, job: Job) -> None:
        """Wait until nothing more happens by itself."""
        if job.task is not None:
            await asyncio.wait([job.task])
        if job.plan_id and job.state == "ACTIVE":
            async for _ in (await self._session.runs).watch(job.plan_id):
                pass

    async def _cancel(self, uid: str, asked: Asked) -> Response:
        job = self._jobs.get(uid)
        if job is not None and job.task is not None and not job.task.done():
            job.task.cancel()
            await asyncio.wait([job.task])
        elif job is not None and (not job.plan_id or job.state != "ACTIVE"):
            raise bad(f"The reconciliation {uid} is over already: {job.state}")
        else:
            await (await self._session.runs).cancel(job.plan_id if job is not None else uid)
        return answer({"status": "SUCCESS", "action": "cancel", "_id": uid}, pretty=asked.pretty)

    async def _shown(self, uid: str) -> dict[str, Any]:
        job = self._jobs.get(uid)
        return await (self._of_job(job) if job is not None else self._of_plan(uid))

    async def _of_job(self, job: Job) -> dict[str, Any]:
        if job.plan_id:
            found = await self._of_plan(job.plan_id)
            found |= {"_id": job.id, "parameters": job.parameters}
            if job.state != "ACTIVE" or (job.task is not None and not job.task.done()):
                found |= _state(job.state, job.message)
            return found
        summary = _summary(job.id, job.mapping, job.state, job.message, job.started, None)
        summary["progress"]["source"]["existing"]["processed"] = job.read
        return {**summary, "parameters": job.parameters}

    async def _of_plan(self, plan_id: str) -> dict[str, Any]:
        plan = await (await self._session.plans).show(plan_id)
        run = await self._run(plan)
        began = datetime.fromisoformat(plan.created_at).timestamp()
        state = _STATES.get(run.state, "ACTIVE") if run is not None else (WAITING if plan.writes else "SUCCESS")
        ended = run.finished_at if run is not None else (None if state == WAITING else began)
        found = _summary(plan.id, plan.mapping, state, run.message if run is not None else "", began, ended)
        existing = {"processed": plan.read, "total": str(plan.read)}
        found["progress"]["source"]["existing"] = existing
        states = run.states if run is not None else {}
        failed = sum(states.get(name, 0) for name in ("failed", "conflict", "uncertain", "not_accepted"))
        created = (run.actions if run is not None else {}).get("CREATE", 0)
        found["progress"]["target"]["created"] = created
        found["situationSummary"] = dict(plan.situations)
        found["statusSummary"] = {"SUCCESS": states.get("done", 0), "FAILURE": failed + plan.invalid}
        found["plan"] = plan.id
        if run is not None:
            found["run"] = run.id
        return found

    async def _run(self, plan: Plan) -> RunProgress | None:
        try:
            run = await (await self._session.runs).show(plan.id)
        except UnknownPlan:
            return None
        return None if run.state is RunState.PLANNED else run


def _summary(uid: str, mapping: str, state: str, message: str, started: float, ended: float | None) -> dict[str, Any]:
    """A reconciliation as identity servers show it (identity facts, A7)."""
    unknown = {"existing": {"processed": 0, "total": "?"}}
    return {
        "_id": uid,
        "mapping": mapping,
        **_state(state, message),
        "progress": {
            "source": {"existing": {"processed": 0, "total": "?"}},
            "target": {**unknown, "created": 0},
            "links": {**unknown, "created": 0},
        },
        "situationSummary": {},
        "statusSummary": {"SUCCESS": 0, "FAILURE": 0},
        "durationSummary": {},
        "parameters": {},
        "started": _moment(started),
        "ended": _moment(ended) if ended is not None else "",
        "duration": int(((ended or time.time()) - started) * 1000),
    }


def _state(state: str, message: str) -> dict[str, str]:
    stage, words = _STAGES.get(state, ("ACTIVE_RECONCILING_SOURCE", "reconciling."))
    return {"state": state, "stage": stage, "stageDescription": message or words}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _words(error: Exception) -> str:
    told = [str(getattr(error, "message", "") or error), str(getattr(error, "remedy", "") or "")]
    return " ".join(part for part in told if part)
