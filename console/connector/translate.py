"""A query filter as HubSpot's search takes it: alternatives (5) of conditions (6 each, 18 in all), facts section 5.

What HubSpot cannot decide exactly is asked more widely, and the caller then applies the filter to what comes:
the groups of a translation always find every record that the filter means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from console.connector.filter_match import SECONDARY_EMAILS, moment, number
from console.connector.filter_nodes import Always, And, Compare, Filter, Not, Or, Present, Value
from console.hubspot.model import PropertyDefinition
from console.hubspot.search import BODY_CHARACTERS, FILTERS, FILTERS_PER_GROUP, GROUPS

Condition = dict[str, Any]
Group = tuple[Condition, ...]

_RUNS = re.compile(r"[^\W_]+")
_ORDER = {"lt": "LT", "le": "LTE", "gt": "GT", "ge": "GTE"}
_OPPOSITE = {"LT": "GTE", "LTE": "GT", "GT": "LTE", "GTE": "LT"}
_SIZED = ("number", "date", "datetime")
_FILTER_CHARACTERS = BODY_CHARACTERS - 1_000  # the rest of the body: properties, sort, words


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask HubSpot, and what is left to do with the answer."""

    groups: list[dict[str, list[Condition]]]
    """HubSpot's filterGroups; empty: every record."""
    residual: Filter | None = None
    """To be applied to every record that comes; None: HubSpot's answer is exact."""
    local: tuple[str, ...] = ()
    """The clauses that HubSpot cannot run, for the operator to read."""
    nothing: bool = False
    """No record at all can match: do not even ask."""

    @property
    def unfiltered(self) -> bool:
        """Whether HubSpot can help with none of it."""
        return not self.groups and not self.nothing


class _Pushed(msgspec.Struct, frozen=True):
    """Alternatives of conditions. `((),)` is every record, `()` none. `exact`: no record too many comes."""

    groups: tuple[Group, ...]
    exact: bool = True
    local: tuple[str, ...] = ()


_ALL = _Pushed(((),))
_NONE = _Pushed(())


def to_search(node: Filter, schema: Mapping[str, PropertyDefinition] | None = None, *, reserve: int = 0) -> Translation:
    """The widest part of `node` that HubSpot's search can run; `reserve` conditions are kept free in each group."""
    pushed = _Translator(schema or {}, reserve).push(node, wanted=True)
    if not pushed.groups:
        return Translation(groups=[], nothing=True)
    groups = [] if () in pushed.groups else [{"filters": list(group)} for group in pushed.groups]
    return Translation(groups=groups, residual=None if pushed.exact else node, local=pushed.local)


