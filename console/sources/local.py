"""Openers of what is read on this machine or from a database: LDIF, workbooks, SQL, accounts, managed people.

What is heavy to import is imported when such a source is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.sources.model import Source
from console.sources.sql_address import DRIVERS, read_sql_address, sql_credentials
from console.sources.workbook import SUFFIXES, WorkbookSource, split_sheet

if TYPE_CHECKING:
    from console.sources.opening import Asked


def _ldif(asked: Asked) -> Source:
    from console.sources.ldif_file import LdifSource

    return LdifSource(asked.path, asked.name, asked.types)


def _workbook(asked: Asked) -> Source:
    return WorkbookSource(asked.path, asked.name, split_sheet(asked.spec)[1], asked.types)


def _unix(asked: Asked) -> Source:
    from console.sources.unix_accounts import UnixAccounts

    return UnixAccounts(asked.spec, asked.types, asked.base)


def _sql(asked: Asked) -> Source:
    from console.sources.sql import SqlSource

    return SqlSource(read_sql_address(asked.spec, asked.base), asked.types, asked.secret)


def _people(asked: Asked) -> Source:
    from console.sources.managed_people import ManagedPeople

    return ManagedPeople(asked.spec, asked.types, asked.secret)


LOCAL_FILES: dict[str, Callable[[Asked], Source]] = {
    ".ldif": _ldif,
    ".ldf": _ldif,
    **dict.fromkeys(SUFFIXES, _workbook),
}
"""By the suffix of a file."""

LOCAL_SCHEMES: dict[str, Callable[[Asked], Source]] = {
    **dict.fromkeys(DRIVERS, _sql),
    "unix": _unix,
    "people": _people,
}
"""By the scheme of a URL."""

LOCAL_SECRETS: dict[str, Callable[[str], str]] = {
    **{scheme: sql_credentials for scheme in DRIVERS if scheme != "sqlite"},
    "people": lambda _: "people:",
}
"""By the scheme: NAME of the vault's `source/NAME`. Behind `people:` the session hands over place and key of the store."""
