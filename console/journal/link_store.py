"""The journal's words about links."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from console.journal import plan_rows, rows
from console.journal.model import Link
from console.journal.store import Store
from console.settings.sealing import Seal


class LinkStore(Store):
    """Links: which source id belongs to which HubSpot record, per portal, mapping and object class."""

    async def links(
        self, portal_id: int, mapping: str, digests: Iterable[bytes], *, object_class: str
    ) -> dict[bytes, Link]:
        """The links of these source ids, by digest."""
        return await self._links(portal_id, mapping, object_class, "digest", list(digests), lambda link: link.digest)

    async def links_by_uid(
        self, portal_id: int, mapping: str, uids: Iterable[str], *, object_class: str
    ) -> dict[str, Link]:
        """The links to these records, by HubSpot's id."""
        return await self._links(portal_id, mapping, object_class, "uid", list(uids), lambda link: link.uid)

    async def _links(
        self,
        portal_id: int,
        mapping: str,
        object_class: str,
        column: str,
        values: list[Any],
        key: Callable[[Link], Any],
    ) -> dict[Any, Link]:
        seal = Seal(self._keys.link_key)
        found = await self._read(
            lambda connection: plan_rows.find_links(connection, portal_id, mapping, object_class, column, values)
        )
        return {key(link): link for link in (rows.link_of(row, seal) for row in found)}

    async def count_links(self, portal_id: int, mapping: str, *, object_class: str) -> int:
        """How many links a mapping has: what shares in guards are shares of."""
        return await self._read(lambda connection: plan_rows.count_links(connection, portal_id, mapping, object_class))

    async def unseen_links(
        self, portal_id: int, mapping: str, plan_id: str, *, object_class: str, after: bytes = b"", limit: int = 1000
    ) -> list[Link]:
        """Links whose source id no entry of the plan has, ordered by digest: go on with `after` = the last one's."""
        seal = Seal(self._keys.link_key)
        found = await self._read(
            lambda connection: plan_rows.unseen_links(
                connection, portal_id, mapping, object_class, plan_id, after, limit
            )
        )
        return [rows.link_of(row, seal) for row in found]

    async def put_links(self, portal_id: int, mapping: str, links: Sequence[Link], *, object_class: str) -> None:
        """Remember links."""
        values = self._link_rows(portal_id, mapping, object_class, links)
        await self._writer.write(lambda connection: plan_rows.put_links(connection, values))

    async def drop_links(self, portal_id: int, mapping: str, digests: Sequence[bytes], *, object_class: str) -> None:
        """Forget links."""
        await self._writer.write(
            lambda connection: plan_rows.drop_links(connection, portal_id, mapping, object_class, digests)
        )

    def _link_rows(
        self, portal_id: int, mapping: str, object_class: str, links: Sequence[Link]
    ) -> list[dict[str, Any]]:
        seal, now = Seal(self._keys.link_key), time.time()
        return [rows.link_row(portal_id, mapping, object_class, link, seal, now) for link in links]
