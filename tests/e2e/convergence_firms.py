"""The companies of the small world: organisations of a file, companies that others make, too, and who belongs to which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from console.journal.model import Plan, Situation
from console.provisioning.errors import PlanRefused
from tests.provisioning.plan_support import Desk
from tests.support.simulator import Simulator

MAPPING = """\
version = 1
name = "firms"
source = "firms.csv"
source_id = "org"
target = "company"
correlate = ["domain"]
allow_unkeyed_creates = true

[properties]
name = 'source.title'
domain = 'source.site'

[policy]
MISSING = "CREATE"
SOURCE_MISSING = "{leavers}"
"""
ASSOCIATE = """
[[associate]]
class = "company"
key = 'source.firm'
label = "{label}"
"""
SITES = {"F1": "one.example", "F2": "two.example"}
MAPPED = frozenset({"name", "domain"})
KEPT_BY_HUBSPOT = frozenset({"hs_merged_object_ids", "hs_additional_domains", "website"})
"""What a merge or another domain leaves behind in a record."""

Values = dict[str, str]
Pairs = dict[tuple[str, str], bool]
"""Contacts and companies that belong together, and whether the company is the primary one."""


@dataclass
class Firms:
    """The file of organisations, HubSpot's companies, and what is known of both."""

    on: Desk
    leavers: str = "UNLINK"
    label: str = ""
    rows: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, Values] = field(default_factory=dict)
    """What others last saw or made of each company."""
    ours: set[str] = field(default_factory=set)
    """Companies that some organisation of the source has or had."""
    foreign: set[str] = field(default_factory=set)
    """Companies that others made."""
    ties: set[tuple[str, str]] = field(default_factory=set)
    """Who others say belongs to which company."""
    made: set[tuple[str, str]] = field(default_factory=set)
    """What Hubspoke said of that, at some time."""
    forgotten: set[tuple[str, str]] = field(default_factory=set)
    """Whose work that is, nobody remembers: a link went, or records were merged."""

    @property
    def hubspot(self) -> Simulator:
        """The account."""
        return self.on.hubspot

    @property
    def mapping(self) -> str:
        """The mapping's file."""
        return str(self.on.folder / "firms.toml")

    def write(self) -> None:
        """The file and the mapping as they are now."""
        (self.on.folder / "firms.toml").write_text(MAPPING.format(leavers=self.leavers))
        lines = [f"{org},{title},{SITES[org]}" for org, title in self.rows.items()]
        (self.on.folder / "firms.csv").write_text("\n".join(["org,title,site", *lines]) + "\n")

    # ------------------------------------------------------------- the others

    def record(self, number: int) -> str | None:
        """The id of some company."""
        uids = sorted(self.hubspot.dump("companies"), key=int)
        return uids[number % len(uids)] if uids else None

    def others(self, method: str, path: str, body: Any = None, *uids: str) -> Any:
        """A request of somebody else's; what it did to these companies is remembered."""
        answer = self.hubspot.request(method, f"/crm/objects/2026-09/companies{path}", body)
        assert answer.status < 500, answer.text
        self._theirs_now(*uids)
        return answer

    def make(self, values: Mapping[str, str]) -> None:
        """Somebody else makes a company; HubSpot lets several have one domain."""
        answer = self.others("POST", "", {"properties": dict(values)})
        assert answer.status == 201, answer.text
        self._theirs_now(answer.json["id"])
        self.foreign.add(answer.json["id"])

    def merge(self, first: str, second: str) -> None:
        """Somebody else merges the second company into the first."""
        if first == second:
            return
        people = {contact for contact, company in self.pairs() if company == second}
        self.others("POST", "/merge", {"primaryObjectId": first, "objectIdToMerge": second}, first, second)
        if second in self.ours:
            self.ours.add(first)
        self.ties |= {(contact, first) for contact in people} - self.made
        self.forgotten |= {pair for pair in self.pairs() if pair[1] == first}

    def associate(self, contact: str, company: str) -> None:
        """Somebody else says that a contact belongs to a company."""
        path = f"/crm/objects/2026-09/contacts/{contact}/associations/default/companies/{company}"
        assert self.hubspot.request("PUT", path).status < 300
        (self.forgotten if (contact, company) in self.made else self.ties).add((contact, company))

    def contacts_merged(self, first: str, before: Pairs) -> None:
        """Contacts were merged: what came to the survivor with it, came from others."""
        now = {pair for pair in self.pairs() if pair[0] == first}
        self.ties |= now - set(before) - self.made
        self.forgotten |= now

    def _theirs_now(self, *uids: str) -> None:
        dump = self.hubspot.dump("companies")
        for uid in uids:
            if uid in dump:
                self.theirs[uid] = dump[uid]
            else:
                self.theirs.pop(uid, None)

    # --------------------------------------------------------------- looking

    def pairs(self) -> Pairs:
        """Who belongs to which company."""
        people = sorted(self.hubspot.dump(), key=int)
        if not people:
            return {}
        body = {"inputs": [{"id": uid} for uid in people]}
        answer = self.hubspot.post("/crm/associations/2026-09/contacts/companies/batch/read", body)
        assert answer.status in (200, 207), answer.text
        return {
            (str(one["from"]["id"]), str(to["toObjectId"])): any(
                (kind["label"] or "").casefold() == "primary" for kind in to["associationTypes"]
            )
            for one in answer.json["results"]
            for to in one["to"]
        }

    def know_ours(self, linked: set[str]) -> None:
        """Which companies and associations Hubspoke may have had its hands on; it remembers those of linked contacts."""
        for uid, values in self.hubspot.dump("companies").items():
            if uid not in self.foreign or values.get("domain") in {SITES[org] for org in self.rows}:
                self.ours.add(uid)
        pairs = set(self.pairs())
        self.made |= pairs - self.ties
        self.forgotten |= {pair for pair in pairs if pair[0] not in linked}

    async def links(self) -> dict[str, tuple[str, bool]]:
        """Organisations that have a link: the company, and whether Hubspoke made it."""
        on = self.on
        digester = on.journal.digester(self.hubspot.portal_id, "firms", "company")
        digests = {digester.source(org): org for org in SITES}
        links = await on.journal.links(self.hubspot.portal_id, "firms", list(digests), object_class="company")
        return {digests[digest]: (link.uid, link.created_by_us) for digest, link in links.items()}

    # ------------------------------------------------------------- a human

    async def decide(self, plan: Plan, number: int) -> None:
        """The operator looks at what is AMBIGUOUS, and says which company it is."""
        entries = [one for one in await self.on.entries(plan) if one.situation is Situation.AMBIGUOUS]
        for entry in entries:
            assert entry.payload is not None
            candidates = entry.payload.candidates
            assert len(candidates) > 1, entry
            chosen = candidates[number % len(candidates)].uid
            with suppress(PlanRefused):  # it is linked to another one
                await self.on.plans.link(self.mapping, entry.payload.source_id, chosen)

    # --------------------------------------------------------------- judging

    async def judge(self, listed: list[str]) -> None:
        """Every organisation has its company, unless nobody can tell which one it is; the others' are as they were."""
        dump, links = self.hubspot.dump("companies"), await self.links()
        traces = Counter(one["trace"] for one in self.hubspot.log("create") if one["trace"])
        assert set(traces.values()) <= {1}, ("something was made twice", traces)
        for org, title in self.rows.items():
            uid, _ = links.get(org, ("", False))
            holders = [one for one, values in dump.items() if values.get("domain") == SITES[org]]
            if org in listed:
                taken = {other for name, (other, _) in links.items() if name != org}
                assert len(holders) > 1 or taken & {*holders, uid}, (
                    f"{org} is given to a human for nothing",
                    uid,
                    dump,
                )
                continue
            assert uid in dump, (f"{org} is not in HubSpot", uid, dump)
            assert (dump[uid].get("name"), dump[uid].get("domain")) == (title, SITES[org]), (
                f"{org} differs",
                dump[uid],
            )

    def judge_others(self) -> None:
        """What others wrote is there, but for what the mapping writes into companies of its own organisations."""
        dump = self.hubspot.dump("companies")
        for uid, left in self.theirs.items():
            if uid not in dump:
                assert uid in self.ours, (f"the company {uid} of others is gone", left)
                assert self.leavers == "DELETE", (f"the company {uid} is gone", left)
                continue
            free = KEPT_BY_HUBSPOT | (MAPPED if uid in self.ours else frozenset())
            assert _but(dump[uid], free) == _but(left, free), (f"the company {uid} was touched", left, dump[uid])
        people, pairs = self.hubspot.dump(), self.pairs()
        for contact, company in self.ties:
            if contact in people and company in dump:
                assert (contact, company) in pairs, f"{contact} does not belong to {company} any more, as others had it"

    def judge_ties(self, people: Mapping[str, str]) -> None:
        """Who is in scope belongs to their company, and to none that Hubspoke made theirs before."""
        dump, pairs = self.hubspot.dump("companies"), self.pairs()
        for contact, site in people.items():
            holders = [uid for uid, values in dump.items() if values.get("domain") == site]
            if not site or len(holders) != 1:
                continue  # blank, or nobody can tell which one is meant: what is there stays
            (wanted,) = holders
            assert (contact, wanted) in pairs, f"{contact} does not belong to {wanted}"
            assert not self.label or pairs[contact, wanted], f"{wanted} is not the primary company of {contact}"
            more = {pair for pair in pairs if pair[0] == contact} - self.ties - self.forgotten - {(contact, wanted)}
            assert not more, f"{contact} still belongs to {more}"


def _but(values: Mapping[str, str], names: frozenset[str]) -> Values:
    return {name: value for name, value in values.items() if name not in names and value}
