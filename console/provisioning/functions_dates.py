"""Dates of stated formats as HubSpot takes them. The letters of a format are those of IDM, WSO2 and Java."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from console.provisioning.functions_text import BadArgument, text_of

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIELDS = {
    "yyyy": r"(?P<year>[0-9]{4})", "yy": r"(?P<short>[0-9]{2})",
    "MMMM": r"(?P<named>[A-Za-z]{3,9})", "MMM": r"(?P<named>[A-Za-z]{3})\.?",
    "MM": r"(?P<month>[0-9]{2})", "M": r"(?P<month>[0-9]{1,2})",
    "dd": r"(?P<day>[0-9]{2})", "d": r"(?P<day>[0-9]{1,2})",
    "HH": r"(?P<hour>[0-9]{2})", "H": r"(?P<hour>[0-9]{1,2})",
    "hh": r"(?P<twelve>[0-9]{2})", "h": r"(?P<twelve>[0-9]{1,2})", "a": r"(?P<half>[AaPp])\.?[Mm]\.?",
    "mm": r"(?P<minute>[0-9]{2})", "ss": r"(?P<second>[0-9]{2})", "SSS": r"(?P<fraction>[0-9]{1,9})",
    "X": r"(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?)",
    "EEEE": r"[A-Za-z]{6,9}", "EEE": r"[A-Za-z]{3}",
}  # fmt: skip
_PIECE = re.compile(r"'(?P<quoted>[^']*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", re.DOTALL)
_LIMIT = 100
"""Characters that a date may have."""


def date(value: Any, formats: Any) -> str:
    """A day as 2026-11-21, from a text of one of the formats: `dd.MM.yyyy|yyyy-MM-dd`."""
    text = text_of("date", value).strip()
    return _read(text, text_of("date", formats)).date().isoformat() if text else ""


def date_time(value: Any, formats: Any, zone: Any) -> str:
    """A moment in UTC; `zone` (`Asia/Colombo`) is where clocks showed it, unless the format has an offset, X."""
    text = text_of("dateTime", value).strip()
    if not text:
        return ""
    moment = _read(text, text_of("dateTime", formats))
    if moment.tzinfo is None:
        moment = _placed(moment, _zone(text_of("dateTime", zone)))
    try:
        shown = moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    except OverflowError:
        raise BadArgument(f"{text!r} is out of the calendar's range") from None
    return shown.removesuffix("+00:00") + "Z"


def check_formats(formats: str) -> None:
    """Whether formats can be used. Raises BadArgument."""
    _compiled(formats)


def check_zone(zone: str) -> None:
    """Whether a time zone is known; an empty one is for formats with an offset. Raises BadArgument."""
    if zone:
        _zone(zone)


def _read(text: str, formats: str) -> dt.datetime:
    if len(text) <= _LIMIT:
        for pattern in _compiled(formats):
            if found := pattern.fullmatch(text):
                return _moment(text, found.groupdict())
    raise BadArgument(f"{text[:40]!r} is no date of the form {formats.replace('|', ' or ')}")


def _moment(text: str, parts: dict[str, str | None]) -> dt.datetime:
    def number(name: str, otherwise: int) -> int:
        return int(parts.get(name) or otherwise)

    short = number("short", 0)
    year = number("year", 0) if parts.get("year") else short + (1900 if short > 68 else 2000)
    month = number("month", 1)
    if named := parts.get("named"):
        month = _MONTHS.index(named[:3].lower()) + 1 if named[:3].lower() in _MONTHS else 0
    hour = number("hour", 0)
    if parts.get("twelve"):
        hour = number("twelve", 0) % 12 + (12 if (parts.get("half") or "a").lower() == "p" else 0)
    micro = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    try:
        return dt.datetime(
            year, month, number("day", 1), hour, number("minute", 0), number("second", 0), micro, _offset(parts)
        )
    except ValueError as error:
        raise BadArgument(f"{text[:40]!r} is no date: {error}") from None


def _offset(parts: dict[str, str | None]) -> dt.tzinfo | None:
    text = parts.get("offset")
    if text is None or text == "Z":
        return None if text is None else dt.UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return dt.timezone(dt.timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _placed(moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """A clock's time in its zone; of an hour that happens twice, the first."""
    placed = moment.replace(tzinfo=zone)
    try:
        back = placed.astimezone(dt.UTC).astimezone(zone)
    except OverflowError:
        raise BadArgument(f"{moment} is out of the calendar's range") from None
    if back.replace(tzinfo=None) != moment:
        raise BadArgument(f"{moment} never was in {zone}: clocks were put forward")
    return placed


@functools.cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadArgument(
            f"{name!r} is no time zone; write one such as Asia/Colombo or UTC" if name else "a time zone is needed"
        ) from None


@functools.lru_cache(maxsize=256)
def _compiled(formats: str) -> tuple[re.Pattern[str], ...]:
    return tuple(_pattern(one, formats) for one in formats.split("|"))


def _pattern(one: str, formats: str) -> re.Pattern[str]:
    parts: list[str] = []
    letters: set[str] = set()
    for piece in _PIECE.finditer(one):
        word = piece["letters"]
        if word is None:
            parts.append(re.escape(piece["other"] or piece["quoted"] or "'"))
            continue
        if word not in _FIELDS:
            known = ", ".join(_FIELDS)
            raise BadArgument(
                f"{word} in the format {formats!r} is unknown; known are {known}; fixed letters stand in ''"
            )
        if word[0] in letters:
            raise BadArgument(f"the format {formats!r} has {word[0]} twice")
        letters.add(word[0])
        parts.append(_FIELDS[word])
    if not {"y", "M", "d"} <= letters:
        raise BadArgument(f"the format {one!r} needs a year, a month and a day, such as dd.MM.yyyy")
    return re.compile("".join(parts))
