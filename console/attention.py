"""What needs a human and cannot be seen in a few milliseconds: guards that hold a plan, mappings with mistakes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from console.glance import Matter
from console.journal.glance import waiting_plans
from console.journal.model import RunState

if TYPE_CHECKING:
    from console.provisioning.mappings import Mappings
    from console.session import Session

_PLANS = 10


async def deep_matters(session: Session) -> tuple[Matter, ...]:
    """Read from files alone; nothing is asked of HubSpot."""
    guards = await _guards(session)
    if not any(session.paths.mappings.glob("*.toml")):
        return tuple(guards)
    return (*guards, *await asyncio.to_thread(_mistakes, await session.mappings))


async def _guards(session: Session) -> list[Matter]:
    if not waiting_plans(session.paths.journal, 1):
        return []  # the journal's own library is 15 MB, and nothing waits
    found = []
    for plan in await (await session.plans).list(_PLANS):
        held = [guard for guard in plan.guards if guard.holds]
        if plan.state is RunState.PLANNED and plan.complete and held:
            told = ", ".join(f"{guard.count:,} {guard.name} where {guard.limit:,} are usual" for guard in held)
            found.append(Matter(f"A guard holds plan {plan.id} of {plan.mapping}: {told}.", "diff", plan.id))
    return found


def _mistakes(mappings: Mappings) -> list[Matter]:
    """What is wrong with the files: expressions are not looked at, for that takes a runtime of 50 MB."""
    from console.provisioning.errors import MappingError
    from console.sources.opening import scheme_of

    found = []
    for name in mappings.names():
        try:
            mapping = mappings.load(name)
        except MappingError as error:
            more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
            found.append(Matter(f"Mapping {name}: {error.problems[0].message}{more}", "mapping_check", name))
        else:
            if not scheme_of(mapping.source) and not (mapping.base / mapping.source).exists():
                found.append(
                    Matter(f"Mapping {name}: its source {mapping.source} is not there.", "mapping_check", name)
                )
    return found
