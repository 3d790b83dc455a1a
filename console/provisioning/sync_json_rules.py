"""Which people an IDM mapping takes, how it finds their records, and what it does in each situation."""

from __future__ import annotations

import re
from typing import Any

from console.connector.filter import And, Compare, Filter, FilterError, Not, Or, Present
from console.connector.filter import parse as parse_filter
from console.provisioning.situations import VALID
from console.provisioning.sync_json import Notes
from console.provisioning.sync_json_rows import NAMING, WHOLE, script_text
from console.provisioning.sync_script import NotCarried, Path, parse_script
from console.provisioning.sync_words import filter_of

_QUALIFIER = ("default", None)
_ASKED = re.compile(r"""(\w+)\s+eq\s+\\?["']?\s*['"]\s*\+""")
_QUERY = ("_queryFilter", "queryFilter")


def source_scope(values: dict[str, Any], notes: Notes) -> str:
    """The scope: `validSource`, `sourceCondition` and a filter of `sourceQuery`, all of them.

    What cannot be said makes it `false`, which takes nobody, until somebody says it: more people than IDM took must
    never go to HubSpot unasked.
    """
    clauses: list[Filter] = []
    lost = False
    for key in ("validSource", "sourceCondition", "sourceQuery"):
        value = values.get(key)
        if value in (None, "", {}):
            continue
        try:
            clauses += _clause(key, value)
        except NotCarried as error:
            notes.add(value, f"{error.why}: the scope is false, nobody, until you write it", key)
            lost = True
    if lost:
        return "false"
    if clauses:
        notes.add(values.get("name"), "scope: a query filter compares texts without regard to case", decide=False)
    return str(clauses[0] if len(clauses) == 1 else And(tuple(clauses))) if clauses else ""


def target_scope(value: Any, notes: Notes) -> str:
    """The HubSpot records that count: `validTarget`."""
    if value in (None, ""):
        return ""
    try:
        return str(filter_of(parse_script(script_text(value), {"target": Path("target", ())})))
    except NotCarried as error:
        notes.add(value, f"{error.why}: every record counts until you write target_scope", "validTarget")
        return ""


def correlation(values: dict[str, Any], target: str, rows: set[str], notes: Notes) -> tuple[str, ...]:
    """The keys of `correlate`, in order; each of them finds a record alone."""
    query = values.get("correlationQuery")
    keys: list[str] = []
    for number, one in enumerate(query if isinstance(query, list) else [query] if query else []):
        steps: tuple[str | int, ...] = (
            ("correlationQuery", number) if isinstance(query, list) else ("correlationQuery",)
        )
        try:
            keys += _keys(one, target)
        except NotCarried as error:
            notes.add(one, error.why, *steps)
    if "correlationScript" in values:
        why = "people are found by unique properties here, not by a script: write correlate"
        notes.add(values["correlationScript"], why, "correlationScript")
    found = []
    for key in dict.fromkeys(keys):
        if key in rows:
            found.append(key)
        else:
            notes.add(key, f"{key} has no row in [properties] to be asked by", "correlationQuery")
    if not found and "email" in rows and target == "contact":
        notes.add(query, "no key could be carried: correlate is email, which HubSpot holds unique", "correlationQuery")
        return ("email",)
    return tuple(found)


def policy_lines(value: Any, notes: Notes) -> tuple[list[str], dict[str, str]]:
    """The lines of [policy], and the actions by situation."""
    chosen: dict[str, str] = {}
    if not isinstance(value, list):
        if value is not None:
            notes.add(value, "it is no list of policies", "policies")
        return [], chosen
    for number, item in enumerate(value):
        found = _policy(item, number, notes)
        if found is None:
            continue
        situation, action = found
        if situation in chosen:
            notes.add(item, f"{situation} is decided by an earlier policy", "policies", number)
            continue
        chosen[situation] = action
    return [f'{situation} = "{action}"' for situation, action in chosen.items()], chosen


def _policy(item: Any, number: int, notes: Notes) -> tuple[str, str] | None:
    if not isinstance(item, dict):
        notes.add(item, "it is no policy", "policies", number)
        return None
    situation, action = item.get("situation"), item.get("action")
    for key in item:
        if key == "postAction":
            notes.add(
                item[key], "nothing is run after an action; the rest of the policy is carried", "policies", number, key
            )
        elif key not in ("situation", "action", "condition"):
            notes.add(item[key], "an unknown key of a policy", "policies", number, key)
    valid = {one.value: [action.value for action in actions] for one, actions in VALID.items()}
    if not isinstance(situation, str) or situation not in valid:
        why = "no situation that a policy may decide"
    elif item.get("condition"):
        why = "a policy that holds only for some: there is one action for each situation"
    elif not isinstance(action, str):
        why = "the action is a script or a workflow"
    elif action == "NOREPORT" and "IGNORE" in valid[situation]:
        notes.add(
            action, "written as IGNORE, which does and says as little", "policies", number, "action", decide=False
        )
        return situation, "IGNORE"
    elif action not in valid[situation]:
        why = f"{action} is no action for {situation} here; there are {', '.join(valid[situation])}"
    else:
        return situation, action
    default = f"; {situation} has its default, {valid[situation][0]}" if situation in valid else ""
    notes.add(item, why + default, "policies", number)
    return None


def _clause(key: str, value: Any) -> list[Filter]:
    if key == "sourceQuery" and isinstance(value, dict):
        if value.get("_queryId", value.get("queryId")) in ("query-all-ids", "query-all"):
            return []
        text = next((value[name] for name in _QUERY if isinstance(value.get(name), str)), None)
        if text is None:
            raise NotCarried("a query that is not a filter")
        value = text
    if isinstance(value, str):
        try:
            return [_plain(parse_filter(value))]
        except FilterError as error:
            raise NotCarried(f"it is no query filter: {error}") from None
    return [filter_of(parse_script(script_text(value), WHOLE))]


def _plain(node: Filter) -> Filter:
    """The filter without /source or /object before its fields."""
    if isinstance(node, And | Or):
        return type(node)(tuple([_plain(clause) for clause in node.clauses]))
    if isinstance(node, Not):
        return Not(_plain(node.clause))
    if not isinstance(node, Compare | Present):
        return node
    if node.path[0] == "linkQualifier":
        raise NotCarried("a condition on linkQualifier")
    path = node.path[1:] if node.path[0] in ("source", "object") and len(node.path) > 1 else node.path
    return Compare(path, node.operator, node.value) if isinstance(node, Compare) else Present(path)


def _keys(query: Any, target: str) -> list[str]:
    """The properties that a correlation query asks for."""
    if not isinstance(query, dict):
        raise NotCarried("it is no correlation query")
    if query.get("linkQualifier") not in _QUALIFIER:
        raise NotCarried(f"the link qualifier {query['linkQualifier']}: a mapping of its own does that here")
    tree = query.get("expressionTree")
    if isinstance(tree, dict):
        names = tree.get("any", tree.get("all"))
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(tree) != 1:
            raise NotCarried("an expression tree within another")
        if "all" in tree and len(names) > 1:
            raise NotCarried(f"all of {', '.join(names)} together: a key finds a record alone here")
        return [NAMING[target] if name == "__NAME__" else name for name in names]
    asked = _ASKED.findall(script_text(query))
    if len(asked) != 1:
        raise NotCarried("a query that asks for more than one property being equal")
    return [NAMING[target] if asked[0] == "__NAME__" else asked[0]]
