"""Misbehaviour on demand: which request is hit is decided by a count or by a seeded probability.

SPEC: comma-separated `KIND[=AMOUNT][/SECONDS][#SEED][!WHEN][@[METHOD:]PATH]`, such as `502=1%`, `reset=2x@batch/create`,
`477=1x/30`, `slow=10%/2`, `reset=1x!before@POST:/crm`. AMOUNT is `3x` (the next three matching requests; default
`1x`), `5%` or `0.05`; WHEN is before or after the request had its effect.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any

import msgspec

from console.simulator.config import OptionError

EDGE = ("500", "502", "503", "504", "520", "521", "522", "523", "524", "525", "526", "530")
ANSWERS = (*EDGE, "401", "423", "429", "477")
BROKEN = ("reset", "stall", "truncate", "slow", "omit")
KINDS = ANSWERS + BROKEN
AFTER_WRITE = ("reset", "stall", "truncate", "omit")
_SPEC = re.compile(
    r"(?P<kind>[a-z0-9]+)(?:=(?P<amount>\d+(?:\.\d+)?)(?P<unit>x|%)?)?(?:/(?P<seconds>\d+(?:\.\d+)?))?"
    r"(?:#(?P<seed>\d+))?(?:!(?P<when>before|after))?(?:@(?:(?P<method>[A-Z]+):)?(?P<path>.*))?\Z"
)


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One kind of misbehaviour.

    `count` requests (None: without end) whose path contains `path` and whose method is `method` are hit, each with
    `probability`, after the first `skip` matching ones. `when`: before or after the request had its effect.
    `seconds`: Retry-After of 429 and 477, the wait of slow and stall. `seed`: of this fault's own dice.
    """

    kind: str
    probability: float = 1.0
    count: int | None = None
    skip: int = 0
    path: str = ""
    method: str = ""
    seconds: float | None = None
    when: str = ""
    seed: int | None = None

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
    """The faults in force; each throws dice of its own, so that one more does not change what the others hit."""

    def __init__(self, faults: list[Fault], seed: int) -> None:
        self._seed = seed
        self._faults: list[tuple[Fault, Random]] = []
        self.hits: dict[str, int] = {}
        self.add(faults)

    @classmethod
    def parse(cls, spec: str, seed: int) -> Faults:
        """From the command line's SPEC."""
        return cls(parse_faults(spec), seed)

    def replace(self, faults: list[Fault]) -> None:
        """Other faults from now on."""
        checked = [fault.check() for fault in faults]
        self._faults = []
        self.add(checked)

    def add(self, faults: list[Fault]) -> None:
        """More faults."""
        for fault in [fault.check() for fault in faults]:
            seed = f"{self._seed} {len(self._faults)}" if fault.seed is None else str(fault.seed)
            self._faults.append((fault, Random(f"fault {fault.kind} {seed}")))  # noqa: S311 - a seed must reproduce it

    def pending(self) -> list[Fault]:
        """The faults that can still hit."""
        return [fault for fault, _ in self._faults if fault.count != 0]

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, if any: the first of those whose dice say so; counts it."""
        struck = None
        for fault, dice in self._faults:
            if fault.count == 0 or fault.path not in path or fault.method not in ("", method):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if dice.random() < fault.probability and struck is None:
                struck = fault
        if struck is not None:
            self.hits[struck.kind] = self.hits.get(struck.kind, 0) + 1
            if struck.count is not None:
                struck.count -= 1
        return struck

    def describe(self) -> dict[str, Any]:
        """What is in force and what was hit."""
        return {"active": self.pending(), "hits": self.hits}


def parse_faults(spec: str) -> list[Fault]:
    """All items of SPEC."""
    return [parse_fault(part.strip()) for part in spec.split(",") if part.strip()]


def parse_fault(part: str) -> Fault:
    """One item of SPEC."""
    match = _SPEC.match(part)
    if match is None:
        raise OptionError(
            f"{part!r} is not KIND[=AMOUNT][/SECONDS][#SEED][!WHEN][@[METHOD:]PATH], "
            "such as 502=1% or reset=2x@batch/create"
        )
    amount, unit = match["amount"], match["unit"]
    count: int | None = 1
    probability = 1.0
    if amount is not None and unit == "x":
        count = int(float(amount))
    elif amount is not None:
        count = None
        probability = float(amount) / (100 if unit == "%" else 1)
    return Fault(
        kind=match["kind"],
        probability=probability,
        count=count,
        path=match["path"] or "",
        method=match["method"] or "",
        seconds=float(match["seconds"]) if match["seconds"] else None,
        when=match["when"] or "",
        seed=int(match["seed"]) if match["seed"] else None,
    ).check()
