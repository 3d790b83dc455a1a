"""SCIM servers as a source: a real one, and all the ways in which others differ."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.model import Incremental, Source, SourceRow
from console.sources.opening import open_source
from console.sources.scim_values import moment, resource_values
from tests.support.ports import free_port
from tests.support.scripted_server import RESET, Received, Reply, ScriptedServer

TOKEN = "canary-token-42"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
COUNT = 230


@pytest.fixture(scope="module")
def scim_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The users' endpoint of a scim2-server with COUNT people."""
    port = free_port()
    command = [sys.executable, "-m", "scim2_server.testserver.cli", "--port", str(port), "--bearer-token", TOKEN]
    log = tmp_path_factory.mktemp("scim") / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    users = f"http://127.0.0.1:{port}/v2/Users"
    try:
        _wait_for(users, process, log)
        for number in range(1, COUNT + 1):
            _send(users, "POST", _user(number))
        yield users
    finally:
        process.terminate()
        process.wait(10)


def _user(number: int) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": f"p{number}@example.org",
        "name": {"givenName": "Ann", "familyName": f"Number {number}"},
        "emails": [
            {"value": f"home{number}@example.org", "type": "home"},
            {"value": f"p{number}@example.org", "type": "work", "primary": True},
        ],
        "active": bool(number % 5),
        "password": "canary-password",
        ENTERPRISE: {"department": f"D{number % 7}"},
    }


def _send(url: str, method: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        url,
        data=json.dumps(body).encode() if body is not None else None,
        method=method,
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.loads(answer.read() or b"{}"))


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            _send(url + "?count=1", "GET")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"scim2-server did not start: {log.read_text()[-500:]}")


def opened(url: str, secret: str | None = TOKEN, behind: str = "") -> Source:
    return open_source(f"scim+{url}#{behind}", secret=secret)


def rows_of(source: Source) -> list[SourceRow]:
    rows = list(source.rows())
    assert all(isinstance(row, SourceRow) for row in rows)
    return [row for row in rows if isinstance(row, SourceRow)]


def error_of(source: Source) -> SourceError:
    with pytest.raises(SourceError) as caught:
        list(source.rows())
    assert caught.value.remedy
    return caught.value


async def read(source: Source) -> list[SourceRow]:
    return await asyncio.to_thread(rows_of, source)


async def fail(source: Source) -> SourceError:
    return await asyncio.to_thread(error_of, source)


def test_a_real_server_is_read_to_its_end(scim_server: str) -> None:
    source = opened(scim_server, behind="page=50")
    assert source.test() == ()
    rows = rows_of(source)
    assert len({row.values["id"] for row in rows}) == COUNT
    assert [row.line for row in rows] == list(range(1, COUNT + 1))
    values = next(row.values for row in rows if row.values["userName"] == "p9@example.org")
    assert values["emails"][0]["value"] == "p9@example.org"
    assert values[ENTERPRISE]["department"] == "D2"
    assert "canary" not in str(values)
    assert source.notes == ()
    assert len(source.digest()) == 64
    preview = source.preview(limit=1, examine=40)
    assert (preview.kind, preview.examined, len(preview.rows)) == ("scim", 40, 1)


def test_a_filter_of_the_url_and_a_plus_in_it(scim_server: str) -> None:
    assert len(rows_of(opened(f"{scim_server}?filter=active eq false"))) == COUNT // 5
    made = _send(scim_server, "POST", {**_user(9001), "userName": "a+b@example.org"})
    try:
        (row,) = rows_of(opened(f'{scim_server}?filter=userName eq "a+b@example.org"'))
        assert row.values["id"] == made["id"]
    finally:
        _send(f"{scim_server}/{made['id']}", "DELETE")


def test_what_changed_since_a_mark(scim_server: str) -> None:
    source = opened(f'{scim_server}?filter=userName sw "p1"', behind="overlap=0")
    assert isinstance(source, Incremental)
    first = rows_of(source)
    mark = source.mark()
    time.sleep(1.05)  # marks are of whole seconds
    changed = next(row.values for row in first if row.values["userName"] == "p17@example.org")
    _send(
        f"{scim_server}/{changed['id']}",
        "PUT",
        {**_user(17), "name": {"givenName": "Bea", "familyName": "Changed"}},
    )
    rows = [row for row in source.changes(mark) if isinstance(row, SourceRow)]
    assert {row.values["userName"] for row in rows if row.values["name"]["givenName"] == "Bea"} == {"p17@example.org"}
    assert len(rows) < len(first)
    assert source.mark() > mark
    with pytest.raises(SourceError, match="another kind"):
        list(source.changes("usn dc1 5"))


def test_without_and_with_a_wrong_token(scim_server: str) -> None:
    nobody = error_of(opened(scim_server, None))
    assert "hubspoke credentials set source/127.0.0.1" in nobody.remedy
    wrong = error_of(opened(scim_server, "canary-wrong"))
    assert "401" in wrong.message
    assert "canary" not in wrong.message + wrong.remedy
    lost = error_of(opened(scim_server.replace("/Users", "/Nobody")))
    assert "404" in lost.message


