"""The shared file of requests: bounded, private, read while others write; and what words choose from it."""

from __future__ import annotations

import shlex
import stat
from contextlib import closing
from pathlib import Path

import pytest

from console.hubspot.requestfile import RequestFile, RequestTail, older
from console.hubspot.requestlog import RequestEntry
from console.hubspot.requestview import as_curl, wanted


def entry(number: int, **changes: object) -> RequestEntry:
    base: dict[str, object] = {"at": float(number), "method": "GET", "path": "/crm/x", "status": 200, "id": str(number)}
    return RequestEntry(**{**base, **changes})  # type: ignore[arg-type]


def test_two_writers_and_a_reader_share_a_file_that_never_outgrows_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "state" / "requests.jsonl"
    first, second = RequestFile(path, "a", limit=4096), RequestFile(path, "b", limit=4096)
    tail = RequestTail(path)
    seen: list[str] = []
    for number in range(200):
        (first if number % 2 else second).add(entry(number))
        if number % 5 == 0:
            tail.read()
            seen += [found.id for found in tail.entries]
            tail.entries.clear()
    tail.read()
    seen += [found.id for found in tail.entries]
    assert seen == [str(number) for number in range(200)]
    first.close()
    second.close()
    assert path.stat().st_size <= 4096 + 400
    assert older(path).stat().st_size <= 4096 + 400
    assert {stat.S_IMODE(file.stat().st_mode) for file in (path, older(path))} == {0o600}


def test_a_reader_remembers_no_more_than_it_was_told_to(tmp_path: Path) -> None:
    file = RequestFile(tmp_path / "requests.jsonl")
    for number in range(50):
        file.add(entry(number))
    file.close()
    tail = RequestTail(file.path, kept=10)
    assert tail.read()
    assert [found.id for found in tail.entries] == [str(number) for number in range(40, 50)]
    assert not tail.read()


def test_a_broken_line_and_a_missing_file_stop_nothing(tmp_path: Path) -> None:
    tail = RequestTail(tmp_path / "requests.jsonl")
    assert not tail.read()
    tail.path.write_bytes(b'{"at": 1, "method"\nnot json\n')
    with closing(RequestFile(tail.path)) as file:
        file.add(entry(7))
    assert tail.read()
    assert [found.id for found in tail.entries] == ["7"]


def test_a_folder_that_takes_nothing_does_not_fail_a_request(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    file = RequestFile(tmp_path / "state" / "requests.jsonl")
    file.add(entry(1))
    file.add(entry(2))
    file.close()
    assert (tmp_path / "state").read_text().startswith("a file")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", ["1", "2", "3", "4"]),
        ("4xx", ["2", "3"]),
        ("429", ["3"]),
        ("²²²", []),
        (">500", ["4"]),
        ("failed", ["2", "3", "4"]),
        ("retried", ["3"]),
        ("post search", ["3"]),
        ("production", ["1"]),
    ],
)
def test_words_choose_requests(text: str, ids: list[str]) -> None:
    entries = [
        entry(1, profile="production"),
        entry(2, status=404),
        entry(3, method="POST", path="/crm/contacts/search", status=429, attempt=2),
        entry(4, status=None, category="OutcomeUnknown", milliseconds=900.0),
    ]
    assert [found.id for found in filter(wanted(text), entries)] == ids


def test_curl_takes_the_token_from_the_environment_and_nothing_from_the_path() -> None:
    hostile = entry(1, method="POST", path="/crm/objects/$(reboot)/'; rm -rf ~;'/{key}")
    words = shlex.split(as_curl(hostile, "https://api.hubapi.com/"))
    assert "https://api.hubapi.com/crm/objects/$(reboot)/'; rm -rf ~;'/{key}" in words
    assert "Authorization: Bearer $HUBSPOKE_ACCESS_TOKEN" in words
    assert words[-2:] == ["--data", "@body.json"]
    assert "Bearer" not in as_curl(entry(2, method="POST", path="/oauth/v3/token"), "https://api.hubapi.com")
