"""What files say of a person outside the journal: found byte by byte, taken out of what Hubspoke itself wrote."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

_CHUNK = 1 << 20
_LINES = frozenset({".log", ".txt", ".md", ".csv", ".jsonl", ".html"})
"""Files of lines that Hubspoke writes into the state folder: runner logs, error reports, reports."""
_CACHES = frozenset({"accounts.json", "tests.json", "setup.json"})
"""Files that are only a copy of what is asked again."""
_GONE = {".jsonl": b'{"type": "erased"}\n', ".csv": b""}
_GONE_TEXT = b"(a line about a person was erased)\n"


def spellings(word: str) -> tuple[bytes, ...]:
    """How a word may stand in a file, in small letters: plain, in a URL, in JSON, in other encodings."""
    found: list[bytes] = []
    for form in (word, word.lower(), word.upper()):  # bytes know the case of ASCII letters only
        texts = [form, quote(form, safe=""), quote(form), quote_plus(form), json.dumps(form)[1:-1]]
        found += [text.encode("utf-8", "surrogatepass").lower() for text in texts]
        found.append(form.encode("utf-16-le", "surrogatepass").lower())
        with suppress(UnicodeEncodeError):
            found.append(form.encode("latin-1").lower())
    return tuple(dict.fromkeys(found))


def needles(words: Iterable[str]) -> tuple[bytes, ...]:
    """The spellings of all words."""
    return tuple(dict.fromkeys(spelling for word in words for spelling in spellings(word)))


def files_with(folder: Path, wanted: Sequence[bytes]) -> list[Path]:
    """The regular files below `folder` that hold one of the needles, in their name or content. Blocks its thread."""
    return [path for path in _files(folder) if _holds(path, wanted)]


def _files(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(where, name)
            try:
                if stat.S_ISREG(path.lstat().st_mode):  # a FIFO would wait for ever
                    yield path
            except OSError:
                continue


def _holds(path: Path, wanted: Sequence[bytes]) -> bool:
    if any(needle in os.fsencode(path.name).lower() for needle in wanted):
        return True
    overlap = max(map(len, wanted), default=1) - 1
    rest = b""
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                data = (rest + chunk).lower()
                if any(needle in data for needle in wanted):
                    return True
                rest = data[-overlap:] if overlap else b""
    except OSError:
        return False
    return False


def clean(path: Path, wanted: Sequence[bytes]) -> int | None:
    """Take the lines with a needle out of one of our own files; how many went, None where the file is of another kind.

    The file stays the same one: a process that appends to it goes on. A cache is removed whole.
    """
    if path.name in _CACHES:
        path.unlink(missing_ok=True)
        return 1
    kind = _kind(path)
    if kind not in _LINES:
        return None
    gone = 0
    with path.open("r+b") as stream, tempfile.TemporaryFile(dir=path.parent) as kept:
        for line in stream:
            if any(needle in line.lower() for needle in wanted):
                gone += 1
                kept.write(_GONE.get(kind, _GONE_TEXT))
            else:
                kept.write(line)
        if gone:
            kept.seek(0)
            stream.seek(0)
            shutil.copyfileobj(kept, stream)
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())
    return gone


def remove_old(places: Iterable[Path], before: float) -> int:
    """Remove our own files of lines, in these folders or named, that nobody wrote to since `before`; how many.

    `before` is in seconds since the epoch.
    """
    gone = 0
    for place in places:
        for path in [place] if place.is_file() else _files(place):
            if _kind(path) in _LINES and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _kind(path: Path) -> str:
    """The ending of a file's name, also of one that was full and put aside (`requests.jsonl.1`)."""
    return Path(path.name.removesuffix(".1")).suffix
