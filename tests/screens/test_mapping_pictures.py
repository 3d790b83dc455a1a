"""Mappings, sources and a person in each of their states, as somebody last agreed to how they look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from console.sources import trying
from screens.widgets import editor
from tests.screens.gallery_mapping import STATES, State
from tests.screens.sample_app import still_app
from tests.screens.test_pictures import settle

LIGHT = ("mapping_editor", "person_found")


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, still: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths begin at home, tests of sources take no time, and what is typed is judged at once."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trying, "time", SimpleNamespace(monotonic=lambda: 0.0))
    monkeypatch.setattr(editor, "DEBOUNCE", 0.01)


def opener(state: State, folder: Path) -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        await pilot.app.push_screen(state.screen())
        await settle(pilot)
        for key in state.keys:
            await pilot.press(key)
            if key in ("enter", "full_stop", "x", "s", "t", "a"):
                await settle(pilot)
        await pilot.pause(0.05)
        await settle(pilot)
        if state.between is not None:
            state.between(folder)
        for key in state.then:
            await pilot.press(key)
            await settle(pilot)
        assert pilot.app.troubles == []  # type: ignore[attr-defined]

    return run


def picture(compare: Callable[..., bool], state: State, folder: Path, size: tuple[int, int], theme: str = "") -> bool:
    app = still_app(folder, theme, busy=False)
    if state.prepare is not None:
        state.prepare(folder, app)
    return compare(app, terminal_size=size, run_before=opener(state, folder))


@pytest.mark.parametrize("state", STATES, ids=[state.name for state in STATES])
def test_the_state_looks_as_agreed(snap_compare: Callable[..., bool], state: State, tmp_path: Path) -> None:
    assert picture(snap_compare, state, tmp_path, (80, 24))


@pytest.mark.parametrize("name", [state.name for state in STATES])
def test_the_state_uses_a_big_terminal(snap_compare: Callable[..., bool], name: str, tmp_path: Path) -> None:
    state = next(state for state in STATES if state.name == name)
    assert picture(snap_compare, state, tmp_path, (140, 40))


@pytest.mark.parametrize("name", LIGHT)
def test_the_state_looks_as_agreed_in_light(snap_compare: Callable[..., bool], name: str, tmp_path: Path) -> None:
    state = next(state for state in STATES if state.name == name)
    assert picture(snap_compare, state, tmp_path, (80, 24), "hubspoke-light")
