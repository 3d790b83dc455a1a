"""Sheets of Excel and LibreOffice read as what the cells mean; bad rows are named, and a file that is none is refused."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from console.journal.model import Problem
from console.sources.errors import SourceChanged, SourceError
from console.sources.model import SourceRow
from console.sources.opening import open_source
from tests.support.workbooks import write_ods, write_xlsx

MORNING = dt.datetime.fromisoformat("2026-01-02T03:04:05")
STAFF = [
    ["id", "mail", "active", "joined", "seen", "share"],
    [1, "ann@example.org", True, dt.date(2024, 2, 29), MORNING, 0.5],
    [None, None, None, None, None, None],
    [2, "bøb@example.org", False, dt.date(2025, 12, 31), MORNING.replace(hour=0, minute=0, second=0), 12.25],
]


def read(spec: str, **types: str) -> tuple[list[SourceRow], list[Problem]]:
    found = list(open_source(spec, types=types).rows())
    rows = [row for row in found if isinstance(row, SourceRow)]
    return rows, [row for row in found if isinstance(row, Problem)]


def test_cells_are_what_they_mean(tmp_path: Path) -> None:
    rows, problems = read(str(write_xlsx(tmp_path / "people.xlsx", {"Staff": STAFF})))
    assert problems == []
    assert [row.line for row in rows] == [2, 4]
    assert rows[0].values == {
        "id": 1,
        "mail": "ann@example.org",
        "active": True,
        "joined": "2024-02-29",
        "seen": "2026-01-02T03:04:05",
        "share": 0.5,
    }
    assert rows[1].values["mail"] == "bøb@example.org"


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "people.xlsx",
        {"Hidden": [["x"], ["y"]], "Staff": STAFF, "Guests #1": [["mail"], ["guest@example.org"]]},
        hidden=["Hidden"],
    )
    source = open_source(str(path))
    assert source.columns() == ("id", "mail", "active", "joined", "seen", "share")
    assert source.notes == (f"Read is the sheet Staff of Staff, Guests #1; another one: {path}#Guests #1",)
    assert [row.values for row in read(f"{path}#Guests #1")[0]] == [{"mail": "guest@example.org"}]
    with pytest.raises(SourceError, match="no sheet Nowhere"):
        open_source(f"{path}#Nowhere").test()
    relative = open_source("people.xlsx#Guests #1", base=tmp_path)
    assert relative.columns() == ("mail",)


def test_libreoffice_is_read_too(tmp_path: Path) -> None:
    path = write_ods(tmp_path / "people.ods", {"Sheet": [["mail", "name"], ["ann@example.org", "Ann"]]})
    assert [row.values for row in read(str(path))[0]] == [{"mail": "ann@example.org", "name": "Ann"}]


def test_types_and_bad_rows(tmp_path: Path) -> None:
    table = [["id", "active", None], ["1", "yes"], ["2", "perhaps"], ["3", "no", "stray"]]
    path = write_xlsx(tmp_path / "people.xlsx", {"Staff": table})
    rows, problems = read(str(path), active="bool")
    assert rows[0].values == {"id": "1", "active": True}
    assert rows[1].problem is not None
    assert (rows[1].problem.line, rows[1].problem.field) == (3, "active")
    assert [(problem.line, problem.message) for problem in problems] == [
        (4, "the cell in column C stands below no column name")
    ]


def test_the_digest_is_of_file_and_sheet(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "people.xlsx", {"A": [["m"], ["x"]], "B": [["m"], ["y"]]})
    first, second = open_source(f"{path}#A"), open_source(f"{path}#B")
    list(first.rows())
    list(second.rows())
    assert first.digest() != second.digest()
    write_xlsx(path, {"A": [["m"], ["changed"]]})
    with pytest.raises(SourceChanged):
        first.digest()


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    for content, words in ((b"mail\nann@example.org\n", "no workbook"), (b"PK\x03\x04 broken", "no workbook")):
        path.write_bytes(content)
        with pytest.raises(SourceError, match=words):
            open_source(str(path)).test()
    with pytest.raises(SourceError, match="does not exist"):
        open_source(str(tmp_path / "nowhere.xlsx")).test()
    path.unlink()
    path.mkdir()
    with pytest.raises(SourceError, match="regular file"):
        open_source(str(path)).test()
    with pytest.raises(SourceError, match="header row"):
        open_source(str(write_xlsx(tmp_path / "empty.xlsx", {"A": []}))).test()
    with pytest.raises(SourceError, match="'m' appears 2 times"):
        open_source(str(write_xlsx(tmp_path / "twice.xlsx", {"A": [["m", "m"], ["x", "y"]]}))).test()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_xlsx(tmp_path / "people.xlsx", {"A": [["m"], ["x"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image.bin", b"\0" * 8_000_000)
    monkeypatch.setattr("console.sources.workbook.UNPACKED_LIMIT", 4_000_000)
    assert path.stat().st_size < 20_000
    with pytest.raises(SourceError, match="holds 7 MiB, and at most 3 are read"):
        open_source(str(path)).test()


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "people.xlsx", {"A": [["m"], ["x"]]})
    code = (
        "import sys; sys.modules['python_calamine'] = None\n"
        "from console.sources.errors import SourceError\nfrom console.sources.opening import open_source\n"
        f"try: open_source({str(path)!r}).test()\nexcept SourceError as error: print(error.remedy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'hubspoke[excel]'" in done.stdout
