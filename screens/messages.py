"""What workers tell screens. Progress replaces the progress before it, so a flood becomes one repaint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from console.hubspot.budget import BudgetState
    from console.journal.model import RunProgress
    from console.journal.troubled import InFlight
    from console.provisioning.causes import CauseGroup
    from console.provisioning.lock import Owner
    from console.provisioning.planner import PlanProgress


@dataclass
class BudgetMoved(Message, bubble=False):
    """HubSpot's allowance was used, freed or learned."""

    state: BudgetState

    def can_replace(self, message: Message) -> bool:
        """Only the newest state is of interest."""
        return isinstance(message, BudgetMoved)


@dataclass
class RunMoved(Message, bubble=False):
    """A run made progress; with why entries failed, what is in flight, and who writes its mapping."""

    progress: RunProgress
    causes: list[CauseGroup]
    in_flight: InFlight
    owner: Owner | None

    def can_replace(self, message: Message) -> bool:
        """Only the newest progress is of interest."""
        return isinstance(message, RunMoved)


@dataclass
class PlanMoved(Message, bubble=False):
    """A plan is being made."""

    progress: PlanProgress

    def can_replace(self, message: Message) -> bool:
        """Only the newest progress is of interest."""
        return isinstance(message, PlanMoved)
