"""Values as HubSpot keeps them: text of a canonical form by property type, and when two of them are equal."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

from console.hubspot.model import PropertyDefinition

TEXT_LIMIT = 65_536
OWNER = "hubspot_owner_id"
"""The one default property whose options are records of another kind: users who own records."""
_UNTEXT = re.compile("[\x00\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\Z")
_EPOCH = re.compile(r"-?[0-9]{9,15}\Z")  # shorter ones are years or days: 20261121 is no moment of 1970
_DAY_MS = 86_400_000
_EPOCH_START = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


Kind = Literal["text", "several", "number", "bool", "date", "datetime", "email", "owner", "option"]
"""What a value is not, where it is refused."""


class BadValue(ValueError):
    """A value that HubSpot would refuse; `remedy` says what it takes, `nearest` the option that may be meant."""

    def __init__(self, message: str, remedy: str = "", *, kind: Kind, nearest: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.kind = kind
        self.nearest = nearest


class Converter:
    """Conversion and comparison for one property; made once for many values."""

    def __init__(self, definition: PropertyDefinition) -> None:
        self.definition = definition
        self.name = definition.name
        self.is_set = definition.type == "enumeration" and definition.field_type == "checkbox"
        self._options = {option.value: option for option in definition.options}
        self._labels = {option.label.casefold(): option.value for option in definition.options}
        self._canonical = self._chosen()

    def canonical(self, value: Any) -> str:
        """The text to send; an empty text for a blank. Raises BadValue."""
        if type(value) is str:
            text = value
        elif value is None:
            return ""
        else:
            text = self._as_text(value)
        if not text or text.isspace():
            return ""
        if len(text) > TEXT_LIMIT:
            raise BadValue(
                f"the value has {len(text):,} characters", f"HubSpot takes at most {TEXT_LIMIT:,}.", kind="text"
            )
        if not text.isprintable() and _UNTEXT.search(text):
            raise BadValue("the value holds a NUL character or half a character", "Remove it.", kind="text")
        return self._canonical(text)

    def equal(self, wanted: str, present: str | None) -> bool:
        """Whether HubSpot's present value is the wanted canonical one."""
        if wanted == (present or ""):
            return True
        if not present or not wanted:
            return False
        if self.is_set:
            return set(wanted.split(";")) == {part for part in present.split(";") if part}
        if self.definition.type in _LENIENT or self.name == "email":
            try:
                return self._canonical(present) == wanted
            except BadValue:
                return False
        return False

    def _as_text(self, value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float):
            if not math.isfinite(value):
                raise BadValue(f"{value} is not a number", "Give a number that ends.", kind="number")
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
        if isinstance(value, Decimal) and value.is_finite():
            return format(value, "f")
        if isinstance(value, dt.datetime):
            return _iso(value)
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, list | tuple):
            parts = [self._as_text(item) if not isinstance(item, str) else item for item in value if item is not None]
            if not self.is_set and len(parts) > 1:
                raise BadValue(f"{self.name} takes one value, not {len(parts)}", "Give one of them.", kind="several")
            return ";".join(parts)
        raise BadValue(f"a value of the kind {type(value).__name__} cannot be sent", "Make it text.", kind="text")

    def _chosen(self) -> Callable[[str], str]:
        if self.name == "email":
            return _email
        kind = self.definition.type
        if kind == "enumeration":
            if self.is_set:
                return self._set
            return _owner if self.name == OWNER and not self._options else self._option
        return {"bool": self._bool, "number": _number, "date": _date, "datetime": _datetime}.get(kind, str)

    def _bool(self, text: str) -> str:
        lowered = text.strip().lower()
        if lowered not in ("true", "false"):
            raise BadValue(f"{text[:40]!r} is neither true nor false", "Write true or false.", kind="bool")
        return lowered

    def _option(self, text: str) -> str:
        if not self._options or text in self._options:
            return text
        if text.strip() in self._options:
            return text.strip()
        raise self._no_option(text)

    def _set(self, text: str) -> str:
        chosen = dict.fromkeys(part.strip() for part in text.split(";") if part.strip())
        return ";".join(self._option(part) for part in chosen)

    def _no_option(self, text: str) -> BadValue:
        folded = text.strip().casefold()
        near = self._labels.get(folded) or next((value for value in self._options if value.casefold() == folded), "")
        if not near:
            found = difflib.get_close_matches(text, self._options, 1, 0.5)
            near = found[0] if found else ""
        options = ", ".join(list(self._options)[:20])
        remedy = f"Did you mean {near}? HubSpot takes exactly the internal value." if near else f"It takes: {options}."
        return BadValue(f"{text[:60]!r} is no option of {self.name}", remedy, kind="option", nearest=near)


