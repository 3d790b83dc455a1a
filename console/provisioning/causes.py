"""Why entries of a run did not end well, grouped by cause: in words, how many, which ones, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from console.journal.model import RunProgress
from console.journal.troubled import TROUBLED, Example

if TYPE_CHECKING:
    from console.journal.journal import Journal

_NAMED = re.compile(r"\A(?P<code>.+?) \((?P<name>[a-z][a-z0-9_, ]*)\)\Z")
_MESSAGE = re.compile(r'"message":"((?:[^"\\]|\\.)*)"')
_PREFIX = "Property values were not valid:"
_SOURCE = "Correct it in the source and plan again; or edit the value among the dead letters."
_AGAIN = "Plan the mapping again: it looks at the record as it is now."
_LOOK = "Look at the record in HubSpot, then plan again."

_WORDS: dict[str, tuple[str, str]] = {
    "": ("needs a decision", "Open an entry: it says what is asked, and what the choices are."),
    "AMBIGUOUS": ("several records have this key", "Merge them in HubSpot, or choose one: hubspoke mapping link."),
    "CONFLICT": ("HubSpot has such a record already", _AGAIN),
    "CONFLICTING_UNIQUE_VALUE": ("another record has this unique value", _LOOK),
    "FOUND_ALREADY_LINKED": ("the record belongs to another person", "Look for a person who is twice in the source."),
    "INVALID": ("HubSpot refused a value", _SOURCE),
    "INVALID_DATE": ("not a date that HubSpot knows", _SOURCE),
    "INVALID_EMAIL": ("not a valid email address", _SOURCE),
    "INVALID_OPTION": ("not one of the property's options", f"{_SOURCE} Or add the option in HubSpot."),
    "Locked": ("the record was locked", "Retry it: somebody else was writing it."),
    "LOCKED": ("the record was locked", "Retry it: somebody else was writing it."),
    "MISSING_REQUIRED_PROPERTY": ("a required property is missing", "Map it, or let HubSpot not require it."),
    "MISSING_CONDITIONAL_REQUIRED_PROPERTY": ("a required property is missing", "Map it, or change HubSpot's rule."),
    "MISSING_SCOPES": ("the app may not do this", "Give the app the scope in HubSpot, then retry."),
    "NotSent": ("it could not be sent", "Retry it when HubSpot can be reached: hubspoke test."),
    "OBJECT_NOT_FOUND": ("the record is gone from HubSpot", _AGAIN),
    "PROPERTY_DOESNT_EXIST": ("HubSpot has no such property", "Correct the mapping, or make the property in HubSpot."),
    "PROPERTY_VALUE_TOO_LONG": ("longer than HubSpot takes", _SOURCE),
    "RATE_LIMITS": ("HubSpot was asked too often", "Retry it: the allowance is free again."),
    "RateLimited": ("HubSpot was asked too often", "Retry it: the allowance is free again."),
    "READ_ONLY_VALUE": ("the property is read-only", "Take it out of the mapping."),
    "ServerFault": ("HubSpot had trouble of its own", "Retry it later."),
    "VALIDATION_ERROR": ("HubSpot refused a value", _SOURCE),
    "changed meanwhile": ("changed in HubSpot since the plan", _AGAIN),
    "denied": ("the profile denies this operation", "Allow it in the provisioner file, or do it by hand."),
    "gone": ("the record is gone from HubSpot", _AGAIN),
    "interrupted": ("cancelled while it was in flight", "Retry looks it up in HubSpot; nothing is sent twice."),
    "invalid": ("a row or expression is wrong", "Open an entry: it names line and field. Mend the source, plan again."),
    "linked anew": ("there is another link by now", "It stays; plan the mapping again."),
    "merged": ("the record was merged into another one", _LOOK),
    "not accepted": ("HubSpot answered 200 and kept another value", "Look at the property's rules in HubSpot."),
    "cannot be undone": ("cannot be taken back from here", "Open an entry: it says why, and the way out."),
    "uncertain": ("nobody knows whether it was written", "Retry looks it up; it is never sent again by itself."),
    "unique value of another record": (
        "another record has this unique value",
        "Look at both records, then plan again.",
    ),
    "unkeyed": ("a create without a unique key", "Name a unique key in correlate, or allow_unkeyed_creates = true."),
    "unreadable": ("the entry cannot be read any more", "Plan the mapping again."),
}
_OTHER = "Open an entry: it has HubSpot's own words."


class CauseGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The troubled entries of one cause. `examples` are the first of them."""

    cause: str
    title: str
    advice: str
    count: int
    examples: tuple[Example, ...] = ()


def in_words(cause: str) -> tuple[str, str]:
    """A cause for people, with its property, and what to do about it."""
    if known := _WORDS.get(cause):
        return known
    match = _NAMED.match(cause)
    code, name = (match["code"], match["name"]) if match else (cause, "")
    title, advice = _WORDS.get(code) or _by_name(code)
    return (f"{name}: {title}" if name else title), advice


def _by_name(code: str) -> tuple[str, str]:
    """A code that nobody foresaw, as words."""
    told = code.replace("_", " ").lower() if code.isupper() or "_" in code else code
    if code.startswith("INVALID_"):  # the rules that an account makes for its properties
        return f"not allowed here ({told.removeprefix('invalid ')})", _SOURCE
    return told, _OTHER


def in_short(outcome: str) -> str:
    """What HubSpot said, without the JSON that it wraps its sentences in."""
    messages = [found.replace('\\"', '"').replace("\\\\", "\\") for found in _MESSAGE.findall(outcome)]
    return "; ".join(dict.fromkeys(messages)) or outcome.removeprefix(_PREFIX).strip()


class Causes:
    """Groups a run's troubled entries as they come; only causes whose count moved are looked up again."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._known: dict[str, CauseGroup] = {}

    async def of(self, run: RunProgress, most: int = 50) -> list[CauseGroup]:
        """The groups, the largest first."""
        counts = _counts(run)
        ordered = sorted(counts, key=lambda cause: (-counts[cause], cause))[:most]
        groups = [await self._group(run, cause, counts[cause]) for cause in ordered]
        self._known = {group.cause: group for group in groups}
        return groups

    async def _group(self, run: RunProgress, cause: str, count: int) -> CauseGroup:
        known = self._known.get(cause)
        if known is not None and known.count == count:
            return known
        from console.journal.failures import examples  # SQLAlchemy comes with the journal

        title, advice = in_words(cause)
        first = await examples(self._journal, run.plan_id, cause)
        return CauseGroup(cause=cause, title=title, advice=advice, count=count, examples=first)


def _counts(run: RunProgress) -> dict[str, int]:
    """Entries by cause; those without one, which only a human can judge, under the empty cause."""
    counts = {cause: count for cause, count in run.failures.items() if count}
    nameless = sum(run.states.get(state, 0) for state in TROUBLED) - sum(counts.values())
    return counts | ({"": nameless} if nameless > 0 else {})
