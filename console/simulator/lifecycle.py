"""The lifecycle stage moves forward only; a value must be cleared before an earlier one is taken. Facts: section 3.6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Backward = Literal["ignored", "refused", "accepted"]


class StepBack(Exception):
    """A write of an earlier stage that is refused."""


def next_stage(stages: Sequence[str], present: str | None, wanted: str, backward: Backward) -> str:
    """The stage after a write of `wanted`; StepBack where an earlier one is refused."""
    if (
        present is None
        or present not in stages
        or stages.index(wanted) >= stages.index(present)
        or backward == "accepted"
    ):
        return wanted
    if backward == "refused":
        raise StepBack(f"{wanted} comes before {present}: a lifecycle stage only moves forward. Clear it first.")
    return present


def furthest(stages: Sequence[str], one: str | None, other: str | None) -> str | None:
    """The later one of two stages, as a merge keeps it."""
    known = [stage for stage in (one, other) if stage in stages]
    return max(known, key=stages.index) if known else one or other
