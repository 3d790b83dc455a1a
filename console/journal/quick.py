"""Statements of the hot path, for many rows at once, without the time that SQLAlchemy takes to look at each value.

They are compiled once. A driver that wants names (PostgreSQL's) gets them in SQLAlchemy's own way. For SQLite a hundred
rows are one step: at each step its driver lets go of the interpreter, and threads that take turns by the row switch
three times as often in a run as those that do by the hundred.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from contextlib import closing
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import CTE, Connection, Executable, Table, bindparam, column, values
from sqlalchemy.sql.elements import ClauseElement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


_ROWS = 100
"""Rows of one step. SQLite takes 32,766 values."""
_PLACES = re.compile(r"VALUES (\((?:\?, )*\?\))")


class Many:
    """One statement that is run for many rows with the same names, all of them bound in its only list of VALUES."""

    def __init__(self, statement: ClauseElement, names: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._names = names
        self._compiled: dict[str, SQLCompiler] = {}
        self._texts: dict[tuple[str, int], str] = {}

    def run(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Run it for each row; nothing where there is none."""
        if not rows:
            return
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = cast(
                "SQLCompiler", self._statement.compile(dialect=dialect, column_keys=self._names)
            )
        compiled = self._compiled[dialect.name]
        if compiled.positiontup is None:
            connection.execute(self._statement, list(rows))  # type: ignore[call-overload]
            return
        pick = itemgetter(*compiled.positiontup)
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            text = self._text(str(compiled), dialect.name, len(part))
            connection.exec_driver_sql(text, tuple(itertools.chain.from_iterable(map(pick, part))))

    def _text(self, one: str, dialect: str, rows: int) -> str:
        """The statement for so many rows."""
        if (dialect, rows) not in self._texts:
            (places,) = _PLACES.findall(one)
            self._texts[dialect, rows] = one.replace(places, ", ".join([places] * rows))
        return self._texts[dialect, rows]


def given(table: Table, **named: str) -> CTE:
    """Rows that an UPDATE of many takes its values from: names of parameters, and of the table's columns they are for."""
    types = {name: table.c[of].type for name, of in named.items()}
    columns = [column(name, of) for name, of in types.items()]
    return (
        values(*columns, name="given")
        .data([tuple(bindparam(name, type_=of) for name, of in types.items())])
        .cte("given")
    )


def tuples(connection: Connection, statement: Executable, bound: dict[str, Any] | None = None) -> Sequence[Any]:
    """The rows of a query as plain tuples, in half the time of named ones."""
    with closing(connection.execute(statement, bound)) as result:
        return result.cursor.fetchall() if result.cursor is not None else []
