"""What sources on the web have in common: pages, marks in time with an overlap, a server that goes in circles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from console.journal.model import Problem
from console.sources.address import PAGE_LIMIT, read_address
from console.sources.errors import SourceError
from console.sources.model import SourceRow
from console.sources.opening import Asked
from console.sources.records import ServerSource
from console.sources.scim_values import moment

_OVERLAP = 300
_DAY = 86_400


class PagedSource(ServerSource):
    """People from a web server, page by page. Marks: `time MOMENT`, the newest change that was read."""

    CIRCLE_REMEDY = ""
    """What to do about a server that sends the same page again."""

    def __init__(
        self, asked: Asked, ports: dict[str, int], plain: Collection[str], settings: Collection[str], page: int
    ) -> None:
        self._address = read_address(asked.spec, ports, plain=plain, settings=settings, base=asked.base)
        super().__init__(self._address.name, asked.types)
        self._secret = asked.secret
        self._page = self._address.number("page", page, PAGE_LIMIT)
        self._overlap = dt.timedelta(seconds=self._address.number("overlap", _OVERLAP, _DAY, 0))
        self._mark = ""

    def changes(self, since: str) -> Iterator[SourceRow | Problem]:
        """What changed since a mark. Raises SourceError where the server cannot tell."""
        return self._rows(self._records(since))

    def mark(self) -> str:
        """Where the next changes begin; empty where nothing says when a person was changed."""
        self._must_be_read()
        return self._mark

    def _after(self, since: str) -> dt.datetime:
        """The moment from which on changes are wanted, a little before the mark."""
        when = moment(since.removeprefix("time ")) if since.startswith("time ") else None
        if when is None:
            raise SourceError(
                "what changed cannot be told: the last reading was of another kind of source",
                file=self.name,
                remedy="Read everybody once (a plan that is not incremental).",
            )
        return when - self._overlap

    def _objects(self, found: Any, what: str, remedy: str) -> list[dict[str, Any]]:
        """The records of a page; none where the server sent none."""
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise SourceError(f"{self._address.host} answers with {what}", file=self.name, remedy=remedy)
        return found

    def _circling(self, came: int) -> SourceError:
        return SourceError(
            f"the server sends the same page again after {came:,} people, so its end cannot be found",
            file=self.name,
            remedy=self.CIRCLE_REMEDY,
        )


def mark_of(newest: dt.datetime | None) -> str:
    """The mark for the newest change; empty where there is none."""
    return f"time {newest.astimezone(dt.UTC).isoformat()}" if newest else ""
