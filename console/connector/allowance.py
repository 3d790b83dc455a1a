"""The allowance in words: what HubSpot gives, what is used, and what the profile's ceilings cost."""

from __future__ import annotations

from console.hubspot.budget import BudgetState
from console.settings.profile import Profile

SCARCE = 0.95


def describe_allowance(state: BudgetState, profile: Profile) -> tuple[str, str, str]:
    """What is allowed; and, where something is in the way, what it is and what to do (else two empty texts)."""
    parts = [f"{window.name} {window.limit} in {window.window_seconds:g} s" for window in state.windows]
    left = max(0, (state.daily_limit or 0) - state.daily_used)
    if state.daily_limit:
        parts.append(f"{left:,} of {state.daily_limit:,} requests left today")
    elif profile.authentication == "oauth":
        parts.append("HubSpot tells OAuth apps no limit for the day")
    detail = "; ".join(parts) or "nothing is known yet"
    if state.daily_limit and state.daily_used >= SCARCE * state.daily_limit:
        return detail, f"Only {left:,} requests are left today.", "Wait until midnight of the account's time zone."
    burst = state.window("burst")
    if burst is not None and profile.permits_per_second:
        allowed = burst.limit / burst.window_seconds
        if profile.permits_per_second < SCARCE * allowed:
            share = round(100 * profile.permits_per_second / allowed)
            cause = f"permitsPerSecond {profile.permits_per_second} uses {share} % of what HubSpot allows."
            return detail, cause, "Set permitsPerSecond to auto, unless you want it so."
    if burst is not None and burst.foreign:
        cause = f"Another program uses the same app: {burst.foreign} requests in the last window."
        return detail, cause, "Runs will leave it room; an app of its own for Hubspoke would be faster."
    return detail, "", ""