def listed(resources: Any, total: Any = None, **more: Any) -> dict[str, Any]:
    return {"schemas": ["urn:scim:schemas:core:1.0"], "totalResults": total, "Resources": resources, **more}


def paged(people: list[dict[str, Any]], *, size: int = 0, total: Callable[[int], Any] = lambda n: None) -> Any:
    """A server that pages by startIndex; `size` is its own largest page."""

    def answer(request: Received) -> Reply:
        start, count = int(request.query["startIndex"]), int(request.query["count"])
        page = people[start - 1 : start - 1 + min(count, size or count)]
        told = total(len(page))
        data = listed(page, len(people) if told is None else told)
        return Reply(body=data if page else {key: value for key, value in data.items() if key != "Resources"})

    return answer


PEOPLE = [{"id": f"i{n}", "userName": f"u{n}", "emails": [f"u{n}@example.org"]} for n in range(1, 26)]


async def test_wso2_with_emails_as_texts_and_basic_authentication() -> None:
    async with ScriptedServer(paged(PEOPLE)) as server:
        rows = await read(opened(server.url + "/scim/Users", "admin:pä:ss", "page=10"))
        assert [row.values["emails"] for row in rows][:1] == [[{"value": "u1@example.org"}]]
        assert len(rows) == 25
        assert server.received[0].headers["authorization"] == "Basic YWRtaW46cMOkOnNz"
        assert [request.query["startIndex"] for request in server.received] == ["1", "11", "21", "26"]


@pytest.mark.parametrize("size", [0, 4])
async def test_a_total_that_counts_only_the_page_ends_nothing_early(size: int) -> None:
    async with ScriptedServer(paged(PEOPLE, size=size, total=lambda count: count)) as server:
        source = opened(server.url, behind="page=10")
        assert len(await read(source)) == 25
        assert any("totalResults is smaller" in note for note in source.notes)


@settings(max_examples=30)
@given(
    people=st.integers(0, 40),
    asked=st.integers(1, 12),
    size=st.integers(1, 12),
    told=st.sampled_from(["all", "page", "nothing"]),
)
def test_everybody_comes_once_and_in_order_however_the_server_pages(
    people: int, asked: int, size: int, told: str
) -> None:
    """A server may send fewer than it was asked for, and tell all, only its page, or nothing of its totals."""
    everybody = [{"id": f"i{number}"} for number in range(people)]

    async def run() -> list[str]:
        totals: dict[str, Any] = {"all": None, "page": None, "nothing": ""}
        script = paged(everybody, size=size, total=lambda count: count if told == "page" else totals[told])
        async with ScriptedServer(script) as server:
            return [row.values["id"] for row in await read(opened(server.url, behind=f"page={asked}"))]

    assert asyncio.run(run()) == [one["id"] for one in everybody]


async def test_a_server_that_keeps_people_back_is_refused() -> None:
    async with ScriptedServer(paged(PEOPLE, total=lambda _count: 300)) as server:
        error = await fail(opened(server.url))
        assert "there are 300 people and sent 25" in error.message
        assert "MaxUserNameListLength" in error.remedy


async def test_a_repeated_page_is_refused_in_words() -> None:
    async with ScriptedServer([Reply(body=listed(PEOPLE[:10], 25))]) as server:
        error = await fail(opened(server.url, behind="page=10"))
        assert "sends the same page again after 10 people" in error.message
        assert "after 10 records, which are not used" in error.message


async def test_a_server_that_knows_no_pages_and_sends_all_is_read_once() -> None:
    async with ScriptedServer([Reply(body=listed(PEOPLE, 25))]) as server:
        assert len(await read(opened(server.url, behind="page=10"))) == 25


async def test_a_server_that_refuses_to_look_beyond_its_end() -> None:
    replies = [Reply(body=listed(PEOPLE, "25")), Reply(status=400, body={"detail": "startIndex", "status": "400"})]
    async with ScriptedServer(replies) as server:
        assert len(await read(opened(server.url))) == 25


@pytest.mark.parametrize("body", [listed(None, 0), {"totalResults": 0}, {"schemas": [], "Resources": []}])
async def test_nobody_in_any_spelling(body: dict[str, Any]) -> None:
    async with ScriptedServer([Reply(body=body)]) as server:
        source = opened(server.url)
        assert await read(source) == []
        assert "nobody" in (await asyncio.to_thread(source.test))[0]


