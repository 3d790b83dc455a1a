"""Certificates of servers: what they say, and the check that one of them and no other is taken.

The check runs inside the TLS handshake, behind its last step: whoever asked for the connection has not got it yet, so
not a byte of a request can have gone to a server that shows another certificate.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ssl
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from cryptography import x509


class PeerCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """What a server's certificate says. `fingerprint` is the SHA-256 of the whole, AB:CD:...; times are UTC."""

    fingerprint: str
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: dt.datetime | None = None
    not_after: dt.datetime | None = None
    self_signed: bool = False

    @property
    def days_left(self) -> int | None:
        """Whole days until it runs out; negative when it did."""
        return None if self.not_after is None else (self.not_after - dt.datetime.now(dt.UTC)).days


class CertificateRefused(ssl.SSLCertVerificationError):
    """The server shows another certificate than the accepted one, or none was accepted yet (`accepted` is empty).

    An SSLError, because asyncio and anyio end a handshake in order for those only.
    """

    def __init__(self, shown: bytes, accepted: str) -> None:
        self.shown = fingerprint_of(shown)
        self.accepted = accepted
        self.certificate = shown
        self.verify_code = -1
        self.verify_message = (
            f"its SHA-256 fingerprint is {self.shown}, and {accepted or 'no certificate'} was accepted"
        )
        super().__init__(self.verify_message)


def fingerprint_of(certificate: bytes) -> str:
    """The SHA-256 of a certificate in DER form, as `openssl x509 -fingerprint -sha256` writes it."""
    return hashlib.sha256(certificate).digest().hex(":").upper()


def take_only(context: ssl.SSLContext, accepted: str) -> None:
    """Let `context` take the certificate with this fingerprint and no other; issuer, name and dates do not matter.

    An empty `accepted` takes none at all.
    """
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            shown = self.getpeercert(binary_form=True) or b""
            if fingerprint_of(shown) != accepted.upper():
                raise CertificateRefused(shown, accepted)

    context.sslobject_class = Pinned


def read_certificate(der: bytes) -> PeerCertificate:
    """What a certificate says; one that cannot be read has its fingerprint all the same."""
    from cryptography import x509  # only for those who look at certificates

    fingerprint = fingerprint_of(der)
    try:
        found = x509.load_der_x509_certificate(der)
        return PeerCertificate(
            fingerprint=fingerprint,
            subject=_name(found.subject),
            issuer=_name(found.issuer),
            names=_names(found),
            not_before=found.not_valid_before_utc,
            not_after=found.not_valid_after_utc,
            self_signed=found.issuer == found.subject,
        )
    except (ValueError, x509.UnsupportedGeneralNameType, x509.DuplicateExtension):
        return PeerCertificate(fingerprint=fingerprint, subject="it cannot be read")


def _name(name: x509.Name) -> str:
    """The parts of a distinguished name that people know it by."""
    known = [str(part.value) for part in name if part.oid.dotted_string in _SHOWN]
    return ", ".join(known) or name.rfc4514_string()


_SHOWN = ("2.5.4.3", "2.5.4.10", "2.5.4.11")  # common name, organization, its unit


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *found.get_values_for_type(x509.DNSName),
        *(str(address) for address in found.get_values_for_type(x509.IPAddress)),
    )
