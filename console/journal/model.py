"""Plans, entries, links and runs as they are remembered and shown.

Who fills what in, beyond the obvious:

- The planner hands `NewEntry` to `Journal.add_entries`: an `Entry` with the keyed digests of its source id and of
  its lower-cased correlation key (`Journal.digester` makes them). `read_at` is when the HubSpot record was read.
- `Change.write` repeats the row's write rule: apply honours it when a create turns out to be an existing record.
- `Payload.key_property` names the property that `key` is a value of ("email", or a property with unique values).
- `Plan.rules` carries what apply must know of the mapping, so that the approved plan is all it needs.
- `Entry.befores` is what a run found in HubSpot where that was not what the plan had seen: the before-images that
  count for undo. Runs fill it in, as `outcome`, `cause`, `claimed_at` and `settled_at`.
- Journal.add_entries settles what nobody will work on: EXCEPTION becomes needs_decision, NONE, IGNORE and REPORT
  become skipped.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

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


WORK = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE, Action.LINK, Action.UNLINK})
"""The actions that a run carries out; the others only say something."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One property before and after. `after` of None is a clear; both are HubSpot's canonical text."""

    name: str
    before: str | None = None
    after: str | None = None
    write: Literal["always", "create", "if_empty"] = "always"

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


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A HubSpot record that may be the person's, and the key that it was found by."""

    uid: str
    label: str = ""
    key: str = ""


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """An association of the entry's record with another one: to be made, or with `remove` to be taken away.

    `key` is what the other record was found by; `label` is "primary", or empty for the unlabelled association. To remove
    with a label takes that off and leaves the two associated. `was` is how they belonged together before.
    """

    object_class: str
    uid: str
    key: str = ""
    label: str = ""
    remove: bool = False
    was: Literal["none", "plain", "primary"] = "none"


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The personal part of an entry, sealed at rest: who it is, what changes, what went wrong."""

    source_id: str
    label: str = ""
    key: str = ""
    key_property: str = ""
    line: int | None = None
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    ties: tuple[Tie, ...] = ()


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
    cause: str = ""
    clears: int = 0
    read_at: float = 0.0
    claimed_at: float = 0.0
    settled_at: float = 0.0
    befores: dict[str, str | None] = {}

    @property
    def works(self) -> bool:
        """Whether a run has something to do about this entry."""
        return self.action in WORK


class NewEntry(Entry, frozen=True, kw_only=True):
    """An entry with the keyed digests of its source id and of its correlation key; empty where there is none.

    `fingerprint` stands for the person's mapped values and the mapping: all that an unchanged person leaves.
    """

    key_digest: bytes = b""
    correlation_digest: bytes = b""
    fingerprint: bytes = b""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The remembered pair of a source id (as a digest) and a HubSpot record.

    `accepted` maps a property to what was sent and what HubSpot made of it, where the two differ: wanted = sent
    and present = returned is equal. `tied` are the records, each a class and an id, that Hubspoke associated this one with.
    """

    digest: bytes
    uid: str
    created_by_us: bool = False
    accepted: dict[str, tuple[str | None, str | None]] = {}
    tied: tuple[tuple[str, str], ...] = ()


class ApplyRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the mapping says about applying, kept with the plan.

    `failure_percent` of the entries attempted, counted once `failure_after` were, pauses the run. `deletion` is what a
    DELETE does to the record; `recreate` lets an undo make archived records anew, with new ids.
    """

    allow_unkeyed_creates: bool = False
    delete_unowned: bool = False
    on_conflict: Literal["skip", "overwrite"] = "skip"
    failure_percent: float = 10.0
    failure_after: int = 200
    four_eyes: bool = False
    deletion: Literal["archive", "gdpr_delete", "set", "nothing"] = "archive"
    recreate: bool = False


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a plan takes of HubSpot's allowance; requests for associations are counted apart."""

    requests: int = 0
    seconds: float = 0.0
    daily_remaining: int | None = None
    associations: int = 0


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """How the records of a plan were read, and why so.

    `keys`: in batches of 100 by link and unique key; `list`: all of them, page by page. `skipped` people were not looked
    up, because neither they nor the mapping changed since the plan of the moment `since`.
    """

    name: Literal["keys", "list"] = "keys"
    why: str = ""
    records: int | None = None
    skipped: int = 0
    since: str = ""


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


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The run that a plan takes back (`undo`) or completes (`repair`); entries of one number belong together."""

    run_id: str
    plan_id: str
    kind: Literal["undo", "repair"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan's head: all that is known of it but its entries. `origin` is set where it follows from another run.

    A `partial` plan looked at some people only, so it says nothing of who is missing. `associations` are those to be made.
    """

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
    pruned: bool = False
    mapping_file: str = ""
    rules: ApplyRules = ApplyRules()
    origin: Origin | None = None
    lane: Lane = Lane()
    partial: bool = False
    associations: int = 0

    @property
    def writes(self) -> int:
        """How many entries would change HubSpot."""
        return sum(self.actions.get(name, 0) for name in ("CREATE", "UPDATE", "DELETE"))


class PlanTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What the entries of a plan add up to, counted in the journal."""

    entries: int = 0
    situations: dict[str, int] = {}
    actions: dict[str, int] = {}
    undo: dict[str, int] = {}
    clears: int = 0
    invalid: int = 0


class Approver(msgspec.Struct, frozen=True, kw_only=True):
    """The human behind an approval, as far as the machine knows.

    `via` is the SSH client's address, `session` the login that the kernel remembers through sudo and su.
    """

    login: str
    sudo_user: str = ""
    via: str = ""
    session: str = ""

    @property
    def person(self) -> str:
        """Who that is behind a shared account: what two pairs of eyes are told apart by."""
        return self.session or self.sudo_user or self.login

    @property
    def title(self) -> str:
        """One line for people."""
        who = f"{self.sudo_user} (as {self.login})" if self.sudo_user else self.login
        return f"{who} from {self.via}" if self.via else who


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit trail. `at` is seconds since the epoch."""

    id: int
    at: float
    kind: str
    who: Approver
    plan_id: str = ""
    run_id: str = ""
    detail: str = ""


class RunProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A run at one moment. Times are seconds since the epoch; `failures` maps a cause to its count.

    `total` counts the entries that take work or a decision; `actions` what was done, per action. `interrupted` says that the
    run is marked running but no process holds its lock: start it again and it resumes. `undoes` is the run that this one
    takes back, `undone_by` maps the runs that took entries of this one back to their number. `canary` is how many writes
    come before it pauses by itself; `next_try_at` when a quarantined run is tried again, after `tries` that failed.
    """

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
    approved_at: float | None = None
    plan_hash: str = ""
    interrupted: bool = False
    undoes: str = ""
    undone_by: dict[str, int] = {}
    canary: int = 0
    next_try_at: float | None = None
    tries: int = 0

    @property
    def settled(self) -> int:
        """Entries that have their final outcome."""
        return self.total - self.states.get("planned", 0) - self.states.get("inflight", 0)

    @property
    def ended(self) -> bool:
        """Whether no process will go on with it by itself."""
        return self.state in (RunState.DONE, RunState.FAILED, RunState.CANCELLED)
