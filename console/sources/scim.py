"""People from a SCIM server, 2.0 or 1.1, by a tolerant reader.

Pages are asked for by startIndex and count; a server that answers with a cursor (RFC 9865) is followed
by it. What a server says about its own totals is checked against what comes, because who is missing
here is taken for gone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from console.sources.address import read_address
from console.sources.errors import SourceError
from console.sources.opening import Asked
from console.sources.paged import PagedSource, mark_of
from console.sources.pages import Pages
from console.sources.records import Records
from console.sources.scim_values import last_modified, moment, moment_text, resource_values

if TYPE_CHECKING:
    from console.sources.web import Web

PORTS = {"scim+https": 443, "scim+http": 80}
PLAIN = ("scim+http",)
SETTINGS = ("overlap", "paging")
_PAGE = 100
_ACCEPT = "application/scim+json, application/json"
_LIST = frozenset({"Resources", "resources", "totalResults", "itemsPerPage", "schemas"})
"""One of them is in every list, even in the tersest."""
_NO_FILTER = frozenset({400, 403, 404, 405, 422, 500, 501})
"""What servers answer that cannot filter by a time."""


class ScimSource(PagedSource):
    """The people of a SCIM server. Marks: `time MOMENT`, the newest meta.lastModified."""

    kind = "scim"

    CIRCLE_REMEDY = (
        "It does not know startIndex or loses its cursor. Try #paging=cursor, or a page as large as all of it "
        "(#page=10000); or export the people to a file."
    )

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked, PORTS, PLAIN, SETTINGS, _PAGE)
        self._cursor = self._paging()

    def _paging(self) -> bool:
        wanted = self._address.settings.get("paging", "index")
        if wanted not in ("index", "cursor"):
            raise SourceError(
                f"paging={wanted[:40]} of the source {self.name} is unknown",
                file=self.name,
                remedy="Write #paging=cursor or #paging=index; a cursor that a server sends by itself is followed anyway.",
            )
        return wanted == "cursor"

    def _records(self, since: str, *, first: bool = False) -> Records:
        from console.sources.web import Web, sign_in

        after = self._after(since) if since else None
        headers = {"Accept": _ACCEPT, **sign_in(self._secret, self._address.credentials, self.name)}
        with closing(Web(self._address, headers)) as web:
            yield from self._resources(web, after, since, 1 if first else self._page)

    def _resources(self, web: Web, after: dt.datetime | None, since: str, count: int) -> Records:
        newest = moment(since.removeprefix("time "))
        undated = 0
        for resource in self._pages(web, self._asking(web, after), count):
            when = last_modified(resource)
            if when is None:
                undated += 1
            elif newest is None or when > newest:
                newest = when
            if after is not None and when is not None and when <= after:
                continue
            yield resource_values(resource)
        if undated:
            self._note(f"{undated:,} people have no meta.lastModified: whether they changed cannot be told.")
        self._mark = mark_of(newest)

    def _asking(self, web: Web, after: dt.datetime | None) -> dict[str, str]:
        """The parameters of every page; whether the server filters by time is tried once."""
        if after is None:
            return {}
        condition = f'meta.lastModified gt "{moment_text(after)}"'
        own = web.given("filter")
        asking = {"filter": f"({own}) and {condition}" if own else condition}
        answer = web.get({**asking, **self._first(1)})
        if answer.status in _NO_FILTER:
            self._note("The server cannot say what changed, so all of it was read and sorted out here.")
            return {}
        if answer.status != 200:
            raise self._refused(answer.status, answer.data)
        return asking

    def _first(self, count: int) -> dict[str, str]:
        return {"cursor": "", "count": str(count)} if self._cursor else {"startIndex": "1", "count": str(count)}

    def _pages(self, web: Web, asking: dict[str, str], count: int) -> Iterator[dict[str, Any]]:
        seen = Pages()
        came = 0
        place = self._first(count)
        cursors: set[str] = set()
        complete = False
        while True:
            data = self._page_at(web, {**asking, **place}, beyond=complete)
            records = self._members(data)
            if seen.repeats(records):
                if complete:
                    return  # it said that this was all, and knows no pages
                raise self._circling(came)
            if complete and records:
                self._note(
                    "The server's totalResults is smaller than what it has; it was read to its end all the same."
                )
            came += len(records)
            yield from records
            cursor = data.get("nextCursor")
            if isinstance(cursor, str) and cursor:
                if cursor in cursors:
                    raise self._circling(came)
                cursors.add(cursor)
                place = {"cursor": cursor, "count": str(count)}
                continue
            total = _whole(data.get("totalResults"))
            if "cursor" in place or not records:
                self._must_be_all(came, total)
                return
            # one page more even where totalResults is reached: some servers count only the page that they send
            complete = total is not None and came >= total
            place = {"startIndex": str(came + 1), "count": str(count)}

    def _page_at(self, web: Web, parameters: dict[str, str], *, beyond: bool) -> dict[str, Any]:
        """One page; `beyond` the end that the server told, it may refuse as well as be empty."""
        answer = web.get(parameters)
        if beyond and answer.status in (400, 404):
            return {"Resources": []}
        if answer.status != 200:
            raise self._refused(answer.status, answer.data)
        if not isinstance(answer.data, dict) or not _LIST & answer.data.keys():
            raise SourceError(
                f"{self._address.host} answers with JSON that is no SCIM list",
                file=self.name,
                remedy="Check the path in the URL: it must be the users' endpoint, such as /scim2/Users.",
            )
        return answer.data

    def _members(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """The resources of a page; missing and null are an empty page."""
        found = data.get("Resources", data.get("resources"))
        if found is None and "totalResults" not in data and "id" in data:
            raise SourceError(
                f"{self._address.host} answers with one resource, not with a list",
                file=self.name,
                remedy="Leave the id out of the URL: it must be the users' endpoint, such as /scim2/Users.",
            )
        return self._objects(
            found, "Resources that are no list of objects", "Check the path in the URL; is it a SCIM server?"
        )

    def _must_be_all(self, came: int, total: int | None) -> None:
        if total is not None and came < total:
            raise SourceError(
                f"the server says that there are {total:,} people and sent {came:,}",
                file=self.name,
                remedy="Who is missing would be taken for gone. Raise the server's own limit of list results "
                "(WSO2: MaxUserNameListLength of the user store), or ask for fewer at once (#page=50).",
            )

    def _refused(self, status: int, data: Any) -> SourceError:
        from console.sources.web import refused

        detail, kind = _told(data)
        if kind in ("invalidCursor", "expiredCursor"):
            return SourceError(
                f"the server no longer knows the place where reading stood ({kind})",
                file=self.name,
                remedy="Plan again; ask for more at once (#page=500) if it happens again.",
            )
        return refused(self._address, status, detail, signed_in=self._secret is not None)


def scim_credentials(spec: str) -> str:
    """NAME of the vault's `source/NAME` for a SCIM URL."""
    return read_address(spec, PORTS, plain=PLAIN, settings=SETTINGS).credentials


def _whole(value: Any) -> int | None:
    """A count; some servers send it as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _told(data: Any) -> tuple[str, str]:
    """The words and the kind of an error, of SCIM 2.0 or 1.1."""
    if not isinstance(data, dict):
        return "", ""
    errors = data.get("Errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str(errors[0].get("description") or ""), ""
    return str(data.get("detail") or ""), str(data.get("scimType") or "")
