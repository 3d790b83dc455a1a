"""Pictures of screens need the folder that their plugin keeps in the environment."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_textual_snapshot import SVGImageExtension

from screens import words

HERE = Path(__file__).parent
SVGImageExtension.file_extension = "svg"  # the plugin says it in the words of an older syrupy

ALONE = ("test_terminal_", "test_hang_up", "test_quiet")
"""Modules that measure what a real terminal gets, and when: they want a quiet machine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What watches real terminals is marked, to be run by itself."""
    for item in items:
        if item.path.parent == HERE and item.path.name.startswith(ALONE):
            item.add_marker("alone")


@pytest.fixture(scope="session")
def pictures_folder() -> str:
    """Where the plugin keeps what it compared; read before the suite clears the environment."""
    return os.environ.get("TEXTUAL_SNAPSHOT_TEMPDIR", "")


@pytest.fixture(autouse=True)
def still(pictures_folder: str, own_home: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One time zone and depth of colour; a clock that a test stops runs again after it."""
    if pictures_folder:
        monkeypatch.setenv("TEXTUAL_SNAPSHOT_TEMPDIR", pictures_folder)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    monkeypatch.setattr(words, "clock", words.clock)
    yield
    monkeypatch.undo()
    time.tzset()
