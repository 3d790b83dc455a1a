"""Small TOML files that the program owns: read with exact complaints, written in one step."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from console.settings.errors import SettingsError
from console.settings.paths import write_private

_LIMIT = 256 * 1024
LARGE = 8 * 1024 * 1024
"""The limit of a file that may hold an imported document."""
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


class TomlFile:
    """A TOML file's top-level table, and where in it a key stands."""

    def __init__(self, path: Path, values: dict[str, Any], text: str) -> None:
        self.path = path
        self.values = values
        self._text = text

    def line(self, key: str) -> int | None:
        """The line of a top-level key, counted from 1."""
        pattern = re.compile(rf"""^\s*\[?\s*["']?{re.escape(key)}["']?\s*[\].=]""")
        for number, line in enumerate(self._text.splitlines(), 1):
            if pattern.match(line):
                return number
        return None


def read(path: Path, what: str, limit: int = _LIMIT) -> TomlFile:
    """The file, parsed; `what` names it in errors ("profile", "settings")."""
    text = _text(path, what, limit)
    import tomllib  # the console's first paint reads at most two such files

    try:
        return TomlFile(path, tomllib.loads(text), text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"The {what} file is not TOML: {_AT_LINE.sub('', str(error)).strip().lower()}.",
            f"Mend the line, or remove the file and make the {what} anew.",
            file=path,
            line=_line_of(str(error), text),
        ) from None


def write(path: Path, values: dict[str, Any], comment: str, limit: int = _LIMIT) -> None:
    """Replaces the file; `comment` becomes its first line."""
    import tomli_w  # writing is rare

    data = f"# {comment}\n\n{tomli_w.dumps(values)}".encode()
    if len(data) > limit:
        raise SettingsError(f"The file would be larger than {_size(limit)}.", "Leave out what is long.", file=path)
    try:
        write_private(path, data)
    except OSError as error:
        raise SettingsError(
            f"The file cannot be written: {(error.strerror or 'unknown reason').lower()}.",
            "Look at the folder's permissions and at the free space.",
            file=path,
        ) from None


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that was probably meant; case does not count."""
    import difflib  # only when something is wrong

    by_lower = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.55)
    return by_lower[found[0]] if found else None


def _text(path: Path, what: str, limit: int) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except IsADirectoryError:
        raise SettingsError(f"A {what} is a file, but this is a folder.", "Move the folder away.", file=path) from None
    except OSError as error:
        raise SettingsError(
            f"The {what} file cannot be read: {(error.strerror or 'unknown reason').lower()}.",
            "Mend its permissions; it should belong to you, with mode 0600.",
            file=path,
        ) from None
    if len(data) > limit:
        raise SettingsError(
            f"The {what} file is larger than {_size(limit)}.", "It is probably not a TOML file.", file=path
        )
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"The {what} file is not UTF-8 text.", "Save it as UTF-8.", file=path, line=line) from None


def _size(limit: int) -> str:
    return f"{limit >> 20} MB" if limit >= 1 << 20 else f"{limit >> 10} kB"


def _line_of(message: str, text: str) -> int | None:
    match = _AT_LINE.search(message)
    if match is None:
        return None
    return int(match[1]) if match[1] else max(1, len(text.splitlines()))