class _Translator:
    def __init__(self, schema: Mapping[str, PropertyDefinition], reserve: int) -> None:
        self._schema = schema
        self._per_group = FILTERS_PER_GROUP - reserve
        self._reserve = reserve

    def push(self, node: Filter, *, wanted: bool) -> _Pushed:
        """What to ask for the records where `node` is `wanted`."""
        if isinstance(node, Not):
            return self.push(node.clause, wanted=not wanted)
        if isinstance(node, Always):
            return _ALL if node.value is wanted else _NONE
        if isinstance(node, And | Or):
            return self._all_of(node, wanted) if isinstance(node, And) is wanted else self._any_of(node, wanted)
        if isinstance(node, Present):
            return _one(_condition(node.attribute, "HAS_PROPERTY" if wanted else "NOT_HAS_PROPERTY"))
        pushed = self._compare(node) if wanted else self._negated(node)
        return pushed or _local(node, wanted)

    def _all_of(self, node: And | Or, wanted: bool) -> _Pushed:
        """Every clause: those that narrow most for the least come first, and what does not fit stays local."""
        parts: list[tuple[_Pushed, Filter]] = []
        for clause in node.clauses:
            parts.append((self.push(clause, wanted=wanted), clause))  # noqa: PERF401 - one frame per level
        result = _ALL
        for part, clause in sorted(parts, key=lambda pair: (len(pair[0].groups), not pair[0].exact)):
            both = _product(result, part)
            result = both if self._fits(both) else _widened(result, _local(clause, wanted))
        return result

    def _any_of(self, node: And | Or, wanted: bool) -> _Pushed:
        """Any clause: one that HubSpot cannot run at all opens the whole for every record."""
        groups: list[Group] = []
        exact = True
        local: list[str] = []
        for clause in self._merged(node, wanted):
            part = self.push(clause, wanted=wanted) if not isinstance(clause, _Pushed) else clause
            groups += [group for group in part.groups if group not in groups]
            exact = exact and part.exact
            local += part.local
        whole = _Pushed(tuple(groups), exact, tuple(local))
        if () in whole.groups:
            return _Pushed(((),), exact, whole.local)
        return whole if self._fits(whole) else _local(node, wanted)

    def _merged(self, node: And | Or, wanted: bool) -> list[Filter | _Pushed]:
        """`a eq 1 or a eq 2 ...` is one condition, IN, instead of a group each."""
        equals: dict[str, list[Compare]] = {}
        rest: list[Filter | _Pushed] = []
        for clause in node.clauses:
            if wanted and isinstance(clause, Compare) and clause.operator == "eq" and self._sent(clause):
                equals.setdefault(clause.attribute, []).append(clause)
            else:
                rest.append(clause)
        for name, several in equals.items():
            if len(several) == 1:
                rest.append(several[0])
                continue
            values = dict.fromkeys(text for one in several for text in self._members(one))
            rest.append(_one({"propertyName": name, "operator": "IN", "values": list(values)}))
        return rest

    def _members(self, node: Compare) -> list[str]:
        """IN wants texts in lower case, but choices as they are written."""
        text = self._sent(node)
        kind = self._type(node.attribute)
        if kind in ("string", "phone_number"):
            return [text.lower()]
        return [text] if kind else [text, text.lower()]

    def _compare(self, node: Compare) -> _Pushed | None:
        name, operator = node.attribute, node.operator
        if operator == "eq":
            return self._equal(node)
        if operator in _ORDER:
            value = self._sized(node)
            return None if value is None else _one(_condition(name, _ORDER[operator], value))
        # every unbroken run of letters and digits lies within one token, however HubSpot cuts tokens
        text = _plain(node.value)
        runs = _RUNS.findall(text)
        if not runs or self._type(name) in _SIZED:
            return None
        if operator == "ca":
            return _wider(tuple(_condition(name, "CONTAINS_TOKEN", f"*{run}*") for run in runs))
        conditions = tuple(
            _condition(
                name, "CONTAINS_TOKEN", _token(run, operator, text, first=index == 0, last=index == len(runs) - 1)
            )
            for index, run in enumerate(runs)
        )
        if operator == "co" and runs == [text]:
            return _Pushed((conditions,))
        return _wider(conditions[: self._per_group])

    def _equal(self, node: Compare) -> _Pushed | None:
        text = self._sent(node)
        if not text:
            return None
        condition = _condition(node.attribute, "EQ", text)
        if node.attribute != "email":
            return _one(condition)
        # a contact is found by its other addresses too; their tokens find too many
        return _Pushed(((condition,), (_condition(SECONDARY_EMAILS, "CONTAINS_TOKEN", text),)), exact=False)

    def _negated(self, node: Compare) -> _Pushed | None:
        """HubSpot's negations leave out records without a value, a filter's do not."""
        name = node.attribute
        absent: Group = (_condition(name, "NOT_HAS_PROPERTY"),)
        if node.operator == "eq":
            text = self._sent(node)
            if not text:
                return None
            return _Pushed(((_condition(name, "NEQ", text),), absent), exact=name != "email")
        positive = self._compare(node)
        if positive is None or not positive.exact or len(positive.groups) != 1 or len(positive.groups[0]) != 1:
            return None
        (condition,) = positive.groups[0]
        operator = _OPPOSITE.get(condition["operator"], "NOT_CONTAINS_TOKEN")
        return _Pushed((({**condition, "operator": operator},), absent))

    def _sent(self, node: Compare) -> str:
        """The value as HubSpot compares it; empty where it has no such form."""
        value = node.value
        if self._type(node.attribute) in ("date", "datetime"):
            return _milliseconds(value)
        text = _plain(value)
        definition = self._schema.get(node.attribute)
        if definition is not None and definition.options:
            # choices are the one kind of text that HubSpot compares with regard to case
            folded = text.casefold()
            return next((one.value for one in definition.options if one.value.casefold() == folded), text)
        return text

    def _sized(self, node: Compare) -> str | None:
        """Smaller and larger are sure for numbers and moments only: HubSpot's order of texts is not documented."""
        kind = self._type(node.attribute)
        if isinstance(node.value, bool) or (kind and kind not in _SIZED):
            return None
        if kind in ("date", "datetime"):
            return _milliseconds(node.value) or None
        if number(node.value) is not None:
            return _plain(node.value)
        if not kind and isinstance(node.value, str) and moment(node.value) is not None:
            return _milliseconds(node.value)
        return None

    def _type(self, name: str) -> str:
        definition = self._schema.get(name)
        return definition.type if definition else ""

    def _fits(self, pushed: _Pushed) -> bool:
        groups = pushed.groups
        conditions = sum(len(group) for group in groups)
        return (
            len(groups) <= GROUPS
            and all(len(group) <= self._per_group for group in groups)
            and conditions + self._reserve * len(groups) <= FILTERS
            and len(msgspec.json.encode(groups)) <= _FILTER_CHARACTERS
        )


def _condition(name: str, operator: str, value: str | None = None) -> Condition:
    condition: Condition = {"propertyName": name, "operator": operator}
    return condition if value is None else {**condition, "value": value}


def _one(condition: Condition) -> _Pushed:
    return _Pushed(((condition,),))


def _wider(conditions: Group) -> _Pushed:
    return _Pushed((conditions,), exact=False)


def _local(node: Filter, wanted: bool) -> _Pushed:
    return _Pushed(((),), exact=False, local=(str(node if wanted else Not(node)),))


def _widened(result: _Pushed, part: _Pushed) -> _Pushed:
    return _Pushed(result.groups, exact=False, local=result.local + part.local)


def _product(left: _Pushed, right: _Pushed) -> _Pushed:
    groups = tuple(
        one + tuple(condition for condition in other if condition not in one)
        for one in left.groups
        for other in right.groups
    )
    return _Pushed(groups, left.exact and right.exact, left.local + right.local)


def _token(run: str, operator: str, text: str, *, first: bool, last: bool) -> str:
    """A wildcard that every text with this run at this place matches."""
    begins = operator == "sw" and first and text.startswith(run)
    ends = operator == "ew" and last and text.endswith(run)
    return f"{'' if begins else '*'}{run}{'' if ends else '*'}"


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else str(value)


def _milliseconds(value: Value) -> str:
    text = _plain(value)
    if number(value) is not None:
        return text
    found = moment(text)
    return "" if found is None else str(int(found))
