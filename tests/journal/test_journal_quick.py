"""Statements for many rows: the same in the end as one statement a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, Text, create_engine, select, update
from sqlalchemy.dialects.sqlite import insert

from console.journal import quick

METADATA = MetaData()
THINGS = Table(
    "things", METADATA,
    Column("box", Text, primary_key=True), Column("number", Integer, primary_key=True), Column("word", Text),
    Column("blob", LargeBinary), Column("count", Integer, nullable=False, default=0),
)  # fmt: skip
NAMES = ("box", "number", "word", "blob", "count")
_new = insert(THINGS)
PUT = quick.Many(
    _new.on_conflict_do_update(
        index_elements=["box", "number"],
        set_={"word": _new.excluded.word, "count": THINGS.c.count + _new.excluded.count},
    ),
    NAMES,
)
_given = quick.given(THINGS, b="box", n="number", w="word", data="blob")
CHANGE = quick.Many(
    update(THINGS)
    .where(THINGS.c.box == _given.c.b, THINGS.c.number == _given.c.n)
    .values(word=_given.c.w, blob=_given.c.data)
)
HOW_MANY = [0, 1, 2, 99, 100, 101, 200, 257]


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.connect() as connection, connection.begin():
        yield connection


def rows(count: int, box: str = "a") -> list[dict[str, Any]]:
    return [
        {"box": box, "number": number, "word": f"w{number}", "blob": bytes([number % 256]), "count": 1}
        for number in range(count)
    ]


def held(connection: Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(select(THINGS).order_by(THINGS.c.box, THINGS.c.number))]


def as_tuples(wanted: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in NAMES) for row in wanted]


@pytest.mark.parametrize("count", HOW_MANY)
def test_each_row_is_written_once(connection: Connection, count: int) -> None:
    PUT.run(connection, rows(count))
    assert held(connection) == as_tuples(rows(count))


@pytest.mark.parametrize("count", HOW_MANY)
def test_only_what_is_named_is_changed(connection: Connection, count: int) -> None:
    before = rows(300) + rows(300, "b")
    PUT.run(connection, before)
    CHANGE.run(connection, [{"b": "a", "n": number, "w": None, "data": b"new"} for number in range(count)])
    after = [
        row | {"word": None, "blob": b"new"} if row["box"] == "a" and row["number"] < count else row for row in before
    ]
    assert held(connection) == as_tuples(after)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 5)), max_size=30))
def test_a_key_that_comes_again_counts_again(given_rows: list[tuple[int, int]]) -> None:
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.connect() as connection, connection.begin():
        PUT.run(
            connection,
            [{"box": "a", "number": key, "word": str(by), "blob": None, "count": by} for key, by in given_rows],
        )
        counted = {number: (word, count) for _, number, word, _, count in held(connection)}
    expected: dict[int, tuple[str, int]] = {}
    for key, by in given_rows:
        expected[key] = (str(by), expected.get(key, ("", 0))[1] + by)
    assert counted == expected
