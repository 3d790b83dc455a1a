"""A query filter as HubSpot's search takes it: alternatives (5) of conditions (6 each, 18 in all), facts section 5.

What HubSpot cannot decide exactly is asked more widely, and the caller then applies the filter to what comes:
the groups of a translation always find every record that the filter means.
"""

from __future__ import annotations

from typing import Any

import msgspec

from console.connector.filter_clauses import compared, equal_to_any, equal_to_none, present
from console.connector.filter_groups import ALL, NONE, Pushed, fits, product, union, widened
from console.connector.filter_nodes import Always, And, Compare, Filter, Not, Or, Present
from console.connector.filter_types import Schema
from console.hubspot.search import BODY_CHARACTERS

Condition = dict[str, Any]
FILTER_CHARACTERS = BODY_CHARACTERS - 500
"""What is left for the filter by a body without words and with few properties."""
_MOST_ALTERNATIVES = 100


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask HubSpot, and what is left to do with the answer."""

    groups: list[dict[str, list[Condition]]]
    """HubSpot's filterGroups; empty: every record."""
    residual: Filter | None = None
    """To be applied to every record that comes; None: HubSpot's answer is exact."""
    local: tuple[str, ...] = ()
    """The clauses that HubSpot is not asked about, for the operator to read."""
    checked: tuple[str, ...] = ()
    """The clauses that HubSpot answers with too many records."""
    nothing: bool = False
    """No record at all can match: do not even ask."""

    @property
    def unfiltered(self) -> bool:
        """Whether HubSpot can help with none of it."""
        return not self.groups and not self.nothing


def to_search(
    node: Filter, schema: Schema | None = None, *, reserve: int = 0, characters: int = FILTER_CHARACTERS
) -> Translation:
    """The widest part of `node` that HubSpot's search can run in one request.

    `reserve` conditions are kept free in each group; `characters` are what the groups may take of the body.
    """
    pushed = _Translator(schema or {}, reserve, characters).push(node, wanted=True)
    if not pushed.groups:
        return Translation(groups=[], nothing=True)
    groups = [] if () in pushed.groups else pushed.groups
    return Translation(
        groups=[{"filters": [condition.wire() for condition in group]} for group in groups],
        residual=None if pushed.exact else node,
        local=pushed.local,
        checked=pushed.checked,
    )


class _Translator:
    def __init__(self, schema: Schema, reserve: int, characters: int) -> None:
        self._schema = schema
        self._reserve = reserve
        self._characters = characters

    def push(self, node: Filter, *, wanted: bool) -> Pushed:
        """What to ask for the records where `node` is `wanted`."""
        if isinstance(node, Not):
            return self.push(node.clause, wanted=not wanted)
        if isinstance(node, Always):
            return ALL if node.value is wanted else NONE
        if isinstance(node, And | Or):
            return self._all_of(node, wanted) if isinstance(node, And) is wanted else self._any_of(node, wanted)
        if isinstance(node, Present):
            return present(node, wanted=wanted)
        return compared(node, self._schema, wanted=wanted)

    def _all_of(self, node: And | Or, wanted: bool) -> Pushed:
        """Every clause: those that narrow most for the least come first, and what does not fit stays local."""
        parts: list[tuple[Pushed, str]] = []
        merged, rest = self._merged(node, wanted, equal=False)
        for clause in rest:
            parts.append((self.push(clause, wanted=wanted), _text([clause], wanted)))  # noqa: PERF401 - one frame per level
        parts += merged
        result = ALL
        for part, text in sorted(parts, key=lambda pair: (len(pair[0].groups), not pair[0].exact)):
            both = product(result, part)
            result = both if self._fits(both) else widened(result, text)
        return result

    def _any_of(self, node: And | Or, wanted: bool) -> Pushed:
        """Any clause: one that HubSpot cannot run at all opens the whole for every record."""
        merged, rest = self._merged(node, wanted, equal=True)
        parts: list[Pushed] = []
        for clause in rest:
            parts.append(self.push(clause, wanted=wanted))  # noqa: PERF401 - one frame per level
        parts += [part for part, _ in merged]
        if sum([len(part.groups) for part in parts]) <= _MOST_ALTERNATIVES:
            whole = union(parts)
            if self._fits(whole):
                return whole
        return widened(ALL, _text([node], wanted))

    def _merged(self, node: And | Or, wanted: bool, *, equal: bool) -> tuple[list[tuple[Pushed, str]], list[Filter]]:
        """`a eq 1 or a eq 2 ...` is one condition, IN, instead of a group each; so is NOT_IN; and what is left."""
        by_name: dict[str, list[tuple[Compare, Filter]]] = {}
        rest: list[Filter] = []
        for clause in node.clauses:
            inner, sense = (clause.clause, not wanted) if isinstance(clause, Not) else (clause, wanted)
            if isinstance(inner, Compare) and inner.operator == "eq" and sense is equal:
                by_name.setdefault(inner.attribute, []).append((inner, clause))
            else:
                rest.append(clause)
        merged: list[tuple[Pushed, str]] = []
        for pairs in by_name.values():
            nodes, clauses = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            merge = equal_to_any if equal else equal_to_none
            found = merge(nodes, self._schema) if len(pairs) > 1 else None
            if found is None:
                rest += clauses
            else:
                merged.append((found, _text(clauses, wanted)))
        return merged, rest

    def _fits(self, pushed: Pushed) -> bool:
        return () in pushed.groups or fits(pushed.groups, self._reserve, self._characters)


def _text(clauses: list[Filter], wanted: bool) -> str:
    """Clauses as the operator reads them."""
    return " and ".join([str(clause if wanted else Not(clause)) for clause in clauses])
