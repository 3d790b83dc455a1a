"""Databases as sources: a real PostgreSQL and SQLite, read as a stream, never written, every refusal in words."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.model import Incremental, SourceRow
from console.sources.opening import open_source, secret_name
from tests.support.postgres import Postgres, start_postgres

PEOPLE = """
create table people (id int primary key, mail text, name text, active boolean, born date, seen timestamptz,
                     salary numeric(10,2), tags text[], more jsonb, photo bytea);
insert into people values
  (1, 'ann@example.org', 'Ann: 100%', true, '1990-02-28', '2026-01-02 03:04:05+05:30', 12.50, '{a,b}', '{"x": 1}', 'x'),
  (2, null, 'Bob', false, null, null, 7, null, null, null);
create schema hr;
create view hr.staff as select id, mail from people;
create table changing (id int, mail text, updated_at timestamptz);
insert into changing select n, 'p' || n || '@example.org', '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 hour'
  from generate_series(1, 5) n;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with start_postgres() as running:
        running.sql(PEOPLE)
        yield running


def rows_of(spec: str, secret: str | None = None, **types: str) -> list[dict[str, object]]:
    found = list(open_source(spec, secret=secret, types=types).rows())
    assert not [row for row in found if isinstance(row, Problem)]
    return [row.values for row in found if isinstance(row, SourceRow)]


def test_a_table_reads_as_what_its_values_mean(server: Postgres) -> None:
    source = open_source(server.url("people"), secret=server.password)
    first, second = [row for row in source.rows() if isinstance(row, SourceRow)]
    assert first.values == {
        "id": 1,
        "mail": "ann@example.org",
        "name": "Ann: 100%",
        "active": True,
        "born": "1990-02-28",
        "seen": "2026-01-01T21:34:05Z",
        "salary": "12.50",
        "tags": ["a", "b"],
        "more": {"x": 1},
    }
    assert second.values["salary"] == 7
    assert source.notes == ("photo is binary and was not read.",)
    assert len(source.digest()) == 64
    assert source.columns() is not None


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        ("hr.staff", [{"id": 1, "mail": "ann@example.org"}, {"id": 2, "mail": None}]),
        ("select id from people where name like 'Ann: 100%' and id::int = 1;", [{"id": 1}]),
        ("/* who */ with x as (select 1 as a) select a, ';' as b from x -- end", [{"a": 1, "b": ";"}]),
        ("select%20id%20from%20people%20where%20id%3D2", [{"id": 2}]),
    ],
)
def test_views_and_statements(server: Postgres, what: str, wanted: list[dict[str, object]]) -> None:
    assert rows_of(server.socket_url(what)) == wanted
    assert open_source(server.socket_url(what)).columns() == tuple(wanted[0])
    assert open_source(server.socket_url(what)).test() == ()


def test_the_password_comes_from_the_vault_and_is_never_told(server: Postgres) -> None:
    spec = server.url("people")
    assert secret_name(spec) == "source/127.0.0.1"
    assert secret_name(server.url("people", "?credentials=hr")) == "source/hr"
    assert len(rows_of(spec.replace("owner@", ""), f"owner:{server.password}")) == 2
    for secret in (None, "wrong-one", "owner:wrong-one"):
        with pytest.raises(SourceError) as caught:
            open_source(spec, secret=secret).test()
        assert "password" in caught.value.message
        assert "hubspoke credentials set source/127.0.0.1" in caught.value.remedy
        assert "wrong-one" not in str(caught.value)
    assert open_source(spec).columns() is None  # a mapping is checked without secrets
    assert open_source(spec, secret=server.password).name == spec
    with pytest.raises(SourceError, match="password in its URL"):
        open_source(f"postgresql://owner:{server.password}@127.0.0.1/postgres#people")


def test_nothing_is_ever_written(server: Postgres) -> None:
    server.sql("create sequence numbers")
    for what, words in (
        ("with gone as (delete from people returning id) select id from gone", "data-modifying"),
        ("select nextval('numbers')", "read-only transaction"),
    ):
        with pytest.raises(SourceError, match=words):
            open_source(server.socket_url(what)).test()
    for what in ("delete from people", "drop table people", "select 1; delete from people", "update people", ""):
        with pytest.raises(SourceError):
            open_source(server.socket_url(what))
    assert server.sql("select count(*) from people") == [(2,)]


