"""The TLS stage: whose certificate it is, whether it is taken, how long it lasts, and which checks are switched off."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from console.connector import probe
from console.connector.probe import Streams, Way, described
from console.connector.stages import Problem, Said
from console.hubspot.errors import HubSpotError
from console.hubspot.fingerprint import CertificateRefused, PeerCertificate, read_certificate
from console.hubspot.trust import looking_context, tls_context
from console.hubspot.unchecked import unchecked
from console.settings.profile import Profile

WARN_DAYS = 30
Open = Callable[[], Awaitable[Streams]]
"""Opens one more connection to the server, through the proxy where there is one."""


async def tls_stage(profile: Profile, way: Way, streams: Streams, again: Open) -> Said:
    """The handshake on `streams`, checked as every request will be. Raises Problem, and NotSent for caFile."""
    context = await asyncio.to_thread(tls_context, profile)  # reads the system's bundle
    try:
        secured = await probe.secure(way, streams, context)
    except CertificateRefused as refused:
        problem = await _refused(profile, way, refused, again)
    except ssl.SSLCertVerificationError as error:
        problem = probe.distrust(way, error, await look(way, again))
    else:
        certificate = secured.certificate
        doubts = [*await _switched_off(profile, way, again), *_dates(certificate)]
        whose = ", ".join(certificate.names[:3]) or certificate.subject
        until = f", until {certificate.not_after:%Y-%m-%d}" if certificate.not_after else ""
        detail = f"{secured.version}, certificate of {whose} by {certificate.issuer}{until}"
        if not doubts:
            return Said(detail, certificate=certificate)
        cause, advice = (" ".join(dict.fromkeys(filter(None, part))) for part in zip(*doubts, strict=True))
        return Said(detail, "warn", cause, advice, certificate)
    raise problem


async def look(way: Way, again: Open) -> PeerCertificate | None:
    """The certificate that the server shows to anybody; nothing is sent to it. None where there is no handshake."""
    with suppress(Problem, OSError):
        return (await _handshake(way, again, looking_context())).certificate
    return None


async def _handshake(way: Way, again: Open, context: ssl.SSLContext) -> probe.Secured:
    streams = await again()
    try:
        return await probe.secure(way, streams, context)
    finally:
        await probe.hang_up(streams)


async def _trusted_anyway(profile: Profile, way: Way, again: Open) -> bool:
    """Whether the certificate passes all checks, so that none needs to be switched off."""
    strict = msgspec.structs.replace(
        profile, accept_self_signed_certificates=False, disable_host_name_verifier=False, certificate_fingerprint=""
    )
    try:
        await _handshake(way, again, await asyncio.to_thread(tls_context, strict))
    except (Problem, OSError, HubSpotError):
        return False
    return True


async def _refused(profile: Profile, way: Way, refused: CertificateRefused, again: Open) -> Problem:
    certificate = read_certificate(refused.certificate)
    if refused.accepted:
        what = (
            f"{way.host} shows another certificate than the accepted one: SHA-256 {refused.shown} instead of "
            f"{refused.accepted}. It is {described(certificate)}."
        )
        cause = "The server got a new certificate, or somebody is between. Nothing was sent."
    else:
        what = f"No certificate of {way.host} was accepted yet. It shows one {described(certificate)}."
        cause = "acceptSelfSignedCertificates is on: the one certificate to take is accepted by its fingerprint first."
    if await _trusted_anyway(profile, way, again):
        advice = "The ordinary checks take this certificate: hubspoke profile set acceptSelfSignedCertificates=false"
    else:
        advice = (
            "Compare the fingerprint with what the server's administrator reads out; only if they are equal: "
            f"hubspoke test --accept-certificate {refused.shown}"
        )
    return Problem(what, cause, advice, certificate=certificate, acceptable=True)


async def _switched_off(profile: Profile, way: Way, again: Open) -> list[tuple[str, str]]:
    off = unchecked(profile)
    if not off:
        return []
    if await _trusted_anyway(profile, way, again):
        advice = f"All checks pass: switch {' and '.join(one.key for one in off)} off."
    elif profile.accept_self_signed_certificates:
        advice = "Put the authority's certificate into caFile and switch acceptSelfSignedCertificates off."
    else:
        advice = "Switch disableHostNameVerifier off unless you know why the names differ."
    return [(f"{one.key} is on: {one.words}", advice) for one in off]


def _dates(certificate: PeerCertificate) -> list[tuple[str, str]]:
    left = certificate.days_left
    if left is None or left >= WARN_DAYS:
        return []
    if left < 0:
        cause = f"The certificate ran out on {certificate.not_after:%Y-%m-%d}."
    else:
        cause = (
            f"The certificate runs out in {left} {'day' if left == 1 else 'days'}, on {certificate.not_after:%Y-%m-%d}."
        )
    return [(cause, "Ask whoever runs the server to renew it.")]
