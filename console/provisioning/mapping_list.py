"""All mappings at a glance: whether each one can be used, and when it last was."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from console.journal.model import Plan, Problem
from console.provisioning.errors import MappingError
from console.provisioning.mappings import Mappings


class MappingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One mapping. `file` is its name in the folder, which is also how it is asked for."""

    file: str
    path: str
    problems: tuple[Problem, ...] = ()
    target: str = ""
    source: str = ""
    rows: int = 0
    plan_id: str = ""
    planned_at: str = ""


def list_mappings(mappings: Mappings, plans: Iterable[Plan] = ()) -> list[MappingLine]:
    """The mappings of the configuration folder, by name, each one checked without asking HubSpot."""
    newest: dict[str, Plan] = {}
    for plan in plans:
        newest.setdefault(plan.mapping, plan)
    return [_line(mappings, name, newest) for name in mappings.names()]


def _line(mappings: Mappings, file: str, newest: dict[str, Plan]) -> MappingLine:
    path = str(mappings.path(file))
    try:
        mapping = mappings.load(file)
    except MappingError as error:
        return MappingLine(file=file, path=path, problems=error.problems)
    plan = newest.get(mapping.name)
    return MappingLine(
        file=file,
        path=path,
        problems=tuple(mappings.check(file)),
        target=mapping.target,
        source=mapping.source,
        rows=len(mapping.rows),
        plan_id=plan.id if plan is not None else "",
        planned_at=plan.created_at if plan is not None else "",
    )
