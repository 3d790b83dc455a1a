"""The batch endpoints of associations. Facts: section 9."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from console.simulator import associations_read as reading
from console.simulator import associations_write as writing
from console.simulator.associations import CONTACTS, Label
from console.simulator.associations_write import End, Spec
from console.simulator.clock import iso
from console.simulator.portal import Portal
from console.simulator.problems import ApiError, invalid

MAX_READS = 1_000
MAX_WRITES = 2_000


class Ask(msgspec.Struct):
    """An input of batch/read."""

    id: str | int
    after: str | None = None


class Pair(msgspec.Struct, rename={"from_": "from"}):
    """An input of batch/create, associate/default and labels/archive."""

    from_: End
    to: End
    types: list[Spec] = []


class Parting(msgspec.Struct, rename={"from_": "from"}):
    """An input of batch/archive."""

    from_: End
    to: list[End]


class Asks(msgspec.Struct):
    """The body of batch/read."""

    inputs: list[Ask]


class Pairs(msgspec.Struct):
    """The body of the batches of pairs."""

    inputs: list[Pair]


class Partings(msgspec.Struct):
    """The body of batch/archive."""

    inputs: list[Parting]


class Answer(NamedTuple):
    """Status and body of an answer."""

    status: int
    body: dict[str, Any]


class AssociationBatches:
    """The batch operations between two object types, seen from `from_type`."""

    def __init__(self, portal: Portal, from_type: str) -> None:
        self.portal = portal
        self.from_type = from_type
        self.to_type = writing.other_type(from_type)
        self.started = iso(portal.now_ms())

    def read(self, body: Asks) -> Answer:
        """POST batch/read: records without any are told among the errors."""
        self._at_most(len(body.inputs), MAX_READS)
        results, errors = [], []
        path = f"/crm/v4/associations/{self.from_type}/{self.to_type}/batch/read"
        for ask in body.inputs:
            text = str(ask.id)
            if not (text.isascii() and text.isdigit() and len(text) < 19):
                errors.append(self._unreadable(text))
                continue
            some = reading.page(self.portal, self.from_type, int(text), ask.after, reading.MAX_PAGE)
            if not some.links:
                errors.append(self._none(text))
                continue
            to = reading.associated(self.portal, self.from_type, some)
            results.append({"from": {"id": text}, "to": to, **reading.paging(some, path)})
        return self._answer(200, results, errors)

    def create(self, body: Pairs) -> Answer:
        """POST batch/create: exactly these labels for each pair."""

        def write(pair: Pair) -> list[dict[str, Any]]:
            labels, (one, other) = self._labels(pair), self._ends(pair)
            writing.associate(self.portal, *self._ordered(one, other), labels, replace=True)
            return [reading.labelled_pair(self.portal, self.from_type, one, other)]

        return self._each(body, write, 201)

    def associate(self, body: Pairs) -> Answer:
        """POST batch/associate/default."""

        def write(pair: Pair) -> list[dict[str, Any]]:
            one, other = self._ends(pair)
            writing.associate(self.portal, *self._ordered(one, other), (), replace=False)
            return reading.default_pair(self.portal, self.from_type, one, other)

        return self._each(body, write, 200)

    def archive(self, body: Partings) -> None:
        """POST batch/archive: every association of each pair; unknown ones are fine too."""
        self._at_most(sum(len(one.to) for one in body.inputs), MAX_WRITES)
        for one in body.inputs:
            for other in one.to:
                pair = self._known(one.from_, other)
                if pair is not None:
                    writing.dissociate(self.portal, *pair)

    def archive_labels(self, body: Pairs) -> None:
        """POST batch/labels/archive; taking the unlabeled type ends the association."""
        self._at_most(len(body.inputs), MAX_WRITES)
        for labels, pair in [(self._labels(one), self._known(one.from_, one.to)) for one in body.inputs]:
            if pair is not None:
                writing.dissociate(self.portal, *pair, labels)

    def _each(self, body: Pairs, write: Callable[[Pair], list[dict[str, Any]]], status: int) -> Answer:
        self._at_most(len(body.inputs), MAX_WRITES)
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for pair in body.inputs:
            try:
                results += write(pair)
            except ApiError as problem:
                errors.append(self._refused(pair, problem))
        return self._answer(status, results, errors)

    def _labels(self, pair: Pair) -> set[Label]:
        return writing.labels_of(self.portal, self.from_type, pair.types)

    def _ends(self, pair: Pair) -> tuple[int, int]:
        return (
            writing.live(self.portal, self.from_type, pair.from_.id),
            writing.live(self.portal, self.to_type, pair.to.id),
        )

    def _known(self, one: End, other: End) -> tuple[int, int] | None:
        texts = str(one.id), str(other.id)
        if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts):
            return None
        return self._ordered(int(texts[0]), int(texts[1]))

    def _ordered(self, one: int, other: int) -> tuple[int, int]:
        """Contact first, company second."""
        return (one, other) if self.from_type == CONTACTS else (other, one)

    def _none(self, id_: str) -> dict[str, Any]:
        one, other = reading.singular(self.from_type), reading.singular(self.to_type)
        return {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "message": f"No {other} is associated with {one} {id_}.",
            "context": {"fromObjectId": [id_], "fromObjectType": [one], "toObjectType": [other]},
        }

    def _unreadable(self, id_: str) -> dict[str, Any]:
        one = reading.singular(self.from_type)
        return {
            "status": "error",
            "category": "VALIDATION_ERROR",
            "subCategory": "crm.associations.INVALID_IDENTIFIER",
            "message": f"{id_} is not a valid {one} id.",
            "context": {"fromObjectId": [id_], "fromObjectType": [one]},
        }

    def _refused(self, pair: Pair, problem: ApiError) -> dict[str, Any]:
        body = problem.body
        ends = {"fromObjectId": [str(pair.from_.id)], "toObjectId": [str(pair.to.id)]}
        told = {"status": "error", "category": body["category"], "message": body["message"]}
        if "INVALID_OBJECT_IDS" in body.get("context", {}):
            told["subCategory"] = "crm.associations.INVALID_IDENTIFIER"
        return told | {"context": {**body.get("context", {}), **ends}}

    def _at_most(self, count: int, most: int) -> None:
        if count > most:
            raise invalid(f"The maximum number of inputs supported in a batch is {most}. Received {count} inputs.")

    def _answer(self, status: int, results: list[dict[str, Any]], errors: list[dict[str, Any]]) -> Answer:
        if self.portal.switches.shuffle:
            self.portal.rng.shuffle(results)
        body: dict[str, Any] = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": self.started,
            "completedAt": iso(self.portal.now_ms()),
        }
        if not errors:
            return Answer(status, body)
        if self.portal.switches.spec_errors:
            errors = [{"errors": [], "links": {}, **one} for one in errors]
        return Answer(207, body | {"numErrors": len(errors), "errors": errors})
