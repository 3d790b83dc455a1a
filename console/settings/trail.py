"""Where a mistake happened: kinds of errors and places in code, without messages, source lines and values."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_FRAMES = 50


def trail(error: BaseException) -> Iterator[str]:
    """Lines for a report: an error, its frames indented, then what it came of."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield f"{type(link).__module__}.{type(link).__qualname__}"
        for frame in traceback.extract_tb(link.__traceback__, limit=_FRAMES):
            yield f"  {_short(frame.filename)}:{frame.lineno} {frame.name}"
        link = link.__cause__ or link.__context__


def _short(filename: str) -> str:
    """The file within our house or a library, not where that is on this machine."""
    path = Path(filename)
    if path.is_relative_to(_ROOT) and "site-packages" not in path.parts:
        return str(path.relative_to(_ROOT))
    if "site-packages" in path.parts:
        return str(Path(*path.parts[path.parts.index("site-packages") + 1 :]))
    return path.name
