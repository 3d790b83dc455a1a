"""One comparison as HubSpot's search can run it, and how sure its answer is (facts section 5).

HubSpot ignores case but for choices, keeps its lists for IN in lower case, leaves records without a value out of every
negation, and cuts texts to tokens in a way of its own. What is asked here always covers what the filter means.
"""

from __future__ import annotations

import re

from console.connector.classes import UID
from console.connector.filter_groups import ALL, NONE, Condition, Pushed, either, one
from console.connector.filter_match import SECONDARY_EMAILS
from console.connector.filter_nodes import Compare, Not, Present
from console.connector.filter_types import SIZED, SIZES, Kind, Schema, kind_of, plain, predicate, several, size

_ORDER = {"lt": "LT", "le": "LTE", "gt": "GT", "ge": "GTE"}
_OPPOSITE = {
    "EQ": "NEQ",
    "IN": "NOT_IN",
    "CONTAINS_TOKEN": "NOT_CONTAINS_TOKEN",
    "LT": "GTE",
    "LTE": "GT",
    "GT": "LTE",
    "GTE": "LT",
}
_RUNS = re.compile(r"[A-Za-z0-9]+")
"""Within such a run no tokeniser cuts; between other characters it may."""
_CALCULATED_PHONES = {
    "phone": "hs_searchable_calculated_phone_number",
    "mobilephone": "hs_searchable_calculated_mobile_number",
}
_PHONE_DIGITS = 6
_RUNS_ASKED = 3
_DAY = 86_400_000
_MOMENTS = (-62_135_596_800_000, 253_402_300_799_999)  # the years 1 to 9999
_SURE_NUMBER = 2**53
_MOST_CHARACTERS = 500


def absent(name: str) -> Condition:
    """It has no value."""
    return Condition(name, "NOT_HAS_PROPERTY")


def present(node: Present, *, wanted: bool) -> Pushed:
    """`attribute pr`, or its opposite."""
    if node.attribute == UID:
        return ALL if wanted else NONE
    return one(Condition(node.attribute, "HAS_PROPERTY" if wanted else "NOT_HAS_PROPERTY"))


def compared(node: Compare, schema: Schema, *, wanted: bool) -> Pushed:
    """What to ask for the records where a comparison is `wanted`."""
    positive = _positive(node, schema)
    if wanted or positive is None:
        return positive or _unsent(node, wanted=wanted)
    return _negated(node, positive) or _unsent(node, wanted=wanted)


def equal_to_any(nodes: list[Compare], schema: Schema) -> Pushed | None:
    """Several values of one attribute as one condition; None where HubSpot has no list of these."""
    name, kind = nodes[0].attribute, kind_of(nodes[0].attribute, schema)
    if kind not in ("text", "number", "choice"):
        return None
    members: list[str] = []
    for node in nodes:
        found = _members(node, kind, schema)
        if found is None:
            return None
        members += found
    if not members:
        return NONE
    condition = Condition(name, "IN", values=tuple(dict.fromkeys(members)))
    if name != "email":
        return one(condition)
    more = [Condition(SECONDARY_EMAILS, "CONTAINS_TOKEN", text) for text in condition.values]
    # a group for each of many addresses would be too much: whoever has further addresses is looked at here
    further = more if len(more) == 1 else [Condition(SECONDARY_EMAILS, "HAS_PROPERTY")]
    return _wide(either(condition, *further))


def equal_to_none(nodes: list[Compare], schema: Schema) -> Pushed | None:
    """None of several values of one attribute; None where HubSpot has no list of these."""
    positive = equal_to_any(nodes, schema)
    if positive is None:
        return None
    if not positive.groups:
        return ALL
    condition = positive.groups[0][0]
    name = condition.name
    return Pushed(((Condition(name, "NOT_IN", values=condition.values),), (absent(name),)), exact=name != "email")


def _positive(node: Compare, schema: Schema) -> Pushed | None:
    name, kind = node.attribute, kind_of(node.attribute, schema)
    if kind == "unknown" or len(plain(node.value)) > _MOST_CHARACTERS:
        return None
    if kind in SIZED:
        return _sized(node, kind)
    if kind == "choice":
        return _choice(node, schema)
    text = plain(node.value)
    if not text:
        # every value contains nothing, and none equals it
        return {"eq": NONE, "ca": NONE, "lt": NONE, "le": NONE}.get(node.operator, one(Condition(name, "HAS_PROPERTY")))
    if node.operator in _ORDER:
        return None  # HubSpot's order of texts is not documented
    if kind == "phone":
        return _phone(node, text, schema)
    return _email(text) if name == "email" and node.operator == "eq" else _text(node, text)


def _sized(node: Compare, kind: Kind) -> Pushed | None:
    bound = size(node.value, kind) if node.operator in SIZES else None
    if bound is None:
        return None
    if kind == "number":
        return one(_condition(node, plain(bound))) if abs(bound) < _SURE_NUMBER else None
    bound = int(bound)
    if kind == "date" and bound % _DAY:
        # days begin at midnight: HubSpot need not be asked about moments within one
        if node.operator == "eq":
            return NONE
        bound += (_DAY if node.operator in ("lt", "ge") else 0) - bound % _DAY
    return one(_condition(node, str(bound))) if _MOMENTS[0] <= bound <= _MOMENTS[1] else None


