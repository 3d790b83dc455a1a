"""Problems for a person who must mend them: place, message, remedy."""

from __future__ import annotations

from collections.abc import Sequence

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
