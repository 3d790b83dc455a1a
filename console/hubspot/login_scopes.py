"""What a login asks for (facts section 2.6)."""

from __future__ import annotations

from typing import NamedTuple

from console.settings.profile import Profile

ALWAYS = "oauth"
REQUIRED = (
    ALWAYS,
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.schemas.contacts.read",
    "crm.schemas.companies.read",
)
"""What the console works with; a service key needs the same, without `oauth`."""
OPTIONAL = ("crm.schemas.contacts.write", "crm.schemas.companies.write")
"""For those who make or change property definitions."""


class Asked(NamedTuple):
    """`scope` blocks the install where the account lacks one; what it lacks of `optional` is dropped silently."""

    scope: tuple[str, ...]
    optional: tuple[str, ...]


def asked_scopes(profile: Profile) -> Asked:
    """The profile's own scopes as they are, or ours; an app that wants others says so in `scopes`."""
    if not profile.scopes:
        return Asked(REQUIRED, OPTIONAL)
    return Asked((ALWAYS, *(scope for scope in profile.scopes if scope != ALWAYS)), ())
