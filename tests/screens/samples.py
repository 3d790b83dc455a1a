"""Data that never changes, for pictures of screens."""

from __future__ import annotations

from console.glance import HomeGlance, KnownAccount, Matter
from console.hubspot.budget.model import BudgetState, WindowState
from console.journal.model import (
    Action,
    Change,
    Cost,
    Entry,
    EntryState,
    GuardVerdict,
    Payload,
    Plan,
    Problem,
    RunProgress,
    RunState,
    Situation,
    Undo,
)
from console.settings.profile import Profile

NOW = 1_795_200_000.0
PROFILE = Profile(name="acme", display_name="Acme", authentication="token")
ACCOUNT = KnownAccount(
    origin=PROFILE.api_base_url, portal_id=46123456, account_type="STANDARD", portal_name="Acme Manufacturing"
)
BUDGET = BudgetState(
    windows=(
        WindowState(name="burst", limit=110, used=62, window_seconds=10),
        WindowState(name="search", limit=5, used=1, window_seconds=1),
    ),
    daily_used=12_400,
    daily_limit=250_000,
)


def run(number: str, state: RunState, **changes: object) -> RunProgress:
    """A run, as the journal tells it."""
    base: dict[str, object] = {
        "id": f"r-20261121-{number}",
        "plan_id": f"p-20261121-{number}",
        "mapping": "people-to-contacts",
        "object_class": "contact",
        "portal_id": 46123456,
        "state": state,
        "total": 2000,
        "states": {"done": 1994, "failed": 6},
        "actions": {"CREATE": 1200, "UPDATE": 800},
        "requests": 44,
        "started_at": NOW - 7400,
        "updated_at": NOW - 7200,
        "finished_at": NOW - 7200,
        "owner": "vesper@mgmt-1",
        "approved_by": "vesper",
    }
    return RunProgress(**{**base, **changes})  # type: ignore[arg-type]


RUNNING = run(
    "7f3k",
    RunState.RUNNING,
    total=50_000,
    states={"done": 18_140, "failed": 9, "not_accepted": 3, "inflight": 400, "planned": 31_448},
    actions={"CREATE": 25_000, "UPDATE": 12_500},
    failures={"email is not valid": 6, "the record is locked": 3},
    requests=212,
    started_at=NOW - 92,
    updated_at=NOW - 1,
    finished_at=None,
)
RUNS = (
    RUNNING,
    run("5dq2", RunState.DONE),
    run("3m8x", RunState.PAUSED_QUOTA, finished_at=None, states={"done": 900, "planned": 1100}),
    run("2kk7", RunState.FAILED, updated_at=NOW - 86_400 * 3),
)
GLANCE = HomeGlance(
    profile=PROFILE,
    account=ACCOUNT,
    budget=BUDGET,
    runs=RUNS,
    matters=(
        Matter(
            "Run r-20261121-3m8x of people-to-contacts waits for tomorrow's allowance: resume it then.",
            "run_watch",
            "r-20261121-3m8x",
        ),
    ),
)
PLAN = Plan(
    id="p-20261121-7f3k",
    mapping="people-to-contacts",
    object_class="contact",
    portal_id=46123456,
    source="people.csv",
    created_at="2026-11-21T09:12:00+00:00",
    hash="9f0c5a77b1f3e2d4",
    complete=True,
    read=2000,
    situations={"ABSENT": 1000, "FOUND": 500, "CONFIRMED": 490, "INVALID": 6, "SOURCE_MISSING": 4},
    actions={"CREATE": 1000, "UPDATE": 500, "NONE": 490, "EXCEPTION": 6, "UNLINK": 4},
    undo={"full": 1480, "partial": 20, "none": 4},
    clears=14,
    invalid=6,
    requests_spent=21,
    cost=Cost(requests=17, seconds=4.0, daily_remaining=237_600),
    guards=(
        GuardVerdict(name="clears", count=14, limit=5, rule="1% or 20"),
        GuardVerdict(name="deletes", count=0, limit=25, rule="5% or 50"),
    ),
)
NAMES = ("Vesper Lind", "Ada Lovelace", "Grace Hopper", "Radia Perlman", "Barbara Liskov", "Karen Spärck Jones")


def entry(number: int) -> Entry:
    """One line of the plan."""
    name = NAMES[number % len(NAMES)]
    email = f"{name.split()[0].lower()}.{number}@acme.example"
    if number % 17 == 0:
        problem = Problem(
            message='"not-an-address" is not an email address',
            remedy="Correct it in the source and plan again.",
            file="people.csv",
            line=number + 1,
            field="email",
        )
        return Entry(
            number=number,
            situation=Situation.INVALID,
            action=Action.EXCEPTION,
            state=EntryState.NEEDS_DECISION,
            payload=Payload(source_id=f"E{number:05d}", label=name, problems=(problem,)),
        )
    if number % 2:
        return Entry(
            number=number,
            situation=Situation.ABSENT,
            action=Action.CREATE,
            undo=Undo.FULL,
            payload=Payload(
                source_id=f"E{number:05d}",
                label=name,
                key=email,
                changes=(
                    Change(name="email", after=email),
                    Change(name="firstname", after=name.split()[0]),
                    Change(name="lastname", after=name.split()[-1]),
                ),
            ),
        )
    return Entry(
        number=number,
        situation=Situation.FOUND,
        action=Action.UPDATE,
        undo=Undo.PARTIAL if number % 5 == 0 else Undo.FULL,
        uid=str(51_000_000 + number),
        clears=1,
        payload=Payload(
            source_id=f"E{number:05d}",
            label=name,
            key=email,
            changes=(
                Change(name="jobtitle", before="Clerk", after="Head of Accounts"),
                Change(name="city", before="Colombo", after="Galle"),
                Change(name="fax", before="+94 11 234 5678"),
            ),
        ),
    )
