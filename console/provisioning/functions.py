"""What mappings may call besides CEL's own functions. A blank in is a blank out; nonsense is an error."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

MEMBERS = (
    "charAt", "contains", "endsWith", "format", "indexOf", "join", "lastIndexOf", "lowerAscii", "matches", "replace",
    "size", "split", "startsWith", "substring", "trim", "upperAscii", "reverse", "orValue", "hasValue", "has", "map",
    "filter", "exists", "all", "int", "double", "string", "bool", "timestamp", "duration",
)  # fmt: skip
"""CEL functions worth suggesting for a misspelt name."""


_GENITIVE = re.compile(r"['\u2019]S\b")


class BadArgument(ValueError):
    """A function was given something that it cannot use."""


def e164(value: Any, region: Any) -> str:
    """A phone number as +94112345678; `region` is the country of numbers without a country code."""
    return _e164(_text("e164", value).strip(), _text("e164", region).strip().upper())


@functools.lru_cache(maxsize=4096)
def _e164(text: str, region: str) -> str:
    if not text:
        return ""
    import phonenumbers  # its metadata is large: loaded with the first number

    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        raise BadArgument(f'{region!r} is no country code; write two letters such as "LK"')
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException as error:
        raise BadArgument(f"{text[:40]!r} is not a phone number ({error})") from None
    if not phonenumbers.is_possible_number(number):
        raise BadArgument(f"{text[:40]!r} is not a possible phone number in {region or 'any country'}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def title(value: Any) -> str:
    """Each word with a capital letter: `o'BRIEN-smith` becomes `O'Brien-Smith`."""
    return _GENITIVE.sub(lambda match: match[0].lower(), _text("title", value).strip().title())


def domain(value: Any) -> str:
    """The registrable domain of an email address or a URL: `ann@mail.example.co.uk` gives `example.co.uk`."""
    text = _text("domain", value).strip().lower()
    host = text.rpartition("@")[2] if "@" in text else text.partition("://")[2] or text
    for mark in "/?#:":
        host = host.partition(mark)[0]
    host = host.strip(".")
    if not host:
        if text:
            raise BadArgument(f"{text[:80]!r} holds no domain")
        return ""
    return _registrable(host)


@functools.lru_cache(maxsize=4096)
def _registrable(host: str) -> str:
    if "." not in host or " " in host:
        raise BadArgument(f"{host[:80]!r} is not a domain")
    found = _suffixes().privatesuffix(host)
    return str(found) if found else host


@functools.cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # reads a list of 10,000 names: with the first domain

    return PublicSuffixList(only_icann=True)


def _text(function: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadArgument(f"{function}() takes text, not {type(value).__name__}")
    return value


FUNCTIONS: dict[str, tuple[Callable[..., str], int]] = {"e164": (e164, 2), "title": (title, 1), "domain": (domain, 1)}
"""Name to function and number of arguments."""
