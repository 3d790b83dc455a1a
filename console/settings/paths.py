"""The folders Hubspoke lives in, and how private files come into being."""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from console.settings.errors import SettingsError

APP = "hubspoke"


@dataclass(frozen=True)
class Paths:
    """Where configuration and state are: XDG folders, or what `--config` and `--state` name."""

    config: Path
    state: Path

    @classmethod
    def resolve(cls, config: str | None = None, state: str | None = None) -> Paths:
        """The folders of this user, or the given ones made absolute; nothing is created."""
        if config is None or state is None:
            import platformdirs  # only needed for the defaults, and start-up is budgeted

            return cls(
                _absolute(config) if config is not None else platformdirs.user_config_path(APP),
                _absolute(state) if state is not None else platformdirs.user_state_path(APP),
            )
        return cls(_absolute(config), _absolute(state))

    @property
    def profiles(self) -> Path:
        """One TOML file per profile."""
        return self.config / "profiles"

    @property
    def mappings(self) -> Path:
        """One TOML file per mapping."""
        return self.config / "mappings"

    @property
    def vault_file(self) -> Path:
        """The sealed vault, where there is no keyring."""
        return self.config / "vault.sealed"

    @property
    def settings_file(self) -> Path:
        """The current profile, the theme, the vault choice."""
        return self.config / "settings.toml"

    @property
    def journal(self) -> Path:
        """Plans, runs, entries and links."""
        return self.state / "journal.sqlite"

    @property
    def people(self) -> Path:
        """The managed repository."""
        return self.state / "people.sqlite"

    @property
    def budget(self) -> Path:
        """Slots shared by all processes."""
        return self.state / "budget.sqlite"

    @property
    def locks(self) -> Path:
        """Owner locks of runs."""
        return self.state / "locks"

    @property
    def log(self) -> Path:
        """The log file."""
        return self.state / "hubspoke.log"

    @property
    def copied(self) -> Path:
        """What was copied last where no terminal takes it."""
        return self.state / "copied.txt"


def _absolute(path: str) -> Path:
    if not path.strip():
        raise SettingsError("A folder name is empty.", "Give --config and --state a folder, or leave them out.")
    return Path(os.path.abspath(expanded(path)))  # noqa: PTH100 - keeps symbolic links as the operator named them


def expanded(path: str | Path) -> Path:
    """The path with a leading ~ or ~user as that home folder; a user who is not there leaves it as it was written."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises for a user who is not there


def private_dir(path: Path) -> Path:
    """The folder, made with its parents where missing: 0700 whatever the umask.

    A folder that exists keeps its mode: a group may share it on purpose.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
            _inherit(folder)
        if not path.is_dir():
            raise NotADirectoryError
    except OSError as error:
        raise SettingsError(
            f"The folder {path} cannot be made: {_reason(error)}.",
            "Choose another one with --config or --state, or mend the permissions.",
            file=path,
        ) from None
    return path


def private_file(path: Path) -> Path:
    """The file, made empty when missing: 0600 whatever the umask; its folder is made too.

    SQLite gives its side files the mode of the database, so call this before opening one.
    """
    with private_open(path, "ab"):
        return path


def private_open(path: Path, mode: str = "a") -> IO[Any]:
    """Opens a file that, when this makes it, is 0600 whatever the umask; its folder is made too."""
    private_dir(path.parent)

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_CLOEXEC", 0), 0o600)

    fresh = not path.exists()
    encoding = None if "b" in mode else "utf-8"
    stream: IO[Any] = open(path, mode, encoding=encoding, opener=opener)  # noqa: SIM115 - the caller closes it; Path.open has no opener
    if fresh:
        os.chmod(path, _file_mode(path.parent))  # noqa: PTH101 - a umask may have taken the owner's own bits
    return stream


def write_private(path: Path, data: bytes) -> None:
    """Replaces the file in one step: readers see the old or the new one; 0600 whatever the umask."""
    target = Path(os.path.realpath(path))  # a linked file stays linked
    private_dir(target.parent)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # made 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o600)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _reason(error: OSError) -> str:
    return (error.strerror or "it is not a folder").lower()


def _shared(folder: Path) -> bool:
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISGID and mode & stat.S_IWGRP)


def _file_mode(folder: Path) -> int:
    """0600, but 0660 in a set-group-id folder that the operators' group may write."""
    return 0o660 if _shared(folder) else 0o600


def _inherit(folder: Path) -> None:
    folder.chmod(0o2770 if _shared(folder.parent) else 0o700)


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
