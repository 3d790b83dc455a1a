"""Associations between objects of two classes, by uid; a uid that is not there says so."""

from __future__ import annotations

from console.connector.connector import Connector
from console.connector.record_operations import Records
from console.hubspot.associations import Association, AssociationType, Label
from console.hubspot.errors import Invalid, NotFound


class Links:
    """The associations from one class to another. Methods raise `IcfError` and `HubSpotError`."""

    def __init__(self, connector: Connector, cls: str, other: str) -> None:
        self._api = connector.hubspot.associations.at(connector.priority)
        self._from, self._to = connector.kind(cls).object_type, connector.kind(other).object_type
        self._start, self._end = Records(connector, cls), Records(connector, other)

    async def of(self, uid: str) -> list[Association]:
        """What the object is associated with; a merged one's are those of its survivor. Raises UnknownUid."""
        record = await self._start.read(uid)
        return (await self._api.read(self._from, self._to, [record.id]))[record.id]

    async def add(self, uid: str, other_uid: str, label: Label) -> None:
        """Associate two objects. Raises UnknownUid."""
        try:
            await self._api.associate(self._from, self._start.key(uid), self._to, self._end.key(other_uid), label=label)
        except (NotFound, Invalid):
            await self._blame(uid, other_uid)
            raise

    async def remove(self, uid: str, other_uid: str, label: Label) -> None:
        """Separate two objects, or take a label off them; of merged ones the survivors.

        Raises UnknownUid: HubSpot itself would not say, neither of a record that is not there nor of a merged one.
        """
        start, end = await self._start.read(uid), await self._end.read(other_uid)
        await self._api.remove(self._from, start.id, self._to, end.id, label=label)

    async def labels(self) -> list[AssociationType]:
        """The types of association."""
        return await self._api.labels(self._from, self._to)

    async def _blame(self, uid: str, other_uid: str) -> None:
        """Raises UnknownUid for the one that is not there."""
        await self._start.read(uid)
        await self._end.read(other_uid)
