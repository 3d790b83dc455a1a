"""The last gate: whatever a widget draws, no character that acts reaches the terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.color import Color
from textual.widgets import Input, TextArea

from screens.terminal.gate import UNSAFE, Gate, tame


@given(st.text())
def test_what_comes_out_cannot_act_and_keeps_its_length(text: str) -> None:
    out = tame(text)
    assert len(out) == len(text)
    assert not any(unicodedata.category(character) in UNSAFE for character in out)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"])))
def test_harmless_text_is_left_alone(text: str) -> None:
    segments = [Segment(text)]
    assert [segment.text for segment in Gate().apply(segments, Color.parse("black"))] == [text]


async def test_editors_and_fields_of_textual_are_covered() -> None:
    class Fields(App[None]):
        def get_line_filters(self):  # type: ignore[no-untyped-def]
            return [*super().get_line_filters(), Gate()]

        def compose(self) -> ComposeResult:
            yield Input("field \x1b]52;c;YQ==\x07 \u202e end")
            yield TextArea("editor \x1b[2J \x9b31m \u2066 end")

    async with Fields().run_test() as pilot:
        await pilot.pause()
        drawn = "".join(segment.text for strip in pilot.app.screen._compositor.render_strips() for segment in strip)
        assert "field" in drawn
        assert "editor" in drawn
        assert not any(unicodedata.category(character) in UNSAFE for character in drawn)
