"""Where the browser comes back to, and what this machine and this terminal can do for a login."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from console.hubspot.login_refusals import LoginFailed
from console.settings.profile import Profile

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


class Redirect(NamedTuple):
    """The profile's redirectUri, taken apart. `port` is 0 where nobody can listen for it here (https)."""

    uri: str
    path: str
    port: int

    @property
    def listens(self) -> bool:
        """Whether the browser's way back leads to this machine."""
        return self.port > 0


def redirect_of(profile: Profile) -> Redirect:
    """What the profile's redirectUri means for a login (facts section 2.1).

    Raises:
        LoginFailed: HubSpot takes no such address.
    """
    uri = profile.redirect_uri
    parts = urlsplit(uri)
    path = parts.path or "/"
    if parts.scheme == "https":
        return Redirect(uri, path, 0)
    if (parts.hostname or "").lower() != "localhost":
        port = f":{parts.port}" if parts.port else ""
        raise LoginFailed(
            f"HubSpot does not come back to {uri}: of this machine it takes the name localhost only, no address.",
            advice=f"hubspoke profile set redirectUri=http://localhost{port}{path}, and write the same in the app.",
        )
    return Redirect(uri, path, parts.port or 80)


class Place(NamedTuple):
    """Where the operator sits: `ssh` is the command that brings the redirect here, "" where none is needed."""

    ssh: str = ""
    display: bool = False


def place_of(environ: Mapping[str, str], redirect: Redirect, user: str = "") -> Place:
    """What the environment tells; `user` is who is logged in here."""
    connection = environ.get("SSH_CONNECTION", "").split()
    if connection or environ.get("SSH_TTY"):
        return Place(_tunnel(connection, redirect, user))
    display = sys.platform in ("darwin", "win32") or any(environ.get(name) for name in _DISPLAYS)
    return Place(display=display)


def _tunnel(connection: list[str], redirect: Redirect, user: str) -> str:
    """The ssh command to run beside the browser; SSH_CONNECTION is client, its port, server, its port."""
    if not redirect.listens:
        return ""
    host, port = "HOST", ""
    if len(connection) == 4:
        try:
            host = str(ipaddress.ip_address(connection[2].partition("%")[0]))
        except ValueError:
            connection = []
        if connection and connection[3].isdigit() and connection[3] != "22":
            port = f" -p {connection[3]}"
    name = f"{user}@{host}" if user.isascii() and user.replace("-", "").replace("_", "").isalnum() else host
    return f"ssh -L {redirect.port}:localhost:{redirect.port}{port} {name}"
