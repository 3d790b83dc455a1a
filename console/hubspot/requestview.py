"""Looking through requests: which of them are meant, and one of them as a command to try by hand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from console.hubspot.requestlog import RequestEntry

_CLASS = re.compile(r"([1-5])xx")
_SLOWER = re.compile(r">(\d+)(?:ms)?")
_BODIES = frozenset({"POST", "PUT", "PATCH"})

Wanted = Callable[[RequestEntry], bool]


def wanted(text: str) -> Wanted:
    """A test from some words, all of which must hold.

    `4xx` is a class of statuses, `429` one of them, `>500` slower than that many milliseconds, `failed` and `retried`
    say themselves; any other word stands somewhere in method, path, category, profile, process or an id.
    """
    tests = [_test(word) for word in text.lower().split()]
    return lambda entry: all(test(entry) for test in tests)


def _test(word: str) -> Wanted:
    if word == "failed":
        return lambda entry: entry.failed
    if word == "retried":
        return lambda entry: entry.attempt > 1
    if found := _CLASS.fullmatch(word):
        first = int(found[1])
        return lambda entry: (entry.status or 0) // 100 == first
    if found := _SLOWER.fullmatch(word):
        least = float(found[1])
        return lambda entry: entry.milliseconds > least
    if word.isdecimal() and len(word) == 3:
        return lambda entry: entry.status == int(word)
    return lambda entry: word in _text(entry)


def _text(entry: RequestEntry) -> str:
    parts = (entry.method, entry.path, entry.category, entry.profile, str(entry.pid), entry.id, entry.correlation_id)
    return " ".join(parts).lower()


def as_curl(entry: RequestEntry, base_url: str) -> str:
    """A command line of the same request; the token comes from the environment, values were never kept."""
    url = base_url.rstrip("/") + entry.path
    words = ["curl", "--globoff", "-sS", "-i", "-X", shlex.quote(entry.method), shlex.quote(url)]
    if "/oauth/" in entry.path:
        return " ".join([*words, "--data", "@form.txt"])
    words += ["-H", '"Authorization: Bearer $HUBSPOKE_ACCESS_TOKEN"']
    if entry.method in _BODIES:
        words += ["-H", "'Content-Type: application/json'", "--data", "@body.json"]
    return " ".join(words)
