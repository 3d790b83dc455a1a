"""Completing the path of a file as it is typed."""

from __future__ import annotations

import os
from pathlib import Path

from console.settings.paths import expanded

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".ldif", ".xlsx", ".ods", ".txt")
"""Files that a source can be read from; they come before all others."""
_LOOKED_AT = 2000


def complete(text: str, base: Path) -> str | None:
    """The whole of what was begun: a folder with a slash, or a file; None when nothing begins like that.

    A name that can be read as a source comes before others, folders before other files.
    """
    if not text or "://" in text or text.endswith(":"):
        return None
    head, begun = os.path.split(text)
    folder = base / expanded(head or ".")
    found: list[tuple[int, str]] = []
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= _LOOKED_AT:
                    break
                if entry.name.startswith(begun) and (begun or not entry.name.startswith(".")):
                    found.append((_rank(entry), entry.name + ("/" if entry.is_dir() else "")))
    except OSError:
        return None
    if not found:
        return None
    whole = os.path.join(head, min(found)[1]) if head else min(found)[1]  # noqa: PTH118 - as it was typed, ~ and all
    return whole if whole != text else None


def _rank(entry: os.DirEntry[str]) -> int:
    if entry.name.lower().endswith(ENDINGS):
        return 0
    return 1 if entry.is_dir() else 2
