"""A support bundle: what helps to understand a problem, without a secret and without a person in it.

`collect` makes every file of it in memory, so that it can be listed and read before anything is written. With
`values`, which has to be asked for, the parts about people are there as well; secrets never are.
"""

from __future__ import annotations

import asyncio
import getpass
import io
import os
import platform
import socket
import sys
import zipfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from console.doctor import Finding
from console.settings.errors import SettingsError
from console.settings.new_file import new_private
from console.settings.paths import Paths

if TYPE_CHECKING:
    from console.session import Session

LIBRARIES = ("textual", "httpx", "keyring", "tomli-w", "msgspec", "SQLAlchemy", "cryptography", "platformdirs")
_CRASHES = 256 * 1024
_RUNNER_LOGS = 5
_RUNNER_BYTES = 64 * 1024
_VALUES = 2000
_HIDDEN = frozenset({"httpProxyUser", "caFile"})
"""Settings of which only the presence is told: they name people and their folders."""
_BAD = frozenset({"failed", "conflict", "uncertain", "needs_decision", "not_accepted"})


class Part(NamedTuple):
    """One file of the bundle; `personal` where it holds values of people."""

    name: str
    about: str
    data: bytes
    personal: bool = False


async def collect(
    paths: Paths,
    profile_name: str | None,
    findings: Iterable[Finding],
    *,
    session: Session | None = None,
    values: bool = False,
) -> list[Part]:
    """Every file of the bundle. `session` is needed for `values` only: sealed payloads are opened with its key.

    Raises:
        SettingsError: values are asked for, and there is no open profile.
    """
    if values and session is None:
        raise SettingsError("Values need an open profile.", "Name one with --profile, or leave --with-values out.")
    found = list(findings)
    parts = await asyncio.to_thread(_parts, paths, profile_name, found)
    if values and session is not None:
        parts += [await _values(session), *await asyncio.to_thread(_personal_files, paths)]
    return [_contents(parts), *parts]


def _parts(paths: Paths, profile_name: str | None, findings: list[Finding]) -> list[Part]:
    from console.journal.outline import newest_runs, open_problems, outline

    tidy = _Tidy(paths)
    return [
        _document("versions.json", "Hubspoke, Python, system, libraries", _versions()),
        _document("doctor.json", "what doctor says", [finding._asdict() for finding in findings], tidy),
        _document("profile.json", "the profile's settings; it holds no secrets", _profile(paths, profile_name), tidy),
        _lines("requests.jsonl", "the last requests: paths without values, statuses, times", _requests(paths)),
        _document("journal.json", "the journal's schema, sizes and states", outline(paths.journal)),
        _document("runs.json", "the newest runs and their counts", newest_runs(paths.journal)),
        _lines("problems.jsonl", "entries that did not end well: numbers and ids only", open_problems(paths.journal)),
        Part("crashes.txt", "our own mistakes: where in the program, never about whom", _crashes(paths, tidy)),
    ]


# ---------------------------------------------------------------- the parts


def _versions() -> dict[str, Any]:
    from console import __version__

    return {
        "hubspoke": __version__,
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _profile(paths: Paths, name: str | None) -> dict[str, Any]:
    from console.glance import cached_account
    from console.settings import preferences
    from console.settings.profiles import Profiles, display

    profiles = Profiles(paths)
    try:
        chosen = name or profiles.current()
        settings = preferences.load(paths)
        told: dict[str, Any] = {"profiles": len(profiles.names()), "theme": settings.theme, "vault": settings.vault}
        if chosen is None:
            return told
        profile = profiles.load(chosen)
    except SettingsError as error:
        return {"error": error.message}
    shown = {key: ("(set)" if value else "") if key in _HIDDEN else value for key, value in display(profile).items()}
    account = cached_account(paths, profile)
    portal = {"portalId": account.portal_id, "accountType": account.account_type} if account is not None else None
    return {**told, "name": chosen, "settings": shown, "imported": bool(profile.icf), "account": portal}


def _requests(paths: Paths) -> list[Any]:
    from console.hubspot.requestfile import RequestTail, request_file

    tail = RequestTail(request_file(paths))
    tail.read()
    return list(tail.entries)


def _crashes(paths: Paths, tidy: _Tidy) -> bytes:
    data = _end_of(paths.log, _CRASHES)
    return tidy(data.decode("utf-8", "replace")).encode() if data else b"There was none.\n"


async def _values(session: Session) -> Part:
    from console.journal.export import export

    lines: list[Any] = []
    async for line in export(await session.journal, values=True):
        if line["type"] == "entry" and line["state"] in _BAD:
            lines.append(line)
            if len(lines) == _VALUES:
                break
    return _lines("problems-with-values.jsonl", "the same entries with names, keys and values", lines, personal=True)


def _personal_files(paths: Paths) -> list[Part]:
    """Mappings and what runners said: an expression or a message may name somebody."""
    found = [
        Part(f"mappings/{path.name}", "a mapping as it is", path.read_bytes(), personal=True)
        for path in sorted(paths.mappings.glob("*.toml"))
        if path.is_file()
    ]
    logs = sorted((paths.state / "runs").glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    found += [
        Part(f"runs/{path.name}", "what a runner said", _end_of(path, _RUNNER_BYTES), personal=True)
        for path in logs[:_RUNNER_LOGS]
    ]
    return found


def _contents(parts: list[Part]) -> Part:
    lines = ["A support bundle of Hubspoke. No secret is in it.", ""]
    if any(part.personal for part in parts):
        lines[1:1] = ["It holds PERSONAL DATA, because values were asked for: hand it on accordingly."]
    lines += [f"{part.name:<28} {part.about}{' (personal data)' if part.personal else ''}" for part in parts]
    return Part("README.txt", "what is in this bundle", ("\n".join(lines) + "\n").encode())


# ------------------------------------------------------------------ writing


def write(parts: Iterable[Part], path: Path) -> None:
    """The bundle as a zip file: a new one, readable by its owner alone.

    Raises:
        SettingsError: there is such a file already, or it cannot be written.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.writestr(f"hubspoke-bundle/{part.name}", part.data)
    with new_private(path) as file:
        file.write(made.getvalue())


class _Tidy:
    """Takes names of people, machine and folders out of our own words."""

    def __init__(self, paths: Paths) -> None:
        self._swaps: list[tuple[str, str]] = [(str(paths.config), "CONFIG"), (str(paths.state), "STATE")]
        self._swaps += [(str(Path.home()), "~"), (socket.gethostname(), "HOST"), (_login(), "USER")]

    def __call__(self, text: str) -> str:
        for secret, shown in self._swaps:
            if len(secret) > 2:
                text = text.replace(secret, shown)
        return text


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _end_of(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - most))
            return file.read()
    except OSError:
        return b""


def _document(name: str, about: str, value: object, tidy: _Tidy | None = None) -> Part:
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode() + "\n"
    return Part(name, about, (tidy(text) if tidy is not None else text).encode())


def _lines(name: str, about: str, values: Iterable[Any], *, personal: bool = False) -> Part:
    return Part(name, about, b"".join(msgspec.json.encode(value) + b"\n" for value in values), personal)
