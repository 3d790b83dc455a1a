"""From what an operator writes as SOURCE to something that can be read."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec

from console.settings.paths import expanded
from console.sources.csv_file import CsvSource
from console.sources.errors import SourceError
from console.sources.jsonl_file import JsonlSource
from console.sources.local import LOCAL_FILES, LOCAL_SCHEMES, LOCAL_SECRETS
from console.sources.model import Source
from console.sources.workbook import split_sheet

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SECRET_NAMES = re.compile(r"(?i)pass|pwd|secret|token|api_?key")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A source as it was asked for.

    `path` and `name` are a file's (absolute where there is a base; fit to be shown). `secret` is what the vault
    holds for it: a password, a token or `user:password`, as the kind of source says.
    """

    spec: str
    base: Path | None
    types: Mapping[str, str]
    secret: str | None = None

    @property
    def path(self) -> Path:
        """The file that is meant; a relative one is relative to `base`."""
        path = expanded(split_sheet(self.spec)[0])
        return path if path.is_absolute() or self.base is None else self.base / path

    @property
    def name(self) -> str:
        """The file's path as text."""
        return path_name(self.path)


Opener = Callable[[Asked], Source]
"""Makes a source. Nothing may be read or connected yet; raises SourceError for what is plainly wrong."""


def _csv(asked: Asked) -> Source:
    return CsvSource(asked.path, asked.name, asked.types)


def _jsonl(asked: Asked) -> Source:
    return JsonlSource(asked.path, asked.name, asked.types)


def _ldap(asked: Asked) -> Source:
    from console.sources.ldap import LdapSource

    return LdapSource(asked)


def _ldap_credentials(spec: str) -> str:
    from console.sources.ldap import ldap_credentials

    return ldap_credentials(spec)


def _scim(asked: Asked) -> Source:
    from console.sources.scim import ScimSource

    return ScimSource(asked)


def _scim_credentials(spec: str) -> str:
    from console.sources.scim import scim_credentials

    return scim_credentials(spec)


def _idm(asked: Asked) -> Source:
    from console.sources.idm import IdmSource

    return IdmSource(asked)


def _idm_credentials(spec: str) -> str:
    from console.sources.idm import idm_credentials

    return idm_credentials(spec)


FILES: dict[str, Opener] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".txt": _csv,
    ".tab": _csv,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    **LOCAL_FILES,
}
"""By the suffix of a file. A new kind is one line here; what is heavy to import is imported in its opener."""

SCHEMES: dict[str, Opener] = {
    "ldaps": _ldap,
    "ldap+starttls": _ldap,
    "ldap": _ldap,
    "scim+https": _scim,
    "scim+http": _scim,
    "idm+https": _idm,
    "idm+http": _idm,
    **LOCAL_SCHEMES,
}
"""By the scheme of a URL, without the colon."""

SECRETS: dict[str, Callable[[str], str]] = {
    "ldaps": _ldap_credentials,
    "ldap+starttls": _ldap_credentials,
    "ldap": _ldap_credentials,
    "scim+https": _scim_credentials,
    "scim+http": _scim_credentials,
    "idm+https": _idm_credentials,
    "idm+http": _idm_credentials,
    **LOCAL_SECRETS,
}
"""By the scheme: which name in the vault (`source/NAME`, here NAME) a URL's secret has; a scheme without one needs none."""

SUPPORTED = f"a file ({', '.join(FILES)}) or a URL ({', '.join(f'{scheme}:' for scheme in SCHEMES)})"


def open_source(
    spec: str, *, base: Path | None = None, types: Mapping[str, str] | None = None, secret: str | None = None
) -> Source:
    """Open a source by path or URL. A relative path is relative to `base`; `secret` is what the vault holds for it.

    Raises SourceError. Nothing is read before `columns`, `rows`, `test` or `preview`.
    """
    if not spec.strip():
        raise SourceError("no source is named", remedy='Write source = "people.csv" into the mapping.')
    if "\0" in spec:
        raise SourceError("the source's name holds a NUL character", remedy="Check the mapping's source.")
    asked = Asked(spec=spec, base=base, types=types or {}, secret=secret)
    scheme = scheme_of(spec)
    if scheme:
        refuse_password(spec)
        if scheme in SCHEMES:
            return SCHEMES[scheme](asked)
        raise SourceError(f"sources of the kind {scheme}: cannot be read by this version", remedy=f"Use {SUPPORTED}.")
    path, name = asked.path, asked.name
    suffix = path.suffix.lower()
    if suffix in FILES:
        return FILES[suffix](asked)
    if path.is_dir():
        raise SourceError(f"{name} is a folder, not a file", file=name, remedy="Name a file inside it.")
    kind = f"files of the kind {path_name(Path(suffix))}" if suffix else "files without an extension"
    raise SourceError(f"{name}: {kind} cannot be read", file=name, remedy=f"Use {SUPPORTED}.")


SecretGetter = Callable[[str], Awaitable[str | None]]
"""Asks the vault for a secret by its name there, such as `source/ldap.example.org`."""


async def secret_for(spec: str, getter: SecretGetter | None) -> str | None:
    """What the vault holds for a source. The vault is asked only where the kind of source has secrets."""
    name = secret_name(spec)
    return await getter(name) if name and getter is not None else None


def secret_name(spec: str) -> str:
    """The name in the vault of a source's secret; empty where its kind has none. Raises SourceError."""
    scheme = scheme_of(spec)
    if scheme not in SECRETS:
        return ""
    refuse_password(spec)
    return "source/" + SECRETS[scheme](spec)


def scheme_of(spec: str) -> str:
    """The scheme of a URL in lower case; empty for a path."""
    return spec.split(":", 1)[0].lower() if _SCHEME.match(spec) else ""


def path_name(path: Path) -> str:
    """A path as text that can be stored: bytes of it that are no text become visible escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def refuse_password(spec: str) -> None:
    """Raise when a URL carries a secret; the message never repeats it."""
    try:
        parts = urlsplit(spec)
        carries = parts.password is not None or "@" in parts.netloc.rpartition("@")[0]
        # an LDAP URL's query is a filter, in which pwdLastSet is a name like any other
        ldap = parts.scheme.startswith("ldap")
        names = [] if ldap else [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        place = f"{parts.scheme}://{parts.hostname or ''}"
    except ValueError:
        carries, names, place = "@" in spec, [], spec.split(":", 1)[0] + ":"
    if carries or any(_SECRET_NAMES.search(name) for name in names):
        raise SourceError(
            f"the source {place} has a password in its URL",
            remedy="Remove it and store it in the vault: hubspoke credentials set source/NAME.",
        )
