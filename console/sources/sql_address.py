"""Where a database is and what is read from it.

    postgresql://db.example.org/hr#people                     a table or a view
    postgresql://reader@db.example.org/hr#public.people       with a user name, and a schema
    mysql://db.example.org/hr#select id, mail from people where active
    sqlite:////srv/hr/people.sqlite#people                    an absolute path; sqlite:///people.sqlite is relative

Settings of ours stand in the query: `credentials` (NAME of `source/NAME` in the vault; default the host), `since`
(the column that tells when a row changed), `timeout` (seconds that the server may work on the statement). All
others go to the driver, such as sslmode=verify-full. The vault holds the password, or user:password.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec

from console.settings.paths import expanded
from console.sources.errors import SourceError

if TYPE_CHECKING:
    from sqlalchemy import URL

DRIVERS = {
    "postgresql": ("postgresql+psycopg", "psycopg[binary]"),
    "postgresql+psycopg": ("postgresql+psycopg", "psycopg[binary]"),
    "postgresql+psycopg2": ("postgresql+psycopg2", "psycopg2-binary"),
    "postgresql+pg8000": ("postgresql+pg8000", "pg8000"),
    "mysql": ("mysql+pymysql", "pymysql"),
    "mysql+pymysql": ("mysql+pymysql", "pymysql"),
    "mysql+mysqldb": ("mysql+mysqldb", "mysqlclient"),
    "mariadb": ("mariadb+pymysql", "pymysql"),
    "mariadb+pymysql": ("mariadb+pymysql", "pymysql"),
    "mariadb+mariadbconnector": ("mariadb+mariadbconnector", "mariadb"),
    "oracle": ("oracle+oracledb", "oracledb"),
    "oracle+oracledb": ("oracle+oracledb", "oracledb"),
    "mssql": ("mssql+pyodbc", "pyodbc"),
    "mssql+pyodbc": ("mssql+pyodbc", "pyodbc"),
    "mssql+pymssql": ("mssql+pymssql", "pymssql"),
    "sqlite": ("sqlite", ""),
}
"""By the scheme of a source: SQLAlchemy's name of the driver, and the package that brings it."""
TIMEOUT = 300
_TIMEOUT_LIMIT = 86_400
_NAME_LIMIT = 2000
_SETTINGS = ("credentials", "since", "timeout")
_STATEMENT = re.compile(r"(?:select|with)\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+\s")
_TABLE = re.compile(r"[^\s\"'`;()\[\]]+\Z")
_SKIPPED = re.compile(r"\s+|--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)


class SqlAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A database's URL, taken apart. `name` is how the operator knows the source; it holds no secret."""

    name: str
    scheme: str
    url: str
    what: str
    since: str = ""
    timeout: int = TIMEOUT
    credentials: str = ""

    @property
    def dialect(self) -> str:
        """The kind of database: postgresql, sqlite."""
        return self.scheme.partition("+")[0]

    @property
    def is_statement(self) -> bool:
        """Whether a statement is read, not a table."""
        return _STATEMENT.match(self.what) is not None

    @property
    def table(self) -> tuple[str | None, str]:
        """Schema, if one is named, and table."""
        schema, _, name = self.what.rpartition(".")
        return schema or None, name

    def resolved(self, secret: str | None) -> URL:
        """SQLAlchemy's URL, with the secret in it. Raises SourceError."""
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(self.url)
        except (ArgumentError, ValueError):
            raise SourceError(
                f"the source {self.scheme}: is no URL of a database",
                remedy="Write it as postgresql://host/database#table.",
            ) from None
        url = url.set(drivername=DRIVERS[self.scheme][0])
        if secret:
            user, colon, password = secret.partition(":")
            if colon and url.username in (None, user):
                return url.set(username=user, password=password)
            return url.set(password=secret)
        return url


def read_sql_address(spec: str, base: Path | None = None, *, write: bool = False) -> SqlAddress:
    """Take a source's URL apart. Raises SourceError for what is no table and no reading statement.

    With `write` it is the URL of a table that is written to; a missing SQLite file is made then.
    """
    spec = spec.strip()
    place, _, fragment = spec.partition("#")
    scheme, _, rest = place.partition(":")
    scheme = scheme.lower()
    before, _, query = rest.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    ours = {key: value for key, value in given if key in _SETTINGS}
    theirs = [(key, value) for key, value in given if key not in _SETTINGS]
    name = spec if len(spec) <= _NAME_LIMIT else f"{spec[:_NAME_LIMIT]}..."
    return SqlAddress(
        name=name,
        scheme=scheme,
        url=_sqlite(before, base, write=write) if scheme == "sqlite" else place.partition("?")[0] + _query(theirs),
        what=_what(_unescaped(fragment), name),
        since=ours.get("since", ""),
        timeout=_timeout(ours.get("timeout", str(TIMEOUT)), name),
        credentials=ours.get("credentials", ""),
    )


def sql_credentials(spec: str) -> str:
    """NAME of the vault's `source/NAME`: the setting `credentials`, or the host. Raises SourceError."""
    try:
        parts = urlsplit(spec)
        host = parts.hostname
    except ValueError:
        raise SourceError("the source's URL cannot be read", remedy="Write postgresql://host/database#table.") from None
    return dict(parse_qsl(parts.query)).get("credentials") or host or "localhost"


def _query(pairs: list[tuple[str, str]]) -> str:
    return f"?{urlencode(pairs)}" if pairs else ""


def _sqlite(rest: str, base: Path | None, *, write: bool) -> str:
    """SQLAlchemy's URL of a file, opened for reading only unless `write`. As everywhere, an absolute path has four slashes.

    Raises SourceError where there is no such file: SQLite would speak of a database that cannot be opened.
    """
    text = unquote(rest.removeprefix("///") if rest.startswith("///") else rest)
    path = expanded(text)
    path = path if path.is_absolute() or base is None else base / path
    if write:
        return f"sqlite:///{path.absolute()}"
    if not path.is_file():
        three = rest.startswith("///") and not rest.startswith("////")
        four = f"; an absolute one has four slashes: sqlite:////{text}" if three else ""
        raise SourceError(
            f"there is no database file {path}",
            remedy=f"Check the path; a relative one is relative to the mapping file{four}.",
        )
    return f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&uri=true"


def _what(text: str, name: str) -> str:
    """A table's name, or one statement that reads. Raises SourceError."""
    text = text.strip().rstrip(";").strip()
    while match := _SKIPPED.match(text):
        text = text[match.end() :]
    if not text:
        raise SourceError(
            f"the source {name.rstrip('#')} names no table",
            remedy="Put it behind a #: postgresql://host/database#people, or #select ... in quotes of the shell.",
        )
    if ";" in _QUOTED.sub("", text):
        raise SourceError(
            "the source holds more than one SQL statement",
            file=name,
            remedy="Write one SELECT, without a semicolon within.",
        )
    if _STATEMENT.match(text) or (_TABLE.match(text) and not _WORD.match(text)):
        return text
    raise SourceError(
        f"the source's statement begins with {text.split(None, 1)[0][:20]}, and only SELECT and WITH are read",
        file=name,
        remedy="Name a table, a view or one SELECT.",
    )


def _unescaped(fragment: str) -> str:
    """`%20` and its like undone; a lone % (as in LIKE 'a%') stays."""
    return unquote(fragment) if re.search(r"%(?:20|22|27|28|29|2C|3C|3D|3E)", fragment, re.IGNORECASE) else fragment


def _timeout(text: str, name: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= _TIMEOUT_LIMIT:
        return int(text)
    raise SourceError(
        f"timeout={text[:20]} of the source {name} is no whole number of seconds", remedy="Write timeout=300."
    )
