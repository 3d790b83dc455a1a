"""The sizes of pictures: the one that everything is designed for, and a big terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

SMALL, LARGE = (80, 24), (140, 40)


def sized(states: Iterable[Any], *, ids: tuple[str, str] = ("80x24", "140x40")) -> list[Any]:
    """Parameters `state, size`: every state at both. A state is a name, or has one."""
    made = []
    for state in states:
        name = state if isinstance(state, str) else state.name
        made += [pytest.param(state, size, id=f"{name}-{of}") for size, of in zip((SMALL, LARGE), ids, strict=True)]
    return made
