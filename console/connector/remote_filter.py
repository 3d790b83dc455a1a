"""HubSpot's filter groups as a query filter: what an identity server is asked instead of HubSpot's search.

The filter may let through more than HubSpot's search would, never less: whoever searches filters again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.connector.filter_nodes import Always, And, Compare, Filter, Not, Or, Present
from console.hubspot.errors import Invalid

_COMPARISONS = {"EQ": "eq", "LT": "lt", "LTE": "le", "GT": "gt", "GTE": "ge"}
_UID = "hs_object_id"


def filter_text(groups: Sequence[Mapping[str, Any]]) -> str:
    """The query filter of filter groups, which are alternatives. Raises Invalid for an operator that nobody knows."""
    return str(_joined(Or, [_group(group) for group in groups]))


def _group(group: Mapping[str, Any]) -> Filter:
    return _joined(And, [_clause(one) for one in group.get("filters") or ()])


def _joined(kind: type[And | Or], clauses: list[Filter]) -> Filter:
    if not clauses:
        return Always(True)
    return clauses[0] if len(clauses) == 1 else kind(tuple(clauses))


def _clause(one: Mapping[str, Any]) -> Filter:
    operator, name = str(one.get("operator")), str(one.get("propertyName"))
    path = ("_id",) if name == _UID else (name,)
    value = str(one.get("value", ""))
    if operator in _COMPARISONS:
        return Compare(path, _COMPARISONS[operator], value)
    if operator == "NEQ":
        return Not(Compare(path, "eq", value))
    if operator == "BETWEEN":
        return And((Compare(path, "ge", value), Compare(path, "le", str(one.get("highValue", "")))))
    if operator in ("IN", "NOT_IN"):
        found = _joined(Or, [Compare(path, "eq", str(each)) for each in one.get("values") or ()])
        return found if operator == "IN" else Not(found)
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return Present(path) if operator == "HAS_PROPERTY" else Not(Present(path))
    if operator == "CONTAINS_TOKEN":
        words = [word for part in value.split() for word in part.split("*") if word]
        return _joined(And, [Compare(path, "co", word) for word in words]) if words else Present(path)
    if operator == "NOT_CONTAINS_TOKEN":
        return Always(True)
    raise Invalid(f"An identity server's connector has no filter like {operator[:40]}.")
