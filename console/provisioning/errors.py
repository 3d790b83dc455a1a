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
    """A mapping that cannot be used. `message` is one line about the first problem; `caret` shows its place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        message, _, self._shown = first.message.partition("\n")
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{placed(first, message)}{more}", remedy=first.remedy, problems=problems)

    def caret(self) -> str:
        """The faulty line of an expression and a mark under the place; empty where there is none."""
        return self._shown


def placed(problem: Problem, message: str) -> str:
    """A problem's message after its file, line and field, each named once."""
    place = f"{problem.file}:{problem.line}: " if problem.file and problem.line else ""
    if problem.file and not problem.line and problem.file not in message:
        place = f"{problem.file}: "
    field = f"{problem.field}: " if problem.field and problem.field not in message else ""
    return f"{place}{field}{message}"
