"""How a request looks in the log: as a line, and in full."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

from textual.content import Content

from screens import words
from screens.literal import literal, row, stack
from screens.widgets.paged_rows import Row

if TYPE_CHECKING:
    from console.hubspot.requestlog import RequestEntry

MEANINGS = {
    "RateLimited": "HubSpot asked for a pause; the request is sent again by itself.",
    "DailyLimitReached": "The account's allowance of today is used up.",
    "Unauthorized": "HubSpot does not take the credentials: t tests them.",
    "MissingScopes": "The credentials lack a scope: t says which.",
    "OutcomeUnknown": "No whole answer came back: what it did is looked up before anything is sent again.",
    "NotSent": "It never left this machine.",
    "ServerFault": "HubSpot had a fault of its own.",
    "Conflict": "Another record has that unique value.",
    "NotFound": "There is no such record.",
    "Invalid": "HubSpot refused a value.",
    "Cancelled": "Somebody left before the answer came.",
}


_VERSION = re.compile(r"/(?:v\d|\d{4}-\d{2})(?=/)")
_AREA = re.compile(r"^/(?:crm/)?(?:objects/)?")


def request_row(entry: RequestEntry) -> Row:
    """When, what, how it went, how long it took and waited."""
    again = str(entry.attempt) if entry.attempt > 1 else ""
    return Row(
        (
            time.strftime("%H:%M:%S", time.localtime(entry.at)),
            entry.method,
            short_path(entry.path),
            outcome(entry),
            f"{entry.milliseconds:.0f}",
            f"{entry.waited:.0f}" if entry.waited >= 1 else "",
            again,
        ),
        _tone(entry),
    )


def short_path(path: str) -> str:
    """What tells paths apart: without the area and the version that nearly all of them share."""
    return _AREA.sub("", _VERSION.sub("", path)) or path


def outcome(entry: RequestEntry) -> str:
    """Glyph and status; a word where there was no answer."""
    if entry.status is None:
        return f"✗ {'no answer' if entry.category != 'NotSent' else 'not sent'}"
    glyph = "✓" if not entry.failed else "▲" if entry.status == 429 or entry.status == 404 else "✗"
    return f"{glyph} {entry.status}"


def _tone(entry: RequestEntry) -> str:
    if not entry.failed:
        return ""
    return "warning" if entry.status in (404, 429) else "error"


def detail(entry: RequestEntry) -> Content:
    """All that is known of one request; there is no value in it."""
    style = {"warning": "$warning bold", "error": "$error bold"}.get(_tone(entry), "$success bold")
    meaning = MEANINGS.get(entry.category, entry.category)
    rows = [
        row((f"{entry.method} ", "$primary bold"), (entry.path, "bold")),
        row((outcome(entry), style), (f"   {meaning}" if meaning else "", "")),
        row(
            (f"{entry.milliseconds:.0f} ms", ""),
            (f"   waited {entry.waited:.0f} ms for the allowance" if entry.waited >= 1 else "", "$muted"),
            (f"   try {entry.attempt}" if entry.attempt > 1 else "", "$warning"),
        ),
        _pair("sent", f"{words.moment(entry.at)}{time.strftime(':%S', time.localtime(entry.at))}, {_whose(entry)}"),
        _pair("request", entry.id or "not numbered"),
        _pair("HubSpot's", f"correlation id {entry.correlation_id or 'none'}"),
    ]
    return stack(*rows)


def _whose(entry: RequestEntry) -> str:
    who = "this console" if entry.pid == os.getpid() else f"process {entry.pid}" if entry.pid else "this machine"
    return f"{who}, profile {entry.profile}" if entry.profile else who


def _pair(name: str, value: str) -> Content:
    return row((f"{name:<10}", "$muted"), literal(value))
