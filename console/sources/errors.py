"""What can be wrong with a source as a whole; what is wrong with one row is a `Problem` in its stream.

SourceError        the source cannot be read: missing, a folder, empty, unreadable, ambiguous columns
  SourceChanged    the file was changed while it was read, so nothing of it may be trusted
"""

from __future__ import annotations

from console.journal.model import Problem


class SourceError(Exception):
    """A source that cannot be read. `message` and `field` may hold foreign text."""

    def __init__(
        self, message: str, *, file: str = "", line: int | None = None, field: str = "", remedy: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.field = field
        self.remedy = remedy

    @property
    def problem(self) -> Problem:
        """The same as a line for a list of problems."""
        return Problem(message=self.message, remedy=self.remedy, file=self.file, line=self.line, field=self.field)


class SourceChanged(SourceError):
    """The file changed between the first and the last byte that were read."""