def _condition(node: Compare, text: str) -> Condition:
    return Condition(node.attribute, _ORDER.get(node.operator, "EQ"), text)


def _choice(node: Compare, schema: Schema) -> Pushed | None:
    """Choices are compared here, option by option; HubSpot gets those that fit, in their own spelling."""
    name, kind = node.attribute, kind_of(node.attribute, schema)
    found = _members(node, kind, schema) if node.operator in ("eq", "ca") else _options(node, schema)
    if found is None:
        return _wide(one(Condition(name, "HAS_PROPERTY")))
    if not found:
        return NONE
    if len(found) == 1 and not several(name, schema):
        return one(Condition(name, "EQ", found[0]))
    return one(Condition(name, "IN", values=tuple(found)))


def _options(node: Compare, schema: Schema) -> list[str] | None:
    """The options that a comparison means; None where the options are not known."""
    definition = schema.get(node.attribute)
    if definition is None:
        return None
    options = [option.value for option in definition.options]
    if definition.type == "bool":
        options = ["true", "false"]
    meant = predicate(node, schema)
    return [value for value in options if meant({node.attribute: value})] if options else None


def _members(node: Compare, kind: Kind, schema: Schema) -> list[str] | None:
    """The values that equal the wanted one, as IN wants them; None where they cannot be told."""
    text = plain(node.value)
    if kind == "text":
        return [text.lower()] if text else []
    if kind == "number":
        bound = size(node.value, kind)
        return None if bound is None or abs(bound) >= _SURE_NUMBER else [plain(bound)]
    found = _options(node, schema)
    if found or (found is not None and schema[node.attribute].type == "bool"):
        return found
    # a value that is no option (any more) can be asked for as it is written, if there is one way to write it
    return ([text] if text else []) if found is not None or text.lower() == text.upper() else None


def _email(text: str) -> Pushed:
    """A contact is found by its other addresses too; their tokens find too many."""
    return _wide(either(Condition("email", "EQ", text), Condition(SECONDARY_EMAILS, "CONTAINS_TOKEN", text)))


def _phone(node: Compare, text: str, schema: Schema) -> Pushed:
    """HubSpot compares phones by their calculated digits without the country code."""
    digits = re.sub(r"\D", "", text)
    calculated = _CALCULATED_PHONES.get(node.attribute, "")
    if node.operator == "eq" and calculated in schema and len(digits) >= _PHONE_DIGITS:
        ending = Condition(calculated, "CONTAINS_TOKEN", f"*{digits[-_PHONE_DIGITS:]}")
        return _wide(either(Condition(node.attribute, "EQ", text), ending))
    return _wide(one(Condition(node.attribute, "HAS_PROPERTY")), str(node))


def _text(node: Compare, text: str) -> Pushed | None:
    name, operator = node.attribute, node.operator
    if operator == "eq":
        return one(Condition(name, "EQ", text))
    runs = list(_RUNS.finditer(text))
    if not runs:
        return _wide(one(Condition(name, "HAS_PROPERTY")), str(node))
    tokens = [_token(run, text, operator) for run in sorted(runs, key=lambda run: -len(run[0]))[:_RUNS_ASKED]]
    pushed = Pushed((tuple([Condition(name, "CONTAINS_TOKEN", token) for token in dict.fromkeys(tokens)]),))
    exact = operator == "co" and runs[0][0] == text
    return pushed if exact else _wide(pushed, str(node))


def _token(run: re.Match[str], text: str, operator: str) -> str:
    """A wildcard that every text with this run at this place matches."""
    begins = operator == "sw" and run.start() == 0
    ends = operator == "ew" and run.end() == len(text)
    return f"{'' if begins else '*'}{run[0]}{'' if ends else '*'}"


def _negated(node: Compare, positive: Pushed) -> Pushed | None:
    """HubSpot's negations leave out records without a value, a filter's do not."""
    name = node.attribute
    if not positive.groups:
        return ALL
    if name == "email" and node.operator == "eq":
        return _wide(either(Condition(name, "NEQ", plain(node.value)), absent(name)))
    (first, *others) = positive.groups
    if not positive.exact or others or len(first) != 1:
        return None
    (condition,) = first
    if condition.operator == "HAS_PROPERTY":
        return one(absent(name))
    opposite = _OPPOSITE[condition.operator]
    return either(Condition(name, opposite, condition.value, condition.values), absent(name))


def _wide(pushed: Pushed, clause: str = "") -> Pushed:
    return Pushed(pushed.groups, exact=False, checked=(clause,) if clause else ())


def _unsent(node: Compare, *, wanted: bool) -> Pushed:
    return Pushed(((),), exact=False, local=(str(node if wanted else Not(node)),))
