"""Pairs inputs with results by what was sent, where nothing better tells: neither trace id nor key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

Values = dict[str, str]

LIKENESS = 0.5


def pair_by_values(
    sent: Sequence[Values], returned: Sequence[Values], *, interchangeable: bool = True
) -> list[tuple[int, int]]:
    """Positions in `sent` and `returned` that belong together beyond doubt; values are folded already.

    `interchangeable` says that inputs of equal values may have each other's results: new records may, those with
    different keys may not.

    A pair needs all that was sent, but for the last one on each side, which needs half of it: HubSpot
    alters some values. With results missing or too many, a result is given only to an input that it
    resembles alone.
    """
    if len(sent) != len(returned):
        return _distinct(sent, returned)
    pairs = _Puzzle(sent, returned).solve(interchangeable=interchangeable)
    left = sorted(set(range(len(sent))) - {one for one, _ in pairs})
    over = sorted(set(range(len(returned))) - {result for _, result in pairs})
    if len(left) == len(over) == 1 and likeness(sent[left[0]], returned[over[0]]) >= LIKENESS:
        pairs.append((left[0], over[0]))
    return pairs


def likeness(sent: Values, returned: Values) -> float:
    """The share of what was sent that came back, 0 to 1; blank and absent are the same."""
    same = sum(returned.get(name, "") == value for name, value in sent.items())
    return same / len(sent) if sent else 0.0


def _distinct(sent: Sequence[Values], returned: Sequence[Values]) -> list[tuple[int, int]]:
    pairs = []
    alike = [[one for one, values in enumerate(sent) if likeness(values, result) >= LIKENESS] for result in returned]
    claims = Counter(one for owners in alike for one in owners)
    for result, owners in enumerate(alike):
        if len(owners) == 1 and claims[owners[0]] == 1 and likeness(sent[owners[0]], returned[result]) == 1.0:
            pairs.append((owners[0], result))
    return pairs


class _Puzzle:
    """Candidates on both sides, thinned out pair by pair."""

    def __init__(self, sent: Sequence[Values], returned: Sequence[Values]) -> None:
        self._sent = sent
        self._results: dict[int, set[int]] = {
            one: {result for result, back in enumerate(returned) if likeness(values, back) == 1.0}
            for one, values in enumerate(sent)
        }
        self._inputs: dict[int, set[int]] = {
            result: {one for one, results in self._results.items() if result in results}
            for result in range(len(returned))
        }
        self._pairs: list[tuple[int, int]] = []

    def solve(self, *, interchangeable: bool) -> list[tuple[int, int]]:
        while self._take_sole() or (interchangeable and self._take_twins()):
            pass
        return self._pairs

    def _take_sole(self) -> bool:
        """A result that fits one input only, or the other way round."""
        for result, inputs in self._inputs.items():
            if len(inputs) == 1:
                (one,) = inputs
                rivals = [other for other in self._results[one] if len(self._inputs[other]) == 1]
                if len(rivals) == 1:
                    return self._take(one, result)
        for one, results in self._results.items():
            if len(results) == 1:
                (result,) = results
                rivals = [other for other in self._inputs[result] if len(self._results[other]) == 1]
                if len(rivals) == 1:
                    return self._take(one, result)
        return False

    def _take_twins(self) -> bool:
        """Inputs with equal values are interchangeable: any result of theirs will do for any of them."""
        for one, results in self._results.items():
            twins = {other for other in self._results if self._sent[other] == self._sent[one]}
            if results and len(results) == len(twins) and all(self._inputs[result] <= twins for result in results):
                for twin, result in zip(sorted(twins), sorted(results), strict=True):
                    self._take(twin, result)
                return True
        return False

    def _take(self, one: int, result: int) -> bool:
        self._pairs.append((one, result))
        for other in self._results.pop(one):
            self._inputs[other].discard(one)
        for other in self._inputs.pop(result):
            self._results[other].discard(result)
        return True
