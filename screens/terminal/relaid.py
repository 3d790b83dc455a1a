"""Widgets of automatic height that never keep the height of what they showed before.

Textual 8.2.8 keeps a widget's height under the number of times that a layout was asked for, and counts a second
request only once the widget was idle. Where a layout of somebody else comes between two requests, the first
one's height is kept for what the second one shows: a line of keys of two rows then has room for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from textual.geometry import Region

if TYPE_CHECKING:
    from textual.widget import Widget

    _Widget = Widget
else:
    _Widget = object  # a widget of its own would hide the style sheet of the class that stands behind it


class Relaid(_Widget):
    """A mixin that goes before the widget's own class: each request for a layout counts."""

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As Textual's; a layout that is still waited for does not swallow this one."""
        if layout:
            self._layout_required = False
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
