"""HubSpot's form of a filter: alternatives (groups) of conditions, as few and as short as they can be."""

from __future__ import annotations

from typing import Any

import msgspec

from console.connector.classes import UID
from console.hubspot.search import FILTERS, FILTERS_PER_GROUP, GROUPS

_ABSENT, _PRESENT = "NOT_HAS_PROPERTY", "HAS_PROPERTY"
_LONGEST_ID = "9" * 16


class Condition(msgspec.Struct, frozen=True):
    """One filter of a group."""

    name: str
    operator: str
    value: str | None = None
    values: tuple[str, ...] = ()

    def wire(self) -> dict[str, Any]:
        """As HubSpot reads it."""
        found: dict[str, Any] = {"propertyName": self.name, "operator": self.operator}
        if self.value is not None:
            found["value"] = self.value
        return {**found, "values": list(self.values)} if self.values else found


Group = tuple[Condition, ...]


class Pushed(msgspec.Struct, frozen=True):
    """Alternatives of conditions. `((),)` is every record, `()` none."""

    groups: tuple[Group, ...]
    exact: bool = True
    """No record too many comes."""
    local: tuple[str, ...] = ()
    """Clauses that HubSpot is not asked about."""
    checked: tuple[str, ...] = ()
    """Clauses that HubSpot answers with too many records."""


ALL = Pushed(((),))
NONE = Pushed(())


def one(condition: Condition) -> Pushed:
    """A single condition."""
    return Pushed(((condition,),))


def either(*conditions: Condition) -> Pushed:
    """Any of these conditions."""
    return Pushed(tuple([(condition,) for condition in conditions]))


def union(parts: list[Pushed]) -> Pushed:
    """What any of the parts finds."""
    if ALL in parts:
        return ALL
    return _joined(parts, simplified([group for part in parts for group in part.groups]))


def product(left: Pushed, right: Pushed) -> Pushed:
    """What both find."""
    groups = [first + second for first in left.groups for second in right.groups]
    return _joined([left, right], simplified(groups))


def widened(result: Pushed, clause: str) -> Pushed:
    """The same groups, with a clause left to the caller."""
    return Pushed(result.groups, exact=False, local=(*result.local, clause), checked=result.checked)


def simplified(groups: list[Group]) -> tuple[Group, ...]:
    """The groups without what nothing can match, without repetition, and without those that another one covers."""
    kept: list[frozenset[Condition]] = []
    ordered: list[Group] = []
    for group in groups:
        reduced = _reduced(group)
        if reduced is None:
            continue
        as_set = frozenset(reduced)
        if any(other <= as_set for other in kept):
            continue
        narrower = [position for position, other in enumerate(kept) if as_set < other]
        for position in reversed(narrower):
            del kept[position], ordered[position]
        kept.append(as_set)
        ordered.append(reduced)
    return tuple(ordered)


def fits(groups: tuple[Group, ...], reserve: int, characters: int) -> bool:
    """Whether HubSpot takes so many conditions, with `reserve` more in each group, within so many characters."""
    conditions = sum(len(group) for group in groups)
    if len(groups) > GROUPS or any(len(group) > FILTERS_PER_GROUP - reserve for group in groups):
        return False
    if conditions + reserve * len(groups) > FILTERS:
        return False
    above = [Condition(UID, "GT", _LONGEST_ID)] * reserve
    body = [{"filters": [condition.wire() for condition in (*group, *above)]} for group in groups]
    return len(msgspec.json.encode(body)) <= characters


def _joined(parts: list[Pushed], groups: tuple[Group, ...]) -> Pushed:
    local = dict.fromkeys([clause for part in parts for clause in part.local])
    checked = dict.fromkeys([clause for part in parts for clause in part.checked if () not in groups])
    return Pushed(groups, all(part.exact for part in parts), tuple(local), tuple(checked))


def _reduced(group: Group) -> Group | None:
    """The group without repetition; None where it asks for a value that is there and is not."""
    absent = {condition.name for condition in group if condition.operator == _ABSENT}
    compared = {condition.name for condition in group if condition.operator not in (_ABSENT, _PRESENT)}
    if absent & (compared | {condition.name for condition in group if condition.operator == _PRESENT}):
        return None
    found = dict.fromkeys(group)
    return tuple([one for one in found if one.operator != _PRESENT or one.name not in compared])
