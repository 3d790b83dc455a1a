"""The connector's operations for screens: the service that the commands for single records call, ahead of bulk work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.words import Sign

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.session import Session

DONE = Sign("✓", "done", "$success")
KEPT = Sign("≠", "not accepted", "$warning")
OTHER = {"contact": "company", "company": "contact"}
PLURALS = {"contact": "contacts", "company": "companies"}


async def operations(session: Session) -> Operations:
    """Operations on the open profile's account."""
    from console.connector.operations import Operations

    return Operations((await session.connector).at("interactive"))
