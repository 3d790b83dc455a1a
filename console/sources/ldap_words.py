"""What an LDAP server's refusals mean to an operator, and what to do about each."""

from __future__ import annotations

import ssl
from typing import Any

from console.sources.address import Address
from console.sources.errors import SourceError

_BIND = "Set it again as user:password, the user as a DN or user@domain: hubspoke credentials set source/{credentials}"
_LIMIT = (
    "Ask for fewer at once (#page=100), let the directory's administrator raise the limit of this user for paged "
    "searches, or split the source by its filter."
)
_RESULTS = {
    3: ("the server stopped at its time limit", "Narrow the filter or the base, or have the attribute indexed."),
    4: ("the server sends this user no more entries: size limit exceeded", _LIMIT),
    8: ("the server wants a stronger sign-in", "Use ldaps:// or ldap+starttls://."),
    10: (
        "the server refers to another server, which is not followed",
        "Name the other server, or a base that this server holds, in the URL: {referrals}",
    ),
    11: ("the server stopped at an administrative limit", _LIMIT),
    12: (
        "the server refuses to send results in pages",
        "Have paged results (RFC 2696) allowed for this user; without them a directory may be cut off unseen.",
    ),
    13: ("the server wants an encrypted connection", "Use ldaps:// or ldap+starttls://."),
    32: ("the server knows no entry {base}", "Check the base in the URL, and whether this user may see it."),
    34: ("{base} is no distinguished name", "Write the base as ou=people,dc=example,dc=org."),
    48: ("the server does not let this user sign in so", _BIND),
    49: ("the server does not take the user or the password", _BIND),
    50: ("this user may not read there", "Have reading of people allowed for the user in source/{credentials}."),
    51: ("the server is busy", "Try again later."),
    52: ("the server is not available", "Try again later."),
    53: ("the server is unwilling", "Read its own words above; some refuse anonymous users or paged results so."),
}
_ANONYMOUS = (
    "The vault has no source/{credentials}: store user:password with hubspoke credentials set source/{credentials}"
)
_ANONYMOUS_CODES = frozenset({1, 32, 48, 50, 53})


def refused(address: Address, base: str, result: dict[str, Any], *, anonymous: bool) -> SourceError:
    """The error for a result code other than success."""
    code = int(result.get("result", -1))
    described = str(result.get("description") or "")
    message, remedy = _RESULTS.get(code, (f"the server answers {described or 'an error'} ({code})", "Read its words."))
    if anonymous and code in _ANONYMOUS_CODES:
        remedy = _ANONYMOUS
    diagnostic = str(result.get("message") or "").strip().rstrip("\0")[:300]
    facts = {
        "base": base,
        "credentials": address.credentials,
        "referrals": ", ".join(map(str, result.get("referrals") or ()))[:300],
    }
    message = message.format(**facts)
    return SourceError(
        f"{message}: {diagnostic}" if diagnostic else message, file=address.name, remedy=remedy.format(**facts)
    )


def unreachable(address: Address, error: Exception) -> SourceError:
    """The error for a connection that cannot be made."""
    where = f"{address.host}:{address.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return SourceError(
            f"the certificate of {where} is not trusted: {error.verify_message}",
            file=address.name,
            remedy="If a private authority issued it, name its certificate behind the source's #: "
            "ca=/etc/ssl/our-ca.pem. The host in the URL must be one that the certificate names.",
        )
    if isinstance(error, ssl.SSLError):
        return SourceError(
            f"{where} does not speak TLS as expected: {error.reason or 'handshake failed'}",
            file=address.name,
            remedy="ldaps:// is port 636, ldap+starttls:// port 389; is the server set up for it?",
        )
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return SourceError(
            f"{where} does not answer as a directory does",
            file=address.name,
            remedy="Check the host, the port (ldaps:// 636, ldap+starttls:// 389) and the firewall.",
        )
    return SourceError(
        f"{where} cannot be reached: {_reason(error)}",
        file=address.name,
        remedy="Check the host and the port; from this machine, can it be reached at all?",
    )


def lost(address: Address, error: Exception) -> SourceError:
    """The error for a connection that ended in the middle."""
    timed_out = "timed out" in str(error)
    reason = f"the server was silent for {address.timeout} s" if timed_out else "the server dropped the connection"
    return SourceError(
        reason,
        file=address.name,
        remedy="Nothing was planned from what came. Plan again; if it ends there again, look into the server's log.",
    )


def garbled(address: Address) -> SourceError:
    """The error for bytes that are no LDAP."""
    return SourceError(
        f"what {address.host}:{address.port} sends is not LDAP",
        file=address.name,
        remedy="Check the port: ldaps:// is 636, ldap+starttls:// 389; 3268 and 3269 are Active Directory's catalogue.",
    )


def _reason(error: Exception) -> str:
    text = str(getattr(error, "strerror", None) or error)
    for wrapper in ("socket connection error while opening: ", "socket ssl wrapping error: ", "invalid server address"):
        text = text.replace(wrapper, "the name is not known" if wrapper.startswith("invalid") else "")
    return text[:200] or type(error).__name__
