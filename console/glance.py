"""What Home shows at first paint, read from files in a few milliseconds.

Only the standard library and msgspec are imported here: no event loop, no network, no vault. What
is shown may be a moment old; the live services replace it right after.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from console.journal.glance import last_runs, waiting_plans
from console.journal.model import RunProgress, RunState
from console.settings.paths import Paths, write_private
from console.settings.profile import Profile

if TYPE_CHECKING:
    from console.hubspot.budget import BudgetState
    from console.hubspot.model import AccountDetails

RUNS_SHOWN = 5
_WAITING_SHOWN = 3


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


class HomeGlance(NamedTuple):
    """Home before anything was asked of anybody. `attention` holds whole sentences, most urgent first."""

    profile: Profile | None
    account: KnownAccount | None
    budget: BudgetState | None
    runs: tuple[RunProgress, ...]
    attention: tuple[str, ...]


def home_glance(paths: Paths, profile_name: str | None = None) -> HomeGlance:
    """Read what Home needs of `profile_name` (None: the current profile).

    A missing or broken file is a sentence of `attention`, never an exception.
    """
    profile, trouble = _profile(paths, profile_name)
    account = cached_account(paths, profile) if profile else None
    runs = newest_runs(paths)
    return HomeGlance(
        profile=profile,
        account=account,
        budget=_budget(paths, profile, account),
        runs=runs,
        attention=(*trouble, *_profile_attention(profile), *_run_attention(runs), *_waiting(paths)),
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
    return account if account is not None and account.origin == profile.api_base_url else None


def remember_account(paths: Paths, profile: Profile, details: AccountDetails) -> None:
    """Keep what the account said of itself for the next first paint."""
    account = KnownAccount(
        origin=profile.api_base_url,
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


def _accounts_file(paths: Paths) -> Path:
    return paths.state / "accounts.json"


def _accounts(paths: Paths) -> dict[str, KnownAccount]:
    try:
        return msgspec.json.decode(_accounts_file(paths).read_bytes(), type=dict[str, KnownAccount])
    except (OSError, msgspec.DecodeError):
        return {}  # a cache: what is lost is asked again


def _profile(paths: Paths, name: str | None) -> tuple[Profile | None, list[str]]:
    from console.settings.profiles import Profiles, SettingsError

    profiles = Profiles(paths)
    try:
        wanted = name or profiles.current()
        return (profiles.load(wanted), []) if wanted else (None, ["No profile yet: start the guided setup."])
    except SettingsError as error:
        return None, [f"{error.message} {error.remedy}".strip()]


def _waiting(paths: Paths) -> list[str]:
    return [
        f"Plan {plan.id} of {plan.mapping} waits for approval: {plan.writes:,} records to write."
        for plan in waiting_plans(paths.journal, _WAITING_SHOWN)
    ]


def _budget(paths: Paths, profile: Profile | None, account: KnownAccount | None) -> BudgetState | None:
    if profile is None or account is None:
        return None
    from console.hubspot.budget.glance import read_budget

    return read_budget(paths.budget, portal=account.portal_id)


def _profile_attention(profile: Profile | None) -> list[str]:
    if profile is None:
        return []
    found = []
    if not profile.enabled:
        found.append(f"Profile {profile.name} is switched off: nothing will be written with it.")
    from console.hubspot.unchecked import unchecked

    return [*found, *(f"{one.key} is on: {one.words}" for one in unchecked(profile))]


_ASKS = {
    RunState.QUARANTINED: "Run {id} of {mapping} waits because HubSpot stays bad: it is tried again by itself, or resume it.",
    RunState.FAILED: "Run {id} of {mapping} failed: see its report.",
    RunState.PAUSED_QUOTA: "Run {id} of {mapping} waits for tomorrow's allowance: resume it then.",
    RunState.APPROVED: "Run {id} of {mapping} is approved and has not begun: open it to begin.",
    RunState.PAUSED: "Run {id} of {mapping} is paused: resume or cancel it.",
}


def _run_attention(runs: tuple[RunProgress, ...]) -> list[str]:
    found = [f"Run {run.id} of {run.mapping} was interrupted: resume it." for run in runs if run.interrupted]
    for state, sentence in _ASKS.items():
        found += [sentence.format(id=run.id, mapping=run.mapping) for run in runs if run.state is state]
    for run in runs:
        open_questions = sum(run.states.get(name, 0) for name in ("needs_decision", "uncertain", "conflict"))
        if open_questions:
            found.append(f"Run {run.id} of {run.mapping}: {open_questions} records need a decision.")
    return found
