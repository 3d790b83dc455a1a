"""Opening the operator's browser, where there is one that does not take this terminal."""

from __future__ import annotations

import subprocess
import sys


def open_browser(url: str) -> bool:
    """Whether a graphical browser was asked to show `url`; a browser in the terminal would fight with us for it."""
    import webbrowser

    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False
    if type(found) is webbrowser.GenericBrowser:
        return False
    # a process of its own: what the browser prints does not reach this terminal
    subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "webbrowser", url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return True
