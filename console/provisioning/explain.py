"""Why one person is in or out, what they are looked up by, what was found, and what a plan would do."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec

from console.connector.filter import And, Compare, Filter, Not, Or, Present, matches
from console.journal.journal import Journal
from console.journal.model import Candidate, Change, Link, NewEntry, Problem, Situation, Tie
from console.provisioning.associations import Associations
from console.provisioning.correlate import Correlator, Found, KeyReader, candidate
from console.provisioning.errors import PlanRefused
from console.provisioning.mapping import Mapping
from console.provisioning.people import Person
from console.provisioning.planner_bench import Bench, PlanningTarget, lay_out
from console.provisioning.request import PlanRequest
from console.provisioning.situations import VALID
from console.provisioning.threads import in_thread
from console.sources.model import SourceRow
from console.sources.opening import SecretGetter

MEANINGS = {
    Situation.CONFIRMED: "linked, and the record is there",
    Situation.FOUND: "not linked; a key leads to one record",
    Situation.FOUND_ALREADY_LINKED: "the record belongs to another person",
    Situation.ABSENT: "no record was found",
    Situation.AMBIGUOUS: "the keys lead to several records",
    Situation.MISSING: "linked, but the record is gone",
    Situation.UNQUALIFIED: "linked, but out of scope",
    Situation.SOURCE_IGNORED: "out of scope, and not linked",
    Situation.SOURCE_MISSING: "linked, but no longer in the source",
    Situation.TARGET_IGNORED: "the record is not one that this mapping looks after",
    Situation.LINK_ONLY: "linked, but neither in the source nor in HubSpot",
    Situation.ALL_GONE: "neither in the source nor linked",
    Situation.UNASSIGNED: "a record that nobody of the source speaks for",
    Situation.INVALID: "the source object cannot be used",
}
"""The situations in words."""
_VALUE_SHOWN = 80
_TWINS = 10
"""Others of whom the line is told."""


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One clause of the scope, how deep it stands, and whether this person fulfils it."""

    text: str
    holds: bool
    depth: int = 0
    found: str = ""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one person: from the source object to what a plan would do.

    `keys` says of each correlation key where it leads to: the ids of the records.
    """

    source_id: str
    mapping: str
    source: str
    line: int | None = None
    values: dict[str, Any] = {}
    in_scope: bool = True
    clauses: tuple[Clause, ...] = ()
    keys: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    linked_to: str = ""
    created_by_us: bool = False
    situation: Situation = Situation.ALL_GONE
    meaning: str = ""
    action: str = ""
    why: str = ""
    uid: str = ""
    changes: tuple[Change, ...] = ()
    ties: tuple[Tie, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    problems: tuple[Problem, ...] = ()


class Explainer:
    """Looks at single people. Nothing is written, neither in HubSpot nor in the journal."""

    def __init__(
        self, connector: PlanningTarget, journal: Journal, *, source_secret: SecretGetter | None = None
    ) -> None:
        self._connector = connector
        self._journal = journal
        self._source_secret = source_secret

    async def explain(self, mapping: Mapping, source_id: str, *, source: str | None = None) -> Explanation:
        """Everything about one person. Raises PlanRefused, SourceError, HubSpotError and JournalError."""
        request = PlanRequest(source=source, only=source_id)
        bench = await lay_out(self._connector, self._journal, mapping, request, self._source_secret)
        rows = await in_thread(lambda: rows_of(bench, source_id))
        digest = bench.digester.source(source_id)
        reader = KeyReader(self._connector, mapping.target, bench.properties)
        correlator = Correlator(reader, self._journal, mapping.target, bench.portal_id, mapping.name)
        person, row = rows[0] if rows else (Person(number=1, line=0, source_id=source_id, digest=digest), None)
        link = (await correlator.links([person])).get(person.digest)
        if row is None:
            entry = await self._left(bench, correlator, person, link, source_id)
        elif len(rows) > 1:
            entry = _doubled(bench, person, [one.line for _, one in rows[1:]], "this source id")
        elif twins := await in_thread(lambda: _twins(bench, person)):
            entry = _doubled(bench, person, twins, f"{person.keys[0][0]} {person.keys[0][1]}")
        else:
            entry = await self._present(mapping, bench, correlator, person, link)
        keys = [(name, value, (await reader.by_key(name, [value]))[value]) for name, value in person.keys]
        payload = entry.payload
        return Explanation(
            source_id=source_id,
            mapping=mapping.name,
            source=bench.source.name,
            line=row.line if row is not None else None,
            values=row.values if row is not None else {},
            in_scope=person.in_scope,
            clauses=tuple(clauses(mapping.filter, row.values))
            if mapping.filter is not None and row is not None
            else (),
            keys=tuple((name, value, tuple(record.id for record in answer.records)) for name, value, answer in keys),
            linked_to=link.uid if link is not None else "",
            created_by_us=link is not None and link.created_by_us,
            situation=entry.situation,
            meaning=MEANINGS[entry.situation],
            action=entry.action.value,
            why=why(mapping, entry),
            uid=entry.uid or "",
            changes=payload.changes if payload is not None else (),
            ties=payload.ties if payload is not None else (),
            candidates=payload.candidates if payload is not None else (),
            problems=payload.problems if payload is not None else (),
        )

    async def candidates(self, mapping: Mapping, source_id: str) -> list[Candidate]:
        """Records that may be this person's: those that the keys lead to, then those of the same name.

        A name only proposes; whoever makes the link decides.
        """
        bench = await lay_out(self._connector, self._journal, mapping, PlanRequest(only=source_id), self._source_secret)
        rows = await in_thread(lambda: rows_of(bench, source_id))
        if not rows:
            raise PlanRefused(
                f"nobody in {bench.source.name} has the source id {source_id}", remedy="Look at the source."
            )
        person = rows[0][0]
        reader = KeyReader(self._connector, mapping.target, bench.properties)
        found: dict[str, Candidate] = {}
        for name, value in person.keys:
            for record in (await reader.by_key(name, [value]))[value].records:
                found.setdefault(record.id, candidate(record, f"{name} {value}"))
        filters = [
            {"propertyName": name, "operator": "EQ", "value": person.wanted[name]}
            for name in _SAME_NAME[mapping.target]
            if person.wanted.get(name)
        ]
        if len(filters) == len(_SAME_NAME[mapping.target]):
            page = await self._connector.objects(mapping.target).search(
                [{"filters": filters}], properties=bench.properties[:20], limit=10
            )
            for record in page.results:
                found.setdefault(record.id, candidate(record, "the same name"))
        return list(found.values())

    async def _left(
        self, bench: Bench, correlator: Correlator, person: Person, link: Link | None, source_id: str
    ) -> NewEntry:
        if link is None:
            return bench.maker.all_gone(1, source_id)
        (found,) = await correlator.linked([(person, link)])
        return bench.maker.leaver(person, link, found.record, found.read_at, Situation.SOURCE_MISSING)

    async def _present(
        self, mapping: Mapping, bench: Bench, correlator: Correlator, person: Person, link: Link | None
    ) -> NewEntry:
        found: Found
        if link is not None and not person.problems:
            (found,) = await correlator.linked([(person, link)])
        else:
            if (entry := bench.maker.unlooked(person)) is not None:
                return entry
            (found,) = await correlator.unlinked([person])
        entry = bench.maker.found(found)
        associations = Associations(self._connector, self._journal, mapping, bench.portal_id, bench.maker)
        (entry,) = await associations.planned_for([(entry, person)])
        return entry


_SAME_NAME = {"contact": ("firstname", "lastname"), "company": ("name",)}


def rows_of(bench: Bench, source_id: str) -> list[tuple[Person, SourceRow]]:
    """The rows with this source id: one, if all is well."""
    found: list[tuple[Person, SourceRow]] = []
    for row in bench.source.rows():
        if isinstance(row, SourceRow):
            person = bench.preparer.person(row, len(found) + 1)
            if person.source_id == source_id:
                found.append((person, row))
    return found


def clauses(node: Filter, values: dict[str, Any], depth: int = 0) -> Iterator[Clause]:
    """The filter clause by clause, each with whether it holds; what groups others stands above them."""
    holds = matches(node, values)
    if isinstance(node, And | Or):
        yield Clause(text="all of" if isinstance(node, And) else "one of", holds=holds, depth=depth)
        for clause in node.clauses:
            yield from clauses(clause, values, depth + 1)
    elif isinstance(node, Not) and isinstance(node.clause, And | Or):
        yield Clause(text="not", holds=holds, depth=depth)
        yield from clauses(node.clause, values, depth + 1)
    else:
        yield Clause(text=str(node), holds=holds, depth=depth, found=_found(node, values))


def why(mapping: Mapping, entry: NewEntry) -> str:
    """Where the action comes from."""
    if entry.situation is Situation.INVALID:
        return "an invalid person is never sent"
    if entry.situation in mapping.policy:
        return f'[policy] {entry.situation} = "{mapping.policy[entry.situation]}"'
    default = VALID[entry.situation][0]
    if entry.action.value == "NONE":
        return "nothing differs"
    if entry.situation is Situation.UNQUALIFIED and entry.action is not default:
        return "the default is DELETE, but Hubspoke did not create this record"
    if entry.action is not default:
        return f"the default is {default}, and only this is left to do"
    return "the default"


def _found(node: Filter, values: dict[str, Any]) -> str:
    """What the person has where the clause looks."""
    while isinstance(node, Not):
        node = node.clause
    if not isinstance(node, Compare | Present):
        return ""
    value = values.get(node.attribute)
    if value is None and "/" not in node.attribute:
        return f"{node.attribute} is {'empty' if node.attribute in values else 'not there'}"
    return f"{node.attribute} is {str(value)[:_VALUE_SHOWN]!r}" if value is not None else ""


def _twins(bench: Bench, person: Person) -> list[int]:
    """The lines of others who have the same correlation key: a plan sends none of them."""
    if not person.key_digest or person.problems:
        return []
    people = (bench.preparer.person(row, 0) for row in bench.source.rows() if isinstance(row, SourceRow))
    same = (one for one in people if one.key_digest == person.key_digest and one.digest != person.digest)
    return [one.line for one in itertools.islice(same, _TWINS)]


def _doubled(bench: Bench, person: Person, lines: list[int], what: str) -> NewEntry:
    """The entry of somebody who is not the only one; `what` is shared with those on the other lines."""
    others = ", ".join(str(line) for line in lines)
    problem = Problem(
        message=f"{what} stands in the source more than once (also at {others})",
        remedy="Make the person appear once in the source.",
        file=bench.source.name,
        line=person.line,
    )
    entry = bench.maker.unlooked(msgspec.structs.replace(person, problems=(*person.problems, problem), in_scope=True))
    assert entry is not None
    return entry
