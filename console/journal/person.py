"""Telling one person's traces from everybody else's: by the email address, then by what hangs on it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from console.journal.model import Change, Entry, Payload, Plan, Problem
from console.settings.mention import EMAILS, ERASED, whole

_SHORTEST_NAME = 4


class Identity(msgspec.Struct, kw_only=True):
    """What is known of a person while traces are looked for; nothing of it is kept.

    `digests` and `uids` stand with their portal, mapping and object class, or portal and object class.
    """

    email: str
    digests: set[tuple[int, str, str, bytes]] = msgspec.field(default_factory=set)
    uids: set[tuple[int, str, str]] = msgspec.field(default_factory=set)
    source_ids: set[str] = msgspec.field(default_factory=set)
    names: set[str] = msgspec.field(default_factory=set)

    def learn(self, payload: Payload) -> None:
        """Take over what an entry about the person calls them."""
        self.source_ids.add(payload.source_id)
        values = {change.name: (change.after, change.before) for change in payload.changes}
        texts = [payload.label, payload.key]
        for first, last in zip(values.get("firstname", ()), values.get("lastname", ()), strict=False):
            if first and last:
                texts += [f"{first} {last}", f"{last}, {first}", f"{last} {first}"]
        self.names |= {text.strip() for text in texts if text and len(text.strip()) >= _SHORTEST_NAME}

    @property
    def words(self) -> tuple[str, ...]:
        """What to look for in files that are not sealed: the address first, then full names."""
        return tuple(dict.fromkeys([self.email, *sorted(self.names)]))


class Needle:
    """Finds an email address as a whole: `ann@x.com` is not in `joann@x.com`. Letter case does not count."""

    def __init__(self, email: str) -> None:
        self.email = email.strip()
        self._pattern = whole(self.email)

    def mentions(self, text: str | None) -> bool:
        """Whether the address stands in the text."""
        return bool(text) and self._pattern.search(text or "") is not None

    def scrubbed(self, text: str) -> str:
        """The text without the address."""
        return self._pattern.sub(ERASED, text)

    def about(self, entry: Entry) -> bool:
        """Whether the entry is this person's own."""
        payload = entry.payload
        own = [entry.befores.get(name) for name in EMAILS]
        if payload is not None:
            own += [payload.source_id]
            own += [payload.key] if payload.key_property in EMAILS or not payload.key_property else []
            for change in payload.changes:
                if change.name in EMAILS:
                    own += [change.before, change.after]
        return any(self.mentions(text) for text in own)

    def mentioned(self, entry: Entry) -> bool:
        """Whether anything sealed in the entry names the address."""
        return any(self.mentions(text) for text in _texts(entry))

    def without(self, entry: Entry) -> Entry:
        """The entry without what mentions the person: somebody else's record keeps the rest."""
        payload = entry.payload
        if payload is not None:
            payload = msgspec.structs.replace(
                payload,
                label=self.scrubbed(payload.label),
                key=self.scrubbed(payload.key),
                changes=tuple(change for change in payload.changes if not self._in(change)),
                problems=self.unproblematic(payload.problems),
                candidates=tuple(one for one in payload.candidates if not self.mentions(f"{one.label} {one.key}")),
                ties=tuple(one for one in payload.ties if not self.mentions(one.key)),
            )
        befores = {name: value for name, value in entry.befores.items() if not self.mentions(value)}
        return msgspec.structs.replace(entry, payload=payload, befores=befores, outcome=self.scrubbed(entry.outcome))

    def unproblematic(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """The problems that do not quote the address."""
        return tuple(one for one in problems if not self.mentions(f"{one.message} {one.remedy} {one.field}"))

    def head(self, plan: Plan) -> bool:
        """Whether a plan's own words name the address."""
        return len(self.unproblematic(plan.problems)) < len(plan.problems) or self.mentions(plan.source)

    def _in(self, change: Change) -> bool:
        return self.mentions(change.before) or self.mentions(change.after)


def _texts(entry: Entry) -> Iterable[str | None]:
    yield entry.outcome
    yield from entry.befores.values()
    payload = entry.payload
    if payload is None:
        return
    yield from (payload.source_id, payload.label, payload.key)
    for change in payload.changes:
        yield from (change.before, change.after)
    for problem in payload.problems:
        yield f"{problem.message} {problem.remedy} {problem.field}"
    for candidate in payload.candidates:
        yield f"{candidate.label} {candidate.key}"
    for tie in payload.ties:
        yield tie.key
