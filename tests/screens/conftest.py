"""Pictures of screens need the folder that their plugin keeps in the environment."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from pytest_textual_snapshot import SVGImageExtension

from screens import words

SVGImageExtension.file_extension = "svg"  # the plugin says it in the words of an older syrupy


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
