"""One person from end to end: found by words, explained step by step, and provisioned now."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from console.connector.browse import Browse
from console.connector.connector import Connector
from console.hubspot.errors import NotFound
from console.hubspot.model import PropertyDefinition, Record
from console.journal.errors import UnknownPlan
from console.journal.journal import Journal
from console.journal.model import Entry, NewEntry, Plan, RunProgress, RunState, Situation
from console.journal.troubled import DEAD
from console.provisioning.correlate import label_of
from console.provisioning.errors import PlanRefused
from console.provisioning.explain import MEANINGS, Explanation
from console.provisioning.mapping import Mapping
from console.provisioning.mapping_preview import PersonPreview, preview_person
from console.provisioning.mappings import Mappings
from console.provisioning.person_finding import Hit, find_people, find_row, record_hit
from console.provisioning.person_steps import Line, Step, Touched, history_steps, story_steps
from console.provisioning.plans import Plans
from console.provisioning.runs import Runs
from console.provisioning.situations import Policy
from console.provisioning.source_people import SourcePeople
from console.provisioning.threads import in_thread
from console.sources.model import SourceRow
from console.sources.opening import open_source

PLANS = 12
"""The newest plans of the mapping that are looked through for the person."""
_SMALL = 2000
"""A plan of at most so many people is looked through as a whole; of others, the records that are known and what failed."""
_RECORDS = 5


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one person. Without an `explanation` they are only in HubSpot."""

    mapping: str
    source_id: str
    label: str
    steps: tuple[Step, ...]
    explanation: Explanation | None = None
    uid: str = ""
    object_class: str = "contact"

    @property
    def to_write(self) -> bool:
        """Whether a plan of this person alone would write anything."""
        return self.explanation is not None and self.explanation.action in (
            "CREATE",
            "UPDATE",
            "DELETE",
            "LINK",
            "UNLINK",
        )


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A plan of one person, and how long making it took."""

    plan: Plan
    entry: Entry | None
    seconds: float


class PersonStories:
    """The service behind the screen of a person. Methods raise PlanRefused, SourceError, HubSpotError, JournalError."""

    def __init__(
        self,
        connector: Connector,
        journal: Journal,
        mappings: Mappings,
        plans: Plans,
        runs: Runs,
        browse: Browse,
        secret: Callable[[str], Awaitable[str | None]],
    ) -> None:
        """`secret` tells what the vault holds for a source."""
        self._connector = connector
        self._journal = journal
        self._mappings = mappings
        self._plans = plans
        self._runs = runs
        self._browse = browse
        self._secret = secret

    async def find(self, mapping: str, words: str) -> list[Hit]:
        """People of the mapping's source with these words; where there are none, HubSpot's records with them."""
        found = await in_thread(lambda: self._mappings.load(mapping))
        people = await self._people(found)
        try:
            hits = await in_thread(lambda: find_people(found, people, words))
        finally:
            people.close()
        return hits or [record_hit(record) for record in await self._records(found, words)]

    async def tell(self, mapping: str, source_id: str) -> Story:
        """Everything about the person with this source id, whether they are in the source or not."""
        found = await in_thread(lambda: self._mappings.load(mapping))
        explanation = await self._plans.explain(mapping, source_id)
        schema = await self._connector.schema(found.target)
        person = await self._preview(found, source_id, schema) if explanation.line is not None else None
        touched = await self._touched(found, source_id, _uids(explanation))
        return Story(
            mapping=mapping,
            source_id=source_id,
            label=_label(person, touched) or source_id,
            steps=tuple(story_steps(explanation, person, touched)),
            explanation=explanation,
            uid=explanation.uid or explanation.linked_to,
            object_class=found.target,
        )

    async def tell_record(self, mapping: str, uid: str) -> Story:
        """What the mapping has to say of a record whose person nobody finds in the source."""
        found = await in_thread(lambda: self._mappings.load(mapping))
        record = await self._connector.get(found.target, uid)
        portal = (await self._connector.details()).portal_id
        links = await self._journal.links_by_uid(portal, found.name, [uid], object_class=found.target)
        situation = Situation.SOURCE_MISSING if uid in links else Situation.UNASSIGNED
        link = links.get(uid)
        action = Policy(found.policy).action(situation, created_by_us=link is not None and link.created_by_us)
        linked = "linked by this mapping: the person left the source" if link else "no link of this mapping leads to it"
        touched = await self._touched(found, "", [uid])
        looked = found.target_phase != "off" if link else found.target_phase == "all"
        steps = [
            Step(id="source", title="Source", state="fail", detail=f"nobody in {found.source} has these words"),
            Step(id="correlation", title="Record", state="pass", detail=f"record {record.id}", lines=_told(record)),
            Step(id="link", title="Link", state="warn" if link else "info", detail=linked),
            Step(id="situation", title="Situation", state="warn", detail=f"{situation.value}: {MEANINGS[situation]}"),
            Step(
                id="action",
                title="Action",
                state="info",
                detail=f"{action.value}, by a plan of everybody"
                if looked
                else f'nobody looks: target_phase = "{found.target_phase}"',
            ),
            *history_steps(touched),
        ]
        return Story(
            mapping=mapping,
            source_id="",
            label=label_of(record) or uid,
            steps=tuple(steps),
            uid=uid,
            object_class=found.target,
        )

    async def plan(self, mapping: str, source_id: str) -> Planned:
        """A plan of this person alone. Nothing is written."""
        begun = time.monotonic()
        plan = await self._plans.create(mapping, only=source_id)
        entries = await self._plans.entries(plan.id, limit=_SMALL)
        own = [entry for entry in entries if entry.payload is not None and entry.payload.source_id == source_id]
        entry = own[0] if own else entries[0] if entries else None
        return Planned(plan=plan, entry=entry, seconds=time.monotonic() - begun)

    async def apply(self, planned: Planned) -> AsyncIterator[RunProgress]:
        """Approve exactly this plan, write it by a runner, and tell of the run until it stands still.

        Raises GuardRefused where a guard holds; LockedByAnother where another run of the mapping is under way.
        """
        await self._runs.approve(planned.plan.id)
        run_id = await self._runs.start(planned.plan.id)
        async for progress in self._runs.watch(run_id):
            yield progress

    async def outcome(self, planned: Planned) -> Entry | None:
        """What became of the person's entry."""
        if planned.entry is None:
            return None
        return await self._journal.entry(planned.plan.id, planned.entry.number)

    # ---- looking

    async def _people(self, mapping: Mapping) -> SourcePeople:
        secret = await self._secret(mapping.source)
        return SourcePeople(open_source(mapping.source, base=mapping.base, types=mapping.types, secret=secret))

    async def _preview(
        self, mapping: Mapping, source_id: str, schema: dict[str, PropertyDefinition]
    ) -> PersonPreview | None:
        people = await self._people(mapping)

        def look() -> PersonPreview | None:
            row: SourceRow | None = find_row(mapping, people, source_id)
            return preview_person(mapping, row, schema, people.name) if row is not None else None

        try:
            return await in_thread(look)
        finally:
            people.close()

    async def _records(self, mapping: Mapping, words: str) -> list[Record]:
        """HubSpot's records with these words, or with this id."""
        text = words.strip()
        if text.isascii() and text.isdigit():
            try:
                return [await self._connector.get(mapping.target, text)]
            except NotFound:
                pass  # it may be a phone number
        page = await self._browse.page(mapping.target, text=text, limit=_RECORDS)
        return page.records[:_RECORDS]

    async def _touched(self, mapping: Mapping, source_id: str, uids: list[str]) -> list[Touched]:
        """The newest plans that name the person, the newest first."""
        found: list[Touched] = []
        plans = [plan for plan in await self._journal.plans(PLANS * 8) if plan.mapping == mapping.name][:PLANS]
        for plan in plans:
            entry = await self._entry(plan, source_id, uids)
            if entry is not None:
                run = await self._run(plan.id)
                found.append(Touched(plan_id=plan.id, planned_at=plan.created_at, entry=entry, run=run))
        return found

    async def _entry(self, plan: Plan, source_id: str, uids: list[str]) -> Entry | None:
        if uids:
            for numbers in (await self._journal.numbers_by_uid(plan.id, uids)).values():
                return await self._journal.entry(plan.id, numbers[0])
        if not source_id:
            return None
        digest = self._journal.digester(plan.portal_id, plan.mapping, plan.object_class).source(source_id)
        states = None if plan.read <= _SMALL else [state.value for state in DEAD]
        after = 0
        while page := await self._journal.keyed_entries(plan.id, states=states, after=after, limit=500):
            if (hit := _of(page, digest)) is not None:
                return hit
            after = page[-1].number
        return None

    async def _run(self, plan_id: str) -> RunProgress | None:
        try:
            return await self._runs.show(plan_id)
        except UnknownPlan:
            return None  # nobody approved it


def _of(page: list[NewEntry], digest: bytes) -> NewEntry | None:
    return next((entry for entry in page if entry.key_digest == digest), None)


def _uids(found: Explanation) -> list[str]:
    return list(dict.fromkeys(uid for uid in (found.uid, found.linked_to) if uid))


def _label(person: PersonPreview | None, touched: list[Touched]) -> str:
    if person is not None:
        return person.label
    return next(
        (one.entry.payload.label for one in touched if one.entry.payload is not None and one.entry.payload.label), ""
    )


def _told(record: Record) -> tuple[Line, ...]:
    shown = [(name, value) for name, value in record.properties.items() if value][:6]
    return tuple(Line("info", f"{name} = {value}") for name, value in shown)


__all__ = ["Hit", "PersonStories", "PlanRefused", "Planned", "RunState", "Story"]
