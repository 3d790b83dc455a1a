r"""Our own functions in result position, rewritten so that CEL hands over their arguments instead of calling us.

`e164(source.tel, "LK")` becomes `["\x01e164", source.tel, "LK"]`, which `resolve` carries out afterwards. It
is faster than a call out of the C++ runtime, and it does not leak: cel-expr-python 0.1.3 never
releases the argument tuple of a Python function, about 200 bytes a call, which is 200 MB over a million
people. A call in another position (`title(x) + "!"`) stays a call.

`coalesce(source.a, "x")` is rewritten in every position: its fields are asked for as `source.?a`, because a field that
is missing must not be an error there.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from console.provisioning.functions import COALESCE, FUNCTIONS, BadArgument

MARK = "\x01"
ABSENT = "\x02"
_TOKEN = re.compile(
    r"""(?P<text>[rR][bB]?(?:"[^"\n]*"|'[^'\n]*')|[bB]?(?:\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))|(?P<space>\s+|//[^\n]*)|(?P<word>[A-Za-z_]\w*)|(?P<other>.)""",
    re.DOTALL,
)
_WORD = re.compile(r"[A-Za-z_]\w*\Z")
_FILLED = 'one != null && !(type(one) == string && string(one).trim() == "")'
_OPEN, _CLOSE = "([{", ")]}"


def tokens(expression: str) -> list[str]:
    """The words, literals and signs of an expression, without white space and comments."""
    return [match[0] for match in _TOKEN.finditer(expression) if match.lastgroup != "space"]


def lower(expression: str) -> str:
    """The rewritten expression; the same text when there is nothing to rewrite."""
    words = tokens(expression)
    return _lower(words) if _calls(words) else expression


def expand(expression: str) -> str:
    """Only what must be rewritten; for what stays within CEL, a condition."""
    words = tokens(expression)
    return _join(words) if COALESCE in words else expression


def _calls(words: list[str]) -> bool:
    return any(
        word in FUNCTIONS and words[at + 1 : at + 2] == ["("] and (not at or words[at - 1] != ".")
        for at, word in enumerate(words)
    )


def _lower(words: list[str]) -> str:
    if words and words[0] == "(" and _end(words, 0) == len(words) - 1:
        return _lower(words[1:-1])
    if words[:2] == ["dyn", "("] and _end(words, 1) == len(words) - 1:
        return f"dyn({_lower(words[2:-1])})"
    if parts := _ternary(words):
        condition, yes, no = parts
        return f"({_join(condition)}) ? dyn({_lower(yes)}) : dyn({_lower(no)})"
    if len(words) > 2 and words[0] in FUNCTIONS and words[1] == "(" and _end(words, 1) == len(words) - 1:
        parts_of_it = _arguments(words[2:-1])
        if words[0] == COALESCE:
            parts_of_it = [_asking(part) for part in parts_of_it]
        arguments = ", ".join(f"dyn({_lower(part)})" for part in parts_of_it)
        return f'[dyn("\\u0001{words[0]}"), {arguments}]'
    return _join(words)


def _expanded(words: list[str]) -> list[str]:
    """The same words, with every coalesce() as what CEL itself offers for it."""
    done: list[str] = []
    at = 0
    while at < len(words):
        called = words[at] == COALESCE and words[at + 1 : at + 2] == ["("] and (not at or words[at - 1] != ".")
        end = _end(words, at + 1) if called else -1
        if end < 0:
            done.append(words[at])
            at += 1
            continue
        parts = [_join(_asking(part)) for part in _arguments(words[at + 2 : end])]
        found = ", ".join(f"dyn({part})" for part in parts)
        done += tokens(f'([{found}].filter(one, {_FILLED})[?0].orValue(""))')
        at = end + 1
    return done


def _asking(words: list[str]) -> list[str]:
    """A path such as source.name.first as one that may be missing; anything else as it is."""
    if len(words) < 3 or words[0] != "source" or words[1] not in (".", "["):
        return words
    path, at = ["source"], 1
    while at < len(words):
        sign = words[at]
        end = at + 1 if sign == "." else _end(words, at)
        step = words[at + 1 : end + 1]
        if step[:1] == ["?"]:
            step = words[at + 2 : end + (2 if sign == "." else 1)]
            end += sign == "."
        if sign not in (".", "[") or not step or (sign == "." and not _WORD.match(step[0])):
            return words
        path += [sign, "?", *step]
        at = end + 1
    return [*path, ".", "orValue", "(", "null", ")"]


def _join(words: list[str]) -> str:
    """Words need a space between them only where they would grow together."""
    text = ""
    for word in _expanded(words) if COALESCE in words else words:
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
        function = FUNCTIONS.get(value[0][1:])
        if function is not None and function.takes_number(len(value) - 1):  # else it is a list of the source
            return function.call(*(resolve(item) for item in value[1:]))
    return value


def misfit(expression: str) -> tuple[int, str] | None:
    """The first literal argument that its function will not take for anybody: its place in the text, and why."""
    found = [match for match in _TOKEN.finditer(expression) if match.lastgroup != "space"]
    words = [match[0] for match in found]
    for at, word in enumerate(words):
        end = _end(words, at + 1) if word in FUNCTIONS and words[at + 1 : at + 2] == ["("] else -1
        if end < 0:
            continue
        place = at + 2
        for number, part in enumerate(_arguments(words[at + 2 : end])):
            check = FUNCTIONS[word].checks.get(number)
            if check is not None and len(part) == 1 and part[0][:1] in ("'", '"'):
                try:
                    check(_text(part[0]))
                except BadArgument as error:
                    return found[place].start(), str(error)
            place += len(part) + 1
    return None


def references(expression: str) -> tuple[set[str], set[str]]:
    """Fields of `source` that an expression needs, and those that it asks about with has() or .?"""
    needed: set[str] = set()
    asked: set[str] = set()
    words = [*_expanded(tokens(expression)), "", "", "", ""]
    for index, word in enumerate(words[:-4]):
        if word != "source" or (index and words[index - 1] == "."):
            continue
        following = words[index + 1 : index + 5]
        if following[0] == "." and following[1] == "?":
            asked.add(following[2])
        elif following[0] == ".":
            guarded = index >= 2 and words[index - 1] == "(" and words[index - 2] == "has"
            (asked if guarded else needed).add(following[1])
        elif following[:2] == ["[", "?"] and following[2][:1] in ("'", '"') and following[3] == "]":
            asked.add(_text(following[2]))
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
