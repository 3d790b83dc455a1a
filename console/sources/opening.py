"""From what an operator writes as SOURCE to something that can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from console.sources.csv_file import CsvSource
from console.sources.errors import SourceError
from console.sources.jsonl_file import JsonlSource
from console.sources.model import Source

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SECRET_NAMES = re.compile(r"(?i)pass|pwd|secret|token|api_?key")
_JSONL = frozenset({".jsonl", ".ndjson"})
_CSV = frozenset({".csv", ".tsv", ".txt", ".tab"})
SUPPORTED = "a CSV file (.csv, .tsv, .txt) or a JSON Lines file (.jsonl, .ndjson)"


def open_source(spec: str, *, base: Path | None = None, types: Mapping[str, str] | None = None) -> Source:
    """Open a source by path or URL. A relative path is relative to `base`.

    Raises SourceError. Nothing is read before `columns`, `rows`, `test` or `preview`.
    """
    if not spec.strip():
        raise SourceError("no source is named", remedy='Write source = "people.csv" into the mapping.')
    if "\0" in spec:
        raise SourceError("the source's name holds a NUL character", remedy="Check the mapping's source.")
    if _SCHEME.match(spec):
        refuse_password(spec)
        scheme = spec.split(":", 1)[0].lower()
        raise SourceError(f"sources of the kind {scheme}: cannot be read by this version", remedy=f"Use {SUPPORTED}.")
    path = Path(spec).expanduser()
    if not path.is_absolute() and base is not None:
        path = base / path
    name = path_name(path)
    suffix = path.suffix.lower()
    chosen = types or {}
    if suffix in _JSONL:
        return JsonlSource(path, name, chosen)
    if suffix in _CSV:
        return CsvSource(path, name, chosen)
    if path.is_dir():
        raise SourceError(f"{name} is a folder, not a file", file=name, remedy="Name a file inside it.")
    kind = f"files of the kind {path_name(Path(suffix))}" if suffix else "files without an extension"
    raise SourceError(f"{name}: {kind} cannot be read", file=name, remedy=f"Use {SUPPORTED}.")


def path_name(path: Path) -> str:
    """A path as text that can be stored: bytes of it that are no text become visible escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def refuse_password(spec: str) -> None:
    """Raise when a URL carries a secret; the message never repeats it."""
    try:
        parts = urlsplit(spec)
        carries = parts.password is not None or "@" in parts.netloc.rpartition("@")[0]
        names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        place = f"{parts.scheme}://{parts.hostname or ''}"
    except ValueError:
        carries, names, place = "@" in spec, [], spec.split(":", 1)[0] + ":"
    if carries or any(_SECRET_NAMES.search(name) for name in names):
        raise SourceError(
            f"the source {place} has a password in its URL",
            remedy="Remove it and store it in the vault: hubspoke credentials set source/NAME.",
        )
