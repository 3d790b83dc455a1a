"""Plans, entries and runs as they are remembered and shown."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Situation(StrEnum):
    """What reconciliation found out about one person (the names are IDM's)."""

    CONFIRMED = "CONFIRMED"
    FOUND = "FOUND"
    FOUND_ALREADY_LINKED = "FOUND_ALREADY_LINKED"
    ABSENT = "ABSENT"
    AMBIGUOUS = "AMBIGUOUS"
    MISSING = "MISSING"
    UNQUALIFIED = "UNQUALIFIED"
    SOURCE_IGNORED = "SOURCE_IGNORED"
    TARGET_IGNORED = "TARGET_IGNORED"
    UNASSIGNED = "UNASSIGNED"
    SOURCE_MISSING = "SOURCE_MISSING"
    LINK_ONLY = "LINK_ONLY"
    ALL_GONE = "ALL_GONE"
    INVALID = "INVALID"


class Action(StrEnum):
    """What a run does about one person. NONE: linked, equal, nothing to send."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    LINK = "LINK"
    UNLINK = "UNLINK"
    EXCEPTION = "EXCEPTION"
    REPORT = "REPORT"
    IGNORE = "IGNORE"
    NONE = "NONE"


class Undo(StrEnum):
    """How much of an entry's effect can be taken back."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


class EntryState(StrEnum):
    """Where one entry of a plan stands."""

    PLANNED = "planned"
    INFLIGHT = "inflight"
    DONE = "done"
    NOT_ACCEPTED = "not_accepted"
    FAILED = "failed"
    CONFLICT = "conflict"
    UNCERTAIN = "uncertain"
    NEEDS_DECISION = "needs_decision"
    SKIPPED = "skipped"
    UNDONE = "undone"


class RunState(StrEnum):
    """Where a plan or its run stands."""

    PLANNED = "planned"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    PAUSED_QUOTA = "paused_quota"
    QUARANTINED = "quarantined"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One property before and after. `after` of None is a clear; both are HubSpot's canonical text."""

    name: str
    before: str | None = None
    after: str | None = None

    @property
    def clears(self) -> bool:
        """Whether a value would be taken away."""
        return self.after is None and self.before is not None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a source record or an entry cannot go on, for a person who must mend it."""

    message: str
    remedy: str = ""
    file: str = ""
    line: int | None = None
    field: str = ""


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The personal part of an entry, sealed at rest: who it is, what changes, what went wrong."""

    source_id: str
    label: str = ""
    key: str = ""
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a plan. `number` counts from 1 in plan order and is the entry's id within its plan."""

    number: int
    situation: Situation
    action: Action
    state: EntryState = EntryState.PLANNED
    undo: Undo = Undo.NONE
    uid: str | None = None
    payload: Payload | None = None
    outcome: str = ""
    clears: int = 0


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a plan takes of HubSpot's allowance."""

    requests: int = 0
    seconds: float = 0.0
    daily_remaining: int | None = None


class GuardVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One threshold of a plan; `accepted` is the exact number that a human allowed."""

    name: str
    count: int
    limit: int
    accepted: int | None = None
    rule: str = ""

    @property
    def holds(self) -> bool:
        """Whether this guard stops the plan."""
        return self.count > self.limit and self.accepted != self.count


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan's head: all that is known of it but its entries."""

    id: str
    mapping: str
    object_class: str
    portal_id: int
    source: str
    created_at: str
    hash: str = ""
    mapping_digest: str = ""
    source_digest: str = ""
    state: RunState = RunState.PLANNED
    complete: bool = False
    read: int = 0
    situations: dict[str, int] = {}
    actions: dict[str, int] = {}
    undo: dict[str, int] = {}
    clears: int = 0
    invalid: int = 0
    requests_spent: int = 0
    cost: Cost = Cost()
    guards: tuple[GuardVerdict, ...] = ()
    problems: tuple[Problem, ...] = ()
    sealed: bool = True

    @property
    def writes(self) -> int:
        """How many entries would change HubSpot."""
        return sum(self.actions.get(name, 0) for name in ("CREATE", "UPDATE", "DELETE"))


class RunProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A run at one moment. Times are seconds since the epoch; `failures` maps a cause to its count."""

    id: str
    plan_id: str
    mapping: str
    object_class: str
    portal_id: int
    state: RunState
    total: int = 0
    states: dict[str, int] = {}
    actions: dict[str, int] = {}
    failures: dict[str, int] = {}
    requests: int = 0
    rate_limited: int = 0
    started_at: float | None = None
    updated_at: float | None = None
    finished_at: float | None = None
    owner: str = ""
    message: str = ""
    approved_by: str = ""

    @property
    def settled(self) -> int:
        """Entries that have their final outcome."""
        return self.total - self.states.get("planned", 0) - self.states.get("inflight", 0)

    @property
    def ended(self) -> bool:
        """Whether no process will go on with it by itself."""
        return self.state in (RunState.DONE, RunState.FAILED, RunState.CANCELLED)