def test_the_server_stops_what_takes_too_long(server: Postgres) -> None:
    spec = server.socket_url("select pg_sleep(30)").replace("&port", "&timeout=1&port")
    with pytest.raises(SourceError, match="statement timeout") as caught:
        open_source(spec).test()
    assert "?timeout=900" in caught.value.remedy


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("nowhere", "does not exist"),
        ("select 1 as a, 2 as a", "comes 2 times"),
        ("select nonsense from people", "does not exist"),
    ],
)
def test_what_cannot_be_read_is_said(server: Postgres, what: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        open_source(server.socket_url(what)).test()
    assert caught.value.remedy


def test_changes_since_a_mark(server: Postgres) -> None:
    spec = server.socket_url("changing").replace("?", "?since=updated_at&")
    source = open_source(spec)
    assert isinstance(source, Incremental)
    assert len(list(source.rows())) == 5
    mark = source.mark()
    assert [row.values["id"] for row in source.changes(mark) if isinstance(row, SourceRow)] == [5]
    server.sql("update changing set updated_at = '2026-03-01T00:00:00Z' where id = 2")
    later = open_source(spec)
    assert {row.values["id"] for row in later.changes(mark) if isinstance(row, SourceRow)} == {5, 2}
    assert later.mark() > mark
    with pytest.raises(SourceError, match="not one of this source"):
        list(later.changes("uSN 17"))
    with pytest.raises(SourceError, match="which column tells"):
        list(open_source(server.socket_url("changing")).changes(mark))  # type: ignore[attr-defined]
    with pytest.raises(SourceError, match="no column nowhere"):
        list(open_source(spec.replace("updated_at", "nowhere")).rows())


def test_a_big_table_is_a_stream(server: Postgres) -> None:
    spec = server.socket_url("select n as id, repeat('x', 500) as note from generate_series(1, 60000) n")
    tracemalloc.start()
    count = sum(1 for _ in open_source(spec).rows())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 60_000
    assert peak < 12_000_000


def test_a_connection_that_breaks_in_the_middle_says_how_far_it_was(server: Postgres) -> None:
    rows = open_source(server.socket_url("select n as id from generate_series(1, 200000) n")).rows()
    for _ in range(10):
        next(rows)
    others = "pid <> pg_backend_pid() and backend_type = 'client backend'"
    server.sql(f"select pg_terminate_backend(pid) from pg_stat_activity where {others}")
    with pytest.raises(SourceError, match=r"after [\d,]+ records"):
        list(rows)


def test_sqlite_files_are_read_and_never_made(tmp_path: Path) -> None:
    path = tmp_path / "people.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table people (id integer, mail text)")
        connection.executemany("insert into people values (?, ?)", [(n, f"p{n}@example.org") for n in range(3)])
    before = path.read_bytes()
    wanted = [{"id": n, "mail": f"p{n}@example.org"} for n in range(3)]
    assert rows_of(f"sqlite:///{path}#people") == wanted
    relative = open_source("sqlite:///people.sqlite#people", base=tmp_path)
    assert [row.values for row in relative.rows() if isinstance(row, SourceRow)] == wanted
    assert secret_name(f"sqlite:///{path}#people") == ""
    assert path.read_bytes() == before
    with pytest.raises(SourceError, match="there is no database file"):
        open_source(f"sqlite:///{tmp_path}/nowhere.sqlite#people")
    with pytest.raises(SourceError) as caught:
        open_source("sqlite:///srv/people.sqlite#people")
    assert "an absolute one has four slashes: sqlite:////srv/people.sqlite" in caught.value.remedy
    assert not (tmp_path / "nowhere.sqlite").exists()


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(SourceError, match="pymysql is not installed") as caught:
        open_source("mysql://db.example.org/hr#people").test()
    assert caught.value.remedy == "Install it beside Hubspoke: pip install 'pymysql'"


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(SourceError) as caught:
        open_source("postgresql://127.0.0.1:1/hr#people").test()
    assert "host, port" in caught.value.remedy
