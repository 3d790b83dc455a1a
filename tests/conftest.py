"""What every test gets: a home of its own, no operator's secrets, repeatable hypothesis runs."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import connector_page

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("suite")

LONG = ("e2e", "screens", "cli", "gateway")
LEAKING = ("HUBSPOKE_", "XDG_", "SSH_", "DBUS_", "TEXTUAL", "NO_COLOR", "COLORTERM", "CREDENTIALS_DIRECTORY", "TMUX",
           "COLUMNS", "LINES")  # fmt: skip
"""Beginnings of names. The last two are the readline library's doing, and would be the size of every terminal."""


def pytest_configure(config: pytest.Config) -> None:
    """Tests may prove rows of the connector page; a whole run must prove them all."""
    config.addinivalue_line("markers", f"{connector_page.MARKER}(id, ...): proves rows of the connector page")
    config.pluginmanager.register(connector_page.Judge(config), connector_page.MARKER)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: several processes share the files, and none shall end long after the others."""
    items.sort(key=lambda item: LONG.index(item.path.parent.name) if item.path.parent.name in LONG else len(LONG))


def pytest_collection_finish() -> None:
    """Look for garbage cycles seldom: with thousands of tests at hand, looking took a third of the processor's time."""
    gc.collect()
    gc.freeze()  # what was imported stays
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A test reads and writes nothing of the person who runs it."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(LEAKING):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    return home
