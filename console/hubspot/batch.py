"""Up to 100 records in one request, with an outcome for every input (facts section 4).

HubSpot may refuse a batch whole for one bad input, answer 207 with errors that name many inputs or
none, shorten the list of errors, change the order, or leave an input out without a word. Whatever it
does, the list that comes back has one `Outcome` per input, in the order of the inputs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from console.hubspot.batch_run import BatchRun, Operation
from console.hubspot.budget_port import Priority
from console.hubspot.client import Client
from console.hubspot.errors import HubSpotError, NotFound, Unmentioned
from console.hubspot.matching import MERGED_IDS, SECONDARY_EMAILS, Input, Match, folded, holds_most
from console.hubspot.model import ObjectType, Outcome, Properties, Write
from console.hubspot.paths import object_path
from console.hubspot.wire import single

BATCH_LIMIT = 100


class Batches:
    """The batch endpoints of one object type.

    Errors of HubSpot's and of the network are outcomes, not exceptions; of a create whose answer was lost
    the outcome is `OutcomeUnknown`, and it is not sent again. `ValueError` is raised before anything is
    sent: more than 100 inputs, two inputs with one key, an input without a key.
    """

    def __init__(self, client: Client, object_type: ObjectType, priority: Priority = "bulk") -> None:
        self._client = client
        self.object_type: ObjectType = object_type
        self._priority: Priority = priority

    async def batch_read(
        self,
        keys: Sequence[str],
        *,
        properties: Sequence[str] = (),
        id_property: str | None = None,
        archived: bool = False,
    ) -> list[Outcome]:
        """Records by id, or by the value of a unique property; a missing one is `NotFound`."""
        inputs = [Input(index=index, key=key) for index, key in enumerate(keys)]
        _check(inputs, id_property)
        # what tells which result answers which key, when HubSpot knows the record under another one by now
        helpers = [id_property] if id_property else [MERGED_IDS]
        if id_property == "email":
            helpers.append(SECONDARY_EMAILS)
        asked = list(dict.fromkeys([*properties, *helpers]))

        def body(group: Sequence[Input]) -> dict[str, Any]:
            wanted: dict[str, Any] = {
                "inputs": [{"id": one.key} for one in group],
                "properties": asked,
                "propertiesWithHistory": [],
            }
            return wanted if id_property is None else {**wanted, "idProperty": id_property}

        def pair(match: Match) -> None:
            match.by_key(id_property) if id_property else match.by_id()

        unasked = frozenset(helpers) - set(properties) - ({id_property} if id_property else set())
        suffix = "?archived=true" if archived else ""
        outcomes = await self._run(
            Operation("read", self._path("batch", "read") + suffix, True, body, pair, unasked), inputs
        )
        for index, outcome in enumerate(outcomes):
            if isinstance(outcome.error, Unmentioned):
                # a single read knows the ids of merged records, which batches need not
                outcomes[index] = await self._alone(keys[index], properties, id_property, archived=archived)
        return outcomes

    async def _alone(self, key: str, properties: Sequence[str], id_property: str | None, *, archived: bool) -> Outcome:
        """The outcome of reading one record by itself."""
        params: dict[str, str] = {"properties": ",".join(properties)} if properties else {}
        if id_property is not None:
            params["idProperty"] = id_property
        if archived:
            params["archived"] = "true"
        try:
            answer = await self._client.request(
                "GET",
                self._path(key),
                params=params,
                priority=self._priority,
                safe=True,
                shown=self._path() + "/{key}",
            )
            return Outcome(record=single(answer).record())
        except (HubSpotError, ValueError) as error:
            return Outcome(error=error if isinstance(error, HubSpotError) else NotFound(f"{error}."))

    async def batch_create(self, writes: Sequence[Write]) -> list[Outcome]:
        """New records; in a batch of good and bad inputs the good ones are created."""
        inputs = [
            Input(
                index=index,
                trace=write.trace,
                properties={name: value for name, value in write.properties.items() if value is not None},
            )
            for index, write in enumerate(writes)
        ]

        def body(group: Sequence[Input]) -> dict[str, Any]:
            return {"inputs": [{"properties": one.properties, "objectWriteTraceId": one.trace} for one in group]}

        def pair(match: Match) -> None:
            match.by_trace()
            match.by_key("email")
            match.by_values()

        return await self._run(Operation("create", self._path("batch", "create"), False, body, pair), _traced(inputs))

    async def batch_update(self, writes: Sequence[Write]) -> list[Outcome]:
        """Set properties of records by id; None clears."""
        inputs = _keyed(writes)

        def body(group: Sequence[Input]) -> dict[str, Any]:
            return {
                "inputs": [
                    {"id": one.key, "properties": one.properties, "objectWriteTraceId": one.trace} for one in group
                ]
            }

        def pair(match: Match) -> None:
            match.by_trace()
            match.by_id()

        _check(inputs, None)
        return await self._run(Operation("update", self._path("batch", "update"), True, body, pair), _traced(inputs))

    async def batch_upsert(self, writes: Sequence[Write], id_property: str) -> list[Outcome]:
        """Update by the value of a unique property, create where there is none; `new` tells which it was."""
        inputs = _keyed(writes)

        def body(group: Sequence[Input]) -> dict[str, Any]:
            return {
                "inputs": [
                    {
                        "id": one.key,
                        "idProperty": id_property,
                        "properties": one.properties,
                        "objectWriteTraceId": one.trace,
                    }
                    for one in group
                ]
            }

        def pair(match: Match) -> None:
            match.by_trace()
            match.by_key(id_property)
            match.by_values(interchangeable=False)

        _check(inputs, id_property)
        operation = Operation("upsert", self._path("batch", "upsert"), True, body, pair)
        return await self._named_by_key(await self._run(operation, _traced(inputs)), inputs, id_property)

    async def _named_by_key(self, outcomes: list[Outcome], inputs: Sequence[Input], id_property: str) -> list[Outcome]:
        """Read by their keys what the answer gave no telling of: it repeats the key only where that was sent."""
        unclear = [one for one in inputs if isinstance(outcomes[one.index].error, Unmentioned)]
        if unclear:
            names = sorted({name for one in unclear for name in one.properties})
            keys = [one.key or "" for one in unclear]
            found = await self.batch_read(keys, properties=names, id_property=id_property)
            for one, outcome in zip(unclear, found, strict=True):
                if outcome.record is not None and holds_most(one.properties, outcome.record.properties):
                    outcomes[one.index] = outcome
        return outcomes

    async def batch_archive(self, ids: Sequence[str]) -> list[Outcome]:
        """Move records to the recycle bin; an outcome of success holds no record."""
        inputs = [Input(index=index, key=key) for index, key in enumerate(ids)]
        _check(inputs, None)

        def body(group: Sequence[Input]) -> dict[str, Any]:
            return {"inputs": [{"id": one.key} for one in group]}

        return await self._run(Operation("archive", self._path("batch", "archive"), True, body, None), inputs)

    async def _run(self, operation: Operation, inputs: list[Input]) -> list[Outcome]:
        if len(inputs) > BATCH_LIMIT:
            raise ValueError(f"a batch takes {BATCH_LIMIT} inputs, not {len(inputs)}")
        return await BatchRun(self._client, operation, inputs, self._priority).outcomes()

    def _path(self, *rest: str) -> str:
        return object_path(self.object_type, self._client.version, *rest)


def _keyed(writes: Sequence[Write]) -> list[Input]:
    return [
        Input(index=index, key=write.id or "", properties=cleared(write.properties), trace=write.trace)
        for index, write in enumerate(writes)
    ]


def cleared(properties: Properties) -> dict[str, str]:
    """Properties as a write wants them: the empty text clears a value."""
    return {name: "" if value is None else value for name, value in properties.items()}


def _check(inputs: Sequence[Input], id_property: str | None) -> None:
    """HubSpot refuses a batch with two inputs of one key whole, so it is not even sent."""
    same: Callable[[str], str | None] = folded if id_property == "email" else str.strip
    seen: set[str] = set()
    for one in inputs:
        key = same(one.key or "")
        if not key:
            raise ValueError(f"input {one.index} has no key")
        if key in seen:
            raise ValueError(f"input {one.index} has the key of an input before it")
        seen.add(key)


def _traced(inputs: list[Input]) -> list[Input]:
    """Every input gets a trace id: without, one bad input refuses the whole batch."""
    given = [one.trace for one in inputs if one.trace is not None]
    if len(set(given)) != len(given):
        raise ValueError("two inputs have the same trace id")
    batch = secrets.token_hex(4)
    for one in inputs:
        if one.trace is None:
            one.trace = f"{batch}-{one.index}"
    return inputs
