"""Sources that the operator named without a mapping yet, so that the list shows them again; never with a password."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from console.settings import tomlfile
from console.settings.alone import alone
from console.settings.errors import SettingsError
from console.settings.paths import Paths, expanded
from console.sources.opening import open_source, scheme_of, secret_name
from console.sources.workbook import split_sheet

_COMMENT = "Sources that were looked at. Written by Hubspoke itself."


class KnownSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source of the list: as it is written, the folder that a relative path starts from, and who reads it.

    `kind` is what opens it, empty where nothing does; `secret` its name in the vault, empty where it needs none.
    """

    spec: str
    base: Path | None = None
    used_by: tuple[str, ...] = ()
    kind: str = ""
    secret: str = ""
    wrong: str = ""
    remembered: bool = False


KINDS: tuple[tuple[str, str, str], ...] = (
    ("csv", "people.csv", "columns separated by comma, semicolon or tab; also .tsv and .txt"),
    ("jsonl", "people.jsonl", "one JSON object a line; also .ndjson"),
    ("ldif", "people.ldif", "an export of a directory"),
    ("excel", "people.xlsx#Sheet1", "a sheet of a workbook; also .xls and .ods"),
    ("ldap", "ldaps://ldap.example.org/ou=people,dc=example,dc=org?(mail=*)", "a directory"),
    ("scim", "scim+https://idp.example.org/scim2/Users", "an identity provider"),
    ("idm", "idm+https://idm.example.org/openidm/managed/user", "PingIDM, ForgeRock IDM, OpenIDM"),
    (
        "sql",
        "postgresql://db.example.org/hr#people",
        "a table, a view or a SELECT; also mysql, mariadb, oracle, sqlite",
    ),
    ("unix", "unix:", "the accounts of this machine"),
    ("people", "people:", "the managed repository: what the gateway wrote and operators added"),
)
"""What a source may be: the word for it, an example, what it is."""


def remembered(paths: Paths) -> list[str]:
    """The sources that were named by hand, in their order. Raises SettingsError."""
    path = _file(paths)
    if not path.exists():
        return []
    found = tomlfile.read(path, "sources").values.get("sources", [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise SettingsError("sources must be a list of texts.", "Mend the file, or remove it.", file=path)
    return [item for item in found if isinstance(item, str)]


def remember(paths: Paths, spec: str) -> str:
    """Keep a source; a path is made absolute. Says what was kept.

    Raises SourceError where it can be no source or carries a password, SettingsError where it cannot be kept.
    """
    spec = spec.strip()
    open_source(spec)
    kept = spec if scheme_of(spec) else _absolute(spec)
    with alone(_file(paths)):
        known = remembered(paths)
        if kept not in known:
            tomlfile.write(_file(paths), {"sources": [*known, kept]}, _COMMENT)
    return kept


def forget(paths: Paths, spec: str) -> None:
    """Take a source out of the list; the source itself stays as it is."""
    with alone(_file(paths)):
        known = remembered(paths)
        if spec in known:
            tomlfile.write(_file(paths), {"sources": [item for item in known if item != spec]}, _COMMENT)


def known_sources(used: Iterable[tuple[str, str, Path]], named: Iterable[str]) -> list[KnownSource]:
    """The list: what mappings read (name of the mapping, source, its folder), then what was named besides."""
    found: dict[str, tuple[str, Path | None, list[str]]] = {}
    for mapping, spec, base in used:
        key = spec if scheme_of(spec) else _absolute(spec, base)
        found.setdefault(key, (spec, base, []))[2].append(mapping)
    besides = list(named)
    for spec in besides:
        found.setdefault(spec, (spec, None, []))
    return [_known(spec, base, tuple(users), remembered=key in besides) for key, (spec, base, users) in found.items()]


def _known(spec: str, base: Path | None, users: tuple[str, ...], *, remembered: bool) -> KnownSource:
    from console.sources.errors import SourceError

    try:
        source = open_source(spec, base=base)
        return KnownSource(
            spec=spec, base=base, used_by=users, kind=source.kind, secret=secret_name(spec), remembered=remembered
        )
    except SourceError as error:
        return KnownSource(spec=spec, base=base, used_by=users, wrong=error.message, remembered=remembered)


def _absolute(spec: str, base: Path | None = None) -> str:
    """A path as it is found from anywhere, with its sheet."""
    path, sheet = split_sheet(spec)
    whole = expanded(path)
    whole = whole if whole.is_absolute() or base is None else base / whole
    return f"{whole.absolute()}{f'#{sheet}' if sheet else ''}"


def _file(paths: Paths) -> Path:
    return paths.config / "sources.toml"
