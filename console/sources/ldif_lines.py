"""Logical lines of an LDIF file (RFC 2849): folded ones joined, comments left out, none longer than a limit."""

from __future__ import annotations

import io
from collections.abc import Iterator

import msgspec

LINE_LIMIT = 24_000_000
"""Characters of one logical line that are held at most: a photograph of 18 MB in base64."""
ENTRY_LIMIT = 64_000_000
"""Characters of one entry that are held at most."""
_PIECE = 1 << 16


class LdifLine(msgspec.Struct, frozen=True):
    """One logical line and the number of the physical line where it begins. `text` is empty between entries.

    `cut` says that it was longer than `LINE_LIMIT`: what came behind that was skipped.
    """

    number: int
    text: str
    cut: bool = False


def ldif_lines(stream: io.TextIOWrapper) -> Iterator[LdifLine]:
    """Join folded lines and skip comments, which may be folded too; a blank line comes as an empty one."""
    number = 0
    begun = 0
    parts: list[str] = []
    held = 0
    cut = False
    for physical, continued in _physical(stream):
        if not continued:
            number += 1
        folded = not continued and physical[:1] in (" ", "\t") and bool(parts)
        if continued or folded:
            piece = physical[1:] if folded else physical
            if held + len(piece) > LINE_LIMIT:
                cut = True
            else:
                parts.append(piece)
                held += len(piece)
            continue
        if parts and not parts[0].startswith("#"):
            yield LdifLine(begun, "".join(parts), cut)
        begun, parts, held, cut = number, [physical], len(physical), False
        if not physical:
            yield LdifLine(number, "")
            parts = []
    if parts and not parts[0].startswith("#"):
        yield LdifLine(begun, "".join(parts), cut)


def _physical(stream: io.TextIOWrapper) -> Iterator[tuple[str, bool]]:
    """Lines without their ends; a long one comes in pieces, of which all but the first are `continued`."""
    continued = False
    while piece := stream.readline(_PIECE):
        ended = piece.endswith(("\n", "\r"))
        if piece.endswith("\r") and len(piece) == _PIECE:
            ended = True  # its line feed, if there is one, comes alone
        text = piece.rstrip("\r\n")
        if continued and not text and ended:
            continued = False
            continue
        yield text, continued
        continued = not ended
