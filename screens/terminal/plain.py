"""No colour at all: the terminal's own two, with reverse and underline in place of grounds.

Textual 8.2.8 turns NO_COLOR into greys, which are colours. This filter sends none: a light ground
becomes reverse, a grey one an underline, everything else is what the terminal shows by itself.
"""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

LIGHT = 0.6
GREY = 0.15
"""Brightness of a ground from which it is shown reversed, or underlined."""


@lru_cache(1024)
def plain_style(style: Style) -> Style:
    """The style without colours; its ground as an attribute."""
    ground = style.bgcolor
    if ground is None or ground.triplet is None:
        return style.without_color
    brightness = sum(ground.triplet) / (3 * 255)
    if brightness >= LIGHT:
        return style.without_color + Style(reverse=not style.reverse)
    if brightness >= GREY:
        return style.without_color + Style(underline=True)
    return style.without_color


class Plain(LineFilter):
    """Applied to every line while the theme is a plain one."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """The same text in attributes alone."""
        return [
            Segment(text, None if style is None else plain_style(style), control) for text, style, control in segments
        ]
