"""The last gate before the terminal: no cell of any widget carries a character that acts, or a link that is not ours.

Our own widgets show foreign text through console.text.safe. Text fields and editors of Textual's
draw what was typed, pasted or read from a file; this filter covers those, one cell for one cell.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from screens.terminal.hyperlinks import is_ours

UNSAFE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
SHOWN_AS = "\N{REPLACEMENT CHARACTER}"


@lru_cache(4096)
def tame(text: str) -> str:
    """The text with every character that could act replaced; its length stays."""
    return "".join(SHOWN_AS if unicodedata.category(character) in UNSAFE else character for character in text)


class Gate(LineFilter):
    """Applied by Textual to every line that it is about to paint."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """The same segments where nothing is wrong, which is nearly always."""
        if all(text.isprintable() and (style is None or style.link is None) for text, style, _ in segments):
            return segments
        return [
            Segment(text if text.isprintable() else tame(text), _unlinked(style), control)
            for text, style, control in segments
        ]


def _unlinked(style: Style | None) -> Style | None:
    """The style without a link that is not ours."""
    return style.update_link(None) if style is not None and style.link and not is_ours(style.link) else style
