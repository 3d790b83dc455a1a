"""Association by hand: a human says which record belongs to a person, or that none does."""

from __future__ import annotations

from console.hubspot.errors import NotFound
from console.journal.journal import Journal
from console.journal.model import Approver, Link
from console.provisioning.correlate import known_as, label_of
from console.provisioning.errors import PlanRefused
from console.provisioning.mapping import Mapping
from console.provisioning.planner_bench import PlanningTarget


class Linking:
    """Makes and removes links of one mapping in the portal behind the connector. Nothing is written in HubSpot."""

    def __init__(self, connector: PlanningTarget, journal: Journal) -> None:
        self._connector = connector
        self._journal = journal

    async def link(
        self, mapping: Mapping, source_id: str, uid: str, who: Approver, *, replace: bool = False
    ) -> tuple[str, str]:
        """Remember that this record is the person's; answers its id and how people call it.

        A merged record's id leads to its survivor. `replace` takes the place of a link that the person has.

        Raises:
            PlanRefused: no such record; it is somebody else's; or the person has another one.
        """
        portal = (await self._connector.details(fresh=True)).portal_id
        (outcome,) = await self._connector.batch_read(
            mapping.target, [uid], properties=("email", "firstname", "lastname", "name", "domain")
        )
        record = outcome.record
        if record is None:
            if outcome.error is not None and not isinstance(outcome.error, NotFound):
                raise outcome.error
            raise PlanRefused(
                f"portal {portal} has no {mapping.target} {uid}",
                remedy=f"Candidates: hubspoke mapping link {mapping.name} {source_id}",
            )
        digest = self._journal.digester(portal, mapping.name, mapping.target).source(source_id)
        owners = await self._journal.links_by_uid(portal, mapping.name, known_as(record), object_class=mapping.target)
        if any(owner.digest != digest for owner in owners.values()):
            raise PlanRefused(
                f"the {mapping.target} {record.id} ({label_of(record)}) is linked to another person of {mapping.name}",
                remedy="Remove that link first: hubspoke mapping unlink MAPPING SOURCE_ID.",
            )
        own = (await self._journal.links(portal, mapping.name, [digest], object_class=mapping.target)).get(digest)
        if own is not None and own.uid != record.id and not replace:
            raise PlanRefused(
                f"{source_id} is linked to the {mapping.target} {own.uid}",
                remedy="If that is wrong: --replace, or hubspoke mapping unlink first.",
            )
        if own is None or own.uid != record.id:
            await self._journal.put_links(
                portal, mapping.name, [Link(digest=digest, uid=record.id)], object_class=mapping.target
            )
            await self._journal.record("link", who, detail=f"{mapping.name}: {mapping.target} {record.id}")
        return record.id, label_of(record)

    async def unlink(self, mapping: Mapping, source_id: str, who: Approver) -> str:
        """Forget the person's link; answers the record that it led to. Raises PlanRefused where there is none."""
        portal = (await self._connector.details(fresh=True)).portal_id
        digest = self._journal.digester(portal, mapping.name, mapping.target).source(source_id)
        link = (await self._journal.links(portal, mapping.name, [digest], object_class=mapping.target)).get(digest)
        if link is None:
            raise PlanRefused(
                f"{source_id} has no link in {mapping.name} and portal {portal}",
                remedy=f"See: hubspoke explain {mapping.name} {source_id}",
            )
        await self._journal.drop_links(portal, mapping.name, [digest], object_class=mapping.target)
        await self._journal.record("unlink", who, detail=f"{mapping.name}: {mapping.target} {link.uid}")
        return link.uid
