"""Runs in every state that an operator can meet, for pictures of the run's screens."""

from __future__ import annotations

from typing import Any

import msgspec

from console.journal.model import (
    Action,
    Approver,
    AuditEvent,
    Change,
    Entry,
    EntryState,
    Payload,
    Plan,
    RunProgress,
    RunState,
    Situation,
    Undo,
)
from console.journal.troubled import Example, InFlight
from console.provisioning.causes import CauseGroup, in_words
from console.provisioning.lock import Owner
from console.provisioning.receipt import Receipt
from console.provisioning.undo_preview import EFFECTS, Reason, UndoPreview
from tests.screens import samples
from tests.screens.samples import NOW, RUNNING, run

FAILURES = {"INVALID_EMAIL (email)": 6, "LOCKED": 3, "changed meanwhile (jobtitle)": 4, "uncertain": 1, "AMBIGUOUS": 2}
ENDED = {
    "done": 49_961,
    "failed": 9,
    "not_accepted": 3,
    "conflict": 4,
    "uncertain": 1,
    "needs_decision": 2,
    "skipped": 20,
}
HALF = {"done": 18_140, "failed": 9, "conflict": 4, "uncertain": 1, "needs_decision": 2, "planned": 31_844}
OPEN: dict[str, Any] = {"total": 50_000, "states": HALF, "failures": FAILURES, "requests": 212, "finished_at": None}

STATES: dict[str, RunProgress] = {
    "starting": run(
        "start", RunState.RUNNING, states={"planned": 2000}, actions={}, requests=0, started_at=NOW - 1,
        updated_at=NOW - 1, finished_at=None,
    ),
    "troubled": run(
        "troub", RunState.RUNNING, total=50_000, states=HALF | {"inflight": 400, "planned": 31_444},
        failures=FAILURES, requests=212, rate_limited=2, started_at=NOW - 92, updated_at=NOW - 1, finished_at=None,
    ),
    "paused": run("pause", RunState.PAUSED, **OPEN, message="paused"),
    "canary": run(
        "canar", RunState.PAUSED, states={"done": 9, "failed": 1, "planned": 1990}, requests=3, finished_at=None,
        failures={"INVALID_EMAIL (email)": 1}, canary=10,
        message="the first 10 writes are through: look at them in HubSpot, then resume the run to go on with the rest,"
        " or undo it",
    ),
    "quota": run("quota", RunState.PAUSED_QUOTA, **OPEN, message="HubSpot's daily limit of 250,000 requests is reached."),
    "quarantined": run(
        "quara", RunState.QUARANTINED, **OPEN, tries=3, next_try_at=NOW + 300,
        message="ServerFault 503. HubSpot does not answer as it should. Next try, after 3 that failed:"
        " 2026-11-20 20:05:00 UTC; runs resume tries at once.",
    ),
    "elsewhere": run("elsew", RunState.PAUSED, **OPEN, message="paused"),
    "interrupted": run("inter", RunState.RUNNING, **OPEN | {"interrupted": True}),
    "done": run("alldn", RunState.DONE, states={"done": 2000}),
    "faulty": run("fault", RunState.DONE, total=50_000, states=ENDED, failures=FAILURES, requests=612, rate_limited=2),
    "cancelled": run(
        "cance", RunState.CANCELLED, total=2000, states={"done": 900, "skipped": 1100}, message="cancelled",
        actions={"CREATE": 600, "UPDATE": 300},
    ),
    "failed": run(
        "faild", RunState.FAILED, **OPEN | {"finished_at": NOW - 7200},
        message="The access token was refused. Store a new one: hubspoke credentials set accessToken.",
    ),
}  # fmt: skip
BY_ID = {one.id: one for one in STATES.values()}
OTHER = Owner(user="radia", host="mgmt-2", pid=4711, run_id="r-20261121-9x2b", since=NOW - 40)


def group(cause: str, count: int) -> CauseGroup:
    title, advice = in_words(cause)
    state = {"uncertain": EntryState.UNCERTAIN, "AMBIGUOUS": EntryState.NEEDS_DECISION}.get(cause, EntryState.FAILED)
    shown = tuple(
        Example(number=17 * number, state=state, uid="" if number % 2 else str(51_000_000 + number))
        for number in range(1, min(count, 3) + 1)
    )
    return CauseGroup(cause=cause, title=title, advice=advice, count=count, examples=shown)


