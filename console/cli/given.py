"""Values that a command is given: `property=value` words, and JSON from a file or standard input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from console.cli.exits import usage
from console.settings.paths import expanded

LONGEST = 16 << 20
"""Bytes of a JSON input at most."""


def add_values(parser: argparse.ArgumentParser) -> None:
    """The arguments that bring an object's properties."""
    parser.add_argument("values", nargs="*", metavar="property=value", help="nothing after = clears the property")
    parser.add_argument(
        "--from", dest="source", metavar="FILE|-", help="a JSON object of properties, from a file or standard input"
    )


def values_of(words: Sequence[str], source: str | None) -> dict[str, Any]:
    """The properties that words and JSON give together.

    Raises:
        Stop: a word without =, a property twice, JSON that is no object, nothing at all.
    """
    found = {} if source is None else _object(source)
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise usage(f'"{word}" is not property=value.', "Such as: firstname=Ann; values with blanks in quotes.")
        if name in found:
            raise usage(f"{name} is given twice.")
        found[name] = value or None
    if not found:
        raise usage("No property is given.", "Such as: firstname=Ann, or --from FILE with a JSON object.")
    return found


def json_of(source: str) -> Any:
    """The JSON in a file, or on standard input where it is `-`.

    Raises:
        Stop: there is none.
    """
    where = "standard input" if source == "-" else source
    text = text_of(source)
    import json

    import msgspec

    def whole(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise usage(f"{where} has {twice} twice in one object.", "Leave one of the two out.")
        return found

    try:
        found = msgspec.json.decode(text)
        json.loads(text, object_pairs_hook=whole)  # the other one keeps the last of two and says nothing
    except (msgspec.DecodeError, ValueError) as error:
        raise usage(f"{where} is not JSON: {str(error).rstrip('.')}.") from None
    except RecursionError:
        raise usage(f"{where} is nested too deep.") from None
    return found


def text_of(source: str) -> bytes:
    """A file, or standard input where it is `-`. Raises OSError and Stop."""
    if source == "-":
        text = sys.stdin.buffer.read(LONGEST + 1)
    else:
        with expanded(source).open("rb") as file:
            text = file.read(LONGEST + 1)
    if len(text) > LONGEST:
        raise usage(f"The input is longer than {LONGEST >> 20} MiB.")
    return text


def pairs_of(words: Sequence[str], option: str) -> dict[str, str]:
    """`name=value` words of an option. Raises Stop."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name or name in found:
            raise usage(f'{option} "{word}" is not NAME=VALUE, or its name stands twice.')
        found[name] = value
    return found


def _object(source: str) -> dict[str, Any]:
    found = json_of(source)
    if not isinstance(found, dict):
        raise usage("The JSON is no object of properties.", 'Such as: {"email": "ann@example.com", "firstname": "Ann"}')
    return found
