"""IDM's scripts and query filters in the words of mappings: CEL for values, a query filter for the scope."""

from __future__ import annotations

import json
from collections.abc import Callable

from console.connector.filter import Always, And, Compare, Filter, Not, Or, Present
from console.provisioning.functions_pattern import check_pattern
from console.provisioning.functions_text import BadArgument
from console.provisioning.suggest_fields import source_path
from console.provisioning.sync_script import Both, Call, Choice, Literal, Negated, Node, NotCarried, Path, Pattern

_FALSY = '["", false, 0]'
_FOUND = {">=": 0, ">": -1, "!=": -1}
"""`indexOf(x) > -1` and its like: x is in it."""
_SEARCHES = {"includes": "contains", "contains": "contains", "startsWith": "startsWith", "endsWith": "endsWith"}
_FILTERS = {"includes": "co", "contains": "co", "startsWith": "sw", "endsWith": "ew"}
_OPERATORS = {"co": "contains", "sw": "startsWith", "ew": "endsWith"}


def cel_value(node: Node) -> str:
    """The CEL expression that gives a script's value. Raises NotCarried."""
    if isinstance(node, Path):
        return f'coalesce({_path(node)}, "")'
    if isinstance(node, Literal):
        return _literal(node)
    if isinstance(node, Choice):
        return f"({cel_condition(node.condition)} ? {_dyn(node.yes)} : {_dyn(node.no)})"
    if isinstance(node, Call):
        return _call(node)
    if isinstance(node, Both) and node.sign == "+":
        return f"({cel_value(node.left)} + {cel_value(node.right)})"
    if isinstance(node, Both) and node.sign == "||":
        return f"coalesce({_bare(node.left)}, {_bare(node.right)})"
    if isinstance(node, Pattern):
        raise NotCarried("a pattern that is not within replace()")
    if isinstance(node, Both) and node.sign == "&&":
        raise NotCarried("&& where its value counts")
    return cel_condition(node)


def cel_condition(node: Node) -> str:
    """The CEL expression that is true where a script is. Raises NotCarried."""
    if isinstance(node, Negated):
        return f"!{cel_condition(node.part)}"
    if isinstance(node, Both) and node.sign in ("&&", "||"):
        return f"({cel_condition(node.left)} {node.sign} {cel_condition(node.right)})"
    if isinstance(node, Both) and node.sign != "+":
        return _comparison(node)
    if isinstance(node, Call) and node.method in _SEARCHES:
        return _call(node)
    if isinstance(node, Literal):
        return "true" if node.value else "false"
    return f"!({cel_value(node)} in {_FALSY})"


def cel_filter(node: Filter, field: Callable[[tuple[str, ...]], tuple[str, ...]]) -> str:
    """A query filter as a CEL condition; `field` makes a pointer the way to a field. Raises NotCarried."""
    if isinstance(node, Always):
        return str(node)
    if isinstance(node, Not):
        return f"!({cel_filter(node.clause, field)})"
    if isinstance(node, And | Or):
        sign = " && " if isinstance(node, And) else " || "
        return f"({sign.join(cel_filter(clause, field) for clause in node.clauses)})"
    value = f'coalesce({source_path(*field(node.path))}, "")'
    if isinstance(node, Present):
        return f'{value} != ""'
    if node.operator == "eq":
        return f"{value} == {json.dumps(node.value, ensure_ascii=False)}"
    if node.operator in _OPERATORS and isinstance(node.value, str):
        return f"{value}.{_OPERATORS[node.operator]}({json.dumps(node.value, ensure_ascii=False)})"
    raise NotCarried(f"the operator {node.operator} in a condition")


def filter_of(node: Node) -> Filter:
    """The query filter that is true where a script is. Raises NotCarried."""
    if isinstance(node, Negated):
        return Not(filter_of(node.part))
    if isinstance(node, Both) and node.sign in ("&&", "||"):
        kind = And if node.sign == "&&" else Or
        return kind((filter_of(node.left), filter_of(node.right)))
    if isinstance(node, Both):
        return _filter_comparison(node)
    if isinstance(node, Call) and node.method in _FILTERS and isinstance(node.target, Path):
        return Compare(_names(node.target), _FILTERS[node.method], _text_of(node))
    if isinstance(node, Literal):
        return Always(bool(node.value))
    if isinstance(node, Path):
        names = _names(node)
        return And((Present(names), Not(Compare(names, "eq", False))))
    raise NotCarried("the script computes something that a query filter cannot say")


