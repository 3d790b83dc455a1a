"""Reading a provisioner file: JSON, strictly, and nothing of a size or depth that no such file has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from console.settings.errors import SettingsError
from console.settings.jsontable import DEPTH

SIZE = 4 * 1024 * 1024
_HALF = re.compile("[\ud800-\udfff]")


class _Refused(ValueError):
    pass


def read(path: Path) -> dict[str, Any]:
    """The document of a file.

    Raises:
        SettingsError: it cannot be read or is no JSON object.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(SIZE + 1)
    except OSError as error:
        raise SettingsError(
            f"The file cannot be read: {(error.strerror or 'unknown reason').lower()}.",
            "Name a provisioner.openicf-*.json file, or - for standard input.",
            file=path,
        ) from None
    try:
        return parse(data)
    except SettingsError as error:
        error.file = path
        raise


def parse(data: bytes) -> dict[str, Any]:
    """The document in some text. Raises SettingsError; never with a value of the text in it."""
    if len(data) > SIZE:
        raise SettingsError("The file is larger than 4 MB.", "A provisioner file is some kB: name another file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError("The file is not UTF-8 text.", "Save it as UTF-8.") from None
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise SettingsError(
            f"The file is not JSON: {error.msg.lower()}.", "Mend the line, or export it again.", line=error.lineno
        ) from None
    except _Refused as error:
        raise SettingsError(f"The file {error}.", "Mend it, or export it again.") from None
    except ValueError:
        raise SettingsError("The file holds a number that is too large.", "Mend the number.") from None
    except RecursionError:
        raise _too_deep() from None
    if not isinstance(document, dict):
        raise SettingsError("The file holds no JSON object.", "A provisioner file begins with {.")
    _shallow(document, 0)
    return document


def written(document: dict[str, Any]) -> bytes:
    """The document as a file."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        from console.text import safe

        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Refused(f'has the key "{safe(twice, limit=60)}" twice in one object')
    return found


def _no_constant(word: str) -> Any:
    raise _Refused(f"holds {word}, which is no JSON")


def _shallow(value: Any, depth: int) -> None:
    if depth > DEPTH - 2:
        raise _too_deep()
    if isinstance(value, str) and _HALF.search(value):
        raise SettingsError("The file holds half a character.", "Mend the \\ud8xx escape in it.")
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise SettingsError("The file holds a number that is too large.", "Mend the number.")
    if isinstance(value, dict):
        for key, item in value.items():
            _shallow(key, depth)
            _shallow(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _shallow(item, depth + 1)


def _too_deep() -> SettingsError:
    return SettingsError(
        "The file is nested too deep.", "A provisioner file has a handful of levels: name another file."
    )
