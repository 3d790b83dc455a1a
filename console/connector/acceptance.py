"""Accepting the certificate of a server that no authority vouches for: shown first, then pinned by its fingerprint."""

from __future__ import annotations

from console.connector import probe
from console.connector.probe import Streams, Way, described
from console.connector.remote import as_remote
from console.connector.stages import Problem
from console.connector.stages_tls import look
from console.hubspot.auth import SecretStore
from console.hubspot.fingerprint import PeerCertificate
from console.hubspot.secret import Secret
from console.hubspot.trust import checked_url
from console.settings.profile import Profile
from console.settings.profiles import assign, checked
from console.settings.secrets import PROXY_PASSWORD


async def shown_certificate(profile: Profile, secrets: SecretStore) -> PeerCertificate:
    """The certificate that the profile's server shows now. Nothing is sent to it; a proxy gets its password.

    Raises:
        Problem: there is no way to the server, or no TLS on it.
        SettingsError, NotSent: the settings are wrong.
    """
    profile = as_remote(profile)
    way = probe.way_of(checked(profile), checked_url(profile.api_base_url))
    if not way.tls:
        raise Problem(
            f"{profile.origin} is reached without TLS, so it shows no certificate.",
            "Only this machine itself may be reached so.",
            "There is nothing to accept.",
        )
    addresses = await probe.resolve(way)

    async def again() -> Streams:
        return await reach(profile, secrets, way, addresses)

    certificate = await look(way, again)
    if certificate is None:
        await probe.hang_up(await again())  # which may say why
        raise Problem(
            f"The TLS handshake with {way.host} failed.",
            "What answers there speaks no TLS 1.2 or later.",
            "Check the port of apiBaseUrl.",
        )
    return certificate


async def accept_certificate(profile: Profile, secrets: SecretStore, fingerprint: str) -> Profile:
    """The profile with that certificate pinned, if it is the one that the server shows; saving it is the caller's.

    Raises:
        Problem: the server shows another one, or the profile does not ask for it.
        SettingsError: `fingerprint` is none.
    """
    wanted = assign(profile, {"certificateFingerprint": fingerprint})
    if not profile.accept_self_signed_certificates:
        raise Problem(
            "Certificates are checked by their authority: none needs to be accepted.",
            "acceptSelfSignedCertificates of the profile is off.",
            "If no authority vouches for the server: hubspoke profile set acceptSelfSignedCertificates=true",
        )
    shown = await shown_certificate(profile, secrets)
    if shown.fingerprint != wanted.certificate_fingerprint:
        raise Problem(
            f"The server shows another certificate than the one to accept: SHA-256 {shown.fingerprint} instead of "
            f"{wanted.certificate_fingerprint}. It is {described(shown)}.",
            "The fingerprint is another server's, or somebody is between.",
            "Ask whoever runs the server for the fingerprint, and compare again. Nothing was stored.",
            certificate=shown,
        )
    return wanted


async def reach(profile: Profile, secrets: SecretStore, way: Way, addresses: list[str]) -> Streams:
    """A connection to the server, through the proxy where there is one; no TLS on it yet. Raises Problem."""
    streams = await probe.connect(way, addresses)
    if way.proxy and way.tls:
        password = Secret(await secrets.get(PROXY_PASSWORD) or "")
        try:
            await probe.tunnel(way, streams, profile.http_proxy_user, password)
        except Problem:
            await probe.hang_up(streams)
            raise
    return streams
