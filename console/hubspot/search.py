"""Search requests within HubSpot's limits (facts section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

GROUPS = 5
FILTERS_PER_GROUP = 6
FILTERS = 18
BODY_CHARACTERS = 3_000
RESULTS = 10_000


def search_body(
    filter_groups: Sequence[dict[str, Any]],
    *,
    query: str | None = None,
    sorts: Sequence[dict[str, str]] | None = None,
    properties: Sequence[str] = (),
    limit: int = 200,
    after: str | None = None,
) -> dict[str, Any]:
    """The body of one search request.

    Raises:
        ValueError: it is beyond a limit that HubSpot would answer with 400.
    """
    body: dict[str, Any] = {"filterGroups": list(filter_groups), "limit": limit}
    if query:
        body["query"] = query
    if sorts:
        body["sorts"] = list(sorts)
    if properties:
        body["properties"] = list(properties)
    if after is not None:
        body["after"] = after
    _check(body)
    return body


def _check(body: dict[str, Any]) -> None:
    groups = [group.get("filters", ()) for group in body["filterGroups"]]
    if len(groups) > GROUPS:
        raise ValueError(f"a search takes {GROUPS} filter groups, not {len(groups)}")
    if any(len(filters) > FILTERS_PER_GROUP for filters in groups) or sum(map(len, groups)) > FILTERS:
        raise ValueError(f"a search takes {FILTERS_PER_GROUP} filters in a group and {FILTERS} in all")
    if len(body.get("sorts", ())) > 1:
        raise ValueError("a search takes one sort")
    if not 1 <= body["limit"] <= 200:
        raise ValueError("a search page holds 1 to 200 records")
    length = len(msgspec.json.encode(body).decode())
    if length > BODY_CHARACTERS:
        raise ValueError(f"a search body has at most {BODY_CHARACTERS} characters, this one {length}")
