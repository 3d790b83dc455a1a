"""A line of blocks: the last values of something, the newest on the right, one or more rows high."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = " ▁▂▃▄▅▆▇█"
_LEVELS = len(BLOCKS) - 1


def sparkline(values: Sequence[float], rows: int = 1) -> list[str]:
    """The values as `rows` lines, the upper one first; the highest value reaches the top."""
    top = max(values, default=0.0)
    if top <= 0:
        return [""] * rows
    heights = [_height(value / top, rows) for value in values]
    return ["".join(_block(height - _LEVELS * row) for height in heights) for row in reversed(range(rows))]


def _height(share: float, rows: int) -> int:
    """In eighths of a line; what is more than nothing is seen."""
    if share <= 0:
        return 0
    return max(1, round(share * rows * _LEVELS))


def _block(height: int) -> str:
    return BLOCKS[max(0, min(_LEVELS, height))]
