r"""Our own functions in result position, rewritten so that CEL hands over their arguments instead of calling us.

`e164(source.tel, "LK")` becomes `["\x01e164", source.tel, "LK"]`, which `resolve` carries out afterwards. It
is faster than a call out of the C++ runtime, and it does not leak: cel-expr-python 0.1.3 never
releases the argument tuple of a Python function, about 200 bytes a call, which is 200 MB over a million
people. A call in another position (`title(x) + "!"`) stays a call.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from console.provisioning.functions import FUNCTIONS

MARK = "\x01"
ABSENT = "\x02"
_TOKEN = re.compile(
    r"""(?P<text>[rR][bB]?(?:"[^"\n]*"|'[^'\n]*')|[bB]?(?:\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))|(?P<space>\s+|//[^\n]*)|(?P<word>[A-Za-z_]\w*)|(?P<other>.)""",
    re.DOTALL,
)
_OPEN, _CLOSE = "([{", ")]}"


def tokens(expression: str) -> list[str]:
    """The words, literals and signs of an expression, without white space and comments."""
    return [match[0] for match in _TOKEN.finditer(expression) if match.lastgroup != "space"]


def lower(expression: str) -> str:
    """The rewritten expression; the same text when there is nothing to rewrite."""
    if not any(name + "(" in expression.replace(" ", "") for name in FUNCTIONS):
        return expression
    return _lower(tokens(expression))


def _lower(words: list[str]) -> str:
    if words and words[0] == "(" and _end(words, 0) == len(words) - 1:
        return _lower(words[1:-1])
    if parts := _ternary(words):
        condition, yes, no = parts
        return f"({_join(condition)}) ? dyn({_lower(yes)}) : dyn({_lower(no)})"
    if len(words) > 2 and words[0] in FUNCTIONS and words[1] == "(" and _end(words, 1) == len(words) - 1:
        arguments = ", ".join(f"dyn({_lower(part)})" for part in _arguments(words[2:-1]))
        return f'[dyn("\\u0001{words[0]}"), {arguments}]'
    return _join(words)


def _join(words: list[str]) -> str:
    """Words need a space between them only where they would grow together."""
    text = ""
    for word in words:
        if text and (text[-1].isalnum() or text[-1] == "_") and (word[0].isalnum() or word[0] in "_\"'"):
            text += " "
        text += word
    return text


def _end(words: list[str], at: int) -> int:
    """Index of the bracket that closes the one at `at`; -1 when none does."""
    depth = 0
    for index in range(at, len(words)):
        depth += (words[index] in _OPEN) - (words[index] in _CLOSE)
        if depth == 0:
            return index
    return -1


def _ternary(words: list[str]) -> tuple[list[str], list[str], list[str]] | None:
    depth = 0
    question = -1
    nested = 0
    for index, word in enumerate(words):
        depth += (word in _OPEN) - (word in _CLOSE)
        if depth:
            continue
        if word == "?" and words[index - 1] not in (".", "["):
            if question < 0:
                question = index
            else:
                nested += 1
        elif word == ":" and question >= 0:
            if not nested:
                return words[:question], words[question + 1 : index], words[index + 1 :]
            nested -= 1
    return None


def _arguments(words: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += (word in _OPEN) - (word in _CLOSE)
        if word == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def resolve(value: Any) -> Any:
    """Carry out the calls in a value that a lowered expression gave. Raises BadArgument."""
    if isinstance(value, list) and value and isinstance(value[0], str) and value[0].startswith(MARK):
        function, _ = FUNCTIONS[value[0][1:]]
        return function(*(resolve(item) for item in value[1:]))
    return value


def references(expression: str) -> tuple[set[str], set[str]]:
    """Fields of `source` that an expression needs, and those that it asks about with has() or .?"""
    needed: set[str] = set()
    asked: set[str] = set()
    words = [*tokens(expression), "", "", ""]
    for index, word in enumerate(words[:-3]):
        if word != "source" or (index and words[index - 1] == "."):
            continue
        following = words[index + 1 : index + 4]
        if following[0] == "." and following[1] == "?":
            asked.add(following[2])
        elif following[0] == ".":
            guarded = index >= 2 and words[index - 1] == "(" and words[index - 2] == "has"
            (asked if guarded else needed).add(following[1])
        elif following[0] == "[" and following[1][:1] in ("'", '"') and following[2] == "]":
            needed.add(_text(following[1]))
        elif index >= 2 and words[index - 1] == "in" and words[index - 2][:1] in ("'", '"'):
            asked.add(_text(words[index - 2]))
    return needed - asked, asked


def _text(literal: str) -> str:
    """What a quoted literal stands for; CEL's escapes are Python's."""
    try:
        return str(ast.literal_eval(literal))
    except (SyntaxError, ValueError):
        return literal[1:-1]
