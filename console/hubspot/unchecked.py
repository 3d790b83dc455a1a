"""What a profile does without when it checks whom it speaks to: shown wherever the profile is in use."""

from __future__ import annotations

from typing import NamedTuple

from console.settings.profile import Profile


class Unchecked(NamedTuple):
    """One check that is switched off: the profile's key for it, and what that means."""

    key: str
    words: str


def unchecked(profile: Profile) -> tuple[Unchecked, ...]:
    """Every check that the profile switches off; empty for one that checks all."""
    found = []
    if profile.accept_self_signed_certificates:
        if profile.certificate_fingerprint:
            words = "One accepted certificate is taken without an authority, whatever name and dates it bears."
        else:
            words = "No authority has to vouch for the server; nothing is sent until its certificate is accepted."
        found.append(Unchecked("acceptSelfSignedCertificates", words))
    if profile.disable_host_name_verifier:
        words = "A certificate of another host is taken: whoever has one can read and change data on the way."
        found.append(Unchecked("disableHostNameVerifier", words))
    return tuple(found)
