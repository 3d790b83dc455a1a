"""What a pull writes into: the managed repository, a file or a table, all behind one port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from console.journal.model import Problem

Deletions = Literal["deactivate", "remove", "keep"]
"""What becomes of a copy whose HubSpot record is gone."""


class PullRefused(Exception):
    """A pull that cannot be done. `message` says why, `remedy` what to do; both may hold foreign text."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Field(msgspec.Struct, frozen=True):
    """A HubSpot property and the name that its value gets in the copy."""

    name: str
    property: str


class Pulled(msgspec.Struct, frozen=True):
    """One HubSpot record on its way: id and values by name; None where HubSpot has no value."""

    id: int
    values: dict[str, str | None]


class Tally(msgspec.Struct, kw_only=True):
    """What was done to the copy, in records."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    gone: int = 0
    problems: int = 0

    def add(self, other: Tally) -> None:
        """Count another tally in."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Written(msgspec.Struct, kw_only=True):
    """What became of some records, and which of them could not be kept."""

    tally: Tally
    problems: list[Problem] = []


class PullTarget(Protocol):
    """A copy of HubSpot's records. Everything blocks, and records come by ascending id within one reading.

    Methods raise PullRefused and, for the managed repository, RepositoryError.
    """

    @property
    def name(self) -> str:
        """How the operator knows it."""

    @property
    def default_deletions(self) -> Deletions:
        """What is done about records that are gone, unless the operator says otherwise."""

    def begin(self, *, full: bool, saved: dict[str, Any] | None) -> None:
        """Make ready; `full` says that everything comes, `saved` is what `save` told before an interruption."""

    def put(self, records: Sequence[Pulled]) -> Written:
        """Make the copy equal to these records; what is equal already is not touched."""

    def holds_any(self) -> bool:
        """Whether the copy held anything when `begin` was called."""

    def present(self, after: int, until: int | None) -> list[int]:
        """The ids in the copy with after < id <= until: those that a full reading did not bring are gone."""

    def gone(self, ids: Sequence[int]) -> int:
        """These records are gone from HubSpot; how many of them were in the copy."""

    def save(self) -> dict[str, Any]:
        """Make everything so far durable; what `begin` needs to go on from here."""

    def finish(self) -> Tally:
        """Everything came: the copy is complete. What only showed now is counted in the answer."""

    def close(self) -> None:
        """Let go; an unfinished copy stays where `begin` finds it."""
