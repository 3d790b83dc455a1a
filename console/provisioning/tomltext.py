"""Where things are in a TOML file: tomllib tells what, but not on which line."""

from __future__ import annotations

import re

_TABLE = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_.-]+))\s*=""")
_INLINE = re.compile(r"""[{,]\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*=""")
_LONG = re.compile(r'"""|' + "'''")


class Places:
    """The line of every table and key; arrays of tables count from 0 as `associate.0`."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, int] = {}
        self._later: set[int] = set()
        table, counts, long = "", {"": 0}, ""
        for number, line in enumerate(text.splitlines(), start=1):
            if long:
                long = "" if line.count(long) % 2 else long
                continue
            if match := _TABLE.match(line):
                table = match[1].replace(" ", "").replace('"', "")
                if line.lstrip().startswith("[["):
                    at = counts.get(table, 0)
                    counts[table] = at + 1
                    table = f"{table}.{at}"
                self._lines.setdefault(table, number)
            elif match := _KEY.match(line):
                name = next(group for group in match.groups() if group is not None)
                key = f"{table}.{name}" if table else name
                self._lines.setdefault(key, number)
                for inline in _INLINE.finditer(line, match.end()):
                    inner = next(group for group in inline.groups() if group is not None)
                    self._lines.setdefault(f"{key}.{inner}", number)
                mark = _LONG.search(line, match.end())
                long = mark[0] if mark and line.count(mark[0]) % 2 else ""
                if long and line.rstrip().endswith(long):
                    self._later.add(number)

    def line(self, *path: str) -> int | None:
        """The line of the longest known beginning of a path."""
        for length in range(len(path), 0, -1):
            found = self._lines.get(".".join(path[:length]))
            if found is not None:
                return found
        return None

    def text_line(self, *path: str) -> int:
        """The line on which the text of a key begins: a long one may begin below its key; 0 where it is unknown."""
        line = self.line(*path) or 0
        return line + 1 if line in self._later else line
