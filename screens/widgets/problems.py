"""Problems for a person who must mend them: place, message, remedy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from textual.content import Content

from console.journal.model import Problem
from screens.literal import lines, literal, row, stack


def problem_rows(problems: Sequence[Problem], limit: int = 50) -> Content:
    """All of them, one below the other."""
    rows: list[Content] = []
    for problem in problems[:limit]:
        place = f"line {problem.line}" if problem.line else ""
        where = " ".join(part for part in (place, problem.field) if part)
        rows.append(row(("✗ ", "$error"), (f"{where}  " if where else "", "bold"), lines(problem.message, limit=800)))
        if problem.remedy:
            rows.append(row(("  → ", "$accent"), (problem.remedy, "$muted")))
    if len(problems) > limit:
        rows.append(literal(f"and {len(problems) - limit} more", "$muted"))
    return stack(*rows)


def at_home(path: str | Path) -> str:
    """A path as people read it: ~ in place of their home, nothing twice."""
    whole, home = Path(os.path.normpath(path)), Path.home()
    return f"~/{whole.relative_to(home)}" if whole.is_relative_to(home) else str(whole)
