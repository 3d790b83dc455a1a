"""Five thousand mixed operations on a HubSpot that fails in every way at once: each is accounted for, none is done twice.

The simulator's log of creates and its records at the end judge: what was said to have happened has happened once,
what was said to have been refused has not, and what nobody could know stands in a list.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import pytest

from console.connector.connector import Connector
from console.hubspot.errors import Conflict, HubSpotError, Invalid, NotFound
from console.hubspot.model import Record, Write
from tests.connector.connector_parts import connected
from tests.support.simulator import Simulator, start_simulator

OPERATIONS = 5_000  # of single records, alone or in batches: each has an outcome of its own
CLIENTS = 48
TOKEN_LIFE = 5.0
FAULTS = ("502=2.5%", "reset=2%", "stall=2%", "423=1%")
LATE_FAULT = {"kind": "502", "probability": 0.025, "when": "after"}
REFUSALS = (Conflict, Invalid, NotFound)
MISSING = "999999999"
NAMES = {"contact": "email", "company": "name"}


@dataclass
class Owned:
    """A record of one client, and what may be true of it: more than one thing where an outcome is unknown."""

    cls: str
    uid: str
    name: str
    city: set[str | None]
    archived: set[bool] = field(default_factory=lambda: {False})
    linked: dict[str, set[bool]] = field(default_factory=dict)


class Ledger:
    """What was asked, and what became of it by the account of those who asked."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.unknown: list[str] = []
        self.wrong: list[str] = []
        self.created: set[str] = set()
        self.perhaps_created: set[str] = set()
        self.refused: set[str] = set()
        self.records: list[Owned] = []

    @property
    def total(self) -> int:
        return sum(self.outcomes.values())

    def told(self, what: str, error: HubSpotError | None, expected: type[HubSpotError] | None = None) -> bool:
        """Account for one outcome; whether it is certain. Only what had to be refused may be refused."""
        if error is None or isinstance(error, REFUSALS):
            self.outcomes["ok" if error is None else "refused"] += 1
            if not isinstance(error, expected or type(None)):
                self.wrong.append(f"{what}: {type(error).__name__} {error}")
            return True
        self.outcomes["unknown"] += 1
        self.unknown.append(f"{what}: {type(error).__name__}")
        return False