async def test_cursors_are_followed_and_a_repeated_one_refused() -> None:
    pages = {"": (PEOPLE[:10], "c1"), "c1": (PEOPLE[10:20], "c2/+="), "c2/+=": (PEOPLE[20:], None)}

    def answer(request: Received) -> Reply:
        page, following = pages[request.query.get("cursor", "")]
        return Reply(body=listed(page, 25, **({"nextCursor": following} if following else {})))

    async with ScriptedServer(answer) as server:
        assert len(await read(opened(server.url))) == 25
        assert "cursor" not in server.received[0].query
        assert len(await read(opened(server.url, behind="paging=cursor"))) == 25
    async with ScriptedServer([Reply(body=listed([{"id": str(n)}], 9, nextCursor="same")) for n in range(3)]) as server:
        assert "the same page again" in (await fail(opened(server.url))).message
    gone = [
        Reply(body=listed(PEOPLE[:5], 25, nextCursor="x")),
        Reply(status=400, body={"scimType": "expiredCursor", "detail": "too old"}),
    ]
    async with ScriptedServer(gone) as server:
        assert "expiredCursor" in (await fail(opened(server.url))).message


async def test_a_server_that_cannot_filter_by_time_is_sorted_out_here() -> None:
    people = [
        {"id": "old", "meta": {"lastModified": "2026-01-01T00:00:00Z"}},
        {"id": "new", "meta": {"lastModified": "2026-11-20T10:00:00.250+01:00"}},
        {"id": "undated"},
    ]

    def answer(request: Received) -> Reply:
        if "filter" in request.query:
            return Reply(status=400, body={"Errors": [{"description": "no such filter", "code": "400"}]})
        return Reply(body=listed(people if request.query["startIndex"] == "1" else [], 3))

    async with ScriptedServer(answer) as server:
        source = opened(server.url)
        assert isinstance(source, Incremental)
        rows = await asyncio.to_thread(lambda: list(source.changes("time 2026-11-01T00:00:00+00:00")))
        assert [row.values["id"] for row in rows if isinstance(row, SourceRow)] == ["new", "undated"]
        assert source.mark() == "time 2026-11-20T09:00:00.250000+00:00"
        assert any("cannot say what changed" in note for note in source.notes)
        assert any("no meta.lastModified" in note for note in source.notes)


async def test_a_busy_server_is_asked_again_and_a_dropped_line_too() -> None:
    replies = [
        Reply(status=429, headers={"Retry-After": "0"}),
        Reply(body=listed(PEOPLE[:10], 20)),
        RESET,
        Reply(body=listed(PEOPLE[10:20], 20)),
        Reply(body=listed([], 20)),
    ]
    async with ScriptedServer(replies) as server:
        assert len(await read(opened(server.url, behind="page=10"))) == 20


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(body=b"<html>Sign in</html>"), "not JSON"),
        (Reply(body={"hello": 1}), "no SCIM list"),
        (Reply(body=[1]), "no SCIM list"),
        (Reply(body={"schemas": ["x"], "id": "i1", "userName": "u1"}), "one resource"),
        (Reply(body={"Resources": {"id": 1}}), "no list of objects"),
        (Reply(status=302, headers={"Location": "https://elsewhere.example/"}), "send us elsewhere"),
        (Reply(status=403, body={"detail": "not for you"}), "not for you"),
        (Reply(status=500, body={"Errors": [{"description": "user store is down"}]}), "user store is down"),
        (Reply(raw=b"HTTP/1.1 200 x\r\nContent-Length: 99\r\n\r\n{", then="close"), "cannot be reached"),
    ],
)
async def test_answers_that_are_no_list_are_named(reply: Reply, said: str) -> None:
    async with ScriptedServer([reply]) as server:
        assert said in (await fail(opened(server.url))).message


async def test_people_that_are_no_text_are_problems_and_the_others_go_on() -> None:
    people = [{"id": "1", "title": "nul\0"}, {"id": "2", "title": "half \ud800"}, {"id": "3"}]
    async with ScriptedServer(paged(people)) as server:
        found = await asyncio.to_thread(lambda: list(opened(server.url).rows()))
        assert [type(item) for item in found] == [Problem, Problem, SourceRow]
        assert [item.line for item in found] == [1, 2, 3]


async def test_a_private_authority_and_a_wrong_host_name(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with ScriptedServer(paged(PEOPLE), tls=context) as server:
        assert len(await read(open_source(f"scim+{server.url}/Users#ca=ca.pem", base=tmp_path))) == 25
        assert "is not trusted" in (await fail(open_source(f"scim+{server.url}/Users"))).message
        other = server.url.replace("127.0.0.1", "localhost")
        assert "is not trusted" in (await fail(open_source(f"scim+{other}/Users#ca=ca.pem", base=tmp_path))).message


def test_plural_attributes_in_all_spellings() -> None:
    values = resource_values(
        {"emails": "a@x.org", "phoneNumbers": {"value": "1"}, "roles": None, "ims": ["", None, "i"]}
    )
    assert values == {"emails": [{"value": "a@x.org"}], "phoneNumbers": [{"value": "1"}], "ims": [{"value": "i"}]}
    assert moment("2026-11-21T09:30:00") == moment("2026-11-21T09:30:00Z")
    assert moment(5) is None
