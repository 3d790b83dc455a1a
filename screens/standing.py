"""Whose data the console is about to touch: what the first line of every screen says."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from console.settings.profile import Profile
from screens.words import Sign

PRODUCTION = Sign("▲", "PRODUCTION", "$bar-warning bold")
DEMO = Sign("○", "DEMO", "$bar-muted bold")
TLS_OFF = Sign("▲", "TLS CHECKS OFF", "$bar-alarm bold")
TLS_PINNED = Sign("▲", "TLS PINNED", "$bar-warning bold")
OFF = Sign("‖", "PROFILE OFF", "$bar-warning bold")
KINDS = {
    "SANDBOX": Sign("○", "SANDBOX", "$bar-muted bold"),
    "DEVELOPER_TEST": Sign("○", "DEVELOPER TEST", "$bar-muted bold"),
    "APP_DEVELOPER": Sign("○", "APP DEVELOPER", "$bar-muted bold"),
}


class Account(Protocol):
    """What a cached and a live account have in common."""

    @property
    def portal_id(self) -> int:
        """The account's number."""

    @property
    def account_type(self) -> str:
        """STANDARD, SANDBOX, DEVELOPER_TEST, APP_DEVELOPER."""

    @property
    def portal_name(self) -> str:
        """What its people call it."""

    @property
    def is_production(self) -> bool:
        """Whether it holds live customer data."""


class Standing(NamedTuple):
    """The first line's right side."""

    profile: str = ""
    portal_name: str = ""
    portal_id: int = 0
    kind: Sign | None = None
    warnings: tuple[Sign, ...] = ()

    @property
    def is_production(self) -> bool:
        """Whether approval must ask twice."""
        return self.kind is PRODUCTION

    @property
    def portal(self) -> str:
        """Name and number, or what is known of them."""
        return " · ".join(part for part in (self.portal_name, self.number) if part)

    @property
    def number(self) -> str:
        """The portal's number, unless its name says it already."""
        text = str(self.portal_id or "")
        return "" if text and text in self.portal_name else text


def standing_of(profile: Profile | None, account: Account | None, *, demo: bool) -> Standing:
    """What is known of the portal: unknown kinds count as production."""
    if profile is None:
        return Standing(kind=DEMO if demo else None)
    warnings = _unchecked(profile)
    if not profile.enabled:
        warnings.append(OFF)
    if account is None:
        return Standing(profile.title, kind=DEMO if demo else None, warnings=tuple(warnings))
    return Standing(profile.title, account.portal_name, account.portal_id, _kind(account, demo), tuple(warnings))


def _unchecked(profile: Profile) -> list[Sign]:
    """What the profile does without when it checks whom it speaks to."""
    pinned = profile.accept_self_signed_certificates and bool(profile.certificate_fingerprint)
    if profile.disable_host_name_verifier or (profile.accept_self_signed_certificates and not pinned):
        return [TLS_OFF]
    return [TLS_PINNED] if pinned else []


def _kind(account: Account, demo: bool) -> Sign:
    if demo:
        return DEMO
    if account.is_production:
        return PRODUCTION
    known = KINDS.get(account.account_type)
    return known or Sign("○", account.account_type.replace("_", " "), "$bar-muted bold")