class Client:
    """One of many who work at the same time, each on records of its own."""

    def __init__(self, number: int, connector: Connector, ledger: Ledger, numbers: Iterator[int]) -> None:
        self.number = number
        self.connector = connector
        self.ledger = ledger
        self.random = Random(number)
        self.numbers = numbers
        self.own: list[Owned] = []

    async def work(self) -> None:
        kinds: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self.create, 20), (self.batch_create, 8), (self.update, 16), (self.batch_update, 8), (self.upsert, 8),
            (self.read, 15), (self.batch_read, 8), (self.search, 2), (self.associate, 6), (self.archive, 3),
            (self.batch_archive, 2), (self.mistake, 4),
        ]  # fmt: skip
        while self.ledger.total < OPERATIONS:
            operation = self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
            self.ledger.kinds[operation.__name__] += 1
            await operation()

    async def create(self) -> None:
        cls, name = self._new()
        try:
            record = await self.connector.create(cls, {NAMES[cls]: name, "city": "Kandy"})
        except HubSpotError as error:
            self._not_created(name, error)
        else:
            self._created(cls, name, record, "Kandy")

    async def batch_create(self) -> None:
        cls, _ = self._new()
        names = [self._new(cls)[1] for _ in range(self.random.randint(2, 8))]
        writes = [Write(properties={NAMES[cls]: name, "city": "Galle"}) for name in names]
        taken = next((each.name for each in self._certain("contact")), None) if cls == "contact" else None
        outcomes = await self.connector.batch_create(cls, [*writes, *([_taken(taken)] if taken else [])])
        for name, outcome in zip(names, outcomes, strict=False):
            if outcome.record is not None:
                self._created(cls, name, outcome.record, "Galle")
            else:
                assert outcome.error is not None
                self._not_created(name, outcome.error)
        if taken:
            self.ledger.told(f"create {taken} again", outcomes[-1].error, Conflict)

    async def upsert(self) -> None:
        known = list(self._certain("contact"))[:3]
        names = [self._new("contact")[1] for _ in range(self.random.randint(1, 4))]
        city = self._city()
        keys = [*(each.name for each in known), *names]
        writes = [Write(id=key, properties={"email": key, "city": city}) for key in keys]
        outcomes = await self.connector.batch_upsert("contact", writes, "email")
        for each, outcome in zip(known, outcomes, strict=False):
            self._changed(each, city, outcome.error)
        for name, outcome in zip(names, outcomes[len(known) :], strict=True):
            if outcome.record is not None:
                self._created("contact", name, outcome.record, city)
            else:
                assert outcome.error is not None
                self._not_created(name, outcome.error)

    async def update(self) -> None:
        if (each := self._any()) is None:
            await self.create()
            return
        city = self._city()
        error = await _error(self.connector.update(each.cls, each.uid, {"city": city}))
        self._changed(each, city, error)

    async def batch_update(self) -> None:
        cls = self.random.choice(list(NAMES))
        some, city = self._some(cls), self._city()
        if not some:
            await self.create()
            return
        writes = [Write(id=each.uid, properties={"city": city}) for each in some]
        outcomes = await self.connector.batch_update(cls, [*writes, Write(id=MISSING, properties={"city": city})])
        for each, outcome in zip(some, outcomes, strict=False):
            self._changed(each, city, outcome.error)
        self.ledger.told("update of a missing record", outcomes[-1].error, NotFound)

    async def read(self) -> None:
        if (each := self._any()) is None:
            await self.create()
            return
        try:
            record = await self.connector.get(each.cls, each.uid, ["city"])
        except HubSpotError as error:
            self.ledger.told(f"read {each.name}", error)
        else:
            self.ledger.told(f"read {each.name}", None)
            self._seen(each, record)

    async def batch_read(self) -> None:
        cls = self.random.choice(list(NAMES))
        some = self._some(cls)
        outcomes = await self.connector.batch_read(cls, [*(each.uid for each in some), MISSING], properties=["city"])
        for each, outcome in zip(some, outcomes, strict=False):
            self.ledger.told(f"read {each.name}", outcome.error)
            if outcome.record is not None:
                self._seen(each, outcome.record)
        self.ledger.told("read of a missing record", outcomes[-1].error, NotFound)

    async def search(self) -> None:
        if (each := self._any()) is None:
            await self.create()
            return
        words = f'{NAMES[each.cls]} eq "{each.name}"'
        try:
            found = [record async for record in self.connector.search(each.cls, words, properties=["city"])]
        except HubSpotError as error:
            self.ledger.told(f"search {each.name}", error)
        else:
            self.ledger.told(f"search {each.name}", None)
            if [record.id for record in found] != [each.uid]:
                self.ledger.wrong.append(f"search {each.name}: {[record.id for record in found]}")

    async def associate(self) -> None:
        contacts, companies = self._some("contact"), self._some("company")
        if not contacts or not companies:
            await self.create()
            return
        person, firm = contacts[0], companies[0]
        associations = self.connector.hubspot.associations
        error = await _error(associations.associate("contacts", person.uid, "companies", firm.uid))
        before = person.linked.get(firm.uid, {False})
        person.linked[firm.uid] = {True} if self.ledger.told(f"associate {person.name}", error) else before | {True}

    async def archive(self) -> None:
        if (each := self._any()) is None:
            await self.create()
            return
        error = await _error(self.connector.objects(each.cls).archive(each.uid))
        self._archived(each, error)

    async def batch_archive(self) -> None:
        cls = self.random.choice(list(NAMES))
        some = self._some(cls)[:3]
        if not some:
            await self.create()
            return
        outcomes = await self.connector.batch_archive(cls, [each.uid for each in some])
        for each, outcome in zip(some, outcomes, strict=True):
            self._archived(each, outcome.error)

    async def mistake(self) -> None:
        """What HubSpot must refuse whatever else goes wrong."""
        taken = next((each.name for each in self._certain("contact")), None)
        if taken is not None and self.random.random() < 0.5:
            error = await _error(self.connector.create("contact", {"email": taken, "city": "Twice"}))
            self.ledger.told(f"create {taken} again", error, Conflict)
        elif (each := self._any()) is not None:
            error = await _error(self.connector.update(each.cls, each.uid, {"no_such_property": "x"}))
            self.ledger.told("an unknown property", error, Invalid)
        else:
            await self.create()

    # bookkeeping

    def _new(self, cls: str = "") -> tuple[str, str]:
        cls = cls or self.random.choice(list(NAMES))
        number = next(self.numbers)
        return cls, f"p{number}@example.com" if cls == "contact" else f"Firm {number}"

    def _city(self) -> str:
        return f"City {next(self.numbers)}"

    def _any(self) -> Owned | None:
        live = self._live()
        return self.random.choice(live) if live else None

    def _some(self, cls: str) -> list[Owned]:
        live = [each for each in self._live() if each.cls == cls]
        return self.random.sample(live, min(len(live), self.random.randint(1, 8)))

    def _live(self) -> list[Owned]:
        return [each for each in self.own if each.archived == {False}]

    def _certain(self, cls: str) -> Iterator[Owned]:
        return (each for each in reversed(self._live()) if each.cls == cls)

    def _created(self, cls: str, name: str, record: Record, city: str) -> None:
        self.ledger.told(f"create {name}", None)
        self.ledger.created.add(name)
        self.own.append(Owned(cls, record.id, name, {city}))
        self.ledger.records.append(self.own[-1])

    def _not_created(self, name: str, error: HubSpotError) -> None:
        certain = self.ledger.told(f"create {name}", error)
        (self.ledger.refused if certain else self.ledger.perhaps_created).add(name)

    def _changed(self, each: Owned, city: str, error: HubSpotError | None) -> None:
        certain = self.ledger.told(f"update {each.name}", error)
        each.city = {city} if certain else each.city | {city}

    def _archived(self, each: Owned, error: HubSpotError | None) -> None:
        each.archived = {True} if self.ledger.told(f"archive {each.name}", error) else {False, True}

    def _seen(self, each: Owned, record: Record) -> None:
        if record.id != each.uid or record.properties["city"] not in each.city:
            self.ledger.wrong.append(f"read {each.name}: {record.properties['city']!r}, not one of {each.city}")


