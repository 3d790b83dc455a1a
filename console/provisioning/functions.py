"""What mappings may call besides CEL's own functions. A blank in is a blank out; nonsense is an error."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from console.provisioning.functions_dates import check_formats, check_zone, date, date_time
from console.provisioning.functions_lists import coalesce, first_of, join_filled, lookup, options
from console.provisioning.functions_pattern import check_pattern, regex_extract, regex_replace
from console.provisioning.functions_text import (
    BadArgument,
    but_last_word,
    clean,
    first_word,
    last_word,
    lower,
    text_of,
    upper,
)

__all__ = ["COALESCE", "FUNCTIONS", "MEMBERS", "BadArgument", "Function", "domain", "e164", "title"]

MEMBERS = (
    "charAt", "contains", "endsWith", "format", "indexOf", "join", "lastIndexOf", "lowerAscii", "matches", "replace",
    "size", "split", "startsWith", "substring", "trim", "upperAscii", "reverse", "orValue", "hasValue", "has", "map",
    "filter", "exists", "all", "int", "double", "string", "bool", "timestamp", "duration",
)  # fmt: skip
"""CEL functions worth suggesting for a misspelt name."""


_GENITIVE = re.compile(r"['\u2019]S\b")


def e164(value: Any, region: Any) -> str:
    """A phone number as +94112345678; `region` is the country of numbers without a country code."""
    return _e164(text_of("e164", value).strip(), text_of("e164", region).strip().upper())


@functools.lru_cache(maxsize=4096)
def _e164(text: str, region: str) -> str:
    if not text:
        return ""
    import phonenumbers  # its metadata is large: loaded with the first number

    check_region(region)
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException as error:
        raise BadArgument(f"{text[:40]!r} is not a phone number ({error})") from None
    if not phonenumbers.is_possible_number(number):
        raise BadArgument(f"{text[:40]!r} is not a possible phone number in {region or 'any country'}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def check_region(region: str) -> None:
    """Whether a country is known; none at all is for numbers with a country code. Raises BadArgument."""
    import phonenumbers

    if region and region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise BadArgument(f'{region!r} is no country code; write two letters such as "LK"')


def title(value: Any) -> str:
    """Each word with a capital letter: `o'BRIEN-smith` becomes `O'Brien-Smith`."""
    return _GENITIVE.sub(lambda match: match[0].lower(), text_of("title", value).strip().title())


def domain(value: Any) -> str:
    """The registrable domain of an email address or a URL: `ann@mail.example.co.uk` gives `example.co.uk`."""
    text = text_of("domain", value).strip().lower()
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


COALESCE = "coalesce"
"""The one function whose arguments may be fields that a person does not have."""


class Function(NamedTuple):
    """A function as CEL knows it.

    `takes` has a kind for each argument: text (or null), fixed (text, not null), list (or one text), any, table.
    `checks` judge an argument, by its number, that is a literal: when the mapping is read, not at each person.
    """

    call: Callable[..., Any]
    takes: tuple[str, ...]
    example: str
    checks: Mapping[int, Callable[[str], None]] = MappingProxyType({})
    gives: str = "text"

    def takes_number(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return count == len(self.takes) or (self.takes == VARIOUS and 2 <= count <= MOST)


VARIOUS = ("various",)
MOST = 8

FUNCTIONS: dict[str, Function] = {
    "e164": Function(e164, ("text", "fixed"), 'e164(source.x, "LK")', {1: check_region}),
    "title": Function(title, ("text",), "title(source.x)"),
    "domain": Function(domain, ("text",), "domain(source.x)"),
    "lower": Function(lower, ("text",), "lower(source.x)"),
    "upper": Function(upper, ("text",), "upper(source.x)"),
    "clean": Function(clean, ("text",), "clean(source.x)"),
    "firstWord": Function(first_word, ("text",), "firstWord(source.x)"),
    "lastWord": Function(last_word, ("text",), "lastWord(source.x)"),
    "butLastWord": Function(but_last_word, ("text",), "butLastWord(source.x)"),
    "firstOf": Function(first_of, ("any",), "firstOf(source.x)", gives="any"),
    COALESCE: Function(coalesce, VARIOUS, 'coalesce(source.x, source.y, "")', gives="any"),
    "joinFilled": Function(join_filled, ("list", "fixed"), 'joinFilled([source.x, source.y], " ")'),
    "options": Function(options, ("list",), "options(source.x)"),
    "lookup": Function(lookup, ("any", "table", "any"), 'lookup(source.x, {"from": "to"}, "")', gives="any"),
    "regexReplace": Function(
        regex_replace, ("text", "fixed", "fixed"), 'regexReplace(source.x, "[^0-9]", "")', {1: check_pattern}
    ),
    "regexExtract": Function(
        regex_extract, ("text", "fixed"), 'regexExtract(source.x, "id=([0-9]+)")', {1: check_pattern}
    ),
    "date": Function(date, ("text", "fixed"), 'date(source.x, "dd.MM.yyyy")', {1: check_formats}),
    "dateTime": Function(
        date_time,
        ("text", "fixed", "fixed"),
        'dateTime(source.x, "yyyy-MM-dd HH:mm", "UTC")',
        {1: check_formats, 2: check_zone},
    ),
}
"""By the name that mappings call them by."""
