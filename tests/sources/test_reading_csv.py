"""Any table that csv writes reads back equal; every bad row is named and the good ones go on."""

from __future__ import annotations

import csv
import io
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.journal.model import Problem
from console.sources.errors import SourceChanged, SourceError
from console.sources.model import SourceRow
from console.sources.opening import open_source

LATIN = st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\x1a"), max_size=12)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
DELIMITERS = st.sampled_from([",", ";", "\t"])


def read(path: Path, **types: str) -> tuple[list[SourceRow], list[Problem]]:
    rows: list[SourceRow] = []
    problems: list[Problem] = []
    for item in open_source(str(path), types=types).rows():
        if isinstance(item, Problem):
            problems.append(item)
        elif item.problem is not None:
            problems.append(item.problem)
        else:
            rows.append(item)
    return rows, problems


def write(path: Path, table: list[list[str]], delimiter: str, encoding: str, ending: str = "\r\n") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=ending).writerows(table)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def tables(cells: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    return st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6).map(
            lambda rows: [[f"column{number}" for number in range(width)], *rows]
        )
    )


def expected(table: list[list[str]]) -> list[dict[str, str]]:
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(ANY), delimiter=DELIMITERS, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_any_unicode_table_reads_back_equal(
    tmp_path: Path, table: list[list[str]], delimiter: str, encoding: str
) -> None:
    rows, problems = read(write(tmp_path / "t.csv", table, delimiter, encoding))
    assert problems == []
    assert [row.values for row in rows] == expected(table)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(LATIN), delimiter=DELIMITERS)
def test_any_latin1_table_reads_back_equal(tmp_path: Path, table: list[list[str]], delimiter: str) -> None:
    # 0x81 is no character of Windows-1252, and the umlauts are no UTF-8: nothing but Latin-1 is left.
    table = [*table, ["\x81 M\xfcller \xe4\xf6\xfc \xe4"] * len(table[0])]
    data = io.StringIO(newline="")
    csv.writer(data, delimiter=delimiter).writerows(table)
    raw = data.getvalue().encode("latin-1")
    good = len([c for c in raw.decode("utf-8", "surrogateescape") if c > "\x7f" and not "\udc80" <= c <= "\udcff"])
    bad = len([c for c in raw.decode("utf-8", "surrogateescape") if "\udc80" <= c <= "\udcff"])
    (tmp_path / "l.csv").write_bytes(raw)
    rows, problems = read(tmp_path / "l.csv")
    if bad > good:
        assert problems == []
        assert [row.values for row in rows] == expected(table)
    else:
        assert len(rows) + len(problems) == len(table) - 1


def test_latin1_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "l.csv", [["name"], ["J\xf6rg"]], ",", "latin-1")
    source = open_source(str(path))
    assert [row.values for row in source.rows() if isinstance(row, SourceRow)] == [{"name": "J\xf6rg"}]
    assert "Latin-1" in source.notes[0]


def test_windows_1252_is_recognised_by_its_own_characters(tmp_path: Path) -> None:
    path = write(tmp_path / "w.csv", [["name"], ["\u017di\u017eek \u20ac"]], ",", "cp1252")
    source = open_source(str(path))
    assert [row.values for row in source.rows() if isinstance(row, SourceRow)] == [{"name": "\u017di\u017eek \u20ac"}]
    assert "Windows-1252" in source.notes[0]


def test_utf16_without_a_mark(tmp_path: Path) -> None:
    path = write(tmp_path / "u.csv", [["mail", "name"], ["ann@example.org", "Ann"]], ";", "utf-16-le")
    rows, problems = read(path)
    assert (rows[0].values, problems) == ({"mail": "ann@example.org", "name": "Ann"}, [])


