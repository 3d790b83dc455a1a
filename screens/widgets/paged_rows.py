"""Rows that come a page at a time, forward, each page's end naming the next; old pages are fetched again."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

T = TypeVar("T")

KEPT_PAGES = 40


class Row(NamedTuple):
    """One line of a table. `tone` is a word of the theme: "", muted, success, warning, error, primary."""

    cells: tuple[str, ...]
    tone: str = ""


class Fetched(NamedTuple):
    """One page: its items and what to ask for next; `after` None says that this was the last one."""

    items: list[Any]
    after: Any | None


class RowSource(Protocol):
    """What a table shows: rows by number, of which more may come."""

    complete: bool

    def count(self) -> int:
        """How many rows are known."""

    def item(self, index: int) -> Any:
        """What a row stands for; None when it is not here (any more)."""

    def row(self, index: int) -> Row | None:
        """A row to show; None when it is not here (any more)."""

    def wants(self, index: int) -> bool:
        """Whether showing this row needs `need` first."""

    async def need(self, index: int) -> None:
        """Bring this row."""


class PagedRows(Generic[T]):
    """The rows of a table. `fetch(after)` brings a page, the first one for None; `make` turns an item into a row."""

    def __init__(self, fetch: Callable[[Any | None], Awaitable[Fetched]], make: Callable[[T], Row]) -> None:
        self._fetch = fetch
        self._make = make
        self._starts: list[int] = [0]
        self._tokens: list[Any | None] = [None]
        self._pages: OrderedDict[int, list[T]] = OrderedDict()
        self._count = 0
        self.complete = False

    @classmethod
    def of(cls, items: list[T], make: Callable[[T], Row]) -> PagedRows[T]:
        """Rows that are all here already."""

        async def nothing(_: Any | None) -> Fetched:
            return Fetched(list(items), None)

        rows = cls(nothing, make)
        rows._pages[0] = list(items)
        rows._count = len(items)
        rows.complete = True
        return rows

    def count(self) -> int:
        """How many rows are known."""
        return self._count

    def item(self, index: int) -> T | None:
        """What a row stands for; None when it is not here (any more)."""
        if not 0 <= index < self._count:
            return None
        number = self._page_of(index)
        page = self._pages.get(number)
        if page is None:
            return None
        self._pages.move_to_end(number)
        return page[index - self._starts[number]]

    def row(self, index: int) -> Row | None:
        """A row to show; None when it is not here (any more)."""
        item = self.item(index)
        return None if item is None else self._make(item)

    def wants(self, index: int) -> bool:
        """Whether showing this row needs a page that is not here."""
        if index < self._count:
            return self.item(max(index, 0)) is None
        return not self.complete

    async def need(self, index: int) -> None:
        """Bring the page of this row, and those before it that nobody has seen yet."""
        if index < self._count:
            number = self._page_of(index)
            if number not in self._pages:
                fetched = await self._fetch(self._tokens[number])
                length = (self._starts[number + 1] if number + 1 < len(self._starts) else self._count) - self._starts[
                    number
                ]
                self._keep(number, _fit(fetched.items, length))
            return
        while not self.complete and self._count <= index:
            await self._next()

    async def _next(self) -> None:
        number = len(self._starts) - 1
        fetched = await self._fetch(self._tokens[number])
        self._keep(number, list(fetched.items))
        self._count += len(fetched.items)
        if fetched.after is None:
            self.complete = True
        else:
            self._starts.append(self._count)
            self._tokens.append(fetched.after)

    def _page_of(self, index: int) -> int:
        # an empty page shares its start with the next: the last of equals holds the row
        return bisect_right(self._starts, index) - 1

    def _keep(self, number: int, items: list[T]) -> None:
        self._pages[number] = items
        self._pages.move_to_end(number)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)


def _fit(items: list[T], length: int) -> list[T]:
    """A page that was fetched again may have shrunk or grown meanwhile: keep its place in the table."""
    if len(items) >= length or not items:
        return items[:length] if items else items
    return items + [items[-1]] * (length - len(items))
