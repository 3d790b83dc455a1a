"""The cookie of a page: where the next one begins, for this search in this account only."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence

import msgspec

from console.hubspot.errors import Invalid

_PARTS = ("object class", "filter", "search words", "sort keys", "HubSpot account")
_VERSION = 1
_MARK = re.compile(r"[0-9]+(\.[0-9]+)?|[0-9]*:[0-9]+")


class Place(msgspec.Struct, frozen=True, array_like=True):
    """What a cookie holds. `total` is what HubSpot told on the first page, if it did."""

    version: int
    parts: tuple[str, ...]
    mark: str
    total: int | None = None


def seal(identity: Sequence[str], mark: str, total: int | None) -> str:
    """The cookie of a mark; `identity` is class, filter, words, order and account."""
    encoded = msgspec.json.encode(Place(_VERSION, _digests(identity), mark, total))
    return base64.urlsafe_b64encode(encoded).rstrip(b"=").decode()


def unseal(cookie: str, identity: Sequence[str]) -> Place:
    """What a cookie holds.

    Raises:
        Invalid: it is none, or that of another search.
    """
    advice = "Begin again without a cookie; a cookie is good for the same search only."
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(cookie.encode() + b"=" * (-len(cookie) % 4)), type=Place)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise Invalid("This is not the cookie of a page.", advice=advice) from None
    if place.version != _VERSION or len(place.parts) != len(_PARTS) or not _plausible(place.mark):
        raise Invalid("This is not the cookie of a page of this version of Hubspoke.", advice=advice)
    pairs = zip(_PARTS, place.parts, _digests(identity), strict=True)
    other = [part for part, theirs, ours in pairs if theirs != ours]
    if other:
        raise Invalid(f"This cookie belongs to another search: not the same {' and '.join(other)}.", advice=advice)
    return place


def _digests(identity: Sequence[str]) -> tuple[str, ...]:
    return tuple([hashlib.blake2b(part.encode(errors="replace"), digest_size=6).hexdigest() for part in identity])


def _plausible(mark: str) -> bool:
    """Numbers, of which there may be two, and the first of a pair may be missing."""
    return len(mark) <= 40 and _MARK.fullmatch(mark) is not None
