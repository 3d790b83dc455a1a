"""Plans that never change, for pictures: with everything, with nothing to do, dangerous, stale; and what is known of them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from console.connector.filter import matches
from console.journal.model import (
    Action,
    Approver,
    Candidate,
    Change,
    Entry,
    EntryState,
    GuardVerdict,
    Lane,
    Payload,
    Plan,
    Problem,
    Situation,
    Tie,
    Undo,
)
from console.provisioning.approval import Approval
from console.provisioning.choosing import Choice, Choosing
from console.provisioning.entry_filter import parse_entry_filter, values_of
from console.provisioning.planner import PlanProgress
from tests.screens import samples

WHO = Approver(login="root", sudo_user="vesper", via="10.20.0.5", session="vesper")
FULL = replace(
    samples.PLAN,
    id="p-20261121-8b2m",
    created_at="2026-11-20T18:30:00+00:00",
    situations={"ABSENT": 1000, "FOUND": 500, "CONFIRMED": 466, "AMBIGUOUS": 24, "INVALID": 6, "SOURCE_MISSING": 4},
    actions={"CREATE": 1000, "UPDATE": 500, "DELETE": 4, "EXCEPTION": 30, "NONE": 466},
    lane=Lane(name="list", why="a list of 1,962 records takes 20 requests, keys would take 31", records=1962),
    associations=420,
    cost=replace(samples.PLAN.cost, associations=1),
    problems=(Problem(message="3 rows have no department", remedy="They are in scope all the same."),),
)
IDLE = replace(
    samples.PLAN,
    id="p-20261121-9aaa",
    situations={"CONFIRMED": 2000},
    actions={"NONE": 2000},
    undo={},
    clears=0,
    invalid=0,
    guards=tuple(replace(guard, count=0) for guard in samples.PLAN.guards),
    cost=replace(samples.PLAN.cost, requests=0, seconds=0.0),
)
DANGEROUS = replace(
    FULL,
    id="p-20261121-9ddd",
    actions={"UPDATE": 500, "DELETE": 120, "NONE": 1380},
    guards=(
        GuardVerdict(name="clears", count=14, limit=20, rule="1% or 20"),
        GuardVerdict(name="deletes", count=120, limit=50, rule="5% or 50"),
    ),
)
ERASING = replace(
    DANGEROUS,
    id="p-20261121-9eee",
    rules=replace(FULL.rules, deletion="gdpr_delete"),
    actions={"DELETE": 12},
    guards=(GuardVerdict(name="gdpr", count=12, limit=0, rule="each one, by its exact number"),),
)
STALE = replace(samples.PLAN, id="p-20261121-9sss")
FOUR_EYES = replace(samples.PLAN, id="p-20261121-9fff", rules=replace(FULL.rules, four_eyes=True))
PLANS = {plan.id: plan for plan in (samples.PLAN, FULL, IDLE, DANGEROUS, ERASING, STALE, FOUR_EYES)}

DELETED = Entry(
    number=1,
    situation=Situation.SOURCE_MISSING,
    action=Action.DELETE,
    undo=Undo.PARTIAL,
    uid="51000901",
    payload=Payload(source_id="E00901", label="Joan Clarke", key="joan.901@acme.example", key_property="email"),
)
CANDIDATES = (
    Candidate(uid="51000034", label="Grace Hopper", key="email grace.2@acme.example"),
    Candidate(uid="51000871", label="G. Hopper", key="employee_no E00002"),
)
AMBIGUOUS = Entry(
    number=2,
    situation=Situation.AMBIGUOUS,
    action=Action.EXCEPTION,
    state=EntryState.NEEDS_DECISION,
    payload=Payload(
        source_id="E00002",
        label="Grace Hopper",
        key="grace.2@acme.example",
        key_property="email",
        line=3,
        candidates=CANDIDATES,
    ),
)
ASSOCIATED = Entry(
    number=3,
    situation=Situation.FOUND,
    action=Action.UPDATE,
    undo=Undo.FULL,
    uid="51000003",
    clears=1,
    payload=Payload(
        source_id="E00003",
        label="Radia Perlman",
        key="radia.3@acme.example",
        key_property="email",
        changes=(
            Change(name="city", before="Colombo", after="Galle"),
            Change(name="fax", before="+94 11 234 5678"),
            Change(name="jobtitle", after="Head of Accounts", write="if_empty"),
        ),
        ties=(
            Tie(object_class="company", uid="9001", key="acme.example", label="primary"),
            Tie(object_class="company", uid="9002", key="old.example", remove=True),
        ),
    ),
)


def entries(plan_id: str) -> list[Entry]:
    """All entries of a plan."""
    if plan_id == IDLE.id:
        return [
            Entry(
                number=number,
                situation=Situation.CONFIRMED,
                action=Action.NONE,
                state=EntryState.SKIPPED,
                uid=str(51_000_000 + number),
            )
            for number in range(1, 2001)
        ]
    rest = [samples.entry(number) for number in range(4, 1601)]
    return [DELETED, AMBIGUOUS, ASSOCIATED, *rest] if plan_id == FULL.id else [*map(samples.entry, (1, 2, 3)), *rest]


def approval(plan_id: str) -> Approval:
    """Whether a plan may be approved."""
    plan = PLANS.get(plan_id, samples.PLAN)
    found = Approval(plan=plan, who=WHO, makers=("vesper",))
    remedy = f"Make a new plan: hubspoke plan {plan.mapping}"
    if plan_id == STALE.id:
        return replace(
            found, refused=f"the source {plan.source} changed since the plan {plan.id} was made", remedy=remedy
        )
    if plan_id == FOUR_EYES.id:
        told = "the mapping people-to-contacts asks for four eyes, and vesper planned it"
        return replace(found, refused=told, remedy=f"Let somebody else approve it: hubspoke apply {plan.id}")
    return found


def filtered(found: list[Entry], query: str) -> list[Entry]:
    """As the service does it."""
    node = parse_entry_filter(query)
    return [entry for entry in found if matches(node, values_of(entry))]


CHOOSING = Choosing(
    source_id="E00002",
    label="Grace Hopper",
    wanted={"email": "grace.2@acme.example", "firstname": "Grace", "lastname": "Hopper", "employee_no": "E00002"},
    names=("email", "firstname", "employee_no", "jobtitle", "createdate", "lastname", "city"),
    choices=(
        Choice(
            uid="51000034",
            label="Grace Hopper",
            key=CANDIDATES[0].key,
            values={
                "email": "grace.2@acme.example",
                "firstname": "Grace",
                "lastname": "Hopper",
                "createdate": "2026-01-05T08:00:00Z",
                "city": "Galle",
            },
        ),
        Choice(
            uid="51000871",
            label="G. Hopper",
            key=CANDIDATES[1].key,
            values={
                "email": "ghopper@old.example",
                "firstname": "G.",
                "lastname": "Hopper",
                "employee_no": "E00002",
                "jobtitle": "Rear admiral",
                "createdate": "2021-03-11T10:12:00Z",
                "city": "Galle",
            },
        ),
        Choice(
            uid="51001204",
            label="Grace Hopper",
            key="the same name",
            values={"email": "grace@else.example", "firstname": "Grace", "lastname": "Hopper", "jobtitle": "Poet"},
            owned=True,
        ),
    ),
)
PROGRESS = PlanProgress(
    read=31_250,
    planned=29_800,
    requests=298,
    message="looking up",
    actions={"CREATE": 18_000, "UPDATE": 6_800, "NONE": 5_000},
    lane=Lane(name="keys", why="50,000 people take 500 requests, listing 1,204,000 records would take 12,040"),
)


class PlanService:
    """What screens ask of the plans of a session."""

    mapping_file = ""

    async def list(self, limit: int = 50) -> list[Plan]:
        # the mapping lies in the folder of each test: what it is called there the test cannot know here
        return [replace(plan, mapping_file=self.mapping_file) for plan in (samples.PLAN,)]

    async def show(self, plan_id: str) -> Plan:
        return PLANS.get(plan_id, samples.PLAN)

    async def approval(self, plan_id: str) -> Approval:
        return approval(plan_id)

    async def choosing(self, mapping: str, source_id: str) -> Choosing:
        return CHOOSING

    async def entries(self, plan_id: str, *, after: int = 0, limit: int = 200, **rest: Any) -> list[Entry]:
        found = [entry for entry in entries(plan_id) if entry.number > after]
        if actions := rest.get("actions"):
            found = [entry for entry in found if entry.action in actions]
        if situations := rest.get("situations"):
            found = [entry for entry in found if entry.situation in situations]
        if query := rest.get("query"):
            found = filtered(found, query)
        return found[:limit]
