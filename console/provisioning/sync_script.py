"""The small scripts that mappings of IDM hold, as a tree: one expression, a few names for parts of it, an if with else.

Only what can be said in CEL or in a query filter without losing anything is understood. Everything else is
`NotCarried`, with the reason; nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Union

import msgspec

_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)|(?P<text>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_$][\w$]*)|(?P<regex>(?<![\w)\]])/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*)"
    r"|(?P<sign>===|!==|==|!=|&&|\|\||>=|<=|[-+*/%?:.,;(){}\[\]!<>=])|(?P<other>.)",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_DEEPEST = 50
_LONGEST = 20_000


class NotCarried(Exception):
    """What cannot be said here; `why` is a part of a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Path(msgspec.Struct, frozen=True):
    """A field: `root` is the object (source, target), `names` lead to the field."""

    root: str
    names: tuple[str | int, ...]


class Literal(msgspec.Struct, frozen=True):
    """A fixed value."""

    value: str | bool | int | float | None


class Pattern(msgspec.Struct, frozen=True):
    """A regular expression between slashes."""

    text: str
    flags: str


class Call(msgspec.Struct, frozen=True):
    """A method of a value, or with an empty name the element of a list (`arguments` is its number)."""

    target: Node
    method: str
    arguments: tuple[Node, ...]


class Both(msgspec.Struct, frozen=True):
    """Two parts and the sign between them."""

    sign: str
    left: Node
    right: Node


class Negated(msgspec.Struct, frozen=True):
    """`!part`."""

    part: Node


class Choice(msgspec.Struct, frozen=True):
    """One or the other."""

    condition: Node
    yes: Node
    no: Node


Node = Union[Path, Literal, Pattern, Call, Both, Negated, Choice]  # noqa: UP007 - the shapes above name it before it exists


def parse_script(text: str, names: Mapping[str, Path]) -> Node:
    """The tree of a script's last value; `names` are the variables that it finds. Raises NotCarried."""
    return _Parser(text, names).script()


def parse_assignments(text: str, names: Mapping[str, Path], target: str) -> dict[str, Node]:
    """A script that is nothing but `target.property = value;` lines, by property. Raises NotCarried."""
    return _Parser(text, names).assignments(target)


class _Parser:
    def __init__(self, text: str, names: Mapping[str, Path]) -> None:
        if len(text) > _LONGEST:
            raise NotCarried("the script is long")
        self.tokens = [
            (match.lastgroup or "", match[0].strip()) for match in _TOKEN.finditer(text) if match.lastgroup != "space"
        ]
        self.at = 0
        self.depth = 0
        self.names: dict[str, Node] = dict(names)

    def script(self) -> Node:
        while self.takes("var") or self.takes("let") or self.takes("const"):
            name = self.name()
            self.needs("=")
            self.names[name] = self.expression()
            self.takes(";")
        found = self.statement()
        if self.at < len(self.tokens):
            raise self.refused()
        return found

    def assignments(self, target: str) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while self.at < len(self.tokens):
            self.needs(target)
            self.needs(".")
            name = self.name()
            self.needs("=")
            found[name] = self.expression()
            self.takes(";")
        return found

    def statement(self) -> Node:
        if self.takes("if"):
            self.needs("(")
            condition = self.expression()
            self.needs(")")
            yes = self.block()
            return Choice(condition, yes, self.block() if self.takes("else") else Literal(None))
        self.takes("return")
        found = self.expression()
        self.takes(";")
        return found

    def block(self) -> Node:
        if not self.takes("{"):
            return self.statement()
        found = self.statement()
        self.needs("}")
        return found

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise NotCarried("the script is deeply nested")
        found = self.level(0)
        if self.takes("?"):
            yes = self.expression()
            self.needs(":")
            found = Choice(found, yes, self.expression())
        self.depth -= 1
        return found

    _LEVELS = (("||",), ("&&",), ("===", "!==", "==", "!="), (">=", "<=", "<", ">"), ("+",))

    def level(self, number: int) -> Node:
        if number == len(self._LEVELS):
            return self.unary()
        found = self.level(number + 1)
        while (sign := self.peek()) in self._LEVELS[number] and self.kind() == "sign":
            self.at += 1
            found = Both(sign.replace("===", "==").replace("!==", "!="), found, self.level(number + 1))
        return found

    def unary(self) -> Node:
        if self.takes("!"):
            self.depth += 1
            if self.depth > _DEEPEST:
                raise NotCarried("the script is deeply nested")
            found = Negated(self.unary())
            self.depth -= 1
            return found
        if self.takes("-"):
            kind, text = self.next()
            if kind != "number":
                raise self.refused()
            return Literal(-_number(text))
        return self.postfix(self.primary())

    def primary(self) -> Node:
        kind, text = self.next()
        if kind == "text":
            return Literal(_unquoted(text))
        if kind == "number":
            return Literal(_number(text))
        if kind == "regex":
            body, _, flags = text[1:].rpartition("/")
            return Pattern(body, flags)
        if kind == "name" and text in _WORDS:
            return Literal(_WORDS[text])
        if kind == "name" and text in self.names:
            return self.names[text]
        if text == "(":
            found = self.expression()
            self.needs(")")
            return found
        self.at -= bool(text)
        raise self.refused()

    def postfix(self, found: Node) -> Node:
        while True:
            if self.takes("."):
                name = self.name()
                if self.takes("("):
                    found = Call(found, name, self.arguments())
                elif isinstance(found, Path) and name != "length":
                    found = Path(found.root, (*found.names, name))
                else:
                    raise NotCarried(f".{name} of a value is not known here")
            elif self.takes("["):
                kind, text = self.next()
                self.needs("]")
                if kind not in ("text", "number"):
                    raise NotCarried("an index that is computed")
                step = _unquoted(text) if kind == "text" else int(_number(text))
                if isinstance(found, Path):
                    found = Path(found.root, (*found.names, step))
                elif isinstance(step, int):
                    found = Call(found, "", (Literal(step),))
                else:
                    raise NotCarried("a field of a value that is computed")
            else:
                return found

    def arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self.takes(")"):
            if found:
                self.needs(",")
            found.append(self.expression())
        return tuple(found)

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def next(self) -> tuple[str, str]:
        if self.at == len(self.tokens):
            return "", ""
        self.at += 1
        return self.tokens[self.at - 1]

    def takes(self, text: str) -> bool:
        if self.peek() == text and self.kind() in ("sign", "name"):
            self.at += 1
            return True
        return False

    def needs(self, text: str) -> None:
        if not self.takes(text):
            raise self.refused()

    def name(self) -> str:
        kind, text = self.next()
        if kind != "name":
            self.at -= bool(text)
            raise self.refused()
        return text

    def refused(self) -> NotCarried:
        shown = " ".join(text for _, text in self.tokens[self.at : self.at + 4])
        return NotCarried(
            f"the script says more than can be carried, at: {shown}" if shown else "the script breaks off"
        )


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _unquoted(text: str) -> str:
    def meant(match: re.Match[str]) -> str:
        code: Any = match[1] or match[2]
        return chr(int(code, 16)) if code else _ESCAPES.get(match[3], match[3])

    return _ESCAPE.sub(meant, text[1:-1])
