"""Which result of a batch belongs to which input: HubSpot answers in an order of its own (facts section 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

import msgspec

from console.hubspot.wire import WireRecord, text_of

SECONDARY_EMAILS = "hs_additional_emails"
MERGED_IDS = "hs_merged_object_ids"
LIKENESS = 0.5

K = TypeVar("K", bound=Hashable)


class Input(msgspec.Struct, eq=False):
    """One input of a batch. `key` is the record id or the value of the key property; None for creates."""

    index: int
    key: str | None = None
    properties: dict[str, str] = {}
    trace: str | None = None


class Match:
    """Pairs inputs with results: by trace id, by id, by key, then by the full set of values.

    What cannot be told apart stays unpaired: a wrong pair would link a person to somebody else's record.
    """

    def __init__(self, inputs: Iterable[Input], results: Sequence[WireRecord]) -> None:
        self.inputs = list(inputs)
        self.results = list(results)
        self.pairs: dict[int, WireRecord] = {}

    def by_trace(self) -> None:
        """Not every version echoes the trace id; where it is, it decides."""
        self._pair(lambda one: [one.trace], lambda result: [result.object_write_trace_id])

    def by_id(self) -> None:
        """The id that was asked, else an id that was merged into the record."""
        self._pair(lambda one: [one.key], lambda result: [str(result.id)])
        self._pair(lambda one: [one.key], lambda result: _listed(result, MERGED_IDS))

    def by_key(self, name: str) -> None:
        """The value of a unique property, exactly, else as HubSpot compares it."""
        self._pair(lambda one: [_key(one, name)], lambda result: [_value(result, name)])
        self._pair(lambda one: [folded(_key(one, name))], lambda result: [folded(_value(result, name))])
        if name == "email":
            self._pair(
                lambda one: [folded(_key(one, name))],
                lambda result: [folded(value) for value in _listed(result, SECONDARY_EMAILS)],
            )

    def by_values(self) -> None:
        """Everything that was sent; then, with one left on each side, most of it."""
        while self._pair_forced() or self._pair_alike():
            pass
        if len(self.inputs) == 1 and len(self.results) == 1:
            one, result = self.inputs[0], self.results[0]
            same = sum(_same(value, _value(result, name)) for name, value in one.properties.items())
            if one.properties and same / len(one.properties) >= LIKENESS:
                self._take(one, result)

    def _pair(
        self, keys_of: Callable[[Input], list[K | None]], names_of: Callable[[WireRecord], list[K | None]]
    ) -> None:
        wanted = [(key, one) for one in self.inputs for key in keys_of(one) if key]
        found = [(key, result) for result in self.results for key in dict.fromkeys(names_of(result)) if key]
        often, seen = Counter(key for key, _ in wanted), Counter(key for key, _ in found)
        results = {key: result for key, result in found if seen[key] == 1}
        taken: set[int] = set()
        for key, one in wanted:
            result = results.get(key)
            if often[key] == 1 and result is not None and id(result) not in taken:
                taken.add(id(result))
                self._take(one, result)

    def _pair_forced(self) -> bool:
        """Pair where one side has a single candidate."""
        fits = [[result for result in self.results if _fits(one, result)] for one in self.inputs]
        counts = Counter(id(result) for candidates in fits for result in candidates)
        for one, candidates in zip(self.inputs, fits, strict=True):
            sole = candidates if len(candidates) == 1 else [result for result in candidates if counts[id(result)] == 1]
            if len(sole) == 1 and (counts[id(sole[0])] == 1 or not self._rivals(one, sole[0], fits)):
                self._take(one, sole[0])
                return True
        return False

    def _rivals(self, one: Input, result: WireRecord, fits: list[list[WireRecord]]) -> bool:
        """Whether another input has this result as its only candidate too."""
        return any(
            other is not one and len(candidates) == 1 and candidates[0] is result
            for other, candidates in zip(self.inputs, fits, strict=True)
        )

    def _pair_alike(self) -> bool:
        """Inputs with equal values are interchangeable: any result of theirs will do for any of them."""
        for one in self.inputs:
            twins = [other for other in self.inputs if other.properties == one.properties]
            candidates = [result for result in self.results if _fits(one, result)]
            strangers = any(
                _fits(other, result)
                for other in self.inputs
                if other.properties != one.properties
                for result in candidates
            )
            if candidates and len(candidates) == len(twins) and not strangers:
                for twin, result in zip(twins, candidates, strict=True):
                    self._take(twin, result)
                return True
        return False

    def _take(self, one: Input, result: WireRecord) -> None:
        self.pairs[one.index] = result
        self.inputs.remove(one)
        self.results.remove(result)


def folded(text: str | None) -> str | None:
    """A key as HubSpot compares keys: without outer blanks, in one case."""
    return text.strip().casefold() if text is not None else None


def _key(one: Input, name: str) -> str | None:
    return one.key if one.key is not None else one.properties.get(name)


def _value(result: WireRecord, name: str) -> str | None:
    return text_of(result.properties.get(name))


def _listed(result: WireRecord, name: str) -> list[str | None]:
    return [part.strip() for part in (_value(result, name) or "").split(";")]


def _fits(one: Input, result: WireRecord) -> bool:
    return bool(one.properties) and all(_same(value, _value(result, name)) for name, value in one.properties.items())


def _same(sent: str, returned: str | None) -> bool:
    return (folded(sent) or "") == (folded(returned) or "")
