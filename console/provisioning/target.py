"""What applying needs of a connector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from console.hubspot.hubspot import HubSpot
from console.hubspot.model import AccountDetails, Outcome, PropertyDefinition, Write
from console.settings.profile import Profile


class Target(Protocol):
    """The connector as the applier sees it; every batch method answers one outcome per input, in order."""

    @property
    def hubspot(self) -> HubSpot:
        """The account itself."""

    @property
    def profile(self) -> Profile:
        """The profile that leads there: its time limits, and what it denies."""

    async def details(self, *, fresh: bool = False) -> AccountDetails:
        """Which account the credentials lead to; `fresh` asks HubSpot now."""

    async def schema(self, object_class: str, *, live: bool | None = None) -> dict[str, PropertyDefinition]:
        """The properties of an object class; `live` are the account's own."""

    async def batch_read(
        self, object_class: str, keys: Sequence[str], *, properties: Sequence[str] = (), id_property: str | None = None
    ) -> list[Outcome]:
        """Records by id or by a unique key."""

    async def batch_create(self, object_class: str, writes: Sequence[Write]) -> list[Outcome]:
        """New records."""

    async def batch_update(self, object_class: str, writes: Sequence[Write]) -> list[Outcome]:
        """Changed records."""

    async def batch_archive(self, object_class: str, ids: Sequence[str]) -> list[Outcome]:
        """Records to the recycle bin."""