def _filter_comparison(node: Both) -> Filter:
    left, right, sign = node.left, node.right, node.sign
    if isinstance(left, Literal) and sign in ("==", "!="):
        left, right = right, left
    if searched := _searched(left, right, sign):
        call, found = searched
        if isinstance(call.target, Path):
            clause: Filter = Compare(_names(call.target), "co", _text_of(call))
            return clause if found else Not(clause)
    if not isinstance(left, Path) or not isinstance(right, Literal):
        raise NotCarried("the script compares something that a query filter cannot say")
    names = _names(left)
    if right.value is None:
        return Not(Present(names)) if sign == "==" else Present(names)
    operators = {"==": "eq", "!=": "eq", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
    clause = Compare(names, operators[sign], right.value)
    return Not(clause) if sign == "!=" else clause


def _comparison(node: Both) -> str:
    left, right, sign = node.left, node.right, node.sign
    if isinstance(left, Literal) and sign in ("==", "!="):
        left, right = right, left
    if searched := _searched(left, right, sign):
        call, found = searched
        return f"{'' if found else '!'}{cel_value(call.target)}.contains({_text(call.arguments[0])})"
    if isinstance(left, Path) and isinstance(right, Literal) and sign in ("==", "!="):  # null is not "" here
        return f"{_asked(left)} {sign} {json.dumps(right.value, ensure_ascii=False)}"
    if sign not in ("==", "!="):
        raise NotCarried(f"the comparison {sign}, in which JavaScript and CEL differ")
    return f"{cel_value(left)} {sign} {cel_value(right)}"


def _searched(left: Node, right: Node, sign: str) -> tuple[Call, bool] | None:
    """`x.indexOf("y") > -1` and its like: the call, and whether it must be found."""
    if not isinstance(left, Call) or left.method != "indexOf" or len(left.arguments) != 1:
        return None
    number = right.value if isinstance(right, Literal) else None
    if number == _FOUND.get(sign):
        return left, True
    if (sign, number) in (("==", -1), ("<", 0)):
        return left, False
    raise NotCarried("indexOf() where the place matters")


def _call(node: Call) -> str:
    value, method, given = cel_value(node.target), node.method, node.arguments
    if method in ("toLowerCase", "toUpperCase") and not given:
        return f"{'lower' if method == 'toLowerCase' else 'upper'}({value})"
    if method == "trim" and not given:
        return f"{value}.trim()"
    if method == "toString" and not given:
        return f"string({value})"
    if method in _SEARCHES and len(given) == 1:
        return f"{value}.{_SEARCHES[method]}({_text(given[0])})"
    if method == "concat" and given:
        return f"({' + '.join([value, *(cel_value(one) for one in given)])})"
    if method == "replace" and len(given) == 2:
        return _replace(value, given[0], given[1])
    if method == "" and isinstance(node.target, Call) and node.target.method == "split":
        return f'{value}[?{_literal(given[0])}].orValue("")'
    if method == "split" and len(given) == 1:
        return f"{value}.split({_text(given[0])})"
    if method == "charAt" and given == (Literal(0),):
        return f"{value}.charAt(0)"
    raise NotCarried(f"{method}() has no counterpart that gives the same for every value" if method else "an index")


def _replace(value: str, what: Node, by: Node) -> str:
    wanted = by.value if isinstance(by, Literal) else None
    if not isinstance(wanted, str):
        raise NotCarried("replace() by something that is computed")
    if isinstance(what, Literal) and isinstance(what.value, str):
        return f"{value}.replace({_literal(what)}, {_literal(by)}, 1)"
    if isinstance(what, Pattern) and what.flags == "g" and "$" not in wanted:
        try:
            check_pattern(what.text)
        except BadArgument as error:
            raise NotCarried(f"a pattern that is not available here: {error}") from None
        text = json.dumps(what.text, ensure_ascii=False)
        return f"regexReplace({value}, {text}, {json.dumps(wanted.replace(chr(92), chr(92) * 2), ensure_ascii=False)})"
    raise NotCarried("replace() of a pattern without the flag g, or with $ in what replaces it")


def _bare(node: Node) -> str:
    """A value within coalesce(), which asks for fields by itself."""
    if isinstance(node, Path):
        return _path(node)
    if isinstance(node, Both) and node.sign == "||":
        return f"{_bare(node.left)}, {_bare(node.right)}"
    if isinstance(node, Negated) or (isinstance(node, Both) and node.sign != "+"):
        raise NotCarried("|| between what is true or false")
    return cel_value(node)


def _dyn(node: Node) -> str:
    return f"dyn({cel_value(node)})"


def _path(node: Path) -> str:
    if node.root != "source" or not node.names:
        raise NotCarried(f"the script uses {node.root}{' as a whole' if not node.names else ''}")
    found = "source"
    for name in node.names:
        found += f"[{name}]" if isinstance(name, int) else source_path(name).removeprefix("source")
    return found


def _asked(node: Path) -> str:
    """A field, or null where it is missing."""
    _path(node)
    steps = (f"[?{name}]" if isinstance(name, int) else source_path(name).removeprefix("source") for name in node.names)
    marked = (
        step if step.startswith("[?") else step.replace(".", ".?", 1) if step[0] == "." else f"[?{step[1:]}"
        for step in steps
    )
    return f"source{''.join(marked)}.orValue(null)"


def _names(node: Path) -> tuple[str, ...]:
    if not node.names or not all(isinstance(name, str) for name in node.names):
        raise NotCarried("the script uses an element of a list")
    return tuple(str(name) for name in node.names)


def _text(node: Node) -> str:
    if isinstance(node, Literal) and isinstance(node.value, str):
        return _literal(node)
    raise NotCarried("a search for something that is computed")


def _text_of(node: Call) -> str:
    value = node.arguments[0].value if len(node.arguments) == 1 and isinstance(node.arguments[0], Literal) else None
    if isinstance(value, str):
        return value
    raise NotCarried("a search for something that is computed")


def _literal(node: Node) -> str:
    if not isinstance(node, Literal):
        raise NotCarried("a part that is computed")
    return '""' if node.value is None else json.dumps(node.value, ensure_ascii=False)
