"""The connector: provisioning's operations on the object classes `contact` and `company`.

The semantics are those of identity connectors: a record's uid is HubSpot's record id, its name is `email` for a
contact and `name` for a company; an update replaces the given attributes and leaves the others.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence

from console.connector.classes import DEFINITION_CLASSES, ObjectClass, object_class
from console.connector.default_schema import default_schema
from console.connector.filter_nodes import Filter, attributes
from console.connector.query import Query, build_query, filter_of, order_of, unsure
from console.connector.search import SearchPage, counted, one_page, records
from console.hubspot.batch import BATCH_LIMIT
from console.hubspot.budget import Priority
from console.hubspot.errors import Invalid
from console.hubspot.hubspot import HubSpot
from console.hubspot.model import AccountDetails, Outcome, Properties, PropertyDefinition, Record, Write
from console.hubspot.objects import SEARCH_LIMIT, Objects
from console.settings.profile import Profile

SCHEMA_SECONDS = 600.0


class Connector:
    """Operations on one HubSpot account. Methods raise `HubSpotError`; batches return outcomes instead."""

    def __init__(self, hubspot: HubSpot, profile: Profile, *, priority: Priority = "bulk") -> None:
        self.hubspot = hubspot
        self.profile = profile
        self.priority: Priority = priority
        self._details: list[AccountDetails] = []
        self._schemas: dict[str, tuple[float, dict[str, PropertyDefinition]]] = {}

    def at(self, priority: Priority) -> Connector:
        """The same connector with another priority; what one of the two has read, both know."""
        other = Connector(self.hubspot, self.profile, priority=priority)
        other._details, other._schemas = self._details, self._schemas
        return other

    async def details(self, *, fresh: bool = False) -> AccountDetails:
        """The account behind the credentials, read once; `fresh` reads it again."""
        if fresh or not self._details:
            details = await self.hubspot.account.at(self.priority).details()
            await bind_budget(self.hubspot, details)
            self._details[:] = [details]
        return self._details[0]

    @property
    def live_schema(self) -> bool:
        """Whether `schema` is the account's own (readSchema); the built-in one knows only what every account has."""
        return self.profile.read_schema

    async def schema(self, cls: str, *, fresh: bool = False, live: bool | None = None) -> dict[str, PropertyDefinition]:
        """The properties of a class by name: the account's, read again after ten minutes, or the built-in ones.

        `live` overrules readSchema for those who must know what the account really has. The classes of definitions
        have one form in every account, which is built in.
        """
        if cls in DEFINITION_CLASSES or not (self.live_schema if live is None else live):
            return default_schema(cls if cls in DEFINITION_CLASSES else object_class(cls).name)
        kind = object_class(cls)
        read_at, known = self._schemas.get(kind.name, (0.0, {}))
        if fresh or not known or time.monotonic() - read_at > SCHEMA_SECONDS:
            definitions = await self.hubspot.properties(kind.object_type, self.priority)
            known = {definition.name: definition for definition in definitions}
            self._schemas[kind.name] = (time.monotonic(), known)
        return known

    def forget_schema(self, cls: str) -> None:
        """Read the properties of a class again when next asked: they were changed."""
        self._schemas.pop(cls, None)

    # One record

    async def get(self, cls: str, uid: str, properties: Sequence[str] = ()) -> Record:
        """One record by its uid, read live.

        Raises:
            NotFound: there is none.
        """
        objects = self.objects(cls)
        if sum(len(name) + 3 for name in properties) <= 12_000:
            return await objects.read(uid, properties=properties)
        (outcome,) = await objects.batch_read([uid], properties=properties)
        if outcome.record is None:
            raise outcome.error or Invalid(f"There is no record {uid}.")
        return outcome.record

    async def find(
        self, cls: str, key_property: str, values: Sequence[str], properties: Sequence[str] = ()
    ) -> list[Outcome]:
        """Records by the value of a unique property, one outcome per value in their order; a missing one is NotFound."""
        found: list[Outcome] = []
        for start in range(0, len(values), BATCH_LIMIT):
            part = values[start : start + BATCH_LIMIT]
            found += await self.batch_read(cls, part, properties=properties, id_property=key_property)
        return found

    async def create(self, cls: str, properties: Properties) -> Record:
        """A new record; its uid is HubSpot's to give.

        Raises:
            Conflict: another record has a unique value of it.
            Invalid: a contact without an email address could not be found again.
        """
        kind = object_class(cls)
        if not properties.get(kind.name_attribute):
            raise Invalid(f"A {kind.name} needs a value for {kind.name_attribute}: it is its name.")
        return await self.objects(cls).create(properties)

    async def update(self, cls: str, uid: str, properties: Properties) -> Record:
        """Replace the given properties; None clears. The uid that comes back may differ after a merge."""
        return await self.objects(cls).update(uid, properties)

    async def delete(self, cls: str, uid: str) -> None:
        """Archive the record.

        Raises:
            NotFound: there is none, which HubSpot itself would not tell.
        """
        objects = self.objects(cls)
        await objects.read(uid)
        await objects.archive(uid)

    # Up to 100 records, one outcome per input in the order of the inputs

    async def batch_read(
        self, cls: str, keys: Sequence[str], *, properties: Sequence[str] = (), id_property: str | None = None
    ) -> list[Outcome]:
        """Records by uid, or by the value of a unique property."""
        return await self.objects(cls).batch_read(keys, properties=properties, id_property=id_property)

    async def batch_create(self, cls: str, writes: Sequence[Write]) -> list[Outcome]:
        """New records."""
        return await self.objects(cls).batch_create(writes)

    async def batch_update(self, cls: str, writes: Sequence[Write]) -> list[Outcome]:
        """Changed properties by uid."""
        return await self.objects(cls).batch_update(writes)

    async def batch_upsert(self, cls: str, writes: Sequence[Write], id_property: str) -> list[Outcome]:
        """Update or create by a unique property."""
        return await self.objects(cls).batch_upsert(writes, id_property)

    async def batch_archive(self, cls: str, ids: Sequence[str]) -> list[Outcome]:
        """Records to the recycle bin."""
        return await self.objects(cls).batch_archive(ids)

    # Many records

    async def query(
        self,
        cls: str,
        filter: str | Filter | None,  # noqa: A002 - the word of the contract and of the command line
        *,
        text: str = "",
        sort: str | Sequence[str] | None = None,
        properties: Sequence[str] = (),
    ) -> Query:
        """The query that a filter, words and an order (`a,-b`) make. Raises FilterError and Invalid."""
        kind = object_class(cls)
        node, order = filter_of(kind, filter), order_of(kind, sort)
        schema: Mapping[str, PropertyDefinition] = {}
        complete = self.live_schema
        if order or (node is not None and any(attributes(node))):  # a plain listing does without
            schema = await self.schema(cls)
            if not complete and unsure(kind, schema, node, order):
                schema, complete = await self.schema(cls, live=True), True
        return build_query(kind, schema, filter=filter, text=text, sort=sort, properties=properties, complete=complete)

    async def search(
        self,
        cls: str,
        filter: str | Filter | None,  # noqa: A002 - the word of the contract and of the command line
        *,
        text: str = "",
        properties: Sequence[str] = (),
        sort: str | Sequence[str] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Record]:
        """Every record that the filter means, page by page as they come; by record id unless `sort` says otherwise.

        Raises:
            FilterError: `filter` is text that is no filter, or compares what the class does not have.
            Invalid: an unknown property; more than 10,000 records in another order than that of their ids.
        """
        query = await self.query(cls, filter, text=text, sort=sort, properties=properties)
        async for record in records(self.objects(cls), query, limit):
            yield record

    async def page(
        self,
        cls: str,
        filter: str | Filter | None,  # noqa: A002 - the word of the contract and of the command line
        *,
        text: str = "",
        sort: str | Sequence[str] | None = None,
        attributes: Sequence[str] = (),
        size: int = SEARCH_LIMIT,
        cookie: str | None = None,
    ) -> SearchPage:
        """One page of a search, with the cookie of the next one.

        Raises:
            FilterError, Invalid: as `search`; a cookie that is none, or that of another search.
        """
        query = await self.query(cls, filter, text=text, sort=sort, properties=attributes)
        account = "" if query.nothing else str((await self.details()).portal_id)
        return await one_page(self.objects(cls), query, account=account, size=size, cookie=cookie)

    async def count(
        self,
        cls: str,
        filter: str | Filter | None = None,  # noqa: A002 - the word of the contract and of the command line
        text: str = "",
    ) -> int | None:
        """How many records the filter means, as HubSpot counts; None where only reading them all would tell."""
        return await counted(self.objects(cls), await self.query(cls, filter, text=text))

    def objects(self, cls: str) -> Objects:
        """HubSpot's side of a class, with this connector's priority."""
        return self.hubspot.objects(self.kind(cls).object_type).at(self.priority)

    def kind(self, cls: str) -> ObjectClass:
        """The class of that name."""
        return object_class(cls)


async def bind_budget(hubspot: HubSpot, details: AccountDetails) -> None:
    """Tell the allowance whose it is, and when its day begins."""
    bind = getattr(hubspot.budget, "bind", None)
    if bind is not None:
        await bind(details.portal_id, details.time_zone or details.utc_offset)
