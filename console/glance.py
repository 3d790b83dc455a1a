"""What Home shows at first paint, read from files in a few milliseconds.

Only the standard library and msgspec are imported here: no event loop, no network, no vault. What
is shown may be a moment old; the live services replace it right after.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from console.journal.glance import last_runs, waiting_plans
from console.journal.model import RunProgress, RunState
from console.settings.paths import Paths, write_private
from console.settings.profile import Profile

if TYPE_CHECKING:
    from console.connector.stages import Stage
    from console.hubspot.budget import BudgetState
    from console.hubspot.model import AccountDetails

RUNS_SHOWN = 5
_WAITING_SHOWN = 3
_CERTIFICATE_DAYS = 30


class KnownAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The HubSpot account that a profile led to when it was last asked. `seen_at`: seconds since the epoch."""

    origin: str
    portal_id: int
    account_type: str = ""
    portal_name: str = ""
    time_zone: str = ""
    ui_domain: str = ""
    seen_at: float = 0.0

    @property
    def is_production(self) -> bool:
        """STANDARD accounts hold live customer data."""
        return self.account_type in ("STANDARD", "")


class LastTest(msgspec.Struct, frozen=True, kw_only=True):
    """How a profile's connection was when it was last tested. Times are seconds since the epoch.

    `stage` is the title of the one that failed, empty when none did; `certificate_ends` when the server's runs out.
    """

    origin: str
    at: float
    state: str
    stage: str = ""
    certificate_ends: float | None = None


class Matter(NamedTuple):
    """Something that needs a human: a whole sentence, and the action that leads to it.

    `subject` is the run or the plan that it is about.
    """

    text: str
    action: str = ""
    subject: str = ""


class HomeGlance(NamedTuple):
    """Home before anything was asked of anybody. `matters` are the most urgent first."""

    profile: Profile | None
    account: KnownAccount | None
    budget: BudgetState | None
    runs: tuple[RunProgress, ...]
    matters: tuple[Matter, ...] = ()
    tested: LastTest | None = None

    @property
    def attention(self) -> tuple[str, ...]:
        """The sentences alone."""
        return tuple(matter.text for matter in self.matters)


def home_glance(paths: Paths, profile_name: str | None = None) -> HomeGlance:
    """Read what Home needs of `profile_name` (None: the current profile).

    A missing or broken file is a sentence of `attention`, never an exception.
    """
    profile, trouble = _profile(paths, profile_name)
    account = cached_account(paths, profile) if profile else None
    runs = newest_runs(paths)
    tested = last_test(paths, profile) if profile else None
    return HomeGlance(
        profile=profile,
        account=account,
        budget=_budget(paths, profile, account),
        runs=runs,
        matters=(
            *trouble,
            *_profile_matters(profile),
            *_test_matters(tested),
            *_run_matters(runs),
            *_waiting(paths),
            *_left_setup(paths, profile),
        ),
        tested=tested,
    )


def newest_runs(paths: Paths, limit: int = RUNS_SHOWN) -> tuple[RunProgress, ...]:
    """The newest runs first; those whose runner died are marked as interrupted."""
    return tuple(_seen(paths, run) for run in last_runs(paths.journal, limit))


def under_way(runs: Iterable[RunProgress]) -> int:
    """How many of them a process works on at this moment."""
    return sum(run.state is RunState.RUNNING and not run.interrupted for run in runs)


def _seen(paths: Paths, run: RunProgress) -> RunProgress:
    if run.state is not RunState.RUNNING:
        return run
    from console.provisioning.lock import holder  # only when something runs

    owner = holder(paths.locks, run.portal_id, run.mapping)
    if owner is not None and owner.run_id in ("", run.id):
        return run
    return msgspec.structs.replace(run, interrupted=True)


def cached_account(paths: Paths, profile: Profile) -> KnownAccount | None:
    """The account that this profile led to last time; None when it was never asked or points elsewhere now."""
    account = _accounts(paths).get(profile.name)
    return account if account is not None and account.origin == (profile.remote_url or profile.api_base_url) else None


def remember_account(paths: Paths, profile: Profile, details: AccountDetails) -> None:
    """Keep what the account said of itself for the next first paint."""
    account = KnownAccount(
        origin=profile.remote_url or profile.api_base_url,
        portal_id=details.portal_id,
        account_type=details.account_type,
        portal_name=details.portal_name,
        time_zone=details.time_zone,
        ui_domain=details.ui_domain,
        seen_at=time.time(),
    )
    known = _accounts(paths)
    before = known.get(profile.name)
    if before is not None and msgspec.structs.replace(before, seen_at=0) == msgspec.structs.replace(account, seen_at=0):
        return
    known[profile.name] = account
    write_private(_accounts_file(paths), msgspec.json.encode(known))


def last_test(paths: Paths, profile: Profile) -> LastTest | None:
    """How the connection was when it was last tested; None when it never was, or pointed elsewhere then."""
    tested = _tests(paths).get(profile.name)
    return tested if tested is not None and tested.origin == (profile.remote_url or profile.api_base_url) else None


