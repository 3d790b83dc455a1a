"""What an answer of HubSpot's means for an entry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum, auto

import msgspec

from console.connector.canonical import Converter
from console.hubspot.errors import (
    Conflict,
    DailyLimitReached,
    HubSpotError,
    Invalid,
    Locked,
    Migrating,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ServerFault,
    Unexpected,
)
from console.hubspot.model import PropertyDefinition, Record
from console.journal.model import Change, EntryState, RunState

FORWARD_ONLY = frozenset({"lifecyclestage"})
"""Properties that HubSpot moves forward only: going back takes a clear and a set, and leaves a trace."""
_SHOWN = 80
_UNIQUE_CODES = frozenset({"CONFLICTING_UNIQUE_VALUE"})
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,59}\Z")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
_SCHEME = re.compile(r"\A[a-z][a-z0-9+.-]*://")
_PATH = re.compile(r"[/?#]")


class Meaning(Enum):
    """What an error says about the input it belongs to."""

    UNKNOWN = auto()
    """It may have happened: read before anything is sent again."""
    NOTHING = auto()
    """It did not happen and may be sent again."""
    STOP = auto()
    """It did not happen, and nothing else will: the run stands still."""
    TAKEN = auto()
    """Another record has a unique value of it."""
    GONE = auto()
    """There is no such record."""
    REFUSED = auto()
    """HubSpot will never take it like this."""


def meaning(error: HubSpotError) -> Meaning:
    """What is to be done about an error."""
    if isinstance(error, OutcomeUnknown | Unexpected | ServerFault):
        return Meaning.UNKNOWN
    if error.stops_run:
        return Meaning.STOP
    if isinstance(error, NotSent | RateLimited | Locked):
        return Meaning.NOTHING
    if isinstance(error, Conflict) or (
        isinstance(error, Invalid) and any(p.code in _UNIQUE_CODES for p in error.problems)
    ):
        return Meaning.TAKEN
    return Meaning.GONE if isinstance(error, NotFound) else Meaning.REFUSED


class Halt(Exception):
    """The run stands still in `state`; what is not settled can be resumed."""

    def __init__(self, state: RunState, message: str, wait: float | None = None) -> None:
        """`wait` is how many seconds HubSpot wants to be left alone, where it said so."""
        super().__init__(message)
        self.state = state
        self.message = message
        self.wait = wait


def halt_for(error: HubSpotError) -> Halt:
    """How a run stands still for an error that concerns everything.

    The message of a run lies open in the journal: HubSpot's own words are in it only where they are about the account.
    """
    told = f"{error.message if error.stops_run else described(error)} {error.advice}".strip()
    if isinstance(error, DailyLimitReached):
        return Halt(RunState.PAUSED_QUOTA, told)
    if isinstance(error, NotSent) and error.lasting:
        return Halt(RunState.PAUSED, told)  # a wrong certificate, say: time does not mend it
    if isinstance(error, Migrating | NotSent | RateLimited) or not error.stops_run:
        return Halt(RunState.QUARANTINED, told, error.retry_after)
    return Halt(RunState.FAILED, told)


def described(error: HubSpotError) -> str:
    """An error without HubSpot's words, which may quote a value."""
    status = f" {error.status}" if error.status is not None else ""
    reference = f" (correlation id {error.correlation_id})" if error.correlation_id else ""
    return f"{type(error).__name__}{status}{reference}."


def cause_of(error: HubSpotError) -> str:
    """A short name that failures are counted by; it holds no value, whatever HubSpot put where codes and names belong."""
    if isinstance(error, Invalid) and error.problems:
        first = error.problems[0]
        code = first.code if _CODE.match(first.code) else "INVALID"
        return f"{code} ({first.property})" if _NAME.match(first.property) else code
    return error.category if _CODE.match(error.category) else type(error).__name__


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """How HubSpot took a write. `accepted` maps a property to (sent, returned) where these differ."""

    state: EntryState
    outcome: str = ""
    cause: str = ""
    accepted: dict[str, tuple[str | None, str | None]] = {}


class Values:
    """Compares values of one object class as HubSpot keeps them."""

    def __init__(self, schema: Mapping[str, PropertyDefinition]) -> None:
        self._schema = schema
        self._converters: dict[str, Converter] = {}

    def equal(self, name: str, wanted: str | None, present: str | None) -> bool:
        """Whether `present` is the wanted value in canonical form; blank and absent are the same."""
        if not wanted or not present:
            return not wanted and not present
        return wanted == present or self._converter(name).equal(wanted, present)

    def holds(self, change: Change, record: Record) -> bool:
        """Whether the record has what the change wants."""
        return self.equal(change.name, change.after, record.properties.get(change.name))

    def untouched(self, change: Change, record: Record) -> bool:
        """Whether the record still has what the plan saw."""
        return self.equal(change.name, change.before, record.properties.get(change.name))

    def unique(self, object_class: str, name: str) -> bool:
        """Whether HubSpot lets no two records have the same value of this property."""
        if object_class == "contact" and name == "email":
            return True
        return name in self._schema and self._schema[name].unique

    def taken(self, changes: Sequence[Change], record: Record) -> Taken:
        """Compare what HubSpot returned with what was sent.

        A property that is not in the answer counts as taken. A text that HubSpot merely tidied (letter case, a
        scheme, blanks) is done; anything else that differs was not accepted. Both are remembered with the link.
        """
        accepted: dict[str, tuple[str | None, str | None]] = {}
        refused: list[str] = []
        tidied: list[str] = []
        for change in changes:
            if change.name not in record.properties or self.holds(change, record):
                continue
            returned = record.properties[change.name]
            accepted[change.name] = (change.after, returned)
            told = f"{change.name}: sent {_shown(change.after)}, HubSpot has {_shown(returned)}"
            (tidied if self.tidied_by(change, returned) else refused).append(told)
        if refused:
            names = sorted(accepted)
            return Taken(
                state=EntryState.NOT_ACCEPTED,
                outcome="not accepted: " + "; ".join(refused),
                cause=f"not accepted ({names[0]})",
                accepted=accepted,
            )
        return Taken(
            state=EntryState.DONE, outcome="altered: " + "; ".join(tidied) if tidied else "", accepted=accepted
        )

    def tidied_by(self, change: Change, returned: str | None) -> bool:
        """Whether HubSpot made `returned` of what was sent without changing what it says."""
        definition = self._schema.get(change.name)
        if definition is not None and definition.type not in ("string", "phone_number"):
            return False
        if change.before and self.equal(change.name, change.before, returned):
            return False  # it has what it had
        sent, kept = _bare(change.after, change.name), _bare(returned, change.name)
        return bool(sent) and sent == kept

    def _converter(self, name: str) -> Converter:
        if name not in self._converters:
            self._converters[name] = Converter(self._schema.get(name) or PropertyDefinition(name=name))
        return self._converters[name]


def _bare(text: str | None, name: str) -> str:
    """Letters and digits, without what belongs to an address but not to what it names."""
    rest = _SCHEME.sub("", (text or "").strip().casefold(), count=1).removeprefix("www.")
    if name == "domain":
        rest = _PATH.split(rest, maxsplit=1)[0]
    return "".join(character for character in rest if character.isalnum())


def _shown(value: str | None) -> str:
    if value is None:
        return "nothing"
    return f'"{value[:_SHOWN]}{"..." if len(value) > _SHOWN else ""}"'
