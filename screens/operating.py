"""The connector's operations for screens: the service that the commands for single records call, ahead of bulk work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.words import Sign

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.session import Session
    from screens.app import HubspokeApp

DONE = Sign("✓", "done", "$success")
KEPT = Sign("≠", "not accepted", "$warning")
OTHER = {"contact": "company", "company": "contact"}
PLURALS = {"contact": "contacts", "company": "companies"}


async def operations(session: Session) -> Operations:
    """Operations on the open profile's account."""
    from console.connector.operations import Operations

    return Operations((await session.connector).at("interactive"))


def class_below(console: HubspokeApp) -> str:
    """The object class that the screen below shows: what a screen opened above it begins with."""
    below = console.screen_stack[-2] if len(console.screen_stack) > 1 else None
    found = getattr(below, "object_class", "")
    return found if found in PLURALS else "contact"
