"""The first few of a run: so many writes, then it pauses by itself, and a resume goes on."""

from __future__ import annotations

from console.journal.journal import Journal
from console.journal.model import Action, EntryState, RunProgress

_WRITES = (Action.CREATE, Action.UPDATE, Action.DELETE)
_TRIED = (
    EntryState.INFLIGHT,
    EntryState.DONE,
    EntryState.NOT_ACCEPTED,
    EntryState.FAILED,
    EntryState.CONFLICT,
    EntryState.UNCERTAIN,
    EntryState.UNDONE,
)


async def tried(journal: Journal, plan_id: str) -> int:
    """How many entries of a plan HubSpot has seen so far."""
    return await journal.count(plan_id, actions=_WRITES, states=_TRIED)


class Canary:
    """Counts the writes of a run that are still allowed before it pauses; without a number, all are."""

    def __init__(self, first: int, tried: int = 0) -> None:
        self._first = first
        self._left = max(first - tried, 0)

    @classmethod
    async def of(cls, journal: Journal, run: RunProgress) -> Canary:
        """The canary of a run, which may have been interrupted."""
        return cls(run.canary, await tried(journal, run.plan_id) if run.canary else 0)

    @property
    def full(self) -> bool:
        """Whether no more writes are allowed."""
        return bool(self._first) and not self._left

    def take(self) -> bool:
        """Use up one write, if one is left."""
        if self.full:
            return False
        self._left -= 1
        return True

    @property
    def message(self) -> str:
        """Why the run pauses."""
        return (
            f"the first {self._first:,} writes are through: look at them in HubSpot, then resume the run to go on with"
            " the rest, or undo it"
        )
