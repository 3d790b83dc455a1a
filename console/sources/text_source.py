"""What all sources that are text files have in common: the file, what was assumed about it, its digest, a preview."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.model import Preview, SourceRow
from console.sources.preview import examine_rows
from console.sources.text_file import TextFile


class TextSource(ABC):
    """A source in one text file; a subclass says what its records are, in `rows`."""

    kind = ""

    def __init__(self, path: Path, name: str, types: Mapping[str, str]) -> None:
        self.name = name
        self._file = TextFile(path, name)
        self._types = types

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed about the encoding."""
        encoding = self._file.encoding
        return (encoding.note,) if encoding is not None and encoding.note else ()

    def columns(self) -> tuple[str, ...] | None:
        """The names that every record has; None where records may differ."""
        return None

    def test(self) -> tuple[str, ...]:
        """Read up to the first record; answers the notes."""
        for row in self.rows():
            if isinstance(row, Problem):
                raise SourceError(row.message, file=self.name, line=row.line, field=row.field, remedy=row.remedy)
            break
        return self.notes

    def preview(self, limit: int = 5, examine: int = 1000) -> Preview:
        """The first records, and the fields judged by the first `examine`."""
        return examine_rows(self, limit, examine)

    def digest(self) -> str:
        """Digest of the file as it was read."""
        return self._file.digest()

    @abstractmethod
    def rows(self) -> Iterator[SourceRow | Problem]:
        """Stream the records. Every bad one is a Problem with its line; the good ones go on."""
