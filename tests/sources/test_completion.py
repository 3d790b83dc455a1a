"""Completing a path as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.sources.completion import complete
from console.sources.errors import SourceError
from console.sources.opening import open_source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("people.csv", "people.bak", "plans.txt", ".hidden.csv"):
        (tmp_path / name).write_text("")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "north.xlsx").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("peo", "people.csv"),
        ("people.b", "people.bak"),
        ("par", "parts/"),
        ("parts/", "parts/north.xlsx"),
        (".h", ".hidden.csv"),
        ("people.csv", None),
        ("nothing", None),
        ("", None),
        ("nowhere/x", None),
        ("ldaps://host/base", None),
        ("people:", None),
    ],
)
def test_what_was_begun_is_completed(folder: Path, typed: str, whole: str | None) -> None:
    assert complete(typed, folder) == whole


def test_an_absolute_path_stays_absolute(folder: Path) -> None:
    assert complete(str(folder / "peo"), Path("/")) == str(folder / "people.csv")


def test_a_home_that_is_not_there_completes_to_nothing(tmp_path: Path) -> None:
    assert complete("~nobody-of-that-name/peo", tmp_path) is None
    with pytest.raises(SourceError, match="nobody-of-that-name"):
        open_source("~nobody-of-that-name/people.csv").test()
