"""One mapping's way to HubSpot: plan who changed, apply, remember how far; again when somebody changes.

What waits is not a queue of its own: it is the repository's changes after a mark. So nothing can be lost between
answering a client and writing to HubSpot, and after a crash the same changes are simply compared again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from console.gateway.feed_outcomes import Waiting, tell
from console.gateway.feed_run import FeedRuns, Held
from console.gateway.mistakes import write_down
from console.gateway.ports import Fed
from console.hubspot.errors import HubSpotError, Locked, Migrating, NotSent, OutcomeUnknown, RateLimited, ServerFault
from console.journal.errors import JournalError
from console.journal.model import Action
from console.provisioning.errors import PlanRefused
from console.provisioning.lock import LockedByAnother
from console.provisioning.request import PlanRequest
from console.repository.errors import RepositoryError
from console.settings.errors import SettingsError
from console.sources.errors import SourceError

if TYPE_CHECKING:
    from console.gateway.marks import Marks
    from console.session import Session

COALESCE = 0.25
"""Seconds in which changes gather before they are brought to HubSpot together."""
GATHERED = 2.0
"""The most of these seconds: where many change, and no client waits, fewer and larger plans leave more time to answer."""
PATIENCE = (1.0, 15.0)
"""The first and the longest pause, in seconds, after something that could not be done."""
LOOK = 2.0
"""Seconds until it is looked again whether a human, or another process, let it go on."""
GONE, CHANGED, CAME = "gone", "changed", "came"
PASSING = (RateLimited, ServerFault, NotSent, OutcomeUnknown, Locked, Migrating)
"""What HubSpot says, or does not say, that time mends."""
_TOLD = (PlanRefused, HubSpotError, JournalError, SourceError, RepositoryError, SettingsError, OSError)


class Feeder:
    """Brings changes of the repository to HubSpot by one mapping."""

    def __init__(self, session: Session, mapping: str, marks: Marks, scope: str = "") -> None:
        self.mapping = mapping
        self.scope = scope
        self.message = ""
        """Why nothing goes on, "" where all is well."""
        self.waiting = 0
        self.behind_since = 0.0
        self._session = session
        self._marks = marks
        self._runs = FeedRuns(session, mapping, marks)
        self._wake = asyncio.Event()
        self._woken_at = 0.0
        self._waiters: list[Waiting] = []
        self._failures = 0
        self.wake()  # whatever was left undone before

    @property
    def done(self) -> int:
        """People who were brought to HubSpot."""
        return self._runs.done

    @property
    def failed(self) -> int:
        """People for whom that did not work, or could not be tried."""
        return self._runs.failed

    def wake(self) -> None:
        """Somebody changed."""
        now = time.monotonic()
        self.behind_since = self.behind_since or now
        if not self._wake.is_set():
            self._woken_at = now
            self._wake.set()

    def wait_for(self, waiting: Waiting) -> None:
        """Tell somebody when a change is in HubSpot, or why it is not."""
        self._waiters = [one for one in self._waiters if not one.answer.done()]
        self._waiters.append(waiting)
        self.wake()

    async def forever(self) -> None:
        """Work until cancelled."""
        pause = COALESCE
        while True:
            await self._wake.wait()
            await asyncio.sleep(pause)
            self._wake.clear()
            began = time.monotonic()
            pause = await self._tried() or self._gathering(time.monotonic() - began)

    def _gathering(self, took: float) -> float:
        """How long changes gather after a cycle that took so many seconds."""
        return COALESCE if self._waiters else min(max(COALESCE, 2 * took), GATHERED)

    async def _tried(self) -> float:
        """One cycle; answers for how long to pause where it could not be done."""
        try:
            await self._cycle()
        except Held as held:
            self._told(_words(held), waiting=held.passes or held.partly)
            return LOOK
        except (*_TOLD, LockedByAnother) as error:
            self._told(_words(error), waiting=isinstance(error, (*PASSING, LockedByAnother)))
        except Exception as error:  # noqa: BLE001 - a feed that ended without a word would lose nobody, and bring nobody
            reference = await asyncio.to_thread(write_down, self._session.paths, error)
            self._told(
                f"Something unexpected happened ({type(error).__name__}, {reference} in the log).", waiting=False
            )
        else:
            self._failures, self.message = 0, ""
            return 0.0
        self._failures += 1
        return min(PATIENCE[0] * 2.0 ** (self._failures - 1), PATIENCE[1])

    def _told(self, message: str, *, waiting: bool) -> None:
        """Say why nothing goes on, and try again; `waiting` lets clients who wait go on waiting."""
        self.message = message
        if not waiting:
            waiters, self._waiters = self._waiters, []
            tell(waiters, {}, _refused(message))
        self.wake()

    async def _cycle(self) -> None:
        """Bring everything up to the newest change: first who left, so that whoever came back is found by nobody else's link.

        Who left, and who came or changed, are lanes of their own: where a guard holds the one, the other goes on. Where it
        holds changes, whoever is new goes on all the same.
        """
        portal = (await self._session.account).portal_id
        lanes = {name: f"{portal}/{self.mapping}/{name}" for name in (GONE, CHANGED, CAME)}
        people = await self._session.people
        last = await people.do(lambda store: store.last_change())
        holds: dict[str, Held] = {}
        for name, lane in lanes.items():
            with _noted(holds, name):
                await self._runs.settle(lane)
        await self._runs.others(portal)
        found: dict[str, Fed] = {}
        if GONE not in holds:
            with _noted(holds, GONE):
                found |= await self._gone(lanes[GONE], last)
        if CHANGED not in holds:
            with _noted(holds, CHANGED):
                found |= await self._changed(lanes[CHANGED], self._mark(lanes[CHANGED], last), last)
        if CHANGED in holds and CAME not in holds:
            mark = max(self._mark(lanes[CAME], last), self._mark(lanes[CHANGED], last))
            found |= await self._changed(lanes[CAME], mark, last, actions=(Action.CREATE, Action.LINK))
        held = next(iter(holds.values()), None)
        self._up_to(last, found, held)
        if held is not None:
            held.partly = True
            raise held

    async def _gone(self, lane: str, last: int) -> dict[str, Fed]:
        people, mark = await self._session.people, self._mark(lane, last)
        _, gone = await people.do(lambda store: store.changed_since(mark))
        if not gone:
            self._marks.end(lane, last)
            return {}
        return await self._runs.bring(lane, PlanRequest(gone=tuple(gone)), last, self._wanted())

    async def _changed(self, lane: str, mark: int, last: int, *, actions: tuple[Action, ...] = ()) -> dict[str, Fed]:
        people = await self._session.people
        many, gone = await people.do(lambda store: store.changed_since(mark))
        self.waiting = many
        if many == len(gone):
            self._marks.end(lane, last)
            return {}
        request = PlanRequest(since=f"people {mark}", scope=self.scope, actions=actions)
        return await self._runs.bring(lane, request, last, self._wanted())

    def _mark(self, lane: str, last: int) -> int:
        """Where this lane goes on; from the beginning where the repository is an older one than it was."""
        mark = self._marks.done(lane)
        return mark if mark <= last else 0

    def _wanted(self) -> set[str]:
        return {waiting.source_id for waiting in self._waiters}

    def _up_to(self, last: int, found: dict[str, Fed], held: Held | None) -> None:
        """Tell whoever waited for a change up to this one."""
        self.waiting = 0
        self.behind_since = self._woken_at if self._wake.is_set() else 0.0
        told = [one for one in self._waiters if one.change <= last]
        self._waiters = [one for one in self._waiters if one.change > last]
        tell(told, found, Fed(state="done") if held is None else _refused(_words(held)))
        if self._waiters:
            self.wake()


@contextmanager
def _noted(holds: dict[str, Held], lane: str) -> Iterator[None]:
    """A guard that holds a lane is noted; whatever else stops it goes on upwards."""
    try:
        yield
    except Held as held:
        if not held.guard:
            raise
        holds[lane] = held


def _refused(message: str) -> Fed:
    return Fed(state="failed", message=f"{message} The change is kept, and tried again.")


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"A file cannot be written or read: {error}. Look at the disk and the state folder."
    message = str(getattr(error, "message", "") or error)
    remedy = str(getattr(error, "remedy", "") or getattr(error, "advice", ""))
    return f"{message} {remedy}".strip()
