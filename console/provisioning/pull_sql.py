"""Pulling HubSpot's records into a table of a database, by SQLAlchemy: one transaction for each page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from console.provisioning.pull_target import Deletions, Field, Pulled, PullRefused, Tally, Written
from console.sources.sql_address import DRIVERS, SqlAddress

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table

_CHUNK = 400


class SqlTarget:
    """A table with `id` and a text column for each field; made where it is missing, never altered."""

    default_deletions: Deletions = "remove"

    def __init__(self, address: SqlAddress, secret: str | None, fields: Sequence[Field], deletions: Deletions) -> None:
        if address.is_statement:
            raise PullRefused("A pull writes into a table, not a statement.", remedy="Name a table behind the #.")
        if deletions == "deactivate":
            raise PullRefused(
                "A table has nobody to deactivate.",
                remedy="Use --deletions remove (as without it) or --deletions keep.",
            )
        self.name = address.name
        self._address = address
        self._secret = secret
        self._names = tuple(field.name for field in fields)
        self._keep = deletions == "keep"
        self._engine: Engine | None = None
        self._made: Table | None = None

    def begin(self, *, full: bool, saved: dict[str, Any] | None) -> None:  # noqa: ARG002 - each page is durable by itself
        """Connect, and make the table where it is missing."""
        from sqlalchemy import inspect

        schema, name = self._address.table
        with self._writing() as connection:
            found = inspect(connection)
            if not found.has_table(name, schema=schema):
                self._table.create(connection)
                return
            columns = {column["name"] for column in found.get_columns(name, schema=schema)}
        missing = [column for column in ("id", *self._names) if column not in columns]
        if missing:
            raise PullRefused(
                f"The table {name} has no column {missing[0]}.",
                remedy=f"Add it (a text column), leave it out of --fields, or name another table. It has: {', '.join(sorted(columns)[:30])}.",
            )

    def put(self, records: Sequence[Pulled]) -> Written:
        """Insert what is new and update what differs."""
        from sqlalchemy import bindparam, insert, select, update

        table = self._table
        tally = Tally()
        with self._writing() as connection:
            rows = connection.execute(select(table).where(table.c.id.in_([record.id for record in records])))
            known = {int(row.id): {name: _text(getattr(row, name)) for name in self._names} for row in rows}
            new = [record for record in records if record.id not in known]
            changed = [
                record
                for record in records
                if record.id in known
                and {name: value or None for name, value in record.values.items()} != known[record.id]
            ]
            if new:
                connection.execute(insert(table), [{"id": record.id, **record.values} for record in new])
            if changed:
                connection.execute(
                    update(table)
                    .where(table.c.id == bindparam("this_id"))
                    .values({name: bindparam(f"v_{name}") for name in self._names}),
                    [
                        {"this_id": record.id, **{f"v_{name}": value for name, value in record.values.items()}}
                        for record in changed
                    ],
                )
            tally.created, tally.updated = len(new), len(changed)
            tally.unchanged = len(records) - len(new) - len(changed)
        return Written(tally=tally)

    def holds_any(self) -> bool:
        """Whether the table has rows."""
        from sqlalchemy import select

        with self._writing() as connection:
            return connection.execute(select(self._table.c.id).limit(1)).first() is not None

    def present(self, after: int, until: int | None) -> list[int]:
        """The ids of the table in this range."""
        from sqlalchemy import select

        table = self._table
        query = select(table.c.id).where(table.c.id > after).order_by(table.c.id)
        if until is not None:
            query = query.where(table.c.id <= until)
        with self._writing() as connection:
            return [int(number) for number in connection.execute(query).scalars()]

    def gone(self, ids: Sequence[int]) -> int:
        """Delete these rows, unless they are to be kept."""
        from sqlalchemy import delete

        if self._keep:
            return 0
        count = 0
        with self._writing() as connection:
            for start in range(0, len(ids), _CHUNK):
                part = list(ids[start : start + _CHUNK])
                count += connection.execute(delete(self._table).where(self._table.c.id.in_(part))).rowcount
        return count

    def save(self) -> dict[str, Any]:
        """Nothing to remember."""
        return {}

    def finish(self) -> Tally:
        """Nothing is left to do."""
        return Tally()

    def close(self) -> None:
        """Close the connections."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @property
    def _table(self) -> Table:
        if self._made is None:
            from sqlalchemy import BigInteger, Column, MetaData, Table, Text

            schema, name = self._address.table
            columns = [Column(field, Text) for field in self._names]
            number = Column("id", BigInteger, primary_key=True, autoincrement=False)
            self._made = Table(name, MetaData(), number, *columns, schema=schema)
        return self._made

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction; errors come out in words, without the secret."""
        from sqlalchemy import create_engine
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

        package = DRIVERS[self._address.scheme][1]
        try:
            if self._engine is None:
                self._engine = create_engine(
                    self._address.resolved(self._secret), hide_parameters=True, pool_pre_ping=True
                )
            with self._engine.begin() as connection:
                yield connection
        except (ImportError, NoSuchModuleError, ArgumentError):
            raise PullRefused(
                f"Databases of the kind {self._address.dialect} are written by a driver of yours, and {package} is not there.",
                remedy=f"Install it beside Hubspoke: pip install '{package}'",
            ) from None
        except SQLAlchemyError as error:
            from console.sources.sql import in_words

            told = in_words(error, self._address, self._secret)
            raise PullRefused(f"{self.name}: {told.message}", remedy=told.remedy) from None


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)
