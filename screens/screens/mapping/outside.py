"""The operator's own editor, with the console put aside meanwhile."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from screens.app import HubspokeApp


def edit_outside(app: HubspokeApp, path: str) -> bool:
    """Open a file in $VISUAL or $EDITOR and wait; says whether the editor ran. What is wrong is said to the operator."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        with app.suspend():
            done = subprocess.run([*shlex.split(editor), path], check=False)  # noqa: S603 - the operator's own program
    except SuspendNotSupported:
        app.say(f"This terminal cannot be handed over. Edit the file elsewhere: {path}", severity="warning")
        return False
    except (OSError, ValueError) as error:
        app.say(f"The editor {editor!r} cannot be started ({error}); set EDITOR.", severity="warning")
        return False
    if done.returncode:
        app.say(f"The editor ended with {done.returncode}; the file is as it left it.", severity="warning")
    return True
