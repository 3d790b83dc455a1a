"""One batch of associations on its way: an outcome for every input, whatever HubSpot leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.hubspot.answer import Answer
from console.hubspot.association_model import Associated, Association, Pair, WireReads, WireWrites
from console.hubspot.budget_port import Priority
from console.hubspot.classify import classify_entry, context_values
from console.hubspot.client import Client
from console.hubspot.errors import Conflict, HubSpotError, Invalid, NotFound, Unexpected, Unmentioned
from console.hubspot.model import Outcome

NONE_FOUND = "crm.associations.NO_ASSOCIATIONS_FOUND"
_FROM, _TO = "fromObjectId", "toObjectId"
_ANY = ("id", "ids", "objectId", "objectIds")
_SPLIT_STATUSES = frozenset({400, 404, 409, 413, 414, 422})


class _Run:
    """A path, and how it is asked."""

    def __init__(self, client: Client, path: str, priority: Priority) -> None:
        self._client = client
        self._path = path
        self._priority: Priority = priority

    async def _post(self, inputs: Sequence[dict[str, Any]]) -> Answer:
        return await self._client.request(
            "POST",
            self._path,
            json={"inputs": list(inputs)},
            kind="associations",
            priority=self._priority,
            safe=True,
        )


class ReadRun(_Run):
    """Reads the associations of records until every page of each is there."""

    async def read(self, ids: Sequence[str]) -> dict[str, Associated]:
        """The outcome of each id; a record without associations has none, which is no error."""
        found: dict[str, list[Association]] = {}
        failed: dict[str, HubSpotError] = {}
        inputs: list[dict[str, Any]] = [{"id": uid} for uid in ids]
        while inputs:
            try:
                answer = await self._post(inputs)
                reads = answer.decode(WireReads)
            except HubSpotError as error:
                failed |= {str(one["id"]): error for one in inputs}
                break
            asked = [str(one["id"]) for one in inputs]
            before = {str(one["id"]): one.get("after") for one in inputs}
            inputs = []
            for result in reads.results:
                uid = str(result.from_.id)
                found.setdefault(uid, []).extend(target.association() for target in result.to)
                if result.paging is None or result.paging.next is None or uid not in before:
                    continue
                after = str(result.paging.next.after)
                if after == before[uid]:
                    failed[uid] = _again(answer)
                else:
                    inputs.append({"id": uid, "after": after})
            for entry in _entries(reads.errors):
                self._settle(entry, answer, asked, found, failed)
            for uid in asked:
                if uid not in found and uid not in failed:
                    failed[uid] = _unmentioned(answer)
        return {
            uid: Associated(error=failed[uid]) if uid in failed else Associated(associations=tuple(found[uid]))
            for uid in ids
        }

    def _settle(
        self,
        entry: dict[str, Any],
        answer: Answer,
        asked: Sequence[str],
        found: dict[str, list[Association]],
        failed: dict[str, HubSpotError],
    ) -> None:
        named = {value for key in (_FROM, *_ANY) for value in context_values(entry, key)}
        about = [uid for uid in asked if uid in named] or [uid for uid in asked if uid not in found and not named]
        for uid in about:
            if entry.get("subCategory") == NONE_FOUND:
                found.setdefault(uid, [])
            else:
                failed[uid] = classify_entry(entry, answer)


class WriteRun(_Run):
    """Writes pairs; a batch that HubSpot refuses whole is halved until the bad input stands alone.

    `answers`: HubSpot names what it wrote, as it does for associating and does not for removing.
    """

    def __init__(self, client: Client, path: str, priority: Priority, *, answers: bool) -> None:
        super().__init__(client, path, priority)
        self._answers = answers

    async def write(self, pairs: Sequence[Pair], bodies: Sequence[dict[str, Any]]) -> list[Outcome]:
        """One outcome per pair, in their order."""
        if not pairs:
            return []
        try:
            answer = await self._post(bodies)
        except HubSpotError as error:
            if len(pairs) == 1 or error.stops_run or not self._about_an_input(error):
                return [Outcome(error=error) for _ in pairs]
            middle = len(pairs) // 2
            first = await self.write(pairs[:middle], bodies[:middle])
            return first + await self.write(pairs[middle:], bodies[middle:])
        return self._outcomes(pairs, answer)

    def _about_an_input(self, error: HubSpotError) -> bool:
        return error.status in _SPLIT_STATUSES and isinstance(error, Invalid | Conflict | NotFound)

    def _outcomes(self, pairs: Sequence[Pair], answer: Answer) -> list[Outcome]:
        if not answer.body.strip():
            return [Outcome() for _ in pairs]
        try:
            writes = answer.decode(WireWrites)
        except HubSpotError as error:
            return [Outcome(error=error) for _ in pairs]
        entries = _entries(writes.errors)
        written = {found.pair() for found in writes.results}
        return [self._outcome(pair, pair in written, entries, answer) for pair in pairs]

    def _outcome(self, pair: Pair, written: bool, entries: Sequence[dict[str, Any]], answer: Answer) -> Outcome:
        for entry in entries:
            if _names(entry, pair):
                return Outcome(error=classify_entry(entry, answer))
        stray = [entry for entry in entries if not _ids(entry)]
        if written or (not self._answers and not stray):
            return Outcome()
        return Outcome(error=classify_entry(stray[0], answer) if stray else _unmentioned(answer))


def _names(entry: dict[str, Any], pair: Pair) -> bool:
    starts, ends = context_values(entry, _FROM), context_values(entry, _TO)
    if starts or ends:
        return (not starts or pair.from_id in starts) and (not ends or pair.to_id in ends)
    return bool({pair.from_id, pair.to_id} & _ids(entry))


def _ids(entry: dict[str, Any]) -> set[str]:
    return {value for key in (_FROM, _TO, *_ANY) for value in context_values(entry, key)}


def _entries(errors: list[Any] | None) -> list[dict[str, Any]]:
    return [entry for entry in errors or [] if isinstance(entry, dict)]


def _again(answer: Answer) -> Unexpected:
    return Unexpected(
        "HubSpot's list of this record's associations began again where it was before.",
        status=answer.status,
        correlation_id=answer.correlation_id,
    )


def _unmentioned(answer: Answer) -> Unmentioned:
    return Unmentioned(
        "HubSpot's answer does not mention this record's associations.",
        status=answer.status,
        correlation_id=answer.correlation_id,
        advice="Read the record: it may have been merged into another one.",
    )
