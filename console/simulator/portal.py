"""One simulated HubSpot account: everything the request handlers work on."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import Any, NamedTuple

from console.simulator.associations import Associations
from console.simulator.clock import Clock
from console.simulator.config import Options
from console.simulator.credentials import Credentials
from console.simulator.faults import Faults
from console.simulator.limits import Limits
from console.simulator.logs import REQUESTS_KEPT, WRITES_KEPT, Asked, Log
from console.simulator.requirements import Rules
from console.simulator.schema import OBJECT_TYPES, Schema
from console.simulator.store import Oldest, Table
from console.simulator.switches import Switches, settled

TIME_ZONE = "Asia/Colombo"
UTC_OFFSET = 19_800.0  # a zone without summer time, so that midnight needs no time-zone data on the machine


class Wrote(NamedTuple):
    """One line of the write log.

    `op`: create, update, archive, merge, gdpr-delete, associate, dissociate, auto-create. `id` is the record written,
    the survivor of a merge, the contact of an association; `key` the email of a contact or the name of a company, the
    ids merged away, the company of an association.
    """

    number: int
    op: str
    type: str
    id: str
    key: str
    trace: str
    at: float
    request: int


class Portal:
    """The account's records, definitions, allowances, credentials, faults and counters."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = Clock()
        self.reset()

    def reset(self) -> None:
        """Begin again, empty, with the same credentials; time goes on."""
        options = self.options
        self.rng = Random(f"portal {options.seed}")  # noqa: S311 - a seed must reproduce it
        self.schema = Schema()
        self.tables = {name: Table(name, self.rng) for name in OBJECT_TYPES}
        self.associations = Associations()
        self.domains = Oldest(self.tables["companies"], "domain")
        self.blocked: set[str] = set()
        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._scheduled = 0
        self.credentials = Credentials(
            options.seed, self.clock, options.token_seconds, options.scopes, options.redirect_uris
        )
        self.credentials.dies_after = options.token_dies_after
        self.limits = Limits(options.burst, options.search, options.daily, UTC_OFFSET, options.associations)
        self.faults = Faults.parse(options.faults, options.seed)
        self.rules = Rules.parse(options.require)
        start = Switches(latency=options.latency, index_lag=options.index_lag, account_type=options.account_type)
        self.switches = settled(start, options.assume)
        self.log = Log[Wrote](WRITES_KEPT)
        self.written: Counter[str] = Counter()
        self.asked = Log[Asked](REQUESTS_KEPT)
        self.requests = 0
        self.by_kind: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self.refused: Counter[str] = Counter()
        self.in_flight = 0
        self.most_in_flight = 0

    @property
    def portal_id(self) -> int:
        """The account's id."""
        return self.credentials.portal_id

    def now_ms(self) -> int:
        """The present moment in milliseconds."""
        return int(self.clock.now() * 1000)

    def uuid(self) -> str:
        """A correlation id, the same in every run with the same seed and requests."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def later(self, seconds: float, action: Callable[[float], None]) -> None:
        """Have HubSpot do something of its own after some seconds; `action` is told when it was due."""
        self._scheduled += 1
        heappush(self._due, (self.clock.now() + seconds, self._scheduled, action))

    def catch_up(self) -> None:
        """Do what has become due; called before every request is looked at."""
        while self._due and self._due[0][0] <= self.clock.now():
            due, _, action = heappop(self._due)
            action(due)

    def wrote(self, op: str, type_: str, id_: int, key: str, trace: str) -> None:
        """Remember one write for whoever judges a run."""
        self.written[op] += 1
        self.log.append(Wrote(self.log.count + 1, op, type_, str(id_), key, trace, self.clock.now(), self.requests))

    def state(self) -> dict[str, Any]:
        """Counters and settings, for tests and the curious."""
        now = self.clock.now()
        return {
            "portalId": self.portal_id,
            "now": now,
            "requests": {
                "total": self.requests,
                "byKind": dict(self.by_kind),
                "byStatus": {str(status): count for status, count in self.by_status.items()},
            },
            "rateLimited": self.refused.total(),
            "rateLimitedBy": dict(self.refused),
            "dailyUsed": self.limits.daily.used(now),
            "inFlight": self.in_flight,
            "mostInFlight": self.most_in_flight,
            "objects": {name: len(table.ids) - table.archived_count for name, table in self.tables.items()},
            "archived": {name: table.archived_count - len(table.gone) for name, table in self.tables.items()},
            "writes": dict(self.written),
            "dropped": {"writes": self.log.dropped, "requests": self.asked.dropped},
            "creates": [wrote._asdict() for wrote in self.log if wrote.op == "create"],
            "tokens": self.credentials.minted,
            "refreshToken": self.credentials.refresh_token,
            "faults": self.faults.describe(),
            "settings": self.switches,
        }
