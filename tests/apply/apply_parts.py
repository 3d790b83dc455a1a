"""A run's surroundings for tests: a state folder, a journal, the real client on a real simulator, plans written directly."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from console.connector.connector import Connector
from console.hubspot.budget import MemoryStore, open_budget
from console.hubspot.hubspot import HubSpot
from console.journal.journal import Journal
from console.journal.model import (
    Action,
    ApplyRules,
    Approver,
    Change,
    Link,
    NewEntry,
    Payload,
    Plan,
    RunProgress,
    Situation,
    Undo,
)
from console.provisioning.apply import Applier
from console.provisioning.mappings import Mappings
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.secrets import Secrets
from console.settings.vault import MemoryVault
from tests.support.simulator import Simulator

MASTER = bytes(range(32))
MAPPING = "people"
ME = Approver(login="tester")


@dataclass
class Parts:
    """What a run needs of a session."""

    paths: Paths
    profile: Profile
    hubspot: HubSpot
    store: Journal
    target: Connector
    known: Mappings | None = None

    @property
    async def journal(self) -> Journal:
        return self.store

    @property
    async def connector(self) -> Connector:
        return self.target

    @property
    async def mappings(self) -> Mappings:
        assert self.known is not None
        return self.known

    async def plan(
        self,
        portal_id: int,
        entries: Iterable[NewEntry],
        *,
        rules: ApplyRules | None = None,
        object_class: str = "contact",
    ) -> Plan:
        """A finished plan with these entries."""
        plan = await self.store.new_plan(
            Plan(
                id="", mapping=MAPPING, object_class=object_class, portal_id=portal_id, source="people.csv", created_at="",
                rules=rules or ApplyRules(),
            )
        )  # fmt: skip
        digester = self.store.digester(portal_id, MAPPING, object_class)
        rows = []
        for entry in entries:
            assert entry.payload is not None
            rows.append(
                msgspec.structs.replace(
                    entry,
                    key_digest=digester.source(entry.payload.source_id),
                    correlation_digest=digester.correlation(entry.payload.key) if entry.payload.key else b"",
                )
            )
        await self.store.add_entries(plan.id, rows)
        return await self.store.finish_plan(plan)

    async def approved(self, portal_id: int, entries: Iterable[NewEntry], **more: Any) -> Plan:
        """The same, approved."""
        plan = await self.plan(portal_id, entries, **more)
        await self.store.approve(plan, ME)
        return plan

    def applier(
        self, plan: Plan, *, between: dict[str, Callable[..., Awaitable[Any]]] | None = None, **more: Any
    ) -> Applier:
        target: Any = Between(self.target, **between) if between else self.target
        return Applier(target, self.store, plan, owner="tester@here", **more)

    async def apply(self, plan: Plan, **more: Any) -> RunProgress:
        return await self.applier(plan, **more).run()

    async def left_in_flight(self, plan: Plan, *numbers: int) -> None:
        """As a process leaves these entries that dies after it claimed them."""
        run = await self.store.begin_run((await self.store.progress(plan.id)).id, "somebody@elsewhere")
        await self.store.claim(run, numbers)

    async def linked(self, portal_id: int, *links: tuple[str, str, bool], object_class: str = "contact") -> None:
        """Links of source id and uid; and whether we made the record."""
        digester = self.store.digester(portal_id, MAPPING, object_class)
        rows = [Link(digest=digester.source(source), uid=uid, created_by_us=made) for source, uid, made in links]
        await self.store.put_links(portal_id, MAPPING, rows, object_class=object_class)

    async def link(self, portal_id: int, source_id: str, object_class: str = "contact") -> Link | None:
        """The link of a source id."""
        digest = self.store.digester(portal_id, MAPPING, object_class).source(source_id)
        return (await self.store.links(portal_id, MAPPING, [digest], object_class=object_class)).get(digest)


class Between:
    """The connector with something in between: `batch_read=f` makes every batch_read `await f(the real one, *arguments)`."""

    def __init__(self, target: Connector, **wrapped: Callable[..., Awaitable[Any]]) -> None:
        self._target = target
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._target, name)
        return partial(self._wrapped[name], real) if name in self._wrapped else real


@asynccontextmanager
async def open_parts(folder: Path, url: str, token: str, **settings: Any) -> AsyncIterator[Parts]:
    """Parts with a journal in `folder`/state."""
    paths = Paths(config=folder / "config", state=folder / "state")
    profile = Profile(name="test", authentication="token", api_base_url=url, timeout_seconds=5.0, **settings)
    secrets = Secrets(MemoryVault(), profile.name, url, {"HUBSPOKE_ACCESS_TOKEN": token})
    budget = open_budget(MemoryStore(), app="test", portal=None, profile=profile)
    hubspot = HubSpot.open(profile, secrets, budget)
    journal = await Journal.open(paths.journal, master_key=MASTER)
    try:
        yield Parts(paths=paths, profile=profile, hubspot=hubspot, store=journal, target=Connector(hubspot, profile))
    finally:
        await journal.close()
        await hubspot.aclose()
        if hasattr(budget, "aclose"):
            await budget.aclose()


def email(number: int) -> str:
    return f"person.{number}@example.com"


def contact(sim: Simulator, number: int, **values: str) -> str:
    """A contact that is there already; its id."""
    properties = {"email": email(number), "firstname": f"Given{number}", "lastname": "Old"} | values
    answer = sim.post("/crm/objects/2026-09/contacts", {"properties": properties})
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def lastname(before: str | None = "Old", after: str | None = "New") -> Change:
    return Change(name="lastname", before=before, after=after)


def create(number: int, **values: str) -> NewEntry:
    """A person whom HubSpot does not have."""
    wanted = {"email": email(number), "firstname": f"Given{number}", "lastname": "New"} | values
    return NewEntry(
        number=number,
        situation=Situation.ABSENT,
        action=Action.CREATE,
        undo=Undo.FULL,
        payload=Payload(
            source_id=f"E{number}",
            label=email(number),
            key=wanted["email"],
            key_property="email",
            changes=tuple(Change(name=name, after=value) for name, value in wanted.items()),
        ),
        read_at=time.time(),
    )


def update(number: int, uid: str, *changes: Change, read_at: float | None = None, **more: Any) -> NewEntry:
    """A person whom HubSpot has."""
    return NewEntry(
        number=number,
        situation=Situation.CONFIRMED,
        action=more.pop("action", Action.UPDATE),
        undo=Undo.FULL,
        uid=uid,
        payload=Payload(
            source_id=f"E{number}", label=email(number), key=email(number), key_property="email", changes=changes
        ),
        read_at=time.time() if read_at is None else read_at,
        **more,
    )
