"""Words and options of a command in any order, as people type them."""

from __future__ import annotations

from itertools import permutations

import pytest

from console.cli.exits import Exit, Stop
from console.cli.parser import parse


@pytest.mark.parametrize(
    ("command", "parts", "expected"),
    [
        ("search", (["contact"], ["--limit", "3"], ["--json"]), {"object_class": "contact", "limit": 3, "filter": None}),
        ("search", (["contact", "email pr"], ["--sort", "-createdate"]), {"filter": "email pr", "sort": "-createdate"}),
        ("create", (["--json"], ["--from", "p.json"], ["--profile", "acme"], ["contact", "email=a@example.com"]),
         {"values": ["email=a@example.com"], "source": "p.json", "json": True, "profile": "acme"}),
        ("associate", (["contact", "1"], ["--list"], ["--label", "primary"]), {"uid": "1", "other": None, "list": True}),
        ("script", (["job.py"], ["--arg", "a=1"], ["--write"]), {"file": "job.py", "arg": ["a=1"], "write": True}),
        ("test", (["readSchema=true"], ["--json"]), {"settings": ["readSchema=true"], "json": True}),
    ],
)  # fmt: skip
def test_words_and_options_stand_in_any_order(
    command: str, parts: tuple[list[str], ...], expected: dict[str, object]
) -> None:
    for order in permutations(parts):
        args = parse([command, *(word for part in order for word in part)])
        assert {name: getattr(args, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("contact 7 --json firstname=A", ["firstname=A"]),
        ("contact 7 firstname=A --json lastname=B", ["firstname=A", "lastname=B"]),
        ("contact --json 7 firstname=A -v lastname=B", ["firstname=A", "lastname=B"]),
        ("--json contact 7", []),
    ],
)
def test_an_option_may_stand_between_the_words(words: str, values: list[str]) -> None:
    args = parse(["update", *words.split()])
    assert (args.object_class, args.uid, args.values, args.json) == ("contact", "7", values, True)


def test_what_stands_behind_two_dashes_is_no_option() -> None:
    args = parse(["search", "--json", "contact", "--", "--strange eq 1"])
    assert (args.object_class, args.filter, args.format) == ("contact", "--strange eq 1", "json")
    assert parse(["update", "contact", "7", "--", "--a=b"]).values == ["--a=b"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["get", "contact"], "UID"),
        (["get"], "CLASS, UID"),
        (["get", "contact", "1", "2"], "unrecognized arguments: 2"),
        (["get", "contact", "--bogus", "1"], "--bogus"),
        (["search", "contact", "--limit"], "--limit"),
        (["search", "contact", "a pr", "--limit", "1", "b pr"], "b pr"),
        (["associate", "contact", "1", "--list", "--remove"], "not allowed with"),
        (["profile", "set"], "required"),
    ],
)
def test_what_makes_no_sense_is_told(words: list[str], says: str) -> None:
    with pytest.raises(Stop) as raised:
        parse(words)
    assert (raised.value.code, says in raised.value.message) == (Exit.USAGE, True), raised.value.message


def test_a_secret_that_is_typed_as_an_argument_is_not_repeated() -> None:
    for words in (
        ["set", "accessToken", "canary-88"],
        ["set", "canary-88", "accessToken"],
        ["set", "a", "--json", "b"],
    ):
        with pytest.raises(Stop) as raised:
            parse(["credentials", *words])
        assert "canary" not in raised.value.message