def test_some_broken_bytes_spoil_their_row_only(tmp_path: Path) -> None:
    path = tmp_path / "u.csv"
    path.write_bytes("mail,name\na@x.org,Zoë\nb@x.org,Jos".encode() + b"\xe9\nc@x.org,Ann\n" + "d@x.org,Ñu\n".encode())
    rows, problems = read(path)
    assert [row.values["mail"] for row in rows] == ["a@x.org", "c@x.org", "d@x.org"]
    assert [(p.line, p.field, p.file) for p in problems] == [(3, "name", str(path))]
    assert "UTF-8" in problems[0].remedy


def test_nul_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_bytes(b"mail,name\na@x.org,An\x00n\nb@x.org,Bo\n")
    rows, problems = read(path)
    assert [row.values["mail"] for row in rows] == ["b@x.org"]
    assert (problems[0].line, problems[0].field) == (2, "name")
    assert "NUL" in problems[0].message


def test_ragged_rows_name_the_column(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("mail,name,city\na@x.org,Ann\nb@x.org,Bo,Bern,\nc@x.org,Cy,Rome,extra\nd@x.org,Di,Oslo\n")
    rows, problems = read(path)
    assert [row.values["mail"] for row in rows] == ["b@x.org", "d@x.org"]
    assert [(p.line, p.field) for p in problems] == [(2, "city"), (4, "city")]
    assert all(p.remedy for p in problems)


def test_quoted_newlines_keep_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('mail,note\na@x.org,"one\ntwo"\n\nb@x.org,x\n')
    rows, _ = read(path)
    assert [(row.line, row.values["note"]) for row in rows] == [(2, "one\ntwo"), (5, "x")]


@pytest.mark.parametrize("filler", ["x", "evil@x.org,Mallory\n"])
def test_a_ten_megabyte_cell_costs_neither_memory_nor_its_neighbours(tmp_path: Path, filler: str) -> None:
    path = tmp_path / "big.csv"
    with path.open("w") as stream:
        stream.write('mail,note\na@x.org,ok\nb@x.org,"')
        for _ in range(10_000_000 // len(filler) + 1):
            stream.write(filler)
        stream.write('"" still inside\n",\nc@x.org,ok\n')
    tracemalloc.start()
    rows, problems = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row.values["mail"] for row in rows] == ["a@x.org", "c@x.org"]
    assert [p.line for p in problems] == [3]
    assert "1,000,000" in problems[0].message
    assert peak < 40_000_000


def test_a_quote_that_is_never_closed_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('mail,note\na@x.org,x\nb@x.org,"open\nc@x.org,y\n')
    rows, problems = read(path)
    assert [row.values["mail"] for row in rows] == ["a@x.org"]
    assert (problems[0].line, "never closed" in problems[0].message) == (3, True)


def test_a_stray_quote_spoils_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('mail,note\na@x.org,"5"" pipe"\nb@x.org,"5" pipe"\nc@x.org,6" pipe\n')
    rows, problems = read(path)
    assert [row.values["note"] for row in rows] == ['5" pipe', '6" pipe']
    assert [p.line for p in problems] == [3]


def test_duplicate_column_names_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("mail,name,mail\na@x.org,Ann,b@x.org\n")
    with pytest.raises(SourceError, match="appears 2 times") as caught:
        read(path)
    assert (caught.value.line, caught.value.field, bool(caught.value.remedy)) == (1, "mail", True)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "e.csv").write_bytes(content)
    with pytest.raises(SourceError, match="is empty"):
        read(tmp_path / "e.csv")


def test_folder_missing_fifo_and_forbidden_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    for name, words in [("folder.csv", "folder"), ("none.csv", "does not exist"), ("pipe.csv", "not a regular file")]:
        with pytest.raises(SourceError, match=words) as caught:
            read(tmp_path / name)
        assert caught.value.file == str(tmp_path / name)
        assert caught.value.remedy


