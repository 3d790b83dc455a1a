"""People from a database, by SQLAlchemy: one table, view or SELECT, in a transaction that can only read.

The driver is the operator's own; a missing one is named with the package that brings it. Rows are fetched in
portions from the server's cursor, so memory does not grow with the table.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.model import SourceRow
from console.sources.records import Records, ServerSource
from console.sources.sql_address import DRIVERS, SqlAddress, sql_credentials

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Executable, Select

PORTION = 1000
"""Rows fetched at once."""
CONNECT_SECONDS = 15
_INT64 = 2**63
_MARK = "sql "
_BEGIN = {
    "postgresql": ("SET TRANSACTION READ ONLY", "SET LOCAL statement_timeout = {ms}", "SET LOCAL lock_timeout = {ms}"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION max_execution_time = {ms}"),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION max_statement_time = {s}"),
    "oracle": ("SET TRANSACTION READ ONLY",),
    "sqlite": ("PRAGMA query_only = 1",),
    "mssql": ("SET LOCK_TIMEOUT {ms}",),
}
"""What makes a transaction read-only and bounds it, where the server knows such a thing."""


class SqlSource(ServerSource):
    """Rows of a table or a statement; every column is a field."""

    kind = "sql"

    def __init__(self, address: SqlAddress, types: Mapping[str, str], secret: str | None = None) -> None:
        super().__init__(address.name, types)
        self._address = address
        self._secret = secret
        self._columns: tuple[str, ...] | None = None
        self._latest: Any = None

    def columns(self) -> tuple[str, ...] | None:  # before there are rows
        """The columns of the table or statement; None where nobody brought the secret that it takes to ask."""
        if self._columns is None:
            try:
                with self._reading() as connection, connection.execute(self._query("", first=True)) as result:
                    self._columns = self._names(list(result.keys()))
            except SourceError:
                if self._secret is not None or self._address.dialect == "sqlite":
                    raise
        return self._columns

    def changes(self, since: str) -> Iterator[SourceRow | Problem]:
        """Stream the rows whose column `since` (of the URL) is at or beyond the mark; an empty mark means all.

        Raises SourceError without such a column.
        """
        if not self._address.since:
            raise SourceError(
                f"{self.name} does not say which column tells when a row changed",
                file=self.name,
                remedy="Name it in the URL: postgresql://host/database?since=updated_at#people",
            )
        return self._rows(self._records(since))

    def mark(self) -> str:
        """The latest value of the column `since`; empty without one."""
        self._must_be_read()
        if self._latest is None:
            return ""
        kind = type(self._latest).__name__
        text = self._latest.isoformat() if isinstance(self._latest, dt.date) else str(self._latest)
        return f"{_MARK}{kind} {text}"

    def _records(self, since: str, *, first: bool = False) -> Records:
        column = self._address.since
        binary: dict[str, None] = {}
        self._latest = _value_of(since) if since else None
        with self._reading() as connection, connection.execute(self._query(since, first=first)) as result:
            names = self._columns = self._names(list(result.keys()))
            if column and column not in names:
                raise SourceError(
                    f"there is no column {column} to tell when a row changed",
                    file=self.name,
                    field=column,
                    remedy=f"Columns: {', '.join(names[:40])}.",
                )
            for row in result:
                values = {name: _plain(value, name, binary) for name, value in zip(names, row, strict=True)}
                if column:
                    self._latest = _later(self._latest, row[names.index(column)])
                yield {name: value for name, value in values.items() if name not in binary}
        for name in binary:
            self._note(f"{name} is binary and was not read.")

    def _names(self, names: list[str]) -> tuple[str, ...]:
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise SourceError(
                f"the column {twice[0]!r} comes {names.count(twice[0])} times",
                file=self.name,
                field=twice[0],
                remedy="Give one of them another name: select a.mail, b.mail as other_mail.",
            )
        return tuple(names)

    def _query(self, since: str, *, first: bool) -> Executable:
        from sqlalchemy import bindparam, column, literal_column, select, table, text

        address = self._address
        if address.is_statement:
            statement = text(re.sub(r":", r"\\:", address.what))
            if not since:
                return statement
            query: Select[Any] = select(literal_column("*")).select_from(text(f"(\n{statement.text}\n) hubspoke_rows"))
        else:
            schema, name = address.table
            query = select(literal_column("*")).select_from(table(name, schema=schema))
        if since:
            query = query.where(column(address.since) >= bindparam("since", _value_of(since)))
        return query.limit(1) if first and address.dialect != "mssql" else query

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection in a transaction that can only read. Every error comes out in words, without the secret."""
        from sqlalchemy.exc import SQLAlchemyError

        engine = self._engine()
        try:
            with engine.connect() as connection:
                self._bound(connection)
                yield connection.execution_options(stream_results=True, yield_per=PORTION)
        except SQLAlchemyError as error:
            raise in_words(error, self._address, self._secret) from None
        except TypeError as error:
            if "unexpected keyword argument" not in str(error):
                raise
            raise self._unknown_setting(error) from None
        finally:
            engine.dispose()

    def _bound(self, connection: Connection) -> None:
        seconds = self._address.timeout
        for statement in _BEGIN.get(self._address.dialect, ()):
            connection.exec_driver_sql(statement.format(ms=seconds * 1000, s=seconds))
        if self._address.dialect in ("mysql", "mariadb"):
            connection.rollback()  # a session's setting holds from the next transaction on

    def _engine(self) -> Engine:
        from sqlalchemy import create_engine
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
        from sqlalchemy.pool import NullPool

        address = self._address
        package = DRIVERS[address.scheme][1]
        try:
            return create_engine(
                address.resolved(self._secret),
                poolclass=NullPool,
                hide_parameters=True,
                connect_args=_connect_args(address.scheme),
            )
        except (ImportError, NoSuchModuleError):
            raise SourceError(
                f"databases of the kind {address.dialect} are read by a driver of yours, and {package} is not installed",
                file=self.name,
                remedy=f"Install it beside Hubspoke: pip install '{package}'",
            ) from None
        except (ArgumentError, TypeError) as error:
            raise self._unknown_setting(error) from None

    def _unknown_setting(self, error: Exception) -> SourceError:
        return SourceError(
            f"the source {self.name} has a setting that its driver does not know: {error}",
            remedy="Settings behind the ? go to the driver; see its documentation.",
        )


