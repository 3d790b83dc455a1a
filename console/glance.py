"""What Home shows at first paint, read from files in a few milliseconds.

Only the standard library and msgspec are imported here: no event loop, no network, no vault. What
is shown may be a moment old; the live services replace it right after.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from console.journal.model import RunProgress, RunState
from console.settings.paths import Paths, write_private
from console.settings.profile import Profile

if TYPE_CHECKING:
    from console.hubspot.budget.state import BudgetState
    from console.hubspot.model import AccountDetails

RUNS_SHOWN = 5


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


class HomeGlance(msgspec.Struct, frozen=True, kw_only=True):
    """Home before anything was asked of anybody. `attention` holds whole sentences, most urgent first."""

    profile: Profile | None = None
    account: KnownAccount | None = None
    budget: BudgetState | None = None
    runs: tuple[RunProgress, ...] = ()
    attention: tuple[str, ...] = ()


def home_glance(paths: Paths, profile_name: str | None = None) -> HomeGlance:
    """Read what Home needs of `profile_name` (None: the current profile). Never raises for a missing or broken file."""
    profile, trouble = _profile(paths, profile_name)
    account = cached_account(paths, profile) if profile else None
    runs = _runs(paths)
    return HomeGlance(
        profile=profile,
        account=account,
        budget=_budget(paths, account),
        runs=runs,
        attention=tuple(trouble) + tuple(_attention(runs)),
    )
