"""The batch endpoints as they misbehave: whole refusals, shuffled results, errors that name many, none or too few."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.scripted_server import Received, Reply

CONFLICT, INVALID, MISSING = "conflict", "invalid", "missing"


@dataclass
class Manners:
    """How this HubSpot answers."""

    partial: bool = True
    """207 with the good ones done; else one bad input refuses the batch whole."""
    echo_trace: bool = False
    named: bool = True
    """Errors name their inputs."""
    listed: int = 1000
    """How many errors are listed; numErrors counts all of them."""
    seed: int = 0


@dataclass
class BatchHub:
    """`fault_of` tells what is wrong with an input, if anything. `written` logs (trace, id) of every write."""

    manners: Manners
    fault_of: Callable[[dict[str, Any]], str | None]
    written: list[tuple[str, str]] = field(default_factory=list)
    calls: int = 0

    def __call__(self, request: Received) -> Reply:
        self.calls += 1
        body = request.json
        inputs = body["inputs"]
        name = request.path.rsplit("/", 1)[1]
        faults = [(one, fault) for one in inputs if (fault := self.fault_of(one))]
        if any(fault != MISSING for _, fault in faults) and not self.manners.partial:
            return self._whole(*next((one, fault) for one, fault in faults if fault != MISSING))
        bad = [one for one, _ in faults]
        results = [self._result(name, one, body.get("idProperty")) for one in inputs if one not in bad]
        random.Random(self.manners.seed + self.calls).shuffle(results)
        if name == "archive":
            return Reply(204) if not faults else Reply(207, self._envelope([], faults))
        return Reply(207 if faults else 200, self._envelope(results, faults))

    def _result(self, name: str, one: dict[str, Any], id_property: str | None) -> dict[str, Any]:
        number = str(1000 + len(self.written)) if name in ("create", "upsert") else one["id"]
        found = {"email": one["id"].lower()} if (id_property or one.get("idProperty")) == "email" else {}
        if id_property == "email":
            number = "9" + str(abs(hash(one["id"].lower())))
        self.written.append((one.get("objectWriteTraceId", ""), number))
        sent = {key: value.lower() if key == "email" else value for key, value in one.get("properties", {}).items()}
        record = {"id": number, "properties": {"hs_object_id": number, **sent, **found}, "archived": False}
        if self.manners.echo_trace:
            record["objectWriteTraceId"] = one.get("objectWriteTraceId")
        return record | ({"new": True} if name == "upsert" else {})

    def _envelope(self, results: list[Any], faults: list[tuple[dict[str, Any], str]]) -> dict[str, Any]:
        errors = [self._error(one, fault) for one, fault in faults if fault != MISSING]
        gone = [one["id"] for one, fault in faults if fault == MISSING]
        if gone:
            context = {"context": {"ids": gone}} if self.manners.named else {}
            errors.append(
                {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some objects", **context}
            )
        random.Random(self.manners.seed).shuffle(errors)
        envelope: dict[str, Any] = {"status": "COMPLETE", "results": results}
        if errors:
            envelope |= {"errors": errors[: self.manners.listed], "numErrors": len(errors)}
        return envelope

    def _error(self, one: dict[str, Any], fault: str) -> dict[str, Any]:
        error = self._refusal(fault)
        if self.manners.named:
            error["context"] = {"objectWriteTraceId": [one["objectWriteTraceId"]]}
        return error

    def _refusal(self, fault: str) -> dict[str, Any]:
        if fault == CONFLICT:
            return {"status": "error", "category": "CONFLICT", "message": "Contact already exists. Existing ID: 501"}
        problem = '[{"isValid":false,"message":"bad","error":"INVALID_OPTION","name":"state"}]'
        return {
            "status": "error",
            "category": "VALIDATION_ERROR",
            "message": f"Property values were not valid: {problem}",
        }

    def _whole(self, one: dict[str, Any], fault: str) -> Reply:
        return Reply(409 if fault == CONFLICT else 400, self._refusal(fault))