def in_words(error: Exception, address: SqlAddress, secret: str | None) -> SourceError:
    """What a database says, without the secret, and what helps."""
    origin = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(origin).splitlines() if line.strip()]
    told = " ".join(lines[:2]) or type(origin).__name__
    if secret:
        for hidden in {secret, secret.partition(":")[2]} - {""}:
            told = told.replace(hidden, "***")
    lowered = told.lower()
    remedy = next((advice for words, advice in _ADVICE if any(word in lowered for word in words)), _LOOK)
    return SourceError(
        f"the database says: {told[:400]}",
        file=address.name,
        remedy=remedy.format(name=address.credentials or sql_credentials(address.url)),
    )


_LOOK = "Try the same statement in the database's own client."
_ADVICE = (
    (
        ("password", "authentication", "access denied", "logon denied", "login failed"),
        "Store the password, or user:password: hubspoke credentials set source/{name}",
    ),
    (
        ("statement timeout", "max_statement_time", "maximum statement execution", "interrupted"),
        "Make the statement quicker, or allow it more seconds: ?timeout=900 before the #.",
    ),
    (("read-only", "readonly", "read only"), "A source only reads: name a table, a view or a SELECT."),
    (("permission denied", "command denied", "not authorized"), "Grant the user SELECT on what is read."),
    (
        ("unable to open database", "could not connect", "connection refused", "can't connect", "could not translate",
         "failed to resolve", "connection failed", "connection is bad", "timeout expired"),
        "Check host, port and whether the server runs and may be reached from here.",
    ),
    (
        ("does not exist", "no such", "doesn't exist", "invalid object", "unknown database", "undefined"),
        "Check database, table and columns.",
    ),
    (("terminating connection", "server closed", "lost connection", "connection reset"), "Read again later."),
)  # fmt: skip
"""What helps, by words of the servers' own messages; the first that fits."""


def _connect_args(scheme: str) -> dict[str, Any]:
    if scheme == "sqlite":
        return {"check_same_thread": False, "timeout": CONNECT_SECONDS}  # rows are fetched by a pool of threads
    return {_CONNECT_WORDS[driver]: CONNECT_SECONDS} if (driver := DRIVERS[scheme][0]) in _CONNECT_WORDS else {}


_CONNECT_WORDS = {
    "postgresql+psycopg": "connect_timeout",
    "postgresql+psycopg2": "connect_timeout",
    "postgresql+pg8000": "timeout",
    "mysql+pymysql": "connect_timeout",
    "mysql+mysqldb": "connect_timeout",
    "mariadb+pymysql": "connect_timeout",
    "mariadb+mariadbconnector": "connect_timeout",
    "oracle+oracledb": "tcp_connect_timeout",
    "mssql+pyodbc": "timeout",
    "mssql+pymssql": "login_timeout",
}
"""What each driver calls the seconds that connecting may take."""


def _plain(value: Any, name: str, binary: dict[str, None]) -> Any:
    """A column's value as JSON could hold it; a binary one is noted and left out."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value if -_INT64 <= value < _INT64 else str(value)
    if isinstance(value, float):
        return value if value - value == 0.0 else None
    if isinstance(value, Decimal):
        whole = value.is_finite() and value == value.to_integral_value() and abs(value) < _INT64
        return int(value) if whole else format(value, "f")
    if isinstance(value, dt.datetime):
        utc = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
        return utc.isoformat() + ("Z" if value.tzinfo else "")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        binary.setdefault(name)
        return None
    if isinstance(value, list | tuple | set):
        return [_plain(item, name, binary) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item, name, binary) for key, item in value.items()}
    return str(value)


def _later(latest: Any, value: Any) -> Any:
    """The later of two values of the column that tells of changes."""
    if value is None or latest is None:
        return latest if value is None else value
    try:
        return max(latest, value)
    except TypeError:
        return value


def _value_of(mark: str) -> Any:
    """The value behind a mark. Raises SourceError for one that is none of a database."""
    kind, _, text = mark.removeprefix(_MARK).partition(" ")
    try:
        if mark.startswith(_MARK):
            makers = {
                "datetime": dt.datetime.fromisoformat,
                "date": dt.date.fromisoformat,
                "int": int,
                "float": float,
                "Decimal": Decimal,
                "str": str,
            }
            return makers[kind](text)  # type: ignore[operator]
    except (ValueError, KeyError, ArithmeticError):
        pass
    raise SourceError("the mark of the last reading is not one of this source", remedy="Read everything once more.")
