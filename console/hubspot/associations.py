"""Associations between records: read, made and removed, one at a time or in batches (facts section 9).

A write of labels replaces those of the pair, so the labels that are there are read first and sent again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from console.hubspot.answer import Answer
from console.hubspot.association_batch import ReadRun, WriteRun
from console.hubspot.association_model import (
    PRIMARY,
    UNLABELLED,
    Associated,
    Association,
    AssociationType,
    Pair,
    WireLabels,
    WireTargets,
)
from console.hubspot.budget_port import Priority
from console.hubspot.client import Client
from console.hubspot.errors import Invalid, NotFound, Unmentioned
from console.hubspot.model import ObjectType, Outcome
from console.hubspot.paths import associations_path, pair_path

__all__ = ["Associated", "Association", "AssociationType", "Associations", "Pair"]

Label = str | int | None
"""None: no label; `primary`: the contact's primary company; another text: a label of the account; a number: a type."""
INPUTS = 1_000
"""HubSpot reads 1,000 and writes 2,000 in one request; one size does for both."""
PAGE = 500


class Associations:
    """Associations of one account. Single calls raise `HubSpotError`; batches return one outcome per input."""

    def __init__(self, client: Client, priority: Priority = "bulk") -> None:
        self._client = client
        self._priority: Priority = priority

    def at(self, priority: Priority) -> Associations:
        """The same associations, asked with another priority."""
        return Associations(self._client, priority)

    async def read(
        self, from_type: ObjectType, to_type: ObjectType, ids: Sequence[str]
    ) -> dict[str, list[Association]]:
        """The associated records of each id; a record without any has an empty list.

        Raises:
            NotFound: one of the records does not exist.
        """
        found: dict[str, list[Association]] = {}
        for uid, outcome in zip(ids, await self.batch_read(from_type, to_type, ids), strict=True):
            if outcome.error is not None:
                raise outcome.error
            found[uid] = list(outcome.associations)
        return found

    async def associate(
        self, from_type: ObjectType, from_id: str, to_type: ObjectType, to_id: str, *, label: Label = None
    ) -> None:
        """Associate two records; a label is added to those that the pair has. Doing it twice is as good as once.

        Raises:
            NotFound: one of the records does not exist.
            Invalid: there is no such label.
        """
        wanted = await self.type_of(from_type, to_type, label)
        if wanted is None:
            await self._send("PUT", associations_path(from_type, from_id, self._version, "default", to_type, to_id))
            return
        present = await self._labels_of(from_type, from_id, to_type, to_id)
        types = [one.wire() for one in {wanted.type_id: wanted, **present}.values()]
        await self._send("PUT", associations_path(from_type, from_id, self._version, to_type, to_id), types)

    async def remove(
        self, from_type: ObjectType, from_id: str, to_type: ObjectType, to_id: str, *, label: Label = None
    ) -> None:
        """Separate two records, or take one label off and leave them associated.

        Raises:
            Invalid: there is no such label.
        """
        if label is not None:
            (outcome,) = await self.batch_remove(from_type, to_type, [Pair(from_id, to_id)], label=label)
            if outcome.error is not None:
                raise outcome.error
            return
        await self._send("DELETE", associations_path(from_type, from_id, self._version, to_type, to_id))

    async def labels(self, from_type: ObjectType, to_type: ObjectType) -> list[AssociationType]:
        """Every type that records of these types can be associated by, the account's own labels among them."""
        answer = await self._send("GET", pair_path(from_type, to_type, self._version, "labels"))
        return [found.type() for found in answer.decode(WireLabels).results]

    async def type_of(self, from_type: ObjectType, to_type: ObjectType, label: Label) -> AssociationType | None:
        """The type that a label names; None for no label.

        Raises:
            Invalid: there is none, or two of that name.
        """
        if label is None:
            return None
        text = str(label).strip()
        if text.casefold() == "primary" and (from_type, to_type) in PRIMARY:
            return AssociationType("HUBSPOT_DEFINED", PRIMARY[from_type, to_type], "Primary")
        known = await self.labels(from_type, to_type)
        found = [one for one in known if text in (str(one.type_id), one.label)]
        found = found or [one for one in known if one.label.casefold() == text.casefold()]
        if len(found) != 1:
            names = ", ".join(one.label for one in known if one.label) or "none"
            raise Invalid(
                f"There is {'no' if not found else 'more than one'} label {text} from {from_type} to {to_type}.",
                advice=f"Labels of this account: {names}. A number names a type by its id.",
            )
        return None if self._unlabelled(from_type, to_type, found[0]) else found[0]

    # Many at once, one outcome per input in the order of the inputs

    async def batch_read(self, from_type: ObjectType, to_type: ObjectType, ids: Sequence[str]) -> list[Associated]:
        """The associated records of each id."""
        distinct = list(dict.fromkeys(ids))
        found: dict[str, Associated] = {}
        for start in range(0, len(distinct), INPUTS):
            run = ReadRun(self._client, pair_path(from_type, to_type, self._version, "batch", "read"), self._priority)
            found |= await run.read(distinct[start : start + INPUTS])
        return [found[uid] for uid in ids]

    async def batch_associate(
        self, from_type: ObjectType, to_type: ObjectType, pairs: Sequence[Pair], *, label: Label = None
    ) -> list[Outcome]:
        """Associate pairs; a label is added to those that each pair has. Raises Invalid for an unknown label."""
        wanted = await self.type_of(from_type, to_type, label)
        if wanted is None:
            bodies = [_ends(pair) for pair in pairs]
            made = await self._write(from_type, to_type, ("associate", "default"), pairs, bodies)
            return await self._looked_up(from_type, to_type, pairs, made, None)
        before = await self.batch_read(from_type, to_type, [pair.from_id for pair in pairs])
        unread = {index: one.error for index, one in enumerate(before) if one.error is not None}
        sendable = [index for index in range(len(pairs)) if index not in unread]
        bodies = []
        for index in sendable:
            present = _labelled(before[index].associations, pairs[index].to_id)
            types = [one.wire() for one in {wanted.type_id: wanted, **present}.values()]
            bodies.append({**_ends(pairs[index]), "types": types})
        chosen = [pairs[index] for index in sendable]
        sent = await self._write(from_type, to_type, ("create",), chosen, bodies)
        sent = await self._looked_up(from_type, to_type, chosen, sent, wanted)
        outcomes = dict(zip(sendable, sent, strict=True))
        return [outcomes[index] if index in outcomes else Outcome(error=unread[index]) for index in range(len(pairs))]

    async def _looked_up(
        self,
        from_type: ObjectType,
        to_type: ObjectType,
        pairs: Sequence[Pair],
        outcomes: list[Outcome],
        wanted: AssociationType | None,
    ) -> list[Outcome]:
        """What HubSpot's answer left out is read: an answer that names nobody is no proof that anything was done."""
        unclear = [index for index, one in enumerate(outcomes) if isinstance(one.error, Unmentioned)]
        if unclear:
            found = await self.batch_read(from_type, to_type, [pairs[index].from_id for index in unclear])
            for index, one in zip(unclear, found, strict=True):
                types = [
                    each for there in one.associations if there.to_id == pairs[index].to_id for each in there.types
                ]
                if types and (wanted is None or wanted.type_id in [each.type_id for each in types]):
                    outcomes[index] = Outcome()
        return outcomes

    async def batch_remove(
        self, from_type: ObjectType, to_type: ObjectType, pairs: Sequence[Pair], *, label: Label = None
    ) -> list[Outcome]:
        """Separate pairs, or take one label off each. Raises Invalid for an unknown label."""
        if label is None:
            bodies: list[dict[str, Any]] = [
                {"from": {"id": pair.from_id}, "to": [{"id": pair.to_id}]} for pair in pairs
            ]
            return await self._write(from_type, to_type, ("archive",), pairs, bodies)
        wanted = await self.type_of(from_type, to_type, label)
        if wanted is None:
            raise Invalid(
                f"The type {label} is the unlabelled one: without it the records are not associated at all.",
                advice="Leave the label out to separate them.",
            )
        bodies = [{**_ends(pair), "types": [wanted.wire()]} for pair in pairs]
        return await self._write(from_type, to_type, ("labels", "archive"), pairs, bodies)

    async def _write(
        self,
        from_type: ObjectType,
        to_type: ObjectType,
        what: tuple[str, ...],
        pairs: Sequence[Pair],
        bodies: Sequence[dict[str, Any]],
    ) -> list[Outcome]:
        path = pair_path(from_type, to_type, self._version, "batch", *what)
        outcomes: list[Outcome] = []
        for start in range(0, len(pairs), INPUTS):
            run = WriteRun(self._client, path, self._priority, answers="archive" not in what)
            outcomes += await run.write(pairs[start : start + INPUTS], bodies[start : start + INPUTS])
        return outcomes

    async def _labels_of(
        self, from_type: ObjectType, from_id: str, to_type: ObjectType, to_id: str
    ) -> Mapping[int, AssociationType]:
        """The labelled types of one pair."""
        try:
            async for found in self._targets(from_type, from_id, to_type):
                if found.to_id == to_id:
                    return _labelled([found], to_id)
        except NotFound:
            return {}  # a record without any; the write tells if it is the record that is missing
        return {}

    async def _targets(self, from_type: ObjectType, from_id: str, to_type: ObjectType) -> AsyncIterator[Association]:
        after: str | None = None
        while True:
            params: dict[str, str | int | Sequence[str]] = {"limit": PAGE}
            if after is not None:
                params["after"] = after
            path = associations_path(from_type, from_id, self._version, to_type)
            page = (await self._send("GET", path, params=params)).decode(WireTargets)
            for found in page.results:
                yield found.association()
            if page.paging is None or page.paging.next is None:
                return
            after = str(page.paging.next.after)

    def _unlabelled(self, from_type: ObjectType, to_type: ObjectType, found: AssociationType) -> bool:
        return not found.label and UNLABELLED.get((from_type, to_type), found.type_id) == found.type_id

    @property
    def _version(self) -> str:
        return self._client.version

    async def _send(
        self, method: str, path: str, body: Any = None, params: dict[str, str | int | Sequence[str]] | None = None
    ) -> Answer:
        return await self._client.request(
            method, path, json=body, params=params, kind="associations", priority=self._priority, safe=True
        )


def _ends(pair: Pair) -> dict[str, Any]:
    return {"from": {"id": pair.from_id}, "to": {"id": pair.to_id}}


def _labelled(associations: Sequence[Association], to_id: str) -> dict[int, AssociationType]:
    return {one.type_id: one for found in associations if found.to_id == to_id for one in found.types if one.label}
