"""The gateway's certificate: one's own files, or one made here for the names of this machine."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console.gateway.settings import GatewaySettings
from console.settings.errors import SettingsError
from console.settings.paths import Paths, write_private

if TYPE_CHECKING:
    from cryptography.x509 import GeneralName, KeyUsage

DAYS = 825
"""As long as clients take from a certificate of no public authority."""
RENEW_DAYS = 30
CERTIFICATE, KEY = "gateway-certificate.pem", "gateway-key.pem"
_ANY = ("0.0.0.0", "::")  # noqa: S104 - not listened on, but recognised


def context_of(settings: GatewaySettings, paths: Paths) -> ssl.SSLContext | None:
    """The TLS context; None where TLS is off (check() has made sure of loopback). Raises SettingsError."""
    if settings.tls == "off":
        return None
    certificate, key = files_of(settings, paths)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"The certificate {certificate} or its key {key} cannot be used: {error.strerror or error}.",
            "Both must be PEM files that this user may read; the key without a passphrase.",
        ) from None
    if settings.client_ca:
        try:
            context.load_verify_locations(settings.client_ca)
        except (OSError, ssl.SSLError):
            raise SettingsError(
                f"client_ca = {settings.client_ca} cannot be read as certificates.", "Name a PEM file."
            ) from None
        context.verify_mode = ssl.CERT_OPTIONAL  # clients of other kinds bring none
    return context


def files_of(settings: GatewaySettings, paths: Paths) -> tuple[Path, Path]:
    """Certificate and key; self-signed ones are made where missing or about to expire."""
    if settings.tls == "files":
        return Path(settings.certificate).expanduser(), Path(settings.key).expanduser()
    certificate, key = paths.config / CERTIFICATE, paths.config / KEY
    if not certificate.exists() or not key.exists() or _expires_soon(certificate):
        make(settings, paths)
    return certificate, key


def make(settings: GatewaySettings, paths: Paths, names: Sequence[str] = ()) -> None:
    """A new self-signed certificate for these names, this machine's and the address that is listened on."""
    host = settings.address[0]
    names = [name for name in names if name.strip()]
    own = [socket.gethostname(), "localhost", *([] if host in _ANY else [host])]
    made, secret = self_signed([*names, *own])
    write_private(paths.config / KEY, secret)
    write_private(paths.config / CERTIFICATE, made)


def fingerprint(path: Path) -> str:
    """SHA-256 of a PEM file's first certificate, as openssl writes it."""
    pem = path.read_text(encoding="ascii", errors="replace")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    first = begin + pem.partition(begin)[2].partition(end)[0] + end
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, 64, 2))


def self_signed(names: list[str]) -> tuple[bytes, bytes]:
    """A certificate for these names and addresses, and its key, both PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Hubspoke gateway on {names[0]}"[:64])])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([_alternative(name) for name in dict.fromkeys(names)]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def subjects_of(certificate: dict[str, object] | None) -> tuple[str, ...]:
    """Common names and DNS names of a client certificate that TLS has checked."""
    if not certificate:
        return ()
    found: list[str] = []
    subject = certificate.get("subject")
    if isinstance(subject, tuple):
        found += [value for part in subject for name, value in part if name == "commonName"]
    alternative = certificate.get("subjectAltName")
    if isinstance(alternative, tuple):
        found += [value for kind, value in alternative if kind == "DNS"]
    return tuple(found)


def _usage() -> KeyUsage:
    """Strict clients want a certificate that vouches for itself to say so."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _alternative(name: str) -> GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError:
        raise SettingsError(
            f"{name[:60]} cannot be in a certificate.", "Use letters, digits, dots and dashes."
        ) from None


def _expires_soon(path: Path) -> bool:
    from cryptography import x509

    try:
        until = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return True
    return until - dt.datetime.now(dt.UTC) < dt.timedelta(days=RENEW_DAYS)
