"""Planning against a real simulator: files in a folder, a journal on disk, a connector over a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.connector.connector import Connector
from console.hubspot.budget import MemoryStore, open_budget
from console.hubspot.hubspot import connect
from console.journal.journal import Journal
from console.journal.model import Entry, Plan
from console.provisioning.mappings import Mappings
from console.provisioning.plans import Plans
from console.settings.paths import Paths
from console.settings.profile import Profile
from tests.support.hubspot_parts import MemorySecrets
from tests.support.simulator import Simulator

MAPPING = """\
version = 1
name = "people"
source = "people.csv"
source_id = "id"
correlate = ["email"]
scope = 'active eq true'

[types]
active = "bool"

[properties]
email = 'source.mail'
firstname = 'source.first'
lastname = 'source.last'
phone = 'e164(source.phone, "LK")'
"""
HEADER = "id,mail,first,last,phone,active"


@dataclass
class Desk:
    """A folder with a mapping and people, and the services over them."""

    folder: Path
    paths: Paths
    hubspot: Simulator
    connector: Connector
    journal: Journal
    plans: Plans

    @property
    def mapping(self) -> str:
        return str(self.folder / "people.toml")

    def people(self, *rows: str, header: str = HEADER) -> None:
        (self.folder / "people.csv").write_text("\n".join([header, *rows]) + "\n")

    def write_mapping(self, text: str = MAPPING) -> None:
        (self.folder / "people.toml").write_text(text)

    async def plan(self, **options: Any) -> Plan:
        return await self.plans.create(self.mapping, **options)

    async def entries(self, plan: Plan, **options: Any) -> list[Entry]:
        return await self.plans.entries(plan.id, limit=10_000, **options)

    def contact(self, **properties: str) -> str:
        created = self.hubspot.post("/crm/v3/objects/contacts", {"properties": properties})
        assert created.status == 201, created.json
        return str(created.json["id"])


@asynccontextmanager
async def desk(folder: Path, hubspot: Simulator) -> AsyncIterator[Desk]:
    """Everything open on one simulator."""
    paths = Paths(config=folder / "config", state=folder / "state")
    profile = Profile(name="test", authentication="token", api_base_url=hubspot.url)
    budget = open_budget(MemoryStore(), app="test", portal=hubspot.portal_id, profile=profile)
    secrets = MemorySecrets({"accessToken": hubspot.token})
    client = await connect(profile, secrets, budget)
    journal = await Journal.open(paths.journal, master_key=b"k" * 32)
    connector = Connector(client, profile)
    made = Desk(folder, paths, hubspot, connector, journal, Plans(connector, journal, Mappings(paths)))
    made.write_mapping()
    try:
        yield made
    finally:
        await journal.close()
        await client.aclose()
        await budget.aclose()
