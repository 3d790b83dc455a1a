"""What every test gets: a home of its own, no operator's secrets, repeatable hypothesis runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import connector_page

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("suite")

LEAKING = ("HUBSPOKE_", "XDG_", "SSH_", "DBUS_", "TEXTUAL", "NO_COLOR", "COLORTERM", "CREDENTIALS_DIRECTORY", "TMUX")


def pytest_configure(config: pytest.Config) -> None:
    """Tests may prove rows of the connector page; a whole run must prove them all."""
    config.addinivalue_line("markers", f"{connector_page.MARKER}(id, ...): proves rows of the connector page")
    config.pluginmanager.register(connector_page.Judge(config), connector_page.MARKER)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A test reads and writes nothing of the person who runs it."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(LEAKING):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    return home
