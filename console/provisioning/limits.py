"""The time that a profile allows for an operation (`operationTimeout`): reading and searching, too, not only writing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Literal, TypeVar

from console.hubspot.errors import OutcomeUnknown
from console.settings.profile import Profile

Operation = Literal["CREATE", "UPDATE", "DELETE", "GET", "SEARCH"]
Answer = TypeVar("Answer")


class TookTooLong(OutcomeUnknown):
    """HubSpot's answer was not waited for any longer."""

    advice = "Raise operationTimeout in the profile, or try again when HubSpot is quicker."


async def bounded(profile: Profile, operation: Operation, work: Awaitable[Answer]) -> Answer:
    """What the work answers, within the operation's time; waiting for HubSpot's allowance counts.

    Raises:
        TookTooLong: it took longer; a write may have happened.
    """
    limit = asyncio.timeout(profile.icf.timeout(operation))
    try:
        async with limit:
            return await work
    except TimeoutError:
        if not limit.expired():
            raise
        raise TookTooLong(f"It took longer than operationTimeout.{operation} allows.") from None
