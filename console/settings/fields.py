"""The keys of a profile: their kinds, what is allowed, and how text becomes a value."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from console.settings.paths import expanded
from console.settings.profile import AUTHENTICATIONS, AUTO
from console.text import safe

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_VERSION = re.compile(r"v[1-9]|20\d\d-(?:0[1-9]|1[0-2])")
_SCOPE = re.compile(r"[A-Za-z0-9_.:/-]+")
_FINGERPRINT = re.compile(
    r"(?:sha-?256(?: fingerprint)?\s*[:=]\s*)?((?:[0-9a-f]{2}[: ]?){31}[0-9a-f]{2})", re.IGNORECASE
)


class Wrong(Exception):
    """A value is not allowed: what is wrong, and an example of what is right."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True)
class Field:
    """One key: its attribute in `Profile`, what reads it, and what it is for."""

    key: str
    attribute: str
    read: Callable[[Any], Any]
    help: str
    limit: bool = False  # 0 stands for auto


def text(value: Any) -> str:
    """One line of text."""
    if not isinstance(value, str):
        raise Wrong(f"must be text, not {_kind(value)}", "Put it between quotation marks.")
    line: str = value.strip()
    if not line.isprintable():
        raise Wrong("holds characters that cannot be shown", "Type it again; it must be one line.")
    return line


def boolean(value: Any) -> bool:
    """True or false, also as text: the connector's sample files write `"true"`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise Wrong("must be true or false", "Write true or false.")
    raise Wrong(f"must be true or false, not {_kind(value)}", "Write true or false.")


def whole(low: int, high: int) -> Callable[[Any], int]:
    """A whole number between two bounds, also as text."""

    def read(value: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,9}\s*", value, re.ASCII):
            value = int(value)
        if isinstance(value, float) and value.is_integer():  # JSON knows one kind of number
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise Wrong("must be a whole number", f"Write a number from {low} to {high}.")
        if not low <= value <= high:
            raise Wrong(f"must be from {low} to {high}", f"Write a number from {low} to {high}.")
        return value

    return read


def ceiling(high: int) -> Callable[[Any], int]:
    """An operator's ceiling: a whole number, or `auto`, kept as 0."""
    number = whole(1, high)

    def read(value: Any) -> int:
        if isinstance(value, str) and value.strip().lower() == AUTO:
            return 0
        try:
            return number(value)
        except Wrong as wrong:
            raise Wrong(
                wrong.problem.replace("a whole number", 'a whole number or "auto"'),
                f'Write "auto" to follow HubSpot\'s limits, or a number from 1 to {high}.',
            ) from None

    return read


def seconds(low: float, high: float) -> Callable[[Any], float]:
    """A duration in seconds, also as text."""

    def read(value: Any) -> float:
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                value = None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise Wrong(f"must be a number of seconds from {low:g} to {high:g}", "Write a number such as 60.")
        return float(value)

    return read


def port(value: Any) -> int:
    """A TCP port; 0 is none."""
    try:
        return whole(0, 65535)(value)
    except Wrong:
        raise Wrong("must be a port from 1 to 65535", "Write a number such as 3128.") from None


def choice(*allowed: str) -> Callable[[Any], str]:
    """One word of a few."""

    def read(value: Any) -> str:
        word = text(value).lower()
        if word not in allowed:
            raise Wrong(f'cannot be "{safe(word, limit=40)}"', f"Write {' or '.join(allowed)}.")
        return word

    return read


def url(*, optional: bool = False, exact: bool = False) -> Callable[[Any], str]:
    """An https URL, or http to this machine itself; never with a password in it.

    `exact` keeps a slash at the end: HubSpot compares redirect URLs character by character.
    """

    def read(value: Any) -> str:
        given = text(value)
        if not given and optional:
            return ""
        checked = _checked_url(given)
        return checked if exact else checked.rstrip("/")

    return read


def host(value: Any) -> str:
    """A host name or address without scheme and port."""
    given = text(value)
    if not given or _HOST.fullmatch(given) or _is_address(given.strip("[]")):
        return given.strip("[]")
    if "@" in given:
        raise Wrong("must not hold a user or password", "Use httpProxyUser, and: hubspoke credentials set proxy.")
    raise Wrong("must be a host name", "Write the bare host, such as proxy.example.com; the port is httpProxyPort.")


def words(value: Any) -> tuple[str, ...]:
    """A list of words; as text separated by commas or spaces."""
    if isinstance(value, str):
        value = [word for word in re.split(r"[,\s]+", value) if word]
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise Wrong(f"must be a list of words, not {_kind(value)}", 'Write ["one", "two"].')
    found = tuple(text(word) for word in value)
    if any(not word or " " in word for word in found):
        raise Wrong("holds an empty word or a space", 'Write ["one", "two"].')
    return found


def scopes(value: Any) -> tuple[str, ...]:
    """OAuth scopes."""
    found = words(value)
    for scope in found:
        if not _SCOPE.fullmatch(scope):
            raise Wrong("holds something that is no scope", "Scopes look like crm.objects.contacts.read.")
    return found


