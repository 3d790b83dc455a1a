"""Entries that did not end well: their states, and how they are told of. Needs nothing but msgspec."""

from __future__ import annotations

import msgspec

from console.journal.model import EntryState

TROUBLED = (
    EntryState.FAILED,
    EntryState.CONFLICT,
    EntryState.UNCERTAIN,
    EntryState.NOT_ACCEPTED,
    EntryState.NEEDS_DECISION,
)
"""The states in which an entry waits for somebody; causes are counted of these."""
DEAD = (EntryState.FAILED, EntryState.NOT_ACCEPTED, EntryState.CONFLICT, EntryState.UNCERTAIN)
"""What a run leaves behind that somebody has to do something about; decisions are taken in a new plan."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as an example: its number, its state, and its record where there is one."""

    number: int
    state: EntryState
    uid: str = ""


class InFlight(msgspec.Struct, frozen=True, kw_only=True):
    """What HubSpot was asked and has not answered: each batch is one request at a time."""

    records: int = 0
    requests: int = 0
