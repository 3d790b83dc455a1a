"""One simulated HubSpot account: everything the request handlers work on."""

from __future__ import annotations

import uuid
from collections import Counter
from random import Random
from typing import Any, NamedTuple

import msgspec

from console.simulator.clock import Clock
from console.simulator.config import Options
from console.simulator.credentials import Credentials
from console.simulator.faults import Faults
from console.simulator.limits import Limits
from console.simulator.schema import OBJECT_TYPES, Schema
from console.simulator.store import Table

TIME_ZONE = "Asia/Colombo"
UTC_OFFSET = 19_800.0  # a zone without summer time, so that midnight needs no time-zone data on the machine


class Switches(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What a test or an operator may change while the simulator runs. What the facts leave open is a switch here."""

    latency: float = 0.0
    index_lag: float = 2.0
    echo_trace: bool = False  # whether batch results carry objectWriteTraceId (facts section 15)
    partial_email_upsert: bool = False  # whether an upsert by email writes the good inputs (facts section 4, rule 5)
    update_by_email: bool = False  # whether batch/update takes idProperty=email (facts section 4, rule 6)
    spec_errors: bool = False  # error entries of a 207 with empty `errors` and `links`: in the spec, not in recordings
    shuffle: bool = True  # results of a batch in another order than its inputs
    account_type: str = "DEVELOPER_TEST"


class Wrote(NamedTuple):
    """One line of the write log; `key` is the email of a contact or the name of a company."""

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
        self.credentials = Credentials(options.seed, self.clock, options.token_seconds, options.scopes)
        self.limits = Limits(options.burst, options.search, options.daily, UTC_OFFSET)
        self.faults = Faults.parse(options.faults, options.seed)
        self.switches = Switches(
            latency=options.latency, index_lag=options.index_lag, account_type=options.account_type
        )
        self.log: list[Wrote] = []
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

    def wrote(self, op: str, type_: str, id_: int, key: str, trace: str) -> None:
        """Remember one write for whoever judges a run."""
        self.log.append(Wrote(len(self.log) + 1, op, type_, str(id_), key, trace, self.clock.now(), self.requests))

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
            "archived": {name: table.archived_count for name, table in self.tables.items()},
            "writes": dict(Counter(wrote.op for wrote in self.log)),
            "creates": [wrote._asdict() for wrote in self.log if wrote.op == "create"],
            "tokens": self.credentials.minted,
            "refreshToken": self.credentials.refresh_token,
            "faults": self.faults.describe(),
            "settings": self.switches,
        }
