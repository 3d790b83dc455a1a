"""Statistics of the columns at the beginning of a source."""

from __future__ import annotations

import json
import re
from typing import Any

from console.journal.model import Problem
from console.sources.model import Column, Preview, Source, SourceRow
from console.sources.values import FALSE, TRUE

DISTINCT_LIMIT = 1000
PROBLEM_LIMIT = 100
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{5,}\Z")


class _Statistics:
    def __init__(self, name: str) -> None:
        self.name = name
        self.filled = self.emails = self.phones = self.booleans = self.longest = 0
        self.seen: dict[str, None] = {}

    def feed(self, value: Any) -> None:
        text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
        text = text.strip()
        if not text:
            return
        self.filled += 1
        self.longest = max(self.longest, len(text))
        self.emails += _EMAIL.match(text) is not None
        self.phones += _PHONE.match(text) is not None
        self.booleans += isinstance(value, bool) or text.lower() in TRUE | FALSE
        if len(self.seen) < DISTINCT_LIMIT:
            self.seen.setdefault(text[:200])

    def column(self, rows: int) -> Column:
        filled = self.filled or 1
        return Column(
            name=self.name,
            filled=self.filled / rows if rows else 0.0,
            distinct=len(self.seen),
            distinct_is_minimum=len(self.seen) >= DISTINCT_LIMIT,
            sample=tuple(text[:60] for text in list(self.seen)[:3]),
            emails=self.emails / filled,
            phones=self.phones / filled,
            booleans=self.booleans / filled,
            longest=self.longest,
        )


def examine_rows(source: Source, limit: int, examine: int) -> Preview:
    """Read at most `examine` rows of a source; keep the first `limit`."""
    columns = {name: _Statistics(name) for name in source.columns() or ()}
    first: list[SourceRow] = []
    problems: list[Problem] = []
    examined = 0
    for row in source.rows():
        if isinstance(row, Problem):
            if len(problems) < PROBLEM_LIMIT:
                problems.append(row)
            continue
        if row.problem is not None and len(problems) < PROBLEM_LIMIT:
            problems.append(row.problem)
        examined += 1
        if len(first) < limit:
            first.append(row)
        for name, value in row.values.items():
            columns.setdefault(name, _Statistics(name)).feed(value)
        if examined >= examine:
            break
    return Preview(
        name=source.name,
        kind=source.kind,
        columns=tuple(item.column(examined) for item in columns.values()),
        rows=tuple(first),
        examined=examined,
        problems=tuple(problems),
        notes=source.notes,
    )
