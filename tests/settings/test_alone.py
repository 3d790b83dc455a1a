"""Small files that several processes change: nothing of anybody is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from console.settings import alone as lock
from console.settings import preferences, views
from console.settings.alone import alone
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from console.sources import remembered


def test_what_several_save_at_once_is_all_there(tmp_path: Path) -> None:
    paths = Paths(config=tmp_path / "config", state=tmp_path / "state")

    def save(number: int) -> None:
        views.save(paths, views.View(name=f"view {number}", object_class="contact"))
        remembered.remember(paths, f"/people/{number}.csv")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(save, range(18)))
    assert {view.name for view in views.load(paths).views} == {f"view {number}" for number in range(18)}
    assert set(remembered.remembered(paths)) == {f"/people/{number}.csv" for number in range(18)}


def test_two_settings_that_are_changed_at_once_both_hold(tmp_path: Path) -> None:
    paths = Paths(config=tmp_path / "config", state=tmp_path / "state")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda change: preferences.change(paths, **change), [{"theme": "x"}, {"attention": "off"}] * 5))
    found = preferences.load(paths)
    assert (found.theme, found.attention) == ("x", "off")


def test_who_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.05)
    file, said = tmp_path / "views.toml", pytest.raises(SettingsError, match="Another process")
    with alone(file), said, alone(file):
        pass
    with alone(tmp_path / "views.toml"):
        assert (tmp_path / "views.toml.lock").stat().st_mode & 0o077 == 0
