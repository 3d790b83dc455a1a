"""Which result of a batch belongs to which input: HubSpot answers in an order of its own (facts section 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from console.hubspot.value_matching import LIKENESS, likeness, pair_by_values
from console.hubspot.wire import WireRecord, text_of

SECONDARY_EMAILS = "hs_additional_emails"
MERGED_IDS = "hs_merged_object_ids"

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

    def by_values(self, *, interchangeable: bool = True) -> None:
        """Everything that was sent; `interchangeable`: see `pair_by_values`."""
        inputs, results = list(self.inputs), list(self.results)
        sent = [{name: folded(value) or "" for name, value in one.properties.items()} for one in inputs]
        returned = [
            {name: folded(text_of(value)) or "" for name, value in found.properties.items()} for found in results
        ]
        for one, result in pair_by_values(sent, returned, interchangeable=interchangeable):
            self._take(inputs[one], results[result])

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

    def _take(self, one: Input, result: WireRecord) -> None:
        self.pairs[one.index] = result
        self.inputs.remove(one)
        self.results.remove(result)


def folded(text: str | None) -> str | None:
    """A key as HubSpot compares keys: without outer blanks, in one case."""
    return text.strip().casefold() if text is not None else None


def holds_most(sent: Mapping[str, str], present: Mapping[str, str | None]) -> bool:
    """Whether a record has what was written to it, as far as HubSpot lets a value be."""
    wanted = {name: folded(value) or "" for name, value in sent.items()}
    return not wanted or likeness(wanted, {name: folded(value) or "" for name, value in present.items()}) >= LIKENESS


def _key(one: Input, name: str) -> str | None:
    return one.key if one.key is not None else one.properties.get(name)


def _value(result: WireRecord, name: str) -> str | None:
    return text_of(result.properties.get(name))


def _listed(result: WireRecord, name: str) -> list[str | None]:
    return [part.strip() for part in (_value(result, name) or "").split(";")]
