"""Where a source's server is: its URL taken apart, and the settings that stand behind a `#`.

    ldaps://ldap.example.org/ou=people,dc=example,dc=org?(mail=*)#ca=/etc/ssl/private-ca.pem&credentials=hr

What stands behind the `#` is never sent anywhere. Common to all servers: `credentials` (the NAME of
`source/NAME` in the vault; default the host), `ca` (a PEM file of authorities trusted besides the system's),
`page` (records asked for at once) and `timeout` (seconds without a byte).
"""

from __future__ import annotations

import ssl
from collections.abc import Collection
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from console.settings.paths import expanded
from console.sources.errors import SourceError

COMMON = ("ca", "credentials", "page", "timeout")
CONNECT_TIMEOUT = 10
TIMEOUT = 60
PAGE_LIMIT = 10_000
_TIMEOUT_LIMIT = 3600


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A server's URL. `name` is how the operator knows it: the URL without settings."""

    name: str
    scheme: str
    host: str
    port: int
    path: str
    query: str
    settings: dict[str, str]
    base: Path | None = None

    @property
    def credentials(self) -> str:
        """NAME of the vault's `source/NAME`."""
        return self.settings.get("credentials") or self.host

    @property
    def timeout(self) -> int:
        """Seconds that the server may be silent."""
        return self.number("timeout", TIMEOUT, _TIMEOUT_LIMIT)

    def number(self, setting: str, default: int, limit: int, least: int = 1) -> int:
        """A setting that is a whole number. Raises SourceError."""
        text = self.settings.get(setting)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= limit:
            raise SourceError(
                f"{setting}={text[:40]} of the source {self.name} is no whole number from {least} to {limit:,}",
                file=self.name,
                remedy=f"Write #{setting}={default}, or leave it out.",
            )
        return int(text)

    def context(self) -> ssl.SSLContext:
        """TLS that trusts the system's authorities and those of `ca`, and checks the host's name."""
        from console.hubspot.trust import system_context

        context = system_context()
        file = self.settings.get("ca")
        if not file:
            return context
        path = expanded(file)
        path = path if path.is_absolute() or self.base is None else self.base / path
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ValueError) as error:
            unreadable = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
            reason = getattr(error, "strerror", None) if unreadable else "there is no PEM certificate in it"
            raise SourceError(
                f"the certificates {file} cannot be used: {reason or 'unreadable'}",
                file=self.name,
                remedy="Name a readable file of PEM certificates behind the source's #: ca=/path/to/authority.pem",
            ) from None
        return context


def read_address(
    spec: str, ports: dict[str, int], *, plain: Collection[str], settings: Collection[str], base: Path | None = None
) -> Address:
    """Take a URL apart. `ports` are the schemes and their ports; the `plain` ones may only lead to this machine.

    Raises SourceError. The message never repeats a user name or a setting's value.
    """
    parts = _split(spec, ports)
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    name = spec.split("#", 1)[0]
    if not host:
        raise SourceError(
            f"the source {scheme}: names no host", file=scheme + ":", remedy=f"Write {scheme}://ldap.example.org/..."
        )
    if parts.username is not None:
        raise SourceError(
            f"the source {scheme}://{host} has a user name in its URL",
            remedy=f"Remove it and store user:password in the vault: hubspoke credentials set source/{host}",
        )
    if scheme in plain and not _is_loopback(host):
        secure = ", ".join(f"{other}://" for other in ports if other not in plain)
        raise SourceError(
            f"{scheme}:// would show passwords and people to everyone between here and {host}",
            file=name,
            remedy=f"Use {secure}; without encryption only this machine itself is asked.",
        )
    return Address(
        name=name,
        scheme=scheme,
        host=host,
        port=parts.port or ports[scheme],
        path=parts.path,
        query=parts.query,
        settings=_settings(parts.fragment, (*COMMON, *settings), name),
        base=base,
    )


def _split(spec: str, ports: dict[str, int]) -> SplitResult:
    try:
        parts = urlsplit(spec)
        _ = parts.port
    except ValueError:
        raise SourceError(
            "the source's URL cannot be read: its host or port is wrong",
            remedy=f"Write it as {next(iter(ports))}://host/path or {next(iter(ports))}://host:port/path.",
        ) from None
    return parts


def _settings(fragment: str, known: tuple[str, ...], name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, fragment.split("&")):
        key, equals, value = part.partition("=")
        if not equals or key not in known:
            raise SourceError(
                f"the source {name} has something behind its # that is no setting of it",
                file=name,
                remedy=f"Settings: {', '.join(known)}; for instance #ca=/etc/ssl/our-ca.pem&page=500. Secrets go into the "
                "vault. A # that belongs to the address itself is written %23.",
            )
        found[key] = unquote(value)
    return found


def _is_loopback(host: str) -> bool:
    from console.hubspot.trust import is_loopback

    return is_loopback(host)