async def _error(work: Awaitable[object]) -> HubSpotError | None:
    try:
        await work
    except HubSpotError as error:
        return error
    return None


def _taken(email: str) -> Write:
    return Write(properties={"email": email, "city": "Twice"})


@pytest.fixture
def hubspot() -> Iterator[Simulator]:
    with start_simulator(burst="100000/10") as running:
        yield running


@pytest.fixture
async def connector(hubspot: Simulator) -> AsyncIterator[Connector]:
    async with connected(
        hubspot, authentication="oauth", client_id=hubspot.client_id, timeout_seconds=1.0, maximum_connections=CLIENTS
    ) as ready:
        yield ready


async def tokens_die(hubspot: Simulator) -> None:
    """Without a warning, every five seconds."""
    while True:
        await asyncio.sleep(TOKEN_LIFE)
        await asyncio.to_thread(hubspot.credentials, expireAccess=True)


async def test_five_thousand_mixed_operations_end_right_on_a_failing_hubspot(
    hubspot: Simulator, connector: Connector
) -> None:
    ledger, numbers = Ledger(), itertools.count(1)
    hubspot.faults(",".join(FAULTS), LATE_FAULT)
    began = time.monotonic()
    killer = asyncio.create_task(tokens_die(hubspot))
    try:
        await asyncio.gather(*(Client(n, connector, ledger, numbers).work() for n in range(CLIENTS)))
    finally:
        killer.cancel()
    took = time.monotonic() - began
    struck = hubspot.state()["faults"]["hits"]
    tokens = hubspot.state()["tokens"]
    hubspot.faults()

    assert took < 45
    assert ledger.total >= OPERATIONS
    assert min(ledger.kinds.values()) >= 10, ledger.kinds
    assert min(struck[kind] for kind in ("502", "reset", "stall", "423")) >= 10, struck
    assert len(tokens) > took // TOKEN_LIFE
    assert ledger.wrong == []
    assert ledger.outcomes["unknown"] == len(ledger.unknown) > 0
    assert ledger.outcomes["refused"] > 100
    created_once(hubspot, ledger)
    records_are_as_told(hubspot, ledger)
    await links_are_as_told(connector, ledger)


def created_once(hubspot: Simulator, ledger: Ledger) -> None:
    """Every create that was told happened once; of the unknown ones some; no other."""
    creates = Counter(entry["key"] for entry in hubspot.log("create"))
    assert [name for name, times in creates.items() if times > 1] == []
    assert ledger.created - set(creates) == set()
    assert set(creates) - ledger.created - ledger.perhaps_created == set()
    assert ledger.refused & set(creates) == set()


def records_are_as_told(hubspot: Simulator, ledger: Ledger) -> None:
    """Each record has a value that it may have, and is gone if and only if it was told to be."""
    held = {"contact": hubspot.dump("contacts"), "company": hubspot.dump("companies")}
    for each in ledger.records:
        values = held[each.cls].pop(each.uid, None)
        assert (values is None) in each.archived, each
        if values is not None:
            assert values.get("city") in each.city, (each, values)
            assert values[NAMES[each.cls]] == each.name
    left_over = {values[NAMES[cls]] for cls, records in held.items() for values in records.values()}
    assert left_over <= ledger.perhaps_created


async def links_are_as_told(connector: Connector, ledger: Ledger) -> None:
    """What was associated is; a pair of live records that nobody associated is not."""
    people = [each for each in ledger.records if each.linked and each.archived == {False}]
    assert people
    gone = {each.uid for each in ledger.records if each.archived != {False}}
    found = await connector.hubspot.associations.read("contacts", "companies", [each.uid for each in people])
    for each in people:
        present = {link.to_id for link in found.get(each.uid, [])}
        assert present <= set(each.linked)
        assert {uid for uid, linked in each.linked.items() if linked == {True} and uid not in gone} <= present
