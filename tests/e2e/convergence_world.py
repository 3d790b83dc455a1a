"""A small world that has to come to rest: a file of people, a HubSpot that others edit, too, and processes that die.

The world remembers what others wrote in HubSpot, so that it can tell whether Hubspoke touched anything that is not its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from console.journal.model import WORK, Action, Approver, Entry, EntryState, Plan, RunProgress
from console.provisioning.apply import Applier
from console.provisioning.mappings import Mappings
from console.provisioning.plans import Plans
from console.provisioning.undo import plan_undo
from tests.e2e.convergence_firms import ASSOCIATE, Firms, Pairs
from tests.e2e.convergence_mortals import Died, Life, Mortal
from tests.provisioning.plan_support import Desk
from tests.support.simulator import Simulator

MAPPING = """\
version = 1
name = "people"
source = "people.csv"
source_id = "id"
correlate = ["email"]
scope = 'active eq true'

[types]
active = "bool"

[properties]
email = 'source.mail.lowerAscii()'
firstname = 'source.first'
lastname = {{ value = 'source.last', empty = "clear" }}
city = {{ value = 'source.city', write = "if_empty" }}

[policy]
MISSING = "CREATE"
SOURCE_MISSING = "{leavers}"
UNQUALIFIED = "{leavers}"
"""
COLUMNS = ("id", "mail", "first", "last", "city", "active", "firm")
MAPPED = frozenset({"email", "firstname", "lastname", "city"})
KEPT_BY_HUBSPOT = frozenset(
    {"hs_additional_emails", "hs_merged_object_ids", "hs_calculated_merged_vids", "associatedcompanyid"}
)
"""What a change of an address, a merge or an association leaves behind in a record."""
OTHERS_MOVE = frozenset({"associatedcompanyid"})
"""What moves in a record when something is done to the company that it belongs to."""
ME = Approver(login="tester")
ROUNDS = 8

Row = dict[str, str]


@dataclass
class World:
    """The file, HubSpot, and what is known of both."""

    on: Desk
    rows: dict[str, Row] = field(default_factory=dict)
    gone: dict[str, Row] = field(default_factory=dict)
    mails: set[str] = field(default_factory=set)
    theirs: dict[str, dict[str, str]] = field(default_factory=dict)
    """What others last saw or made of each record: its id, its values."""
    ours: set[str] = field(default_factory=set)
    """Records that some person of the source has or had."""
    foreign: set[str] = field(default_factory=set)
    """Records that others made."""
    leavers: str = "UNLINK"
    firms: Firms = field(init=False)

    def __post_init__(self) -> None:
        self.firms = Firms(self.on)

    @property
    def hubspot(self) -> Simulator:
        """The account."""
        return self.on.hubspot

    # -------------------------------------------------------------- people

    def write(self) -> None:
        """The file as the source has it now."""
        self.mails |= {row["mail"].lower() for row in self.rows.values() if row["active"] == "true"}
        text = MAPPING.format(leavers=self.leavers) + ASSOCIATE.format(label=self.firms.label)
        self.on.write_mapping(text)
        self.firms.write()
        self.on.people(
            *(",".join(row[name] for name in COLUMNS) for row in self.rows.values()), header=",".join(COLUMNS)
        )

    def person(self, number: int) -> Row | None:
        """Somebody of the source."""
        rows = list(self.rows.values())
        return rows[number % len(rows)] if rows else None

    # ------------------------------------------------- what others do there

    def record(self, number: int) -> str | None:
        """The id of some record."""
        uids = sorted(self.hubspot.dump(), key=int)
        return uids[number % len(uids)] if uids else None

    def theirs_now(self, *uids: str) -> None:
        """Somebody else has just written these records, or made an end of them."""
        dump = self.hubspot.dump()
        for uid in uids:
            if uid in dump:
                self.theirs[uid] = dump[uid]
            else:
                self.theirs.pop(uid, None)

    def others(self, method: str, path: str, body: Any = None, *uids: str) -> Any:
        """A request of somebody else's; what it did to these records is remembered."""
        answer = self.hubspot.request(method, f"/crm/objects/2026-09/contacts{path}", body)
        assert answer.status < 500, answer.text
        self.theirs_now(*uids)
        return answer

    def make(self, values: Mapping[str, str]) -> None:
        """Somebody else makes a contact, where none has its address."""
        answer = self.others("POST", "", {"properties": dict(values)})
        if answer.status == 201:
            self.theirs_now(answer.json["id"])
            self.foreign.add(answer.json["id"])

    def merge(self, first: str, second: str) -> None:
        """Somebody else merges the second record into the first."""
        if first == second:
            return
        pairs = self.firms.pairs()
        self.others("POST", "/merge", {"primaryObjectId": first, "objectIdToMerge": second}, first, second)
        self.firms.contacts_merged(first, pairs)
        if second in self.ours:
            self.ours.add(first)

    # ---------------------------------------------------------- provisioning

    async def plan(self, life: Life | None = None, *, firms: bool = False, **options: Any) -> Plan:
        """A plan of the people, or of the firms, as they are. Raises Died."""
        await self._know_ours()
        on = self.on
        plans = on.plans
        if life is not None:
            plans = Plans(Mortal(on.connector, life), Mortal(on.journal, life), Mappings(on.paths))
        return await plans.create(self.firms.mapping if firms else on.mapping, **options)

    async def approve(self, plan: Plan) -> None:
        """As a human does who accepts what the guards say."""
        guards = tuple(msgspec.structs.replace(guard, accepted=guard.count) for guard in plan.guards)
        await self.on.journal.approve(msgspec.structs.replace(plan, guards=guards), ME)

    async def apply(self, plan: Plan, life: Life | None = None) -> RunProgress:
        """Apply an approved plan, or go on with it; HubSpot behaves afterwards. Raises Died."""
        on = self.on
        target: Any = on.connector if life is None else Mortal(on.connector, life)
        journal: Any = on.journal if life is None else Mortal(on.journal, life)
        try:
            return await Applier(target, journal, plan, owner="tester@here").run()
        finally:
            self.hubspot.faults()
            await self._know_ours()

    async def settle(self, *, firms: bool = False) -> list[str]:
        """Plan and apply until nothing changes any more; the source ids that the last plan gives to a human."""
        for _ in range(ROUNDS):
            plan = await self.plan(firms=firms)
            before = await self._state()
            if not work(plan):
                return await self.listed(plan)
            await self.approve(plan)
            run = await self.apply(plan)
            assert run.ended, run.message
            if before == await self._state():
                return await self.listed(plan)
        raise AssertionError(f"it does not come to rest: {plan.actions}, {await self.told(plan)}")

    async def _state(self) -> tuple[Any, ...]:
        """What writing changes, on both sides."""
        return self.hubspot.state()["writes"], self.firms.pairs(), await self.links(), await self.firms.links()

    async def told(self, plan: Plan) -> list[tuple[Any, ...]]:
        """The entries of a plan that are not simply equal, for a message."""
        return [
            (
                e.number,
                e.situation.value,
                e.action.value,
                e.uid,
                e.state.value,
                e.outcome,
                e.payload and e.payload.changes,
            )
            for e in await self.on.entries(plan)
            if e.action is not Action.NONE
        ]

    async def listed(self, plan: Plan) -> list[str]:
        """The source ids of entries that did not become what they should, and say so."""
        found = []
        for entry in await self.on.entries(plan):
            settled = entry.state in (EntryState.DONE, EntryState.PLANNED, EntryState.SKIPPED)
            if entry.payload is not None and (not settled or entry.action is Action.EXCEPTION):
                found.append(entry.payload.source_id)
        return found

    async def links(self) -> dict[str, tuple[str, bool]]:
        """Source ids that have a link: the record, and whether Hubspoke made it."""
        on = self.on
        digester = on.journal.digester(self.hubspot.portal_id, "people", "contact")
        digests = {digester.source(source_id): source_id for source_id in [*self.rows, *self.gone]}
        links = await on.journal.links(self.hubspot.portal_id, "people", list(digests), object_class="contact")
        return {digests[digest]: (link.uid, link.created_by_us) for digest, link in links.items()}

    async def _know_ours(self) -> None:
        self.firms.know_ours({uid for uid, _ in (await self.links()).values()})
        for uid, values in self.hubspot.dump().items():
            addresses = [values.get("email", ""), *values.get("hs_additional_emails", "").split(";")]
            if uid not in self.foreign or self.mails & set(addresses):
                self.ours.add(uid)

    # -------------------------------------------------------------- judging

    async def judge(self) -> None:
        """HubSpot equals the source for whoever is in scope; whatever Hubspoke must not touch is as others left it."""
        given = await self.settle(firms=True)
        listed = await self.settle()
        for firms in (True, False):
            before, again = await self._state(), await self.plan(firms=firms)
            await self.approve(again)
            await self.apply(again)
            assert before == await self._state(), ("a second run writes", await self.told(again))
        await self.firms.judge(given)
        await self._judge_people(listed)
        self.judge_others()

    async def _judge_people(self, listed: Sequence[str]) -> None:
        dump, links = self.hubspot.dump(), await self.links()
        placed: dict[str, str] = {}
        shared = Counter(row["mail"].lower() for row in self.rows.values() if row["mail"])
        for source_id, row in self.rows.items():
            if row["active"] != "true":
                continue
            mail = row["mail"].lower()
            uid, _ = links.get(source_id, ("", False))
            elsewhere = mail and [one for one, values in dump.items() if one != uid and mail in addresses_of(values)]
            if source_id in listed:
                assert not mail or shared[mail] > 1 or elsewhere, (
                    f"{source_id} is given to a human for nothing",
                    row,
                    uid,
                )
                continue
            assert uid in dump, (f"{source_id} is not in HubSpot", row, uid)
            have = dump[uid]
            differing = [
                name
                for name, wanted in (("email", mail), ("firstname", row["first"]), ("lastname", row["last"]))
                if have.get(name, "") != wanted and (wanted or name == "lastname")
            ]
            assert not differing, (f"{source_id} differs", differing, row, uid, have)
            assert not row["city"] or have.get("city"), (f"{source_id} has no city", row, have)
            placed[uid] = row["firm"]
        self.firms.judge_ties(placed)

    def judge_others(self) -> None:
        """What others wrote is there, but for what the mapping writes into records of its own people."""
        self.firms.judge_others()
        dump = self.hubspot.dump()
        for uid, left in self.theirs.items():
            if uid not in dump:
                assert uid in self.ours, (f"the record {uid} of others is gone", left)
                assert self.leavers == "DELETE", (f"the record {uid} is gone", left)
                continue
            free = MAPPED | KEPT_BY_HUBSPOT if uid in self.ours else OTHERS_MOVE
            assert without(dump[uid], free) == without(left, free), (f"the record {uid} was touched", left, dump[uid])
        for uid, values in dump.items():
            if uid not in self.theirs:
                assert set(values) <= MAPPED | KEPT_BY_HUBSPOT | {"lifecyclestage"}, (uid, values)

    # --------------------------------------------------------------- undoing

    async def take_back(self, *, firms: bool = False, dying: Life | None = None, applying: Life | None = None) -> None:
        """Apply a plan and undo it at once: all is as before, but for what is listed. Processes may die on the way."""
        plan = await self.plan(firms=firms)
        was = await self._seen(firms)
        await self.approve(plan)
        run = await self._whatever_dies(plan, applying)
        if not run.states.get("done") or not work(plan):
            return
        did = {entry.number: entry for entry in await self.on.entries(plan) if entry.action in WORK}
        undo = await plan_undo(self.on.connector, self.on.journal, run.id)
        await self.approve(undo)
        ended = await self._whatever_dies(undo, dying)
        assert ended.ended, ended.message
        taken = {entry.number: entry for entry in await self.on.entries(undo)}
        excused: set[str] = set()
        for number, entry in did.items():
            if entry.state is not EntryState.DONE:
                excused |= _who(entry)
                continue
            back = taken[number]
            if back.state is not EntryState.DONE:
                assert back.outcome or (back.payload and back.payload.problems), ("not taken back in silence", back)
                assert entry.undo != "full" or back.state is not EntryState.NEEDS_DECISION, (
                    "full, but not taken back",
                    back,
                )
                excused |= _who(entry)
        now = await self._seen(firms)
        for uid in {*was.records, *now.records} - excused:
            assert now.records.get(uid) == was.records.get(uid), (
                f"the record {uid} is not as before", was.records.get(uid), now.records.get(uid), await self.told(undo),
            )  # fmt: skip
        for pair in {*was.pairs, *now.pairs}:
            assert excused & {*pair} or now.pairs.get(pair) == was.pairs.get(pair), (
                f"the association {pair} is not as before", was.pairs, now.pairs, await self.told(undo)
            )  # fmt: skip
        for source_id in {*was.links, *now.links} - excused:
            if was.links.get(source_id, ("", False))[0] in excused:
                continue
            assert now.links.get(source_id) == was.links.get(source_id), (
                f"the link of {source_id} is not as before", now.links, was.links,
            )  # fmt: skip

    async def _whatever_dies(self, plan: Plan, life: Life | None) -> RunProgress:
        """Apply a plan by a process that may die, and by another one that goes on."""
        try:
            return await self.apply(plan, life)
        except Died:
            run = await self.on.journal.progress(plan.id)
            return run if run.ended else await self.apply(plan)

    async def _seen(self, firms: bool) -> Seen:
        dump = self.hubspot.dump("companies" if firms else "contacts")
        return Seen(
            records={uid: without(values, KEPT_BY_HUBSPOT) for uid, values in dump.items()},
            links=await (self.firms if firms else self).links(),
            pairs=self.firms.pairs(),
        )


@dataclass
class Seen:
    """What an undo has to bring back."""

    records: dict[str, dict[str, str]]
    links: dict[str, tuple[str, bool]]
    pairs: Pairs


def _who(entry: Entry) -> set[str]:
    """The record and the person of an entry."""
    return {entry.uid or "", entry.payload.source_id if entry.payload is not None else ""}


def work(plan: Plan) -> int:
    """How many entries of a plan do something."""
    return sum(plan.actions.get(action.value, 0) for action in WORK)


def addresses_of(values: Mapping[str, str]) -> set[str]:
    """All addresses of a contact."""
    return {values.get("email", ""), *values.get("hs_additional_emails", "").split(";")} - {""}


def without(values: Mapping[str, str], names: frozenset[str]) -> dict[str, str]:
    """The values but for some, blank ones left out."""
    return {name: value for name, value in values.items() if name not in names and value}
