"""Bell, notification, title and progress: only bytes of our own, only where they are understood, never twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.journal.model import RunState
from console.settings import preferences
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from screens.attending import Watch, reason
from screens.terminal.attention import Attention, Call, Can, can
from tests.screens.samples import run

XTERM = {"TERM": "xterm-256color"}
GHOSTTY = {"TERM": "xterm-ghostty"}
ALL = Can(progress=True)


class Terminal:
    """Collects what was sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def __call__(self, text: str) -> None:
        self.sent.append(text)

    @property
    def text(self) -> str:
        return "".join(self.sent)


@pytest.mark.parametrize(
    ("environ", "wanted", "expected"),
    [
        (XTERM, "", Can()),
        (XTERM, "bell", Can(notify=False, title=False)),
        (XTERM, "silent", Can(bell=False)),
        (XTERM, "off", Can(bell=False, notify=False, title=False)),
        ({}, "", Can(bell=False, notify=False, title=False)),
        ({"TERM": "linux"}, "", Can(notify=False, title=False)),
        (GHOSTTY, "", ALL),
        (XTERM | {"WT_SESSION": "1"}, "", ALL),
        (GHOSTTY, "off", Can(bell=False, notify=False, title=False)),
    ],
)
def test_a_terminal_gets_what_it_understands_and_the_operator_wants(
    environ: dict[str, str], wanted: str, expected: Can
) -> None:
    assert can(environ, wanted) == expected


def test_a_call_is_a_notification_and_a_bell() -> None:
    terminal = Terminal()
    Attention(ALL, terminal).call(Call.TROUBLED, "r-20261121-7f3k")
    assert terminal.text == "\x1b]9;Hubspoke: run done, some records failed r-20261121-7f3k\a\a"


@pytest.mark.parametrize("foreign", ["r\x1b]2;x\a", "r\u202e", "r;x", "x" * 100, "r\n"])
def test_nothing_foreign_leaves(foreign: str) -> None:
    terminal = Terminal()
    Attention(ALL, terminal).call(Call.DONE, foreign)
    assert terminal.text == "\x1b]9;Hubspoke: run done\a\a"


def test_progress_is_sent_when_it_changed_and_the_terminal_is_left_as_it_was() -> None:
    terminal = Terminal()
    attention = Attention(ALL, terminal)
    attention.progress(7)
    attention.progress(7)
    attention.progress(8)
    assert terminal.sent == [
        "\x1b[22;2t\x1b]2;hubspoke 7%\a",
        "\x1b]9;4;1;7\x1b\\",
        "\x1b]2;hubspoke 8%\a",
        "\x1b]9;4;1;8\x1b\\",
    ]
    attention.rest()
    assert terminal.sent[4:] == ["\x1b]9;4;0;0\x1b\\\x1b[23;2t"]
    attention.rest()
    assert len(terminal.sent) == 5, "what rests already was put to rest again"


def test_who_wants_nothing_gets_nothing() -> None:
    terminal = Terminal()
    attention = Attention(can(GHOSTTY, "off"), terminal)
    attention.call(Call.FAILED, "r-1")
    attention.progress(50)
    attention.rest()
    assert terminal.sent == []


def test_only_what_was_under_way_calls_and_it_calls_once() -> None:
    terminal = Terminal()
    watch = Watch(Attention(Can(title=False), terminal))
    running, over = run("aaaa", RunState.RUNNING), run("bbbb", RunState.FAILED)
    watch.look([running, over])
    assert terminal.sent == [], "a run that had ended before calls nobody"
    done = run("aaaa", RunState.DONE, states={"done": 2000})
    watch.look([done, over])
    watch.look([done, over])
    assert terminal.text == "\x1b]9;Hubspoke: run done r-20261121-aaaa\a\a"


@pytest.mark.parametrize(
    ("state", "changes", "expected"),
    [
        (RunState.DONE, {}, Call.TROUBLED),
        (RunState.DONE, {"states": {"done": 2}}, Call.DONE),
        (RunState.PAUSED, {"message": "paused"}, None),
        (RunState.PAUSED, {"message": "the first 10 writes are through"}, Call.PAUSED),
        (RunState.CANCELLED, {}, None),
        (RunState.PAUSED_QUOTA, {}, Call.QUOTA),
        (RunState.QUARANTINED, {}, Call.QUARANTINED),
        (RunState.RUNNING, {"interrupted": True}, Call.INTERRUPTED),
    ],
)
def test_nobody_is_called_for_what_he_did_himself(
    state: RunState, changes: dict[str, object], expected: Call | None
) -> None:
    assert reason(run("cccc", state, **changes)) is expected


def test_the_wish_is_kept_in_the_settings_and_a_wrong_word_is_told_with_its_line(tmp_path: Path) -> None:
    paths = Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))
    assert preferences.load(paths).attention == ""
    preferences.change(paths, attention="bell")
    assert preferences.load(paths).attention == "bell"
    paths.settings_file.write_text('theme = "hubspoke-dark"\nattention = "loud"\n')
    with pytest.raises(SettingsError, match="attention must be one of") as wrong:
        preferences.load(paths)
    assert wrong.value.line == 2
