"""The screens of one record and of the schema look as they looked when somebody last agreed to how they look."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from textual.pilot import Pilot

from tests.screens.looking import shown
from tests.screens.sample_app import still_app
from tests.screens.sizes import sized

ADA = ("contact", "51000002")
SEVERAL = ("contact", ["51000001", "51000002", "51000404", "51000301", "51000005", "51000006", "51000007", "51000008"])
ACME = ("A", "c", "m", "e", "space", *"Manufacturing", "enter")


class State(NamedTuple):
    """A screen (`module:Class`), what it is opened with, and the keys that lead to the state."""

    name: str
    opens: str
    arguments: tuple[Any, ...]
    keys: tuple[str, ...] = ()


STATES = (
    State("record-loading", "record:RecordScreen", ("contact", "51000999")),
    State("record-found", "record:RecordScreen", ADA, ("down", "down", "down", "down", "down")),
    State("record-blanks", "record:RecordScreen", ADA, ("b", "slash", *"fax")),
    State("record-not-there", "record:RecordScreen", ("contact", "51000404")),
    State("record-archived", "record:RecordScreen", ("contact", "51000410")),
    State("record-merged-away", "record:RecordScreen", ("contact", "51000301")),
    State("record-failed", "record:RecordScreen", ("contact", "51000500")),
    State("record-read-only", "record:RecordScreen", ADA, ("slash", *"domain", "enter", "enter")),
    State("record-address", "record:RecordScreen", ADA, ("o",)),
    State("company", "record:RecordScreen", ("company", "61000001")),
    State("edit-text", "record:RecordScreen", ADA, ("down", "enter")),
    State("edit-error", "record:RecordScreen", ADA, ("slash", *"birth", "enter", "enter", "9", "9")),
    State("edit-choices", "record:RecordScreen", ADA, ("slash", *"newsl", "enter", "enter", "down", "down", "space")),
    State("edit-lines", "record:RecordScreen", ADA, ("slash", *"message", "enter", "enter")),
    State("edit-confirm", "record:RecordScreen", ADA, ("down", "enter", "minus", *"Lee", "enter")),
    State("edit-clear", "record:RecordScreen", ADA, ("slash", *"phone", "enter", "enter", "ctrl+u", "enter")),
    State("edit-refused", "record:RecordScreen", ADA, ("enter", *"x", "enter", "y")),
    State("edited", "record:RecordScreen", ADA, ("down", "enter", "minus", *"Lee", "enter", "y")),
    State(
        "not-accepted",
        "record:RecordScreen",
        ADA,
        ("slash", *"life", "enter", "enter", "up", "up", "enter", "y"),
    ),
    State("history", "record_history:RecordHistoryScreen", (*ADA, "jobtitle"), ("down",)),
    State("associations", "associations:AssociationsScreen", (*ADA, "grace.2@acme.example"), ("down",)),
    State("associations-none", "associations:AssociationsScreen", ("contact", "51000007", "")),
    State("associate-label", "associations:AssociationsScreen", (*ADA, ""), ("n", *"61000002", "enter")),
    State("separate", "associations:AssociationsScreen", (*ADA, ""), ("down", "d")),
    State("create", "record_create:RecordCreateScreen", ("contact",)),
    State(
        "create-taken",
        "record_create:RecordCreateScreen",
        ("contact",),
        ("enter", *"taken", "@", "a", ".", "b", "enter"),
    ),
    State("create-another-property", "record_create:RecordCreateScreen", ("contact",), ("plus", *"e")),
    State(
        "create-confirm",
        "record_create:RecordCreateScreen",
        ("contact",),
        ("enter", *"ann", "@", "a", ".", "b", "enter", "f9"),
    ),
    State(
        "created",
        "record_create:RecordCreateScreen",
        ("contact",),
        ("enter", *"ann", "@", "a", ".", "b", "enter", "f9", "y"),
    ),
    State("archive-one", "archive:ArchiveScreen", ("contact", ["51000002"])),
    State("archive-many", "archive:ArchiveScreen", SEVERAL),
    State("archive-told", "archive:ArchiveScreen", SEVERAL, ("8", "enter", *ACME)),
    State("erase", "gdpr:EraseScreen", ("51000002", "grace.2@acme.example")),
    State("merge-which", "merge:MergeScreen", ADA),
    State("merge", "merge:MergeScreen", (*ADA, "51000003")),
    State("schema", "schema:SchemaScreen", (), ("down", "down")),
    State("schema-definitions", "schema:SchemaScreen", (), ("3",)),
)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that takes OSC 52, far from any desktop."""
    for name in ("TMUX", "STY", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")


async def calm(pilot: Pilot[Any]) -> None:
    """Wait until the screen stands still."""
    last, same = "", 0
    for _ in range(200):
        await pilot.pause(0.02)
        now = shown(pilot.app)
        same, last = (same + 1, now) if now == last else (0, now)
        if same == 3:
            return


def opener(state: State) -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        module, name = state.opens.split(":")
        await pilot.app.push_screen(getattr(import_module(f"screens.screens.{module}"), name)(*state.arguments))
        await calm(pilot)
        for key in state.keys:
            await pilot.press(key)
            if key in ("enter", "f9", "y", "o", "n", "d", "plus"):
                await calm(pilot)
        await calm(pilot)
        assert pilot.app.troubles == []  # type: ignore[attr-defined]

    return run


@pytest.mark.parametrize(("state", "size"), sized(STATES))
def test_it_looks_as_agreed(
    snap_compare: Callable[..., bool], state: State, size: tuple[int, int], tmp_path: Path
) -> None:
    assert os.environ["SSH_CONNECTION"]
    assert snap_compare(still_app(tmp_path, busy=False), terminal_size=size, run_before=opener(state))