def version(value: Any) -> str:
    """An API version as HubSpot writes it in paths."""
    given = text(value)
    if not _VERSION.fullmatch(given):
        raise Wrong("is not an API version", "Write a dated version such as 2026-09, or v3.")
    return given


def fingerprint(value: Any) -> str:
    """The SHA-256 of a certificate, in hexadecimal; pairs with colons are what it becomes."""
    found = _FINGERPRINT.fullmatch(text(value))
    if found is None:
        raise Wrong("is no SHA-256 fingerprint", "Write 64 hexadecimal digits, with or without colons.")
    digits = re.sub("[: ]", "", found[1]).upper()
    return ":".join(digits[place : place + 2] for place in range(0, 64, 2))


def file(value: Any) -> str:
    """A path; `~` and relative paths become absolute."""
    given = text(value)
    return os.path.abspath(expanded(given)) if given else ""  # noqa: PTH100 - links stay as they were named


def _checked_url(given: str) -> str:
    from urllib.parse import urlsplit  # half a millisecond that --version does not need

    example = "Write a URL such as https://api.hubapi.com."
    if any(character.isspace() for character in given):
        raise Wrong("is not a URL", example)
    try:
        parts = urlsplit(given)
        number, name = parts.port, parts.hostname or ""
    except ValueError:
        raise Wrong("has a wrong port or address", example) from None
    if parts.scheme not in {"http", "https"} or not (_HOST.fullmatch(name) or _is_address(name)):
        raise Wrong("is not an https URL", example)
    if number == 0:
        raise Wrong("has a wrong port or address", example)
    if parts.username is not None or parts.password is not None:
        raise Wrong("must not hold a user or password", "Store it with: hubspoke credentials set.")
    if parts.query or parts.fragment:
        raise Wrong("must end before ? and #", example)
    if parts.scheme == "http" and not is_loopback(name):
        raise Wrong("would send secrets in clear text", "Use https; http is only for this machine itself (127.0.0.1).")
    return given


def is_loopback(name: str) -> bool:
    """Whether a host can only be this machine."""
    if name.lower().rstrip(".") == "localhost":
        return True
    import ipaddress  # only for http

    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    if ":" not in name:
        return False
    import ipaddress

    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date")


FIELDS: dict[str, Field] = {
    field.key: field
    for field in (
        Field("displayName", "display_name", text, "The name that screens show"),
        Field("enabled", "enabled", boolean, "false stops every request of this profile"),
        Field("authentication", "authentication", choice(*AUTHENTICATIONS), "oauth (refresh token) or token (static)"),
        Field("clientId", "client_id", text, "The app's client id (oauth)"),
        Field("apiBaseUrl", "api_base_url", url(), "Where HubSpot's API is; secrets are bound to it"),
        Field("apiVersion", "api_version", version, "The version in the API's paths"),
        Field("authorizeUrl", "authorize_url", url(), "Where the browser grants access (oauth)"),
        Field("redirectUri", "redirect_uri", url(exact=True), "Where the browser comes back to (oauth)"),
        Field("scopes", "scopes", scopes, "What the app asks for (oauth)"),
        Field(
            "readSchema", "read_schema", boolean, "true reads the account's properties; false uses the built-in ones"
        ),
        Field(
            "acceptSelfSignedCertificates",
            "accept_self_signed_certificates",
            boolean,
            "true takes one certificate that no authority vouches for: the accepted one",
        ),
        Field(
            "certificateFingerprint",
            "certificate_fingerprint",
            fingerprint,
            "The SHA-256 of the accepted certificate (acceptSelfSignedCertificates)",
        ),
        Field(
            "disableHostNameVerifier",
            "disable_host_name_verifier",
            boolean,
            "true accepts a certificate of another host",
        ),
        Field("maximumConnections", "maximum_connections", ceiling(200), "Connections at once, or auto", limit=True),
        Field("permitsPerSecond", "permits_per_second", ceiling(1000), "Requests per second, or auto", limit=True),
        Field("httpProxyHost", "http_proxy_host", host, "The HTTP proxy's host"),
        Field("httpProxyPort", "http_proxy_port", port, "The HTTP proxy's port"),
        Field("httpProxyUser", "http_proxy_user", text, "The user at the HTTP proxy"),
        Field("noProxy", "no_proxy", words, "Hosts that are reached without the proxy"),
        Field("caFile", "ca_file", file, "A PEM file of certificate authorities beside the system's"),
        Field("timeoutSeconds", "timeout_seconds", seconds(1, 600), "How long an answer may take"),
        Field("remoteUrl", "remote_url", url(optional=True), "A remote connector's address"),
    )
}
"""All keys of a profile but its name, in the order in which they are shown and written."""

SECRET_KEYS = {
    "clientsecret": "clientSecret",
    "refreshtoken": "refreshToken",
    "accesstoken": "accessToken",
    "httpproxypassword": "httpProxyPassword",
    "password": "httpProxyPassword",
}
"""Words that people try as profile keys, lower case; they belong into the vault."""
