"""Whom we take for HubSpot: TLS settings from a profile, and which hosts may do without."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from console.hubspot.errors import NotSent
from console.hubspot.fingerprint import CertificateRefused, take_only
from console.settings.paths import expanded
from console.settings.profile import Profile

# where distributions keep the bundle when this Python was built for another one
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def tls_context(profile: Profile) -> ssl.SSLContext:
    """TLS as the profile wants it: the system's authorities plus `caFile`, TLS 1.2 or later.

    `disableHostNameVerifier` keeps the check of the certificate's issuer and drops the check that it was
    issued for this host. `acceptSelfSignedCertificates` takes the one certificate whose fingerprint the profile
    holds, whoever issued it and for whatever name, and no other; without a fingerprint it takes none.

    Raises:
        NotSent: `caFile` cannot be read or holds no certificate.
    """
    context = system_context()
    if profile.ca_file:
        _add_ca_file(context, profile.ca_file)
    if profile.disable_host_name_verifier:
        context.check_hostname = False
    if profile.accept_self_signed_certificates:
        take_only(context, profile.certificate_fingerprint)
    return context


def system_context() -> ssl.SSLContext:
    """TLS that trusts the system's authorities, wherever this distribution keeps them, and checks host names."""
    context = ssl.create_default_context()
    _add_system_bundle(context)
    return context


def looking_context() -> ssl.SSLContext:
    """TLS that takes any certificate: to look at one, never to send anything over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def refused_certificate(error: CertificateRefused, host: str) -> NotSent:
    """What to say when the server does not show the one certificate that was accepted."""
    if error.accepted:
        return NotSent(
            f"{host} shows another certificate than the accepted one: SHA-256 {error.shown} instead of "
            f"{error.accepted}.",
            stage="tls",
            lasting=True,
            advice="Nothing was sent. Ask whoever runs the server whether it was renewed, and compare the "
            f"fingerprint; then: hubspoke test --accept-certificate {error.shown}",
        )
    return NotSent(
        f"No certificate of {host} was accepted yet; it shows SHA-256 {error.shown}.",
        stage="tls",
        lasting=True,
        advice="Nothing was sent. Run hubspoke test, compare the fingerprint with the server's, and accept it with: "
        "hubspoke test --accept-certificate SHA256",
    )


def _add_system_bundle(context: ssl.SSLContext) -> None:
    places = ssl.get_default_verify_paths()
    if context.cert_store_stats()["x509_ca"] or (places.capath and any(Path(places.capath).iterdir())):
        return
    for bundle in _BUNDLES:
        if Path(bundle).is_file():
            context.load_verify_locations(cafile=bundle)
            return


def _add_ca_file(context: ssl.SSLContext, name: str) -> None:
    try:
        context.load_verify_locations(cafile=expanded(name))
    except (OSError, ssl.SSLError, RuntimeError) as error:
        reason = (
            error.strerror
            if isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
            else "no PEM certificate in it"
        )
        raise NotSent(
            f"caFile {name} cannot be used: {reason or 'unreadable'}.",
            stage="settings",
            lasting=True,
            advice="Set caFile of the profile to a readable file of PEM certificates, or clear it.",
        ) from None


def checked_url(url: str) -> SplitResult:
    """`url` taken apart, if Hubspoke may send credentials there: https, or http on this machine.

    Raises:
        NotSent: it is no such address.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _bad_url("it is not a web address") from None
    if not host or parts.scheme not in ("http", "https"):
        raise _bad_url("it must begin with https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise _bad_url("it must not hold a user name or password")
    if parts.scheme == "http" and not is_loopback(host):
        raise _bad_url(
            "plain http would show the credentials to everyone between; only this machine itself may be reached so"
        )
    return parts


def _bad_url(why: str) -> NotSent:
    return NotSent(
        f"apiBaseUrl cannot be used: {why}.",
        stage="settings",
        lasting=True,
        advice="Correct apiBaseUrl of the profile.",
    )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by name or number."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def goes_direct(host: str, no_proxy: Iterable[str]) -> bool:
    """Whether `host` is reached without the proxy: this machine, or an entry of noProxy.

    Entries are `*`, a host name (which covers its subdomains, with or without a leading dot or `*.`),
    an address, or a network such as 10.0.0.0/8.
    """
    host = host.lower().rstrip(".")
    return is_loopback(host) or any(_covers(entry.strip().lower(), host) for entry in no_proxy)


def _covers(entry: str, host: str) -> bool:
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        name = entry.removeprefix("*").strip(".")
        return bool(name) and (host == name or host.endswith("." + name))
