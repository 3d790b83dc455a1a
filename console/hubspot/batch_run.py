"""One batch on its way: sent whole, halved where HubSpot refuses it whole, settled input by input."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from console.hubspot.answer import Answer
from console.hubspot.budget_port import Priority
from console.hubspot.classify import classify_entry, context_values
from console.hubspot.client import Client
from console.hubspot.errors import (
    Conflict,
    HubSpotError,
    Invalid,
    NotFound,
    OutcomeUnknown,
    Unexpected,
    Unmentioned,
)
from console.hubspot.matching import Input, Match, folded
from console.hubspot.model import Outcome
from console.hubspot.wire import WireBatch, WireRecord

# a refusal of one of these kinds is about some input; others are about the request as such
_SPLIT_STATUSES = frozenset({400, 404, 409, 413, 414, 422})
# these follow from the property's name alone, so every input that has the property is to blame
_NAME_CODES = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})
_KEYS_IN_CONTEXT = ("ids", "id", "objectId", "objectIds")


class Operation(NamedTuple):
    """What differs between the five batch endpoints. `pair` is None where no results come back."""

    name: str
    path: str
    safe: bool
    body: Callable[[Sequence[Input]], dict[str, Any]]
    pair: Callable[[Match], None] | None
    unasked: frozenset[str] = frozenset()


class BatchRun:
    """Sends inputs until each has its outcome."""

    def __init__(self, client: Client, operation: Operation, inputs: list[Input], priority: Priority) -> None:
        self._client = client
        self._operation = operation
        self._inputs = inputs
        self._priority: Priority = priority
        self._settled: dict[int, Outcome] = {}
        self._waiting: deque[list[Input]] = deque()

    async def outcomes(self) -> list[Outcome]:
        """One outcome per input, in the order of the inputs."""
        sendable = [one for one in self._inputs if self._is_sendable(one)]
        if sendable:
            self._waiting.append(sendable)
        while self._waiting:
            await self._send(self._waiting.popleft())
        return [self._settled[one.index] for one in self._inputs]

    def _is_sendable(self, one: Input) -> bool:
        texts = [one.key or "", one.trace or "", *one.properties, *one.properties.values()]
        try:
            "".join(texts).encode()
        except UnicodeEncodeError:
            self._fail([one], Invalid("A value holds half a character (a lone surrogate).", category="UNSENDABLE"))
            return False
        return True

    async def _send(self, group: list[Input]) -> None:
        operation = self._operation
        try:
            answer = await self._client.request(
                "POST", operation.path, json=operation.body(group), priority=self._priority, safe=operation.safe
            )
        except HubSpotError as error:
            self._refused(group, error)
            return
        self._answered(group, answer)

    def _refused(self, group: list[Input], error: HubSpotError) -> None:
        if error.stops_run:
            self._fail([*group, *(one for waiting in self._waiting for one in waiting)], error)
            self._waiting.clear()
        elif (
            len(group) == 1
            or error.status not in _SPLIT_STATUSES
            or not isinstance(error, Invalid | Conflict | NotFound)
        ):
            self._fail(group, error)
        elif to_blame := _blamed_by_name(group, error):
            self._fail(to_blame, error)
            self._again([one for one in group if one not in to_blame])
        else:
            self._halve(group)

    def _halve(self, group: list[Input]) -> None:
        middle = len(group) // 2
        self._waiting.extendleft([group[middle:], group[:middle]])

    def _again(self, group: list[Input]) -> None:
        if group:
            self._waiting.appendleft(group)

    def _answered(self, group: list[Input], answer: Answer) -> None:
        pair = self._operation.pair
        if pair is None and not answer.body.strip():
            self._succeed(group)
            return
        try:
            batch = answer.decode(WireBatch)
        except Unexpected as error:
            self._fail(group, self._lost(error.message, answer, Unexpected))
            return
        errors = [entry for entry in batch.errors or [] if isinstance(entry, dict)]
        stray = [entry for entry in errors if not self._attribute(group, entry, answer)]
        match = Match(self._open(group), batch.results)
        if pair is not None:
            pair(match)
        for one in self._open(group):
            if (result := match.pairs.get(one.index)) is not None:
                self._settled[one.index] = self._success(result)
        hidden = (batch.num_errors or 0) - len(errors)
        self._left_over(group, stray, max(hidden, 0), len(match.results), answer)

    def _attribute(self, group: list[Input], entry: dict[str, Any], answer: Answer) -> bool:
        """Give the error to the inputs that it names, by trace id or by key; one error may name many."""
        traces = {*context_values(entry, "objectWriteTraceId"), *_direct(entry, "objectWriteTraceId")}
        keys = {
            folded(value)
            for name in _KEYS_IN_CONTEXT
            for value in [*context_values(entry, name), *_direct(entry, name)]
        }
        named = [one for one in group if one.trace in traces] or [one for one in group if folded(one.key) in keys]
        self._fail(self._open(named), classify_entry(entry, answer))
        return bool(named)

    def _left_over(
        self, group: list[Input], stray: list[dict[str, Any]], hidden: int, unpaired: int, answer: Answer
    ) -> None:
        """Inputs that neither a result nor an error names."""
        left = self._open(group)
        if not left:
            return
        told = [classify_entry(entry, answer) for entry in stray]
        # where results come back, those without one are the ones that were not found
        missing = self._operation.pair is not None and all(isinstance(error, NotFound) for error in told)
        if told and (len(left) == 1 or missing) and not unpaired:
            self._fail(left, told[0])
        elif (told or hidden) and self._may_repeat(left, len(told) + hidden, unpaired):
            # HubSpot says that some failed, not which: ask again with fewer, down to one
            self._halve(left) if len(left) == len(group) and len(group) > 1 else self._again_or_lost(
                left, group, answer
            )
        elif self._operation.pair is None:
            self._succeed(left)
        else:
            self._fail(left, self._lost("HubSpot's answer does not mention this input.", answer))

    def _may_repeat(self, left: list[Input], failures: int, unpaired: int) -> bool:
        """A create may be sent again only where HubSpot counts every input left as failed."""
        return self._operation.safe or (failures >= len(left) and not unpaired)

    def _again_or_lost(self, left: list[Input], group: list[Input], answer: Answer) -> None:
        if len(left) < len(group):
            self._again(left)
        else:
            self._fail(left, self._lost("HubSpot counts a failure and does not name it.", answer))

    def _lost(self, message: str, answer: Answer, safe_kind: type[HubSpotError] = Unmentioned) -> HubSpotError:
        kind = safe_kind if self._operation.safe else OutcomeUnknown
        advice = "Read the record: it may have been merged, or written all the same."
        return kind(message, status=answer.status, correlation_id=answer.correlation_id, advice=advice)

    def _open(self, group: list[Input]) -> list[Input]:
        return [one for one in group if one.index not in self._settled]

    def _fail(self, group: Sequence[Input], error: HubSpotError) -> None:
        for one in group:
            self._settled[one.index] = Outcome(error=error)

    def _succeed(self, group: Sequence[Input]) -> None:
        for one in self._open(list(group)):
            self._settled[one.index] = Outcome()

    def _success(self, result: WireRecord) -> Outcome:
        for name in self._operation.unasked:
            result.properties.pop(name, None)
        return Outcome(record=result.record(), new=result.new)


def _blamed_by_name(group: list[Input], error: HubSpotError) -> list[Input]:
    if not isinstance(error, Invalid):
        return []
    names = {problem.property for problem in error.problems if problem.code in _NAME_CODES}
    return [one for one in group if names & one.properties.keys()]


def _direct(entry: dict[str, Any], name: str) -> list[str]:
    value = entry.get(name)
    values = value if isinstance(value, list) else [value]
    return [str(found) for found in values if isinstance(found, str | int)]