@pytest.mark.parametrize("how", ["append", "same size and time", "replaced", "removed"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, how: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text("mail,name\n" + "".join(f"a{n:06}@x.org,Ann\n" for n in range(20_000)))
    before = path.stat()
    source = open_source(str(path))
    rows = source.rows()
    next(rows)
    if how == "append":
        with path.open("a") as stream:
            stream.write("z@x.org,Zed\n")
    elif how == "same size and time":
        path.write_text(path.read_text().replace("a019999@", "b019999@"))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif how == "replaced":
        (tmp_path / "n.csv").write_text(path.read_text())
        (tmp_path / "n.csv").replace(path)
    else:
        path.unlink()
    for _ in rows:
        pass
    with pytest.raises(SourceChanged, match="changed while it was read"):
        source.digest()


def test_the_digest_stands_for_the_content(tmp_path: Path) -> None:
    digests = []
    for name in ("one.csv", "two.csv"):
        path = write(tmp_path / name, [["mail"], ["a@x.org"]], ",", "utf-8")
        source = open_source(str(path))
        with pytest.raises(SourceError, match="not been read"):
            source.digest()
        list(source.rows())
        digests.append(source.digest())
    assert digests[0] == digests[1]
    assert len(digests[0]) == 64


def test_types_convert_and_report(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("mail,active,age,tags\na@x.org,Yes,41,x; y;\nb@x.org,perhaps,1,\nc@x.org,,,\n")
    rows, problems = read(path, active="bool", age="int", tags="list")
    assert [row.values for row in rows] == [
        {"mail": "a@x.org", "active": True, "age": 41, "tags": ["x", "y"]},
        {"mail": "c@x.org", "active": None, "age": None, "tags": []},
    ]
    assert [(p.line, p.field) for p in problems] == [(3, "active")]


def test_excel_names_its_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"sep=;\r\nmail;name\r\na@x.org;Ann\r\n")
    rows, problems = read(path)
    assert ([(row.line, row.values) for row in rows], problems) == ([(3, {"mail": "a@x.org", "name": "Ann"})], [])


def test_a_truncated_utf16_file_says_where(tmp_path: Path) -> None:
    path = write(tmp_path / "u.csv", [["mail", "name"], ["a@x.org", "Ann"]], ",", "utf-16")
    path.write_bytes(path.read_bytes() + b"\x00\xd8a")
    rows, problems = read(path)
    assert [row.values["mail"] for row in rows] == ["a@x.org"]
    assert [problem.line for problem in problems] == [3]


def test_preview_knows_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("mail,tel,active,blank\n" + "".join(f"a{n}@x.org,+94 11 234 56{n:02},true,\n" for n in range(50)))
    preview = open_source(str(path)).preview(limit=3, examine=40)
    columns = {column.name: column for column in preview.columns}
    assert (len(preview.rows), preview.examined) == (3, 40)
    assert (columns["mail"].emails, columns["tel"].phones, columns["active"].booleans) == (1.0, 1.0, 1.0)
    assert (columns["blank"].filled, columns["mail"].distinct, columns["active"].distinct) == (0.0, 40, 1)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=tables(st.text(st.sampled_from('ab,;"\n\r'), max_size=30)),
    delimiter=DELIMITERS,
    line_limit=st.sampled_from([60, 4_000_000]),
)
def test_rows_after_a_cell_that_is_too_long_are_read_as_they_are(
    tmp_path: Path, table: list[list[str]], delimiter: str, line_limit: int
) -> None:
    """Whatever the long cell holds, none of it is taken for a row."""
    path = write(tmp_path / "long.csv", table, delimiter, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("console.sources.csv_file.CELL_LIMIT", 20)
        patch.setattr("console.sources.lines.LINE_LIMIT", line_limit)
        rows, problems = read(path)
    good = expected(table)
    found = [row.values for row in rows]
    if line_limit > 60:
        assert found == [row for row in good if all(len(cell) <= 20 for cell in row.values())]
    remaining = iter(good)
    assert all(row in remaining for row in found)
    assert len(found) + len(problems) <= len(good)