_LENIENT = frozenset({"number", "date", "datetime", "bool"})


def _number(text: str) -> str:
    stripped = text.strip()
    if not _NUMBER.match(stripped):
        raise BadValue(f"{text[:40]!r} is not a number", "Write digits and at most one point: 1234.5.", kind="number")
    plain = format(Decimal(stripped), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    digits = digits.lstrip("0") or "0"
    if digits.startswith("."):
        digits = "0" + digits
    return digits if digits == "0" else sign + digits


def _owner(text: str) -> str:
    """An owner is named by the owner's id; who that is, only the account knows."""
    stripped = text.strip()
    if not stripped.isascii() or not stripped.isdigit():
        raise BadValue(
            f"{text[:40]!r} is not the id of an owner",
            "Write the owner's number: HubSpot lists it under Settings, Users, or by its owners API.",
            kind="owner",
        )
    return stripped


def _date(text: str) -> str:
    stripped = text.strip()
    try:
        if _EPOCH.match(stripped):
            if int(stripped) % _DAY_MS:
                raise BadValue(f"{stripped} is not midnight UTC", "Write a date: 2026-11-21.", kind="date")
            return (_EPOCH_START + dt.timedelta(milliseconds=int(stripped))).date().isoformat()
        if len(stripped) == 10:
            return dt.date.fromisoformat(stripped).isoformat()
        moment = _moment(stripped)
        if (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0):
            return moment.date().isoformat()
    except (ValueError, OverflowError) as error:
        if isinstance(error, BadValue):
            raise
    raise BadValue(f"{text[:40]!r} is not a date", "Write a date: 2026-11-21.", kind="date")


def _datetime(text: str) -> str:
    stripped = text.strip()
    try:
        if _EPOCH.match(stripped):
            return _iso(_EPOCH_START + dt.timedelta(milliseconds=int(stripped)))
        return _iso(_moment(stripped))
    except (ValueError, OverflowError):
        raise BadValue(f"{text[:40]!r} is not a time", "Write it as 2026-11-21T08:30:00Z.", kind="datetime") from None


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def _iso(moment: dt.datetime) -> str:
    utc = (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    return f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _email(text: str) -> str:
    stripped = text.strip().lower()
    local, at, host = stripped.rpartition("@")
    if at and len(stripped) <= 254 and _PLAIN_LOCAL.match(local) and len(local) <= 64 and _good_domain(host):
        return stripped
    return _checked(stripped, text)


_PLAIN_LOCAL = re.compile(r"[a-z0-9_+'-]+(?:\.[a-z0-9_+'-]+)*\Z")


@functools.lru_cache(maxsize=8192)
def _good_domain(host: str) -> bool:
    """Whether a domain passes; the answer is kept, for a company has one domain and many people."""
    try:
        _checked(f"a@{host}", host)
    except BadValue:
        return False
    return True


def _checked(address: str, shown: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # brings an IDNA table: with the first address

    local, _, host = address.rpartition("@")
    if host.rpartition(".")[2] in _RESERVED and "." in host:
        # The library refuses names that no mail reaches. HubSpot decides about that, we about the syntax.
        _checked(f"{local}@{host}.example.org", shown)
        return address
    try:
        found = validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        reason = str(error).replace(".example.org", "")
        raise BadValue(f"{shown[:80]!r} is not an email address: {reason}", "Correct it.", kind="email") from None
    return str(found.normalized).lower()


_RESERVED = frozenset({"test", "local", "invalid", "localhost", "onion", "arpa"})