def remember_test(paths: Paths, profile: Profile, stages: Sequence[Stage]) -> None:
    """Keep how a test ended, for Home: nothing of it but states and a date."""
    if not stages:
        return
    states = {stage.state for stage in stages}
    shown = next((stage.certificate for stage in stages if stage.certificate is not None), None)
    ends = shown.not_after.timestamp() if shown is not None and shown.not_after is not None else None
    known = _tests(paths)
    known[profile.name] = LastTest(
        origin=profile.remote_url or profile.api_base_url,
        at=time.time(),
        state="fail" if "fail" in states else "warn" if "warn" in states else "pass",
        stage=next((stage.title for stage in stages if stage.state == "fail"), ""),
        certificate_ends=ends,
    )
    write_private(_tests_file(paths), msgspec.json.encode(known))


def _tests_file(paths: Paths) -> Path:
    return paths.state / "tests.json"


def _tests(paths: Paths) -> dict[str, LastTest]:
    try:
        return msgspec.json.decode(_tests_file(paths).read_bytes(), type=dict[str, LastTest])
    except (OSError, msgspec.DecodeError):
        return {}  # a cache: the next test fills it


def _accounts_file(paths: Paths) -> Path:
    return paths.state / "accounts.json"


def _accounts(paths: Paths) -> dict[str, KnownAccount]:
    try:
        return msgspec.json.decode(_accounts_file(paths).read_bytes(), type=dict[str, KnownAccount])
    except (OSError, msgspec.DecodeError):
        return {}  # a cache: what is lost is asked again


def _profile(paths: Paths, name: str | None) -> tuple[Profile | None, list[Matter]]:
    from console.settings.profiles import Profiles, SettingsError

    profiles = Profiles(paths)
    try:
        wanted = name or profiles.current()
        if wanted:
            return profiles.load(wanted), []
        return None, [Matter("No profile yet: start the guided setup.", "setup")]
    except SettingsError as error:
        return None, [Matter(f"{error.message} {error.remedy}".strip(), "profile_switch")]


def _waiting(paths: Paths) -> list[Matter]:
    return [
        Matter(
            f"Plan {plan.id} of {plan.mapping} waits for approval: {plan.writes:,} records to write.", "diff", plan.id
        )
        for plan in waiting_plans(paths.journal, _WAITING_SHOWN)
    ]


def _left_setup(paths: Paths, profile: Profile | None) -> list[Matter]:
    from console.settings.unfinished import load

    left = load(paths)
    if left is None or profile is None:
        return []
    return [Matter(f"The guided setup was left at its step {left.step}: it goes on there.", "setup")]


def _budget(paths: Paths, profile: Profile | None, account: KnownAccount | None) -> BudgetState | None:
    if profile is None or account is None:
        return None
    from console.hubspot.budget.glance import read_budget

    return read_budget(paths.budget, portal=account.portal_id)


def _profile_matters(profile: Profile | None) -> list[Matter]:
    if profile is None:
        return []
    found = []
    if not profile.enabled:
        found.append(Matter(f"Profile {profile.name} is switched off: nothing will be written with it.", "connector"))
    from console.hubspot.unchecked import unchecked

    return [*found, *(Matter(f"{one.key} is on: {one.words}", "connector") for one in unchecked(profile))]


def _test_matters(tested: LastTest | None) -> list[Matter]:
    if tested is None:
        return []
    found = []
    if tested.state == "fail":
        found.append(Matter(f"The last test of the connection failed at {tested.stage}: test it again.", "test"))
    if tested.certificate_ends is not None:
        days = (tested.certificate_ends - time.time()) / 86_400
        if days < _CERTIFICATE_DAYS:
            when = f"runs out in {days:.0f} days" if days > 0 else "has run out"
            found.append(Matter(f"The server's certificate {when}: its administrator renews it.", "test"))
    return found


_ASKS = {
    RunState.QUARANTINED: "Run {id} of {mapping} waits because HubSpot stays bad: it is tried again by itself, or resume it.",
    RunState.FAILED: "Run {id} of {mapping} failed: see its report.",
    RunState.PAUSED_QUOTA: "Run {id} of {mapping} waits for tomorrow's allowance: resume it then.",
    RunState.APPROVED: "Run {id} of {mapping} is approved and has not begun: open it to begin.",
    RunState.PAUSED: "Run {id} of {mapping} is paused: resume or cancel it.",
}


def _run_matters(runs: tuple[RunProgress, ...]) -> list[Matter]:
    found = [
        Matter(f"Run {run.id} of {run.mapping} was interrupted: resume it.", "run_watch", run.id)
        for run in runs
        if run.interrupted
    ]
    for state, sentence in _ASKS.items():
        found += [
            Matter(sentence.format(id=run.id, mapping=run.mapping), "run_watch", run.id)
            for run in runs
            if run.state is state
        ]
    for run in runs:
        open_questions = sum(run.states.get(name, 0) for name in ("needs_decision", "uncertain", "conflict"))
        if open_questions:
            told = f"Run {run.id} of {run.mapping}: {open_questions:,} records need a decision."
            found.append(Matter(told, "run_watch", run.id))
        failed = run.states.get("failed", 0)
        if failed and run.ended and run.state is not RunState.FAILED:
            told = f"Run {run.id} of {run.mapping}: {failed:,} records failed: see why, then retry them."
            found.append(Matter(told, "run_watch", run.id))
    return found
