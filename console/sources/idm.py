"""People from PingIDM, ForgeRock IDM or OpenIDM: `managed/user`, by _queryFilter and paged results cookies."""

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
from console.sources.scim_values import moment, moment_text

if TYPE_CHECKING:
    from console.sources.web import Answer, Web

PORTS = {"idm+https": 443, "idm+http": 80}
PLAIN = ("idm+http",)
SETTINGS = ("changed", "overlap")
_PAGE = 500
_NEVER = ("password",)


class IdmSource(PagedSource):
    """Managed objects of an IDM. Marks: `time MOMENT`, the newest value of the field named by `changed`."""

    kind = "idm"

    CIRCLE_REMEDY = (
        "Its paged results cookie does not move on. Sort them (?_sortKeys=userName), ask for all at once "
        "(#page=10000), or export the people to a file."
    )

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked, PORTS, PLAIN, SETTINGS, _PAGE)
        self._changed = self._address.settings.get("changed", "").strip("/")

    def _records(self, since: str, *, first: bool = False) -> Records:
        from console.sources.web import Web

        after = self._after(since) if since else None
        with closing(Web(self._address, self._headers())) as web:
            own = web.given("_queryFilter")
            expression = own or "true"
            if after is not None:
                recent = f'{self._changed} ge "{moment_text(after)}"'
                expression = f"({own}) and {recent}" if own else recent
            asking = {} if web.given("_queryId") else {"_queryFilter": expression}
            newest = moment(since.removeprefix("time "))
            for record in self._results(web, asking, 1 if first else self._page):
                when = moment(self._stamp_of(record))
                if when is not None and (newest is None or when > newest):
                    newest = when
                yield {name: value for name, value in record.items() if name not in _NEVER}
            self._mark = mark_of(newest) if self._changed else ""

    def _after(self, since: str) -> dt.datetime:
        if not self._changed:
            raise SourceError(
                "what changed cannot be told: no field is named that holds when a person was changed",
                file=self.name,
                remedy="Name it behind the source's #, for instance changed=_meta/lastChanged/date or changed=lastModified.",
            )
        return super()._after(since)

    def _stamp_of(self, record: dict[str, Any]) -> Any:
        value: Any = record
        for part in self._changed.split("/"):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def _headers(self) -> dict[str, str]:
        """`user:password` goes into IDM's own headers; anything else is a bearer token."""
        from console.sources.web import sign_in

        plain = {"Accept": "application/json", "Accept-API-Version": "resource=1.0"}
        secret = self._secret or ""
        user, colon, password = secret.partition(":")
        if not colon or secret.lower().startswith("bearer "):
            return {**plain, **sign_in(self._secret, self._address.credentials, self.name)}
        if not secret.isascii() or not secret.isprintable():
            raise SourceError(
                f"the secret source/{self._address.credentials} holds letters that IDM's headers cannot carry",
                file=self.name,
                remedy="Give the reading user a password of plain ASCII, or use a token.",
            )
        return {**plain, "X-OpenIDM-Username": user, "X-OpenIDM-Password": password, "X-OpenIDM-NoSession": "true"}

    def _results(self, web: Web, asking: dict[str, str], count: int) -> Iterator[dict[str, Any]]:
        seen = Pages()
        cookies: set[str] = set()
        came = 0
        place: dict[str, str] = {}
        while True:
            data = self._checked(web.get({**asking, "_pageSize": str(count), **place}))
            records = self._objects(
                data.get("result"),
                "a result that is no list of objects",
                "Check the path in the URL: /openidm/managed/user.",
            )
            if seen.repeats(records):
                raise self._circling(came)
            came += len(records)
            yield from records
            cookie = data.get("pagedResultsCookie")
            if not isinstance(cookie, str) or not cookie:
                self._must_be_all(data, came)
                return
            if cookie in cookies:
                raise self._circling(came)
            cookies.add(cookie)
            place = {"_pagedResultsCookie": cookie}

    def _checked(self, answer: Answer) -> dict[str, Any]:
        from console.sources.web import refused

        data = answer.data
        if answer.status != 200:
            told = data.get("message") or data.get("reason") if isinstance(data, dict) else ""
            raise refused(self._address, answer.status, str(told or ""), signed_in=self._secret is not None)
        if not isinstance(data, dict) or ("result" not in data and "error" not in data):
            raise SourceError(
                f"{self._address.host} answers with JSON that is no result of a query",
                file=self.name,
                remedy="Check the path in the URL: /openidm/managed/user, without the id of one person.",
            )
        error = data.get("error")
        if error:  # IDM answers 200 and breaks off in the middle of the results
            told = error.get("message") or error.get("reason") if isinstance(error, dict) else error
            raise SourceError(
                f"{self._address.host} broke off within its results: {str(told)[:300]}",
                file=self.name,
                remedy="Nothing was planned from what came. Look into the log of IDM, then plan again.",
            )
        return data

    def _must_be_all(self, data: dict[str, Any], came: int) -> None:
        remaining, total = (
            number if isinstance(number := data.get(name), int) else -1
            for name in ("remainingPagedResults", "totalPagedResults")
        )
        exact = data.get("totalPagedResultsPolicy") == "EXACT"
        if remaining > 0 or (exact and total > came):
            raise SourceError(
                f"the server has more than the {came:,} people that it sent, and gives no cookie to read them",
                file=self.name,
                remedy="Who is missing would be taken for gone. Ask for more at once (#page=5000), or look into IDM's "
                "repository settings.",
            )


def idm_credentials(spec: str) -> str:
    """NAME of the vault's `source/NAME` for an IDM URL."""
    return read_address(spec, PORTS, plain=PLAIN, settings=SETTINGS).credentials
