"""Text to query filter, with errors that point at the place.

    Expr = Or ; Or = And ('or' And)* ; And = Not ('and' Not)* ; Not = '!' Primary | Primary
    Primary = '(' Expr ')' | Pointer OpName Value | Pointer 'pr' | 'true' | 'false'

Words are case-insensitive; only spaces, parentheses and quotes separate. The parser keeps its own stack: nesting
is limited by the grammar (256), not by Python's recursion.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from console.connector.filter_nodes import OPERATORS, Always, And, Compare, Filter, Not, Or, Present, Value

MAX_NESTING = 256
_NUMBER = re.compile(r"[+-]?\d+(\.\d*([eE][+-]?\d+)?)?|[+-]?\.\d+([eE][+-]?\d+)?")
_SIGNS = {"=": "eq", "==": "eq", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_LONGEST_NUMBER = 400


class FilterError(ValueError):
    """Text that is no query filter; `position` counts characters from 0."""

    def __init__(self, message: str, position: int, text: str) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.text = text

    def caret(self, width: int = 70) -> str:
        """Two lines: the part of the text around the place, and a caret under it."""
        flat = "".join([" " if character in "\t\r\n" else character for character in self.text])
        start = max(0, self.position - width + 10)
        return f"{flat[start : start + width]}\n{' ' * (self.position - start)}^"


class Clause(NamedTuple):
    """One comparison of a text, and where in it the attribute and the value stand; `pr` has no value."""

    path: tuple[str, ...]
    operator: str
    value: Value | None
    at: int
    value_at: int

    @property
    def attribute(self) -> str:
        """The attribute's name, levels separated by a slash."""
        return "/".join(self.path)


class _Token(NamedTuple):
    kind: str
    """One of: word, text, (, ), end."""
    text: str
    position: int


class _Level:
    """What was read inside one pair of parentheses."""

    def __init__(self, opened: int, negated: bool) -> None:
        self.opened, self.negated = opened, negated
        self.alternatives: list[Filter] = []
        self.together: list[Filter] = []

    def close_and(self) -> None:
        together, self.together = self.together, []
        self.alternatives.append(together[0] if len(together) == 1 else And(tuple(together)))

    def filter(self) -> Filter:
        self.close_and()
        return self.alternatives[0] if len(self.alternatives) == 1 else Or(tuple(self.alternatives))


def parse(text: str) -> Filter:
    """The filter that `text` says.

    Raises:
        FilterError: it says none, with the place.
    """
    return _Parser(text).filter()


def clauses(text: str) -> list[Clause]:
    """The comparisons of a filter in the order of the text, for whoever finds one of them wrong. Raises FilterError."""
    parser = _Parser(text)
    parser.filter()
    return parser.clauses


