"""Searches over every object class: as a stream, and page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from itertools import islice

import msgspec

from console.connector import all_classes
from console.connector.classes import ALL, DEFINITION_CLASSES
from console.connector.connector import Connector
from console.connector.connector_object import ConnectorObject, ObjectPage
from console.connector.definition_operations import Definitions
from console.connector.definition_search import page_of, selected
from console.connector.errors import InvalidFilter, UnsupportedOperation
from console.connector.filter import Filter, parse
from console.connector.object_types import ObjectType, ObjectTypes
from console.connector.record_operations import EVERYTHING, Records


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for, under the names of the profile."""

    filter: str | Filter | None = None
    attributes: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    text: str = ""

    def node(self, kind: ObjectType) -> str | Filter | None:
        """The filter under HubSpot's names; text stays text where nothing is renamed, so that errors point into it.

        Raises:
            FilterError: it is text that is no filter.
        """
        if self.filter is None or (isinstance(self.filter, str) and not (kind.renames and self.filter.strip())):
            return self.filter
        return kind.filter(parse(self.filter) if isinstance(self.filter, str) else self.filter)

    def order(self, kind: ObjectType) -> list[str]:
        """The sort keys under HubSpot's names, a leading dash for descending."""
        keys = [(key.strip().startswith("-"), kind.native_name(key.strip().lstrip("+-"))) for key in self.sort]
        return [f"-{name}" if descending else name for descending, name in keys if name]


def sort_keys(sort: str | Sequence[str] | None) -> tuple[str, ...]:
    """Sort keys as a list, from `a,-b` too."""
    return (
        tuple(part for part in (sort or "").split(",") if part.strip()) if isinstance(sort, str | None) else tuple(sort)
    )


class Searches:
    """Searches of one connector. Methods raise `IcfError`, `FilterError` and `HubSpotError`."""

    def __init__(self, connector: Connector, types: ObjectTypes) -> None:
        self._connector = connector
        self._types = types

    async def stream(self, cls: str, question: Question, limit: int | None) -> AsyncGenerator[ConnectorObject]:
        """Every object that is meant, as they come."""
        kind = self._types.find(cls)
        if kind.native != ALL:
            async for found in self._of_class(kind, question, limit):
                yield found
            return
        given = 0
        for name, part in (await self._parts(question)).items():
            left = None if limit is None else limit - given
            async for found in self._of_class(self._part(name), part, left):
                given += 1
                yield found

    async def page(self, kind: ObjectType, question: Question, size: int, cookie: str | None) -> ObjectPage:
        """One page of any class. Raises InvalidFilter for a cookie of another search."""
        if kind.native == ALL:
            return await self._page_of_all(question, size, cookie)
        names, node, order = kind.wanted(question.attributes), question.node(kind), question.order(kind)
        if kind.native in DEFINITION_CLASSES:
            every = await Definitions(self._connector, kind.native).everything()
            found = selected(every, node, order, question.text)
            objects, following = page_of(found, size, cookie)
            return ObjectPage(
                objects=[kind.shown(_reduced(one, names), question.attributes) for one in objects],
                cookie=following,
                total=len(found),
            )
        records = Records(self._connector, kind.native)
        wanted = await records.wanted(names)
        page = await self._connector.page(
            kind.native, node, text=question.text, sort=order, attributes=wanted, size=size, cookie=cookie
        )
        return ObjectPage(
            objects=[kind.shown(records.object(one, names=wanted), question.attributes) for one in page.records],
            cookie=page.cookie,
            total=page.total,
            note=page.note,
        )

    async def _of_class(
        self, kind: ObjectType, question: Question, limit: int | None
    ) -> AsyncGenerator[ConnectorObject]:
        if limit == 0:
            return
        names, node, order = kind.wanted(question.attributes), question.node(kind), question.order(kind)
        if kind.native in DEFINITION_CLASSES:
            every = await Definitions(self._connector, kind.native).everything()
            for found in islice(selected(every, node, order, question.text), limit):
                yield kind.shown(_reduced(found, names), question.attributes)
            return
        records = Records(self._connector, kind.native)
        wanted = await records.wanted(names)
        async for record in self._connector.search(
            kind.native, node, properties=wanted, sort=order, limit=limit, text=question.text
        ):
            yield kind.shown(records.object(record, names=wanted), question.attributes)

    async def _page_of_all(self, question: Question, size: int, cookie: str | None) -> ObjectPage:
        cls, _, rest = (cookie or all_classes.ORDER[0]).partition(":")
        if cls not in all_classes.ORDER:
            raise InvalidFilter("The cookie is not one of a search of all classes.", advice="Begin again without it.")
        part = (await self._parts(question))[cls]
        page = await self.page(self._part(cls), part, size, rest or None)
        following = all_classes.ORDER[all_classes.ORDER.index(cls) + 1 :]
        cookie = f"{cls}:{page.cookie}" if page.cookie is not None else next(iter(following), None)
        return ObjectPage(objects=page.objects, cookie=cookie, note=page.note)

    async def _parts(self, question: Question) -> dict[str, Question]:
        """The question for each class that all classes are made of."""
        if question.sort:
            raise UnsupportedOperation(f"A search of {ALL} has no order but contacts, then companies, by uid.")
        filters = await all_classes.filters(self._connector, self._types, question.filter)
        return {cls: msgspec.structs.replace(question, filter=node) for cls, node in filters.items()}

    def _part(self, cls: str) -> ObjectType:
        """One of the classes that all classes are made of. Raises PermissionDenied."""
        kind = self._types.given(cls)
        self._types.check("SEARCH", kind.name)
        return kind


def _reduced(found: ConnectorObject, names: Sequence[str]) -> ConnectorObject:
    """The object with these attributes only; without names, or with `*`, with all."""
    if not names or EVERYTHING in names:
        return found
    kept = {"name" if name == "__NAME__" else name for name in names}
    return msgspec.structs.replace(
        found, attributes={name: value for name, value in found.attributes.items() if name in kept}
    )
