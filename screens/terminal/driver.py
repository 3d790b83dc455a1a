"""Our terminal driver: clicks without motion, bytes that never raise, an end of input that ends.

Four things that Textual 8.2.8 does otherwise: it asks for every motion of the mouse (11-15 KB
a row over SSH), it stops with UnicodeDecodeError on X10 mouse bytes past column 95 (tmux
reattach), at the end of its input it spins on one full core, and after a SIGSTOP that it did not
ask for it starts a second time beside itself and leaves the terminal raw.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Callable

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

READ_BYTES = 4096


class QuietDriver(LinuxDriver):
    """The driver of a local terminal."""

    _away = False

    def suspend_application_mode(self) -> None:
        """Give the terminal back to the shell."""
        super().suspend_application_mode()
        self._away = True

    def resume_application_mode(self) -> None:
        """Take the terminal again, also when nobody had told us to give it back (SIGSTOP)."""
        if not self._away:
            self.suspend_application_mode()
        self._must_signal_resume = True
        super().resume_application_mode()
        self._away = False

    def run_input_thread(self) -> None:
        """Read keys until the driver stops or the terminal is gone."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(0.1):
                    data = self._read()
                    if not data:
                        self._hung_up()
                        return
                    for message in parser.feed(decode(data)):
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
        try:
            for _ in parser.feed(""):
                pass
        except (EOFError, ParseError):
            return  # how the parser says that it has nothing left

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, READ_BYTES)
        except OSError:
            return b""  # a terminal that went away answers EIO

    def _hung_up(self) -> None:
        hang_up: Callable[[], None] | None = getattr(self._app, "hang_up", None)
        if hang_up is not None:
            self._loop.call_soon_threadsafe(hang_up)


class ClickDriver(QuietDriver):
    """The driver of an SSH link: the mouse reports clicks and the wheel, no motion."""

    def _enable_mouse_support(self) -> None:
        if self._mouse:
            self.write("\x1b[?1000h\x1b[?1006h")
            self.flush()

    def _enable_mouse_pixels(self) -> None:
        """Cells are exact enough, and pixel reports are longer."""
