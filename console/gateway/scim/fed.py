"""The storage that tells the feed: a person is written first, durably, and then on the way to HubSpot."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from scim2_models import InvalidValueException, Resource, ResourceType, ResponseParameters, SCIMException, SearchRequest
from scim2_server.storage import AsyncScimStorage, SearchPage

from console.gateway.ports import Caller, ChangeKind
from console.gateway.scim.resources import addresses, of_type
from console.gateway.scim.storage import RepositoryStorage

if TYPE_CHECKING:
    from console.gateway.ports import Feed

CALLER: ContextVar[Caller] = ContextVar("caller")
"""Who sent the request that is served."""


class NotInHubSpot(SCIMException):
    """The person is kept here, but HubSpot did not take the change; a blocking client is told."""

    status = 502
    _default_detail = "The change is kept, but HubSpot did not take it."


class FedStorage(AsyncScimStorage):
    """A RepositoryStorage in a thread, whose changes go to the feed."""

    def __init__(self, storage: RepositoryStorage, feed: Feed) -> None:
        self._storage = storage
        self._feed = feed

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """One User or Group."""
        return await asyncio.to_thread(
            self._storage.get, resource_type, resource_id, response_parameters=response_parameters
        )

    async def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """One page of what is found."""
        return await asyncio.to_thread(self._storage.search, resource_types, search_request, position=position)

    async def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """A new User or Group."""
        _refuse_nameless(resource_type, resource)
        made = await asyncio.to_thread(self._storage.create, resource_type, resource)
        await self._told(resource_type, str(made.id), "created")
        return made

    async def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Another state of a User or Group."""
        _refuse_nameless(resource_type, resource)
        made = await asyncio.to_thread(self._storage.update, resource_type, resource, expected_version=expected_version)
        await self._told(resource_type, str(made.id), "changed")
        return made

    async def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        """Take a User or Group out; a client whose deletion is `deactivate` only makes somebody inactive."""
        caller = CALLER.get()
        if of_type(resource_type, "User") and caller.deletion == "deactivate":
            await asyncio.to_thread(self._storage.deactivate, resource_id, expected_version)
            await self._told(resource_type, resource_id, "changed")
            return
        await asyncio.to_thread(self._storage.delete, resource_type, resource_id, expected_version=expected_version)
        await self._told(resource_type, resource_id, "removed")

    async def _told(self, resource_type: ResourceType, uid: str, kind: ChangeKind) -> None:
        if not of_type(resource_type, "User"):
            self._feed.wake()
            return
        person = await asyncio.to_thread(self._storage.last_state, uid)
        if person is None:
            return
        caller = CALLER.get()
        fed = await self._feed.changed(caller, person, kind)
        if fed.state == "failed" and caller.blocking:
            raise NotInHubSpot(detail=f"The person is kept here, but not in HubSpot: {fed.message}")


def _refuse_nameless(resource_type: ResourceType, resource: Resource[Any]) -> None:
    """Nobody without an address is taken from a client that provisions: a contact is found by it, and by nothing like it."""
    caller = CALLER.get()
    if caller.mapping and of_type(resource_type, "User") and not addresses(resource):
        name = str(getattr(resource, "user_name", "") or "")
        if "@" not in name:
            raise InvalidValueException(detail="emails is needed: HubSpot's contact is found by the address.")
