"""At which sizes states are pictured: each screen at both; of states that are alike there, a big terminal has nothing to add."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest

SMALL, LARGE = (80, 24), (140, 40)


def sized(
    states: Iterable[Any], small_only: Collection[str], *, ids: tuple[str, str] = ("80x24", "140x40")
) -> list[Any]:
    """Parameters `state, size`. A state is a name, or has one; those of `small_only` come at 80x24 only."""
    made, seen = [], set()
    for state in states:
        name = state if isinstance(state, str) else state.name
        seen.add(name)
        made.append(pytest.param(state, SMALL, id=f"{name}-{ids[0]}"))
        if name not in small_only:
            made.append(pytest.param(state, LARGE, id=f"{name}-{ids[1]}"))
    assert seen >= set(small_only), "no such state"
    return made
