"""The rows of a table from a local answer, which may still be growing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from screens.widgets.paged_rows import Row

if TYPE_CHECKING:
    from console.connector.snapshot import Answer
    from console.hubspot.model import Record


class LocalRows:
    """Nothing is fetched: a page of a snapshot is read when it is drawn, in a fraction of a millisecond."""

    def __init__(self, answer: Answer, make: Callable[[Record], Row]) -> None:
        self.answer = answer
        self._make = make
        self.complete = answer.done

    def count(self) -> int:
        """How many rows are known."""
        self.complete = self.answer.done
        return len(self.answer)

    def item(self, index: int) -> Record | None:
        """The record of a row."""
        return self.answer.record(index)

    def row(self, index: int) -> Row | None:
        """A row to show; one that was forgotten is blank."""
        record = self.answer.record(index)
        return self._make(record) if record is not None else Row(())

    def wants(self, index: int) -> bool:  # noqa: ARG002 - all rows are here
        """Nothing has to be fetched."""
        return False

    async def need(self, index: int) -> None:
        """Nothing has to be fetched."""
