"""One HubSpot account, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable

from console.hubspot import merging, privacy
from console.hubspot.account import Account
from console.hubspot.associations import Associations
from console.hubspot.auth import SecretStore, open_tokens
from console.hubspot.budget_port import Budget, Priority
from console.hubspot.client import Client
from console.hubspot.model import ObjectType, PropertyDefinition, Record
from console.hubspot.objects import Objects
from console.hubspot.properties import definitions
from console.hubspot.property_definitions import PropertyDefinitions
from console.hubspot.requestlog import RequestLog
from console.settings.profile import Profile
from console.settings.secrets import PROXY_PASSWORD


class HubSpot:
    """Contacts, companies, properties and the account itself, behind one client, one budget and one log."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.contacts = Objects(client, "contacts")
        self.companies = Objects(client, "companies")
        self.account = Account(client)
        self.associations = Associations(client)

    @classmethod
    def open(
        cls, profile: Profile, secrets: SecretStore, budget: Budget, *, on_sent: Callable[[], None] | None = None
    ) -> HubSpot:
        """Make it ready; no network, no vault. `on_sent` is called each time a write's last byte was handed over."""
        from console.hubspot.transport import Transport  # httpx comes with the first HubSpot opened

        log = RequestLog()
        transport = Transport(profile, lambda: secrets.get(PROXY_PASSWORD))
        tokens = open_tokens(profile, secrets, transport, log)
        return cls(Client(profile.api_base_url, profile.api_version, tokens, budget, transport, log, on_sent=on_sent))

    @property
    def log(self) -> RequestLog:
        """The last requests, without values, and counters."""
        return self.client.log

    @property
    def budget(self) -> Budget:
        """The allowance that every request takes a slot of."""
        return self.client.budget

    def objects(self, object_type: ObjectType) -> Objects:
        """Contacts or companies by name."""
        return self.contacts if object_type == "contacts" else self.companies

    async def properties(self, object_type: ObjectType, priority: Priority = "bulk") -> list[PropertyDefinition]:
        """All property definitions of one type."""
        return await definitions(self.client, object_type, priority)

    def definitions(self, object_type: ObjectType, priority: Priority = "bulk") -> PropertyDefinitions:
        """Property definitions of one type, whole, to be changed too."""
        return PropertyDefinitions(self.client, object_type, priority)

    async def merge(
        self, object_type: ObjectType, primary_id: str, other_id: str, priority: Priority = "bulk"
    ) -> Record:
        """Make two records one, for good; see `merging.merge`."""
        return await merging.merge(self.client, object_type, primary_id, other_id, priority)

    async def gdpr_delete(self, key: str, priority: Priority = "bulk", *, by_email: bool = False) -> None:
        """Erase a contact for good; see `privacy.gdpr_delete`."""
        await privacy.gdpr_delete(self.client, key, priority, by_email=by_email)

    async def aclose(self) -> None:
        """Let a token refresh end, then close the connections."""
        await self.client.aclose()


async def connect(
    profile: Profile, secrets: SecretStore, budget: Budget, *, on_sent: Callable[[], None] | None = None
) -> HubSpot:
    """`HubSpot.open` for those who await."""
    return HubSpot.open(profile, secrets, budget, on_sent=on_sent)
