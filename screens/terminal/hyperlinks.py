"""Hyperlinks of the terminal (OSC 8): to HubSpot's pages of records, and nowhere else.

A terminal shows the text and hides the address, so an address with anything foreign in it would be a trap. Links are
made from a portal's number and a uid of digits; the gate takes every other one off before it is painted.
"""

from __future__ import annotations

import re

from textual.content import Content
from textual.style import Style

from screens.literal import literal

OURS = re.compile(
    r"https://(?:[a-z0-9-]{1,63}\.){1,4}hubspot\.com/contacts/[0-9]{1,20}/record/0-[12]/[0-9]{1,20}", re.ASCII
)


def is_ours(url: str) -> bool:
    """Whether a hyperlink may reach the terminal."""
    return OURS.fullmatch(url) is not None


def linked(text: str, url: str, style: str = "") -> Content:
    """The text, a link where the address is one of ours."""
    shown = literal(text, style)
    if not url or not is_ours(url):
        return shown
    return shown.stylize(Style(link=url), 0, len(shown.plain))
