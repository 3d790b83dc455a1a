"""The frame fence: one frame in flight, so that a held key cannot fill a slow line with old screens.

After each painted frame the terminal is asked where its cursor is (CSI 6n). Until it answers,
painting is held; what changed meanwhile is painted in one frame. A terminal that does not answer
within `PATIENCE` seconds is not asked again, unless the answer comes after all: a first frame may take
longer than that on a very slow line. Everything private of Textual's that this needs (`_display`,
`_begin_batch`, `_end_batch`, `_driver`, `_background_screens`, `_dirty_widgets`, `_layout_required`) is touched
here and nowhere else.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from textual.events import CursorPosition

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen
    from textual.timer import Timer

    _Base = App[int]
else:
    _Base = object

ASK = "\x1b[6n"
PATIENCE = 2.0


class FrameFence(_Base):
    """A mixin for an App, left of it in the bases."""

    fence_enabled = False
    fence_round_trip: float | None = None
    _fence_asked: float | None = None
    _fence_timer: Timer | None = None
    _fence_dropped = False
    _fence_late = False

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        held = self._batch_count > 0
        if renderable is not None and self._fence_asked is not None:
            self._fence_dropped = True
        super()._display(screen, renderable)
        if renderable is not None and not held:
            self._raise_fence()

    def _raise_fence(self) -> None:
        if not self.fence_enabled or self._fence_asked is not None:
            return
        if not self._running or self._driver is None or self.is_headless:
            return
        self._fence_asked = time.monotonic()
        self._begin_batch()
        self._driver.write(ASK)
        self._driver.flush()
        self._fence_timer = self.set_timer(PATIENCE, self._fence_unanswered)

    def _fence_unanswered(self) -> None:
        """Nobody answers: paint without asking from now on, or until the answer comes late."""
        self.fence_enabled = False
        self._fence_late = True
        self._lower_fence()

    def on_cursor_position(self, event: CursorPosition) -> None:
        """The terminal has painted the frame."""
        if self._fence_late:
            self._fence_late = False
            self.fence_enabled = True
            event.stop()
            return
        if self._fence_asked is not None:
            self.fence_round_trip = time.monotonic() - self._fence_asked
            event.stop()
        self._lower_fence()

    def on_driver_signal_resume(self) -> None:
        """Back from the shell: what was asked before is not answered any more, and the terminal is empty."""
        self._lower_fence()
        if self._screen_stack:
            self.screen.refresh(layout=True)

    def _lower_fence(self) -> None:
        if self._fence_asked is None:
            return
        self._fence_asked = None
        if self._fence_timer is not None:
            self._fence_timer.stop()
            self._fence_timer = None
        self._end_batch()
        if not self._screen_stack:
            return
        if self._fence_dropped:
            # A dropped frame may have held regions that no longer count as dirty.
            self._fence_dropped = False
            self.screen.refresh()
        # What changed behind the fence was put off at its screen's idle moment; nothing else brings the next one.
        for screen in (*self._background_screens, self.screen):
            if screen is self.screen or screen._dirty_widgets or screen._layout_required:
                screen.check_idle()
