"""Misbehaviour on demand: which request is hit is decided by a count or by a seeded probability.

SPEC: comma-separated `KIND[=AMOUNT][/SECONDS][@PATH]`, such as `502=1%`, `reset=2x@batch/create`, `477=1x/30`,
`slow=10%/2`. AMOUNT is `3x` (the next three matching requests; default `1x`), `5%` or `0.05`.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any

import msgspec

from console.simulator.config import OptionError

EDGE = ("500", "502", "503", "504", "520", "521", "522", "523", "524")
ANSWERS = (*EDGE, "423", "429", "477")
BROKEN = ("reset", "stall", "truncate", "slow", "omit")
KINDS = ANSWERS + BROKEN
AFTER_WRITE = ("reset", "stall", "truncate", "omit")
_SPEC = re.compile(
    r"(?P<kind>[a-z0-9]+)(?:=(?P<amount>\d+(?:\.\d+)?)(?P<unit>x|%)?)?(?:/(?P<seconds>\d+(?:\.\d+)?))?(?:@(?P<path>.+))?\Z"
)


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One kind of misbehaviour.

    `count` requests (None: without end) whose path contains `path` and whose method is `method` are hit, each with
    `probability`, after the first `skip` matching ones. `when`: before or after the request had its effect.
    `seconds`: Retry-After of 429 and 477, the wait of slow and stall.
    """

    kind: str
    probability: float = 1.0
    count: int | None = None
    skip: int = 0
    path: str = ""
    method: str = ""
    seconds: float | None = None
    when: str = ""

    def check(self) -> Fault:
        """Itself with defaults filled in; OptionError for what makes no sense."""
        if self.kind not in KINDS:
            raise OptionError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")
        if not 0 <= self.probability <= 1:
            raise OptionError(f"fault {self.kind}: a probability is between 0 and 1")
        if not self.when:
            self.when = "after" if self.kind in AFTER_WRITE else "before"
        if self.when not in ("before", "after"):
            raise OptionError(f"fault {self.kind}: when is before or after")
        return self


class Faults:
    """The faults in force."""

    def __init__(self, faults: list[Fault], seed: int) -> None:
        self._faults = [fault.check() for fault in faults]
        self._rng = Random(f"faults {seed}")  # noqa: S311 - a seed must reproduce it
        self.hits: dict[str, int] = {}

    @classmethod
    def parse(cls, spec: str, seed: int) -> Faults:
        """From the command line's SPEC."""
        return cls([parse_fault(part.strip()) for part in spec.split(",") if part.strip()], seed)

    def replace(self, faults: list[Fault]) -> None:
        """Other faults from now on."""
        self._faults = [fault.check() for fault in faults]

    def add(self, faults: list[Fault]) -> None:
        """More faults."""
        self._faults += [fault.check() for fault in faults]

    def pending(self) -> list[Fault]:
        """The faults that can still hit."""
        return [fault for fault in self._faults if fault.count != 0]

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, if any; counts it."""
        struck = None
        for fault in self._faults:
            if fault.count == 0 or fault.path not in path or fault.method not in ("", method):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if struck is None and self._rng.random() < fault.probability:
                struck = fault
        if struck is not None:
            self.hits[struck.kind] = self.hits.get(struck.kind, 0) + 1
            if struck.count is not None:
                struck.count -= 1
        return struck

    def describe(self) -> dict[str, Any]:
        """What is in force and what was hit."""
        return {"active": self.pending(), "hits": self.hits}


def parse_fault(part: str) -> Fault:
    """One item of SPEC."""
    match = _SPEC.match(part)
    if match is None:
        raise OptionError(f"{part!r} is not KIND[=AMOUNT][/SECONDS][@PATH], such as 502=1% or reset=2x@batch/create")
    amount, unit = match["amount"], match["unit"]
    count: int | None = 1
    probability = 1.0
    if amount is not None and unit == "x":
        count = int(float(amount))
    elif amount is not None:
        count = None
        probability = float(amount) / (100 if unit == "%" else 1)
    seconds = float(match["seconds"]) if match["seconds"] else None
    return Fault(
        kind=match["kind"], probability=probability, count=count, path=match["path"] or "", seconds=seconds
    ).check()
