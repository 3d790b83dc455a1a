"""What a plan is asked for, besides its mapping."""

from __future__ import annotations

import msgspec

from console.journal.model import Action
from console.provisioning.lanes import LaneChoice


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which people, and what may be done about them.

    `source` stands in for the mapping's own and is relative to the working folder. `only` is one source id, `scope` a
    query filter on source objects; `exclude` are source ids of people who stay as they are. `actions` are those that the
    plan may hold; what else would be done is only reported. `discover` also looks for records that nobody speaks for.
    `incremental` does not look up people who are as they were in the plan before. `since` is a mark of the source: only who
    changed after it is read at all; `gone` are source ids of people who are known to have left, and without `since` nobody
    else is looked at.
    """

    source: str | None = None
    only: str | None = None
    scope: str = ""
    exclude: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    discover: bool = False
    incremental: bool = False
    lane: LaneChoice = "auto"
    since: str | None = None
    gone: tuple[str, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether the plan leaves people out, so that nobody can tell from it who is missing."""
        return self.only is not None or bool(self.scope) or self.since is not None or bool(self.gone)
