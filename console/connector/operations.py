"""The connector's operations with the semantics and the error classes of identity connectors.

One object of one class at a time, under the names that the profile's `objectTypes` give; denied operations and time
limits as the profile's `[icf]` table has them. Bulk work goes through `Connector`, whose batches this does not wrap.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

from console.connector import irreversible
from console.connector.classes import ALL, CLASSES, DEFINITION_CLASSES
from console.connector.connector import Connector
from console.connector.connector_object import AttributeInfo, ConnectorObject, ObjectPage
from console.connector.definition_operations import Definitions
from console.connector.errors import IcfError, OperationTimeout, UnsupportedOperation, icf_error
from console.connector.filter import Filter, FilterError
from console.connector.irreversible import Confirmation
from console.connector.linking import Links
from console.connector.object_types import ObjectType, ObjectTypes
from console.connector.record_operations import Records
from console.connector.schema_attributes import described
from console.connector.searching import Question, Searches, sort_keys
from console.hubspot.associations import Association, AssociationType, Label
from console.hubspot.errors import HubSpotError
from console.settings.errors import SettingsError

__all__ = ["ConnectorObject", "ObjectPage", "Operations"]

PAGE_SIZE = 100
_WRITES = frozenset({"CREATE", "UPDATE", "DELETE"})


class Operations:
    """Operations on one HubSpot account. Every failure is an `IcfError`."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self.types = ObjectTypes(connector.profile.icf)
        self._searches = Searches(connector, self.types)

    # One object

    async def create(self, cls: str, attributes: Mapping[str, Any]) -> ConnectorObject:
        """A new object; its uid is HubSpot's to give.

        Raises:
            AlreadyExists: another object has its name or another unique value.
            InvalidAttributeValue: `problems` says what is wrong with which attribute.
        """
        async with self._doing("CREATE", cls) as kind:
            return kind.shown(await self._one(kind).create(kind.incoming(attributes, creating=True)), attributes)

    async def get(self, cls: str, uid: str, attributes: Sequence[str] = ()) -> ConnectorObject:
        """One object, read live, with these attributes; `*` means all that the schema has.

        Raises:
            UnknownUid: there is none, or it is archived.
        """
        async with self._doing("GET", cls, uid) as kind:
            return kind.shown(await self._one(kind).get(uid, kind.wanted(attributes)), attributes)

    async def update(
        self, cls: str, uid: str, attributes: Mapping[str, Any], *, if_match: str | None = None
    ) -> ConnectorObject:
        """Replace the given attributes and leave the others; None clears.

        Raises:
            PreconditionFailed: the object is not of the version `if_match`, which is an object's `revision`.
        """
        async with self._doing("UPDATE", cls, uid) as kind:
            changes = kind.incoming(attributes, creating=False)
            return kind.shown(await self._one(kind).update(uid, changes, if_match), attributes)

    async def patch(
        self, cls: str, uid: str, operations: Sequence[Mapping[str, Any]], *, if_match: str | None = None
    ) -> ConnectorObject:
        """`[{"operation": "replace", "field": "/x", "value": 1}]`, made one update; see `console.connector.patch`.

        Raises:
            UnsupportedOperation: an operation other than replace, add and remove.
        """
        async with self._doing("UPDATE", cls, uid) as kind:
            return kind.shown(await self._one(kind).patch(uid, kind.incoming_patch(operations), if_match))

    async def delete(self, cls: str, uid: str) -> ConnectorObject:
        """Archive the object, which is given back as it was.

        Raises:
            UnknownUid: there is none (HubSpot itself would not say), or it was merged into another one.
        """
        async with self._doing("DELETE", cls, uid) as kind:
            return kind.shown(await self._one(kind).delete(uid))

    # Many objects

    async def search(
        self,
        cls: str,
        filter: str | Filter | None = None,  # noqa: A002 - the word of the contract and of the command line
        *,
        attributes: Sequence[str] = (),
        sort: str | Sequence[str] | None = None,
        page_size: int | None = None,
        cookie: str | None = None,
        limit: int | None = None,
        text: str = "",
    ) -> AsyncIterator[ConnectorObject]:
        """Every object that the filter means, as they come; `cookie` begins behind a page that was given before.

        Raises:
            InvalidFilter: the filter, the order or the cookie.
        """
        question = Question(filter=filter, attributes=tuple(attributes), sort=sort_keys(sort), text=text)
        if cookie is not None or page_size is not None:
            stream = self._by_pages(cls, question, page_size or PAGE_SIZE, cookie, limit)
        else:
            stream = self._searches.stream(cls, question, limit)
        seconds = self.types.seconds("SEARCH")
        async with aclosing(stream):
            while True:
                began = time.monotonic()
                async with self._doing("SEARCH", cls, seconds=seconds):
                    try:
                        found = await anext(stream)
                    except StopAsyncIteration:
                        return
                if seconds is not None:  # the time that the caller takes with an object is not the search's
                    seconds = max(seconds - (time.monotonic() - began), 0.001)
                yield found

    async def page(
        self,
        cls: str,
        filter: str | Filter | None = None,  # noqa: A002 - the word of the contract and of the command line
        *,
        attributes: Sequence[str] = (),
        sort: str | Sequence[str] | None = None,
        size: int = PAGE_SIZE,
        cookie: str | None = None,
        text: str = "",
    ) -> ObjectPage:
        """One page, and the cookie of the next one."""
        async with self._doing("SEARCH", cls) as kind:
            question = Question(filter=filter, attributes=tuple(attributes), sort=sort_keys(sort), text=text)
            return await self._searches.page(kind, question, size, cookie)

    # The connector itself

    async def schema(self, cls: str | None = None) -> dict[str, list[AttributeInfo]]:
        """The attributes of one class, or of all, by the name of the class."""
        wanted = (cls,) if cls is not None else tuple(name for name in self.types.names if name != ALL)
        async with self._doing("SCHEMA", cls or ""):
            found: dict[str, list[AttributeInfo]] = {}
            for name in wanted:
                kind = self.types.find(name)
                if kind.native == ALL:
                    raise UnsupportedOperation(f"{ALL} has no attributes of its own.")
                found[name] = described(kind, await self.connector.schema(kind.native))
            return found

    async def test(self) -> dict[str, Any]:
        """Whether HubSpot takes the credentials, by the one request that needs least; raises what is wrong."""
        async with self._doing("TEST", ""):
            details = await self.connector.details(fresh=True)
            return {
                "ok": True,
                "portalId": details.portal_id,
                "portalName": details.portal_name,
                "accountType": details.account_type,
                "objectTypes": list(self.types.names),
            }

    # Contacts and companies together

    async def associations(self, cls: str, uid: str, other: str) -> list[Association]:
        """The objects of the class `other` that this one is associated with."""
        async with self._doing("GET", cls, uid) as kind:
            return await self._links(kind, other).of(uid)

    async def associate(self, cls: str, uid: str, other: str, other_uid: str, *, label: Label = None) -> None:
        """Associate two objects; `label` is `primary`, a label of the account, a type's number, or none."""
        async with self._doing("UPDATE", cls, uid) as kind:
            await self._links(kind, other).add(uid, other_uid, label)

    async def dissociate(self, cls: str, uid: str, other: str, other_uid: str, *, label: Label = None) -> None:
        """Separate two objects, or take one label off and leave them associated."""
        async with self._doing("UPDATE", cls, uid) as kind:
            await self._links(kind, other).remove(uid, other_uid, label)

    async def labels(self, cls: str, other: str) -> list[AssociationType]:
        """The ways in which objects of the two classes can be associated."""
        async with self._doing("SCHEMA", cls) as kind:
            return await self._links(kind, other).labels()

    # For good

    async def merge(self, cls: str, primary: str, other: str, *, confirm: Confirmation) -> ConnectorObject:
        """Merge `other` into `primary`; `confirm` repeats both uids in that order.

        Raises:
            PreconditionRequired: it does not.
        """
        async with self._doing("DELETE", cls, other), self._doing("UPDATE", cls, primary) as kind:
            self._records(kind, "merge")
            return kind.shown(await irreversible.merge(self.connector, kind.native, primary, other, confirm))

    async def gdpr_delete(
        self, cls: str, key: str, *, confirm: Confirmation, blocklist: bool = False
    ) -> ConnectorObject | None:
        """Erase a contact by its uid or email; `confirm` repeats that. See `irreversible.gdpr_delete`."""
        async with self._doing("DELETE", cls, key) as kind:
            self._records(kind, "gdpr-delete")
            erased = await irreversible.gdpr_delete(self.connector, kind.native, key, confirm, blocklist=blocklist)
            return kind.shown(erased) if erased is not None else None

    # How it is done

    @asynccontextmanager
    async def _doing(
        self, operation: str, cls: str, uid: str = "", *, seconds: float | None = None
    ) -> AsyncGenerator[ObjectType]:
        """One operation: allowed, within its time, and failing with the framework's errors only."""
        timeout = asyncio.timeout(seconds if seconds is not None else self.types.seconds(operation))
        try:
            self.types.check(operation, cls)
            kind = self.types.find(cls) if cls else ObjectType("", "", {})
            async with timeout:
                yield kind
        except IcfError:
            raise
        except TimeoutError as error:
            if not timeout.expired():
                raise
            raise _too_late(operation, cls, uid) from error
        except (HubSpotError, FilterError, SettingsError) as error:
            raise icf_error(error, operation, cls, uid, filtering=operation == "SEARCH") from error

    def _one(self, kind: ObjectType) -> Records | Definitions:
        if kind.native in DEFINITION_CLASSES:
            return Definitions(self.connector, kind.native)
        if kind.native == ALL:
            raise UnsupportedOperation(
                f"{ALL} can be searched and nothing else.", advice=f"Use one of: {', '.join(CLASSES)}."
            )
        return Records(self.connector, kind.native)

    def _records(self, kind: ObjectType, what: str) -> Records:
        if kind.native not in CLASSES:
            raise UnsupportedOperation(
                f"There is no {what} of {kind.name}.", advice=f"Use one of: {', '.join(CLASSES)}."
            )
        return Records(self.connector, kind.native)

    def _links(self, kind: ObjectType, other: str) -> Links:
        target = self.types.find(other)
        self._records(kind, "association")
        self._records(target, "association")
        return Links(self.connector, kind.native, target.native)

    async def _by_pages(
        self, cls: str, question: Question, size: int, cookie: str | None, limit: int | None
    ) -> AsyncGenerator[ConnectorObject]:
        kind, given = self.types.find(cls), 0
        while True:
            page = await self._searches.page(kind, question, size, cookie)
            for found in page.objects:
                if given == limit:
                    return
                yield found
                given += 1
            cookie = page.cookie
            if cookie is None:
                return


def _too_late(operation: str, cls: str, uid: str) -> OperationTimeout:
    writes = operation in _WRITES
    subject = f"{operation} of {cls}{f' {uid}' if uid else ''}" if cls else operation
    found = OperationTimeout(
        f"{subject} took longer than operationTimeout.{operation} allows.{' It may have happened.' if writes else ''}",
        advice="Read the object before you send it again." if writes else "Raise the limit, or ask for less.",
        uid=uid,
    )
    found.outcome_unknown = writes
    return found
