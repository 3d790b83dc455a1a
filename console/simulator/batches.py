"""The batch endpoints: whole-batch refusals, partial success by trace id, results in no order. Facts: section 4."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from console.simulator.clock import iso
from console.simulator.objects import Clash, Draft, Objects, record_id
from console.simulator.problems import ApiError, error, invalid, not_found
from console.simulator.store import Record

MAX_INPUTS = 100
MAX_WITH_HISTORY = 50
_SINGULAR = {"contacts": "CONTACT", "companies": "COMPANY"}


class Input(msgspec.Struct, rename="camel"):
    """One input of any batch; each endpoint looks at what it knows."""

    id: str | int | None = None
    id_property: str | None = None
    properties: dict[str, Any] = {}
    object_write_trace_id: str | None = None
    associations: list[Any] | None = None


class Body(msgspec.Struct, rename="camel"):
    """The body of any batch."""

    inputs: list[Input]
    id_property: str | None = None
    properties: list[str] | None = None
    properties_with_history: list[str] | None = None


class Answer(NamedTuple):
    """Status and body of an answer."""

    status: int
    body: dict[str, Any]


class Refused(NamedTuple):
    """One input that cannot be written, and what the whole batch answers if it must be refused because of it."""

    input: Input
    whole: ApiError
    category: str
    message: str
    existing: int | None = None


class Batches:
    """The five batch operations on one object type."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.portal = objects.portal
        self.started = iso(self.portal.now_ms())

    def read(self, body: Body, *, archived: bool) -> Answer:
        """POST batch/read."""
        inputs = self._inputs(body, MAX_WITH_HISTORY if body.properties_with_history else MAX_INPUTS)
        key_property = body.id_property
        if key_property not in (None, "hs_object_id"):
            self.objects.unique_property(str(key_property), "read")
        names = self.objects.shown([*(body.properties or ()), *(body.properties_with_history or ())])
        merged = self.portal.switches.batch_reads_merged
        results, missing = [], []
        for item in inputs:
            key = str(item.id)
            record = self.objects.find(key, key_property, archived=archived, merged=merged)
            if record is None:
                missing.append(key)
                continue
            shown = self.objects.as_json(record, names)
            if body.properties_with_history:
                shown["propertiesWithHistory"] = self.objects.history(record, body.properties_with_history)
            results.append(shown)
        return self._answer(200, results, self._not_found(missing))

    def create(self, body: Body) -> Answer:
        """POST batch/create."""
        self._at_most(body)
        return self._write(body.inputs, self._check_create, 201)

    def update(self, body: Body) -> Answer:
        """POST batch/update: unknown ids are told in one error, merged ones not at all, the others are written."""
        inputs = self._inputs(body)
        for name in {item.id_property for item in inputs} - {None, "hs_object_id"}:
            if name == "email" and not self.portal.switches.update_by_email:
                raise invalid("Unable to perform update by property email: use the record id")
            self.objects.unique_property(str(name), "update")
        known, missing = [], []
        for item in inputs:
            if self.objects.find(str(item.id), item.id_property) is not None:
                known.append(item)
            elif not self._merged_away(item):
                missing.append(str(item.id))
        return self._write(known, self._check_update, 200, self._not_found(missing))

    def upsert(self, body: Body) -> Answer:
        """POST batch/upsert; by email it is all or nothing, whatever the trace ids."""
        inputs = self._inputs(body)
        names = {item.id_property or body.id_property for item in inputs}
        if len(names) > 1:
            raise invalid("All inputs of an upsert must have the same idProperty")
        name = next(iter(names), None)
        if name in (None, "hs_object_id"):
            known = [item for item in inputs if self.objects.find(str(item.id)) is not None]
            unknown = [
                str(item.id)
                for item in inputs
                if self.objects.find(str(item.id)) is None and not self._merged_away(item)
            ]
            return self._write(known, self._check_update, 200, self._not_found(unknown), new=False)
        key_property = str(name)
        self.objects.unique_property(key_property, "upsert")
        partial = key_property != "email" or self.portal.switches.partial_email_upsert

        def check(item: Input) -> Draft:
            return self._check_upsert(item, key_property)

        return self._write(inputs, check, 200, new=True, partial=partial)

    def archive(self, body: Body) -> Answer:
        """POST batch/archive: 204, unknown ids too."""
        for item in self._inputs(body):
            id_ = record_id(str(item.id))
            if id_ is not None:
                self.objects.archive(id_)
        return Answer(204, {})

    def _merged_away(self, item: Input) -> bool:
        """Whether it names a record that was merged into another by its own id: batches pass it over in silence."""
        id_ = record_id(str(item.id)) if item.id_property in (None, "hs_object_id") else None
        return id_ is not None and bool(self.objects.table.gone.get(id_))

    def _inputs(self, body: Body, most: int = MAX_INPUTS) -> list[Input]:
        """The inputs that have an id; too many or duplicate ones refuse the whole request."""
        self._at_most(body, most)
        inputs = [item for item in body.inputs if item.id is not None]
        seen: dict[str, str] = {}
        twice: dict[str, None] = {}
        for item in inputs:
            text = str(item.id)
            key = text.strip().lower() if (item.id_property or body.id_property) == "email" else text
            if key in seen:
                twice[text] = None
            seen[key] = text
        if twice:
            listed = ", ".join(twice)
            raise invalid(
                f"Duplicate IDs found in batch input: [{listed}]. IDs must be unique", context={"ids": list(twice)}
            )
        return inputs

    def _at_most(self, body: Body, most: int = MAX_INPUTS) -> None:
        if len(body.inputs) > most:
            message = (
                f"The maximum number of inputs supported in a batch request for this object type is {most} "
                f"inputs. Received {len(body.inputs)} inputs."
            )
            raise invalid(message) if self.portal.switches.batch_over_limit == "validation" else error(400, message)

    def _check_create(self, item: Input) -> Draft:
        return self.objects.check_create(item.properties, item.associations)

    def _check_update(self, item: Input) -> Draft:
        record = self.objects.find(str(item.id), item.id_property)
        if record is None:
            raise not_found()
        return self.objects.check_update(record, item.properties)

    def _check_upsert(self, item: Input, key_property: str) -> Draft:
        record = self.objects.find(str(item.id), key_property)
        if record is not None:
            return self.objects.check_update(record, item.properties)
        return self.objects.check_create({key_property: str(item.id), **item.properties})

    def _write(
        self,
        inputs: list[Input],
        check: Callable[[Input], Draft],
        status: int,
        errors: Iterable[dict[str, Any]] = (),
        *,
        new: bool | None = None,
        partial: bool = True,
    ) -> Answer:
        """Check all inputs, then write all, the good ones (a unique trace id on each) or none."""
        traces = [item.object_write_trace_id for item in inputs]
        traced = partial and all(traces) and len(set(traces)) == len(traces)
        drafts, refused = self._check_all(inputs, check)
        if refused and not traced:
            raise self._whole(refused)
        results = [self._store(item, draft, new) for item, draft in drafts]
        told = [_partial_error(one) for one in refused]
        return self._answer(status, results, [*errors, *told])

    def _check_all(
        self, inputs: list[Input], check: Callable[[Input], Draft]
    ) -> tuple[list[tuple[Input, Draft]], list[Refused]]:
        drafts: list[tuple[Input, Draft]] = []
        refused: list[Refused] = []
        taken: set[tuple[str, str]] = set()
        for item in inputs:
            try:
                draft = check(item)
            except ApiError as problem:
                refused.append(_refused_by(item, problem))
                continue
            clash = self.objects.clash(draft) or _inner_clash(self.objects, draft, taken)
            if clash is not None:
                refused.append(self._clashed(item, clash))
                continue
            taken.update((name, draft.values[name]) for name in self.objects.table.unique if name in draft.values)
            drafts.append((item, draft))
        return drafts, refused

    def _clashed(self, item: Input, clash: Clash) -> Refused:
        whole = self.objects.clashed(clash, tell=False)
        return Refused(item, whole, whole.body["category"], self.objects.clash_text(clash), clash.existing)

    def _whole(self, refused: list[Refused]) -> ApiError:
        """One refusal for the batch: all bad values in one message, else the first problem."""
        values = [one for one in refused if one.category == "VALIDATION_ERROR"]
        return _joined([one.whole for one in values]) if values else refused[0].whole

    def _store(self, item: Input, draft: Draft, new: bool | None) -> dict[str, Any]:
        objects, trace = self.objects, item.object_write_trace_id or ""
        record: Record = objects.store(draft, trace)
        created = draft.old is None
        shown = objects.as_created(record) if created else objects.as_updated(record, draft.sent)
        if new is not None:
            shown["new"] = created
        if trace and self.portal.switches.echo_trace:
            shown["objectWriteTraceId"] = trace
        return shown

    def _not_found(self, ids: list[str]) -> list[dict[str, Any]]:
        if not ids:
            return []
        kind = _SINGULAR[self.objects.type]
        return [
            {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "message": f"Could not get some {kind} objects, they may be deleted or not exist. "
                "Check that ids are valid.",
                "context": {"ids": ids},
            }
        ]

    def _answer(self, status: int, results: list[dict[str, Any]], errors: list[dict[str, Any]]) -> Answer:
        if self.portal.switches.shuffle:
            self.portal.rng.shuffle(results)
        body = {
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


def _refused_by(item: Input, problem: ApiError) -> Refused:
    body = problem.body
    return Refused(item, problem, body.get("category", "VALIDATION_ERROR"), body["message"])


def _inner_clash(objects: Objects, draft: Draft, taken: set[tuple[str, str]]) -> Clash | None:
    """A unique value that an earlier input of the same batch sets."""
    for name in objects.table.unique:
        value = draft.values.get(name)
        if value and (name, value) in taken:
            return Clash(name, value, None)
    return None


def _partial_error(one: Refused) -> dict[str, Any]:
    context = {"objectWriteTraceId": [one.input.object_write_trace_id]}
    if one.existing is not None:
        context["existingId"] = [str(one.existing)]
    return {"status": "error", "category": one.category, "message": one.message, "context": context}


def _joined(problems: list[ApiError]) -> ApiError:
    """Several refusals for values as one: every complaint in the message, the first three in `errors`."""
    prefix = "Property values were not valid: "
    listed: list[Any] = []
    errors: list[Any] = []
    for problem in problems:
        message = str(problem.body["message"])
        if not message.startswith(prefix):
            return problem
        listed += msgspec.json.decode(message.removeprefix(prefix))
        errors += problem.body.get("errors", [])
    return invalid(prefix + msgspec.json.encode(listed).decode(), errors=errors[:3])
