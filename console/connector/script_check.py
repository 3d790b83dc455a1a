"""A look at a script before it runs: how long it is, and what it wants to import."""

from __future__ import annotations

import ast
import warnings
from typing import TypeVar

from console.connector.script import LONGEST, Script, ScriptFailed, ScriptLimit, ScriptRefused

Placed = TypeVar("Placed", ScriptFailed, ScriptRefused, ScriptLimit)

MODULES = (
    "base64", "binascii", "bisect", "collections", "copy", "csv", "dataclasses", "datetime", "decimal", "functools",
    "hashlib", "itertools", "json", "math", "random", "re", "time", "tomllib", "typing", "unicodedata",
)  # fmt: skip
"""What a script may import: modules that compute and reach nothing."""


def check(script: Script) -> None:
    """Refuse what can be seen without running it.

    Raises:
        ScriptFailed: it is too long or holds characters that no text file holds.
        ScriptRefused: an import of something that is not in `MODULES`.
    """
    if len(script.text.encode(errors="surrogatepass")) > LONGEST:
        raise ScriptFailed(f"{script.name} is longer than {LONGEST >> 10} KiB.")
    if "\0" in script.text:
        raise ScriptFailed(f"{script.name} holds a NUL character.", advice="Scripts are text files in UTF-8.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful escape sequence is the script's affair
            tree = ast.parse(script.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # the sandbox says where, or knows a newer Python than this one
    for node in ast.walk(tree):
        for module in _imported(node):
            if module.partition(".")[0] not in MODULES:
                raise placed(
                    ScriptRefused(
                        f"A script may not import {module}.",
                        advice=f"It may import {', '.join(MODULES)}; everything else is the connector's.",
                    ),
                    script,
                    getattr(node, "lineno", 0),
                    getattr(node, "col_offset", -1) + 1,
                )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return []


def placed(error: Placed, script: Script, line: int, column: int) -> Placed:
    """The error with its place in the script."""
    lines = script.text.split("\n")
    error.file, error.line, error.column = script.name, line, column
    error.source_line = lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""
    return error