def troubled(number: int) -> Entry:
    """An entry that HubSpot refused."""
    name = samples.NAMES[number % len(samples.NAMES)]
    wrong = f"{name.split()[0].lower()}.{number}(at)acme.example"
    return Entry(
        number=17 * number,
        situation=Situation.ABSENT,
        action=Action.CREATE,
        state=EntryState.FAILED if number % 3 else EntryState.CONFLICT,
        undo=Undo.FULL,
        outcome=f"Property values were not valid: Email address {wrong} is invalid",
        cause="INVALID_EMAIL (email)",
        payload=Payload(
            source_id=f"E{17 * number:05d}",
            label=name,
            key=wrong,
            key_property="email",
            changes=(
                Change(name="email", after=wrong),
                Change(name="firstname", after=name.split()[0]),
                Change(name="lastname", after=name.split()[-1]),
                Change(name="jobtitle", after="Engineer"),
            ),
        ),
    )


def trail(run_id: str, plan_id: str) -> list[AuditEvent]:
    """Who did what."""
    ada, radia = Approver(login="vesper", via="10.0.4.7"), Approver(login="ops", sudo_user="radia", via="10.0.4.9")
    steps = (("plan", ada, -7600), ("approve", radia, -7450), ("pause", ada, -7300), ("resume", ada, -7250))
    return [
        AuditEvent(id=number, at=NOW + at, kind=kind, who=who, plan_id=plan_id, run_id=run_id)
        for number, (kind, who, at) in enumerate(steps, 1)
    ]


UNDO = msgspec.structs.replace(
    samples.PLAN,
    id="p-20261121-9undo",
    source="undo of r-20261121-5dq2",
    actions={"UPDATE": 486, "DELETE": 996, "UNLINK": 4, "EXCEPTION": 18},
    situations={},
)
LEFT = (
    Reason(
        message="the record is archived, and only HubSpot's own pages can restore it",
        remedy="Restore it within 90 days: https://app.hubspot.com/contacts/46123456/objects/0-1/views/all/list"
        " (Actions, Restore records); then undo the run again.",
        count=14,
        numbers=(12, 40, 77),
    ),
    Reason(
        message="the record was changed after the run made it, so it is not archived",
        remedy="Look at it in HubSpot, and archive it there if it has to go.",
        count=4,
        numbers=(5, 9, 31),
    ),
)
PARTLY = (
    Reason(message="changed in HubSpot since the run wrote it, and left so", remedy="", count=7, numbers=(2, 4, 6)),
)


class SampleWatching:
    """What a watcher asks."""

    async def causes(self, progress: RunProgress) -> list[CauseGroup]:
        return [group(*item) for item in sorted(progress.failures.items(), key=lambda item: -item[1])]

    async def in_flight(self, progress: RunProgress) -> InFlight:
        records = progress.states.get("inflight", 0)
        return InFlight(records=records, requests=records // 100)

    async def past(self, progress: RunProgress) -> dict[int, int]:
        if not progress.settled:
            return {}
        shape = (80, 150, 190, 210, 220, 205, 198, 230, 240, 221, 60, 120, 200)
        began = int(progress.started_at or NOW)
        return {began + second: shape[second % 13] + second for second in range(91)}

    async def owner(self, progress: RunProgress) -> Owner | None:
        return OTHER if progress.id == STATES["elsewhere"].id else None

    async def entries(self, progress: RunProgress, cause: str, *, after: int = 0, limit: int = 200) -> list[Entry]:
        return [troubled(number) for number in range(1, progress.failures.get(cause, 0) + 1)]

    async def receipt(self, progress: RunProgress, portal_name: str = "") -> Receipt:
        return Receipt(
            run=progress,
            plan=samples.PLAN,
            planned_by="vesper from 10.0.4.7",
            events=tuple(await self.trail(progress)),
            accepted="clears=14",
            head=None,
            portal_name=samples.ACCOUNT.portal_name,
        )

    async def preview_undo(self, plan: Plan) -> UndoPreview:
        return UndoPreview(
            plan=plan,
            effects=tuple((plan.actions[action], told) for action, told in EFFECTS.items() if action in plan.actions),
            left=LEFT,
            partly=PARTLY,
        )

    async def trail(self, progress: RunProgress) -> list[AuditEvent]:
        return trail(progress.id, progress.plan_id)


def sample(run_id: str) -> RunProgress:
    """Any of the runs of the pictures."""
    return BY_ID.get(run_id) or next(one for one in (RUNNING, *samples.RUNS) if one.id == run_id)
