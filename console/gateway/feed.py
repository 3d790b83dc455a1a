"""From the managed repository to HubSpot, for every mapping that a client pushes by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from console.connector.filter import matches, parse
from console.gateway.feed_outcomes import Waiting
from console.gateway.feeder import PASSING, Feeder
from console.gateway.marks import Marks
from console.gateway.ports import Caller, ChangeKind, Fed
from console.hubspot.errors import DailyLimitReached
from console.provisioning.of_people import readers
from console.settings.errors import SettingsError

if TYPE_CHECKING:
    from console.gateway.settings import GatewaySettings
    from console.repository.person import Person
    from console.session import Session

_STOP_SECONDS = 40.0
"""A run waits for what is in flight when it is told to stop; a little longer than that."""
SOURCE_ID = "id"


class RepositoryFeed:
    """Feeders by mapping; see `console.gateway.ports.Feed`. Make one with `running`."""

    def __init__(self, session: Session, settings: GatewaySettings) -> None:
        marks = Marks(session.paths)
        self._session = session
        self._seconds = settings.blocking_seconds
        scopes = {client.mapping: client.scope for client in settings.client if client.mapping}
        self.feeders = {name: Feeder(session, name, marks, scope) for name, scope in sorted(scopes.items())}

    @classmethod
    @asynccontextmanager
    async def running(cls, session: Session, settings: GatewaySettings) -> AsyncIterator[RepositoryFeed]:
        """A feed whose feeders are at work. Raises SettingsError for a client whose mapping cannot be used."""
        wanted = sorted({client.mapping for client in settings.client if client.mapping})
        mappings = await session.mappings
        known = {reader.name: reader for reader in await asyncio.to_thread(readers, mappings)}
        for name in wanted:
            if name not in known:
                raise SettingsError(
                    f'The mapping {name} of a client is not there, cannot be used, or does not read source = "people:".',
                    f"hubspoke mapping check {name}",
                )
            if known[name].source_id != SOURCE_ID:
                raise SettingsError(
                    f"The mapping {name} of a client knows people by {known[name].source_id or 'no source_id'}: "
                    "nobody could tell who was removed, for a removed person keeps nothing but the id.",
                    f'Write source_id = "{SOURCE_ID}" in the mapping.',
                )
        feed = cls(session, settings)
        tasks = [asyncio.create_task(one.forever(), name=f"feed {name}") for name, one in feed.feeders.items()]
        try:
            yield feed
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_STOP_SECONDS) if tasks else None

    async def changed(self, caller: Caller, person: Person, kind: ChangeKind) -> Fed:
        """A person was written, durably; bring that to HubSpot now (blocking) or soon."""
        feeder = self.feeders.get(caller.mapping)
        if feeder is None:
            return Fed(state="out_of_scope", message="this client keeps people here and provisions nobody")
        if caller.scope and kind != "removed" and not await self._in_scope(caller.scope, person):
            return Fed(state="out_of_scope", message="the client's scope leaves this person out")
        if not caller.blocking:
            feeder.wake()
            return Fed(state="accepted")
        answer: asyncio.Future[Fed] = asyncio.get_running_loop().create_future()
        feeder.wait_for(Waiting(person.change, person.uid, answer))
        try:
            async with asyncio.timeout(self._seconds):
                return await answer
        except TimeoutError:
            why = f" {feeder.message}" if feeder.message else ""
            return Fed(
                state="failed", message=f"HubSpot did not take it in time.{why} The change is kept, and goes on."
            )

    async def _in_scope(self, scope: str, person: Person) -> bool:
        """Whether a person, as a mapping would read them, is in a client's scope."""
        people = await self._session.people
        groups = await people.do(lambda store: store.groups.names_of(person.uid))
        return matches(parse(scope), {**_values(person), **({"memberOf": groups} if groups else {})})

    @property
    def idle(self) -> bool:
        """Whether everything that was pushed is in HubSpot."""
        return not any(feeder.behind_since for feeder in self.feeders.values())

    def wake(self) -> None:
        """Something may have to be done: look now."""
        for feeder in self.feeders.values():
            feeder.wake()

    def counts(self) -> dict[str, float]:
        """Numbers for monitors and the screen: waiting, behind_seconds, failed, done."""
        found = list(self.feeders.values())
        behind = [time.monotonic() - one.behind_since for one in found if one.behind_since]
        return {
            "waiting": sum(one.waiting for one in found),
            "behind_seconds": round(max(behind, default=0.0), 1),
            "done": sum(one.done for one in found),
            "failed": sum(one.failed for one in found),
            "stopped": sum(1 for one in found if one.message),
        }


async def reached(session: Session) -> bool:
    """Whether HubSpot answers now. Raises HubSpotError where time does not mend it: dead credentials, say."""
    try:
        await session.account
    except (*PASSING, DailyLimitReached):
        return False
    return True


def _values(person: Person) -> dict[str, Any]:
    """A person as a source object."""
    return {**person.attributes, "id": person.uid, "userName": person.user_name, "active": person.active}