class _Parser:
    def __init__(self, text: str) -> None:
        self.clauses: list[Clause] = []
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0

    def filter(self) -> Filter:
        levels = [_Level(0, negated=False)]
        while True:
            negated = self._negation()
            token = self._take()
            if token.kind == "(":
                if len(levels) > MAX_NESTING:
                    raise self._error(f"parentheses are nested more than {MAX_NESTING} deep", token)
                levels.append(_Level(token.position, negated))
                continue
            clause = self._clause(token)
            levels[-1].together.append(Not(clause) if negated else clause)
            if self._connect(levels):
                return levels[0].filter()

    def _connect(self, levels: list[_Level]) -> bool:
        """Read closing parentheses and the word that follows; True at the end of the text."""
        while True:
            token = self._take()
            word = token.text.lower() if token.kind == "word" else ""
            if token.kind == ")":
                if len(levels) == 1:
                    raise self._error("this parenthesis closes none", token)
                closed = levels.pop()
                inner = closed.filter()
                levels[-1].together.append(Not(inner) if closed.negated else inner)
            elif token.kind == "end":
                if len(levels) > 1:
                    raise FilterError("this parenthesis is not closed", levels[-1].opened, self._text)
                return True
            elif word == "and":
                return False
            elif word == "or":
                levels[-1].close_and()
                return False
            else:
                raise self._error('"and" or "or" is missing here', token)

    def _negation(self) -> bool:
        token = self._tokens[self._next]
        if token.kind != "word" or not token.text.startswith("!"):
            return False
        if len(token.text) > 1:
            raise self._error(f"write !({token.text[1:]} ...): what is negated stands in parentheses", token)
        self._next += 1
        following = self._tokens[self._next]
        if following.kind == "word" and following.text.startswith("!"):
            raise self._error("write !(!(...)): what is negated stands in parentheses", following)
        return True

    def _clause(self, token: _Token) -> Filter:
        if token.kind != "word":
            what = {"end": "the filter ends here", ")": "a condition is missing before this parenthesis"}
            raise self._error(what.get(token.kind, "an attribute is expected here, not a text"), token)
        word = token.text.lower()
        if word in ("true", "false"):
            return Always(word == "true")
        if word in ("and", "or"):
            raise self._error(f'a condition is missing before "{token.text}"', token)
        if word == "not":
            raise self._error('there is no "not": write !(...)', token)
        path = self._path(token)
        operator = self._operator(token)
        value_at = self._tokens[self._next].position
        value = None if operator == "pr" else self._value(operator)
        self.clauses.append(Clause(path, operator, value, token.position, value_at))
        return Present(path) if value is None else Compare(path, operator, value)

    def _path(self, token: _Token) -> tuple[str, ...]:
        text = token.text.removeprefix("/")
        parts = tuple([unquote(part).replace("~1", "/").replace("~0", "~") for part in text.split("/")])
        if not all(parts):
            raise self._error("the attribute has an empty part", token)
        return parts

    def _operator(self, attribute: _Token) -> str:
        token = self._take()
        if token.kind != "word":
            raise self._error(f'an operator ({", ".join(OPERATORS)}, pr) is missing after "{attribute.text}"', token)
        word = token.text.lower()
        if word in OPERATORS or word == "pr":
            return word
        advice = {
            "ne": 'there is no "ne": write !(... eq ...)',
            "in": 'there is no "in": write (... eq ... or ... eq ...)',
            "is": 'there is no "is": write ... pr, or !(... pr)',
            "!=": 'there is no "!=": write !(... eq ...)',
            **{sign: f'there is no "{sign}": write {name}' for sign, name in _SIGNS.items()},
        }
        raise self._error(
            advice.get(word, f'"{token.text}" is no operator; there are {", ".join(OPERATORS)} and pr'), token
        )

    def _value(self, operator: str) -> Value:
        token = self._take()
        if token.kind == "text":
            return token.text
        if token.kind != "word":
            raise self._error(f'a value is missing after "{operator}"', token)
        word = token.text.lower()
        if word in ("true", "false"):
            return word == "true"
        if _NUMBER.fullmatch(token.text) and len(token.text) <= _LONGEST_NUMBER and token.text.isascii():
            number = float(token.text) if "." in token.text else int(token.text)
            if number not in (float("inf"), float("-inf")):
                return number
        if word == "null":
            raise self._error("there is no null: write ... pr, or !(... pr)", token)
        raise self._error(f'a text stands in quotes: "{token.text}"', token)

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    def _error(self, message: str, token: _Token) -> FilterError:
        return FilterError(message, token.position, self._text)


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(text):
        character = text[position]
        if character in " \t\r\n":  # CREST separates by spaces only; files break lines
            position += 1
        elif character in "()":
            tokens.append(_Token(character, character, position))
            position += 1
        elif character in "\"'":
            token, position = _quoted(text, position)
            tokens.append(token)
        else:
            end = position
            while end < len(text) and text[end] not in " \t\r\n()\"'":
                end += 1
            tokens.append(_Token("word", text[position:end], position))
            position = end
    return [*tokens, _Token("end", "", len(text))]


def _quoted(text: str, start: int) -> tuple[_Token, int]:
    characters: list[str] = []
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == text[start]:
            return _Token("text", "".join(characters), start), position + 1
        if character == "\\" and position + 1 < len(text):
            position += 1
            character = text[position]
        characters.append(character)
        position += 1
    raise FilterError("this quote is not closed", start, text)
