"""PingIDM's managed users as a source."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from console.sources.errors import SourceError
from console.sources.model import Incremental, Source, SourceRow
from console.sources.opening import open_source
from tests.support.scripted_server import Received, Reply, ScriptedServer

PEOPLE = [
    {
        "_id": f"i{n}",
        "_rev": "1",
        "userName": f"u{n}",
        "mail": f"u{n}@example.org",
        "password": {"$crypto": "canary"},
        "_meta": {"lastChanged": {"date": f"2026-11-{n:02d}T10:00:00.000Z"}},
    }
    for n in range(1, 24)
]


def result(people: list[dict[str, Any]], cookie: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "result": people,
        "resultCount": len(people),
        "pagedResultsCookie": cookie,
        "totalPagedResultsPolicy": "NONE",
        "totalPagedResults": -1,
        "remainingPagedResults": -1,
        **more,
    }


def idm(request: Received) -> Reply:
    """Managed users by cookie; a date in the filter is understood."""
    if request.headers.get("x-openidm-password") != "canary-pass":
        return Reply(status=401, body={"code": 401, "reason": "Unauthorized", "message": "Access Denied"})
    query = request.query
    people = PEOPLE
    if ' ge "' in query["_queryFilter"]:
        since = query["_queryFilter"].split('"')[-2]
        people = [one for one in PEOPLE if one["_meta"]["lastChanged"]["date"] >= since]  # type: ignore[index]
    start, size = int(query.get("_pagedResultsCookie", "0=").rstrip("=")), int(query["_pageSize"])
    more = f"{start + size}=" if start + size < len(people) else None
    return Reply(body=result(people[start : start + size], more))


def opened(server: ScriptedServer, settings: str = "", secret: str | None = "openidm-admin:canary-pass") -> Source:
    return open_source(f"idm+{server.url}/openidm/managed/user#{settings}", secret=secret)


async def read(source: Source) -> list[dict[str, Any]]:
    return await asyncio.to_thread(lambda: [row.values for row in source.rows() if isinstance(row, SourceRow)])


async def fail(source: Source) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await read(source)
    assert caught.value.remedy
    return caught.value


async def test_managed_users_come_by_cookie_without_their_passwords() -> None:
    async with ScriptedServer(idm) as server:
        source = opened(server, "page=5")
        people = await read(source)
        assert [one["_id"] for one in people] == [f"i{n}" for n in range(1, 24)]
        assert "canary" not in str(people)
        first = server.received[0]
        assert (first.path, first.query) == ("/openidm/managed/user", {"_queryFilter": "true", "_pageSize": "5"})
        assert first.headers["x-openidm-username"] == "openidm-admin"
        assert first.headers["x-openidm-nosession"] == "true"
        assert [request.query.get("_pagedResultsCookie") for request in server.received] == [
            None,
            "5=",
            "10=",
            "15=",
            "20=",
        ]
        assert (await asyncio.to_thread(source.preview, 1, 7)).examined == 7


async def test_the_urls_own_query_is_kept_and_a_token_is_a_bearer() -> None:
    async with ScriptedServer([Reply(body=result(PEOPLE[:1]))]) as server:
        url = f'idm+{server.url}/openidm/managed/user?_queryFilter=mail co "+x"&_fields=_id,mail'
        assert len(await read(open_source(url, secret="canary.token"))) == 1
        assert server.received[0].query["_fields"] == "_id,mail"
        assert server.received[0].target.count("%2Bx") == 1
        assert server.received[0].headers["authorization"] == "Bearer canary.token"


async def test_what_changed_since_a_mark() -> None:
    async with ScriptedServer(idm) as server:
        source = opened(server, "changed=_meta/lastChanged/date&overlap=0")
        assert isinstance(source, Incremental)
        await read(source)
        assert source.mark() == "time 2026-11-23T10:00:00+00:00"
        found = await asyncio.to_thread(lambda: list(source.changes("time 2026-11-20T00:00:00+00:00")))
        assert [row.values["_id"] for row in found if isinstance(row, SourceRow)] == ["i20", "i21", "i22", "i23"]
        assert server.received[-1].query["_queryFilter"] == '_meta/lastChanged/date ge "2026-11-20T00:00:00Z"'
        unnamed = opened(server)
        assert isinstance(unnamed, Incremental)
        await read(unnamed)
        assert unnamed.mark() == ""
        with pytest.raises(SourceError, match="no field is named"):
            await asyncio.to_thread(lambda: list(unnamed.changes("time 2026-11-20T00:00:00+00:00")))


async def test_an_error_within_a_good_answer_is_not_taken_for_the_end() -> None:
    broken = result(PEOPLE[:3], error={"code": 500, "reason": "Internal Server Error", "message": "repository lost"})
    async with ScriptedServer([Reply(body=result(PEOPLE[3:6], "c")), Reply(body=broken)]) as server:
        error = await fail(opened(server))
        assert "broke off within its results: repository lost (after 3 records" in error.message


async def test_repeated_pages_and_cookies_are_refused() -> None:
    async with ScriptedServer([Reply(body=result(PEOPLE[:3], "c"))]) as server:
        assert "the same page again after 3 people" in (await fail(opened(server))).message
    replies = [Reply(body=result(PEOPLE[:3], "c")), Reply(body=result(PEOPLE[3:6], "c"))]
    async with ScriptedServer(replies) as server:
        assert "the same page again after 6 people" in (await fail(opened(server))).message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (result(PEOPLE[:2], None, remainingPagedResults=4), "has more than the 2 people"),
        (result(PEOPLE[:2], None, totalPagedResults=9, totalPagedResultsPolicy="EXACT"), "has more than the 2 people"),
        (PEOPLE[0], "no result of a query"),
        ({"result": [1]}, "no list of objects"),
    ],
)
async def test_answers_that_are_not_everybody_are_refused(body: dict[str, Any], said: str) -> None:
    async with ScriptedServer([Reply(body=body)]) as server:
        assert said in (await fail(opened(server))).message


async def test_a_wrong_password_and_one_that_headers_cannot_carry() -> None:
    async with ScriptedServer(idm) as server:
        error = await fail(opened(server, "credentials=idm", "openidm-admin:canary-wrong"))
        assert "Access Denied" in error.message
        assert "credentials set source/idm" in error.remedy
        strange = await fail(opened(server, secret="openidm-admin:canäry"))
        assert "headers cannot carry" in strange.message
        assert "can" not in strange.message.replace("cannot", "")
