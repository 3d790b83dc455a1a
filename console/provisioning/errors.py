"""Why nothing is planned.

MappingError     the mapping file is missing or wrong; `problems` lists all that was found
PlanRefused      there is a mapping, but no plan may be made of it now, or the plan does not hold any more
"""

from __future__ import annotations

from console.journal.model import Problem


class PlanRefused(Exception):
    """No plan. `message` says why, `remedy` what to do; both may hold foreign text."""

    def __init__(self, message: str, *, remedy: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.problems = problems


class MappingError(PlanRefused):
    """A mapping that cannot be used."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        place = f"{first.file}:{first.line}: " if first.line else f"{first.file}: " if first.file else ""
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{place}{first.message}{more}", remedy=first.remedy, problems=problems)
