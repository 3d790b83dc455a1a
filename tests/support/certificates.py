"""Certificates that no authority vouches for, made on the spot; for those that one does, there is trustme."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class SelfSigned:
    """A certificate that vouches for itself, with its key."""

    pem: bytes
    key: bytes
    fingerprint: str

    def server(self) -> ssl.SSLContext:
        """TLS of a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "both.pem"
            file.write_bytes(self.key + self.pem)
            context.load_cert_chain(file)
        return context


def self_signed(*names: str, key: ec.EllipticCurvePrivateKey | None = None, days: int = 365) -> SelfSigned:
    """One for these names or addresses, good for `days` more; another one each time, also of the same key."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(days=30))
        .not_valid_after(NOW + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return SelfSigned(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        pairs(certificate.public_bytes(serialization.Encoding.DER)),
    )


def server_of(authority: trustme.CA, *names: str, days: int | None = None) -> ssl.SSLContext:
    """TLS of a server with a certificate of that authority; with `days` it runs out so many days from now."""
    ends = {} if days is None else {"not_after": NOW + dt.timedelta(days=days, hours=1)}
    begins = {"not_before": NOW - dt.timedelta(days=400)}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **begins, **ends).configure_cert(context)
    return context


def pairs(der: bytes) -> str:
    """A SHA-256 fingerprint as openssl writes it."""
    digits = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digits[place : place + 2] for place in range(0, 64, 2))


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
