"""Services that answer with the samples, for pictures of screens; behaviour is tested on the real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from typing import Any, Generic, TypeVar

from console.hubspot.model import PropertyDefinition, Record
from console.hubspot.requestlog import RequestLog
from console.journal.model import Entry, Plan, RunProgress
from tests.screens import run_samples, samples
from tests.screens.plan_samples import PlanService
from tests.screens.sample_records import RecordConnector

T = TypeVar("T")


class Ready(Generic[T]):
    """Awaitable at once, like a service of a Session."""

    def __init__(self, value: T) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, None, T]:
        return self._get().__await__()

    async def _get(self) -> T:
        return self.value


class SamplePlans(PlanService):
    async def undo(self, run_id: str, **rest: Any) -> Plan:
        return run_samples.UNDO


class SampleRuns:
    async def list(self, limit: int = 50) -> list[RunProgress]:
        return list(samples.RUNS)

    async def show(self, run_id: str) -> RunProgress:
        return run_samples.sample(run_id)

    def watching(self) -> run_samples.SampleWatching:
        return run_samples.SampleWatching()

    async def watch(self, run_id: str) -> AsyncIterator[RunProgress]:
        yield await self.show(run_id)

    async def report(self, run_id: str) -> Any:
        from console.provisioning.report import Report

        run = await self.show(run_id)
        problems = (samples.entry(17), samples.entry(34))
        return Report(
            run=run, plan=samples.PLAN, seconds=92.0, undo=samples.PLAN.undo, problems=problems, more_problems=4
        )

    async def entries(self, run_id: str, **rest: Any) -> list[Entry]:
        if run_id in run_samples.BY_ID:
            return [run_samples.troubled(number) for number in range(1, 18)]
        return [samples.entry(17), samples.entry(34)]


class Page:
    def __init__(self, records: list[Record], after: str | None, total: int | None) -> None:
        self.records, self.after, self.total, self.residual = records, after, total, ""


def contact(number: int) -> Record:
    name = samples.NAMES[number % len(samples.NAMES)].split()
    return Record(
        id=str(51_000_000 + number),
        properties={
            "email": f"{name[0].lower()}.{number}@acme.example",
            "firstname": name[0],
            "lastname": name[-1],
            "company": "Acme Manufacturing",
            "jobtitle": "Engineer",
            "city": "Galle",
            "lastmodifieddate": "2026-11-20T10:00:00Z",
        },
        created_at="2026-01-05T08:00:00Z",
        updated_at="2026-11-20T10:00:00Z",
    )


class SampleBrowse:
    async def page(self, object_class: str, *, after: str | None = None, limit: int = 100, **rest: Any) -> Page:
        start = int(after or 0)
        return Page([contact(n) for n in range(start + 1, start + limit + 1)], str(start + limit), 102_400)


class SampleConnector:
    async def schema(self, object_class: str) -> dict[str, PropertyDefinition]:
        return {name: PropertyDefinition(name=name, label=name.title()) for name in contact(1).properties}

    async def get(self, object_class: str, uid: str, properties: Any = ()) -> Record:
        return contact(int(uid) - 51_000_000)


class SampleSession:
    """What screens ask of a Session."""

    def __init__(self) -> None:
        self.profile = samples.PROFILE
        self.requests = RequestLog()
        self.plans = Ready(SamplePlans())
        self.runs = Ready(SampleRuns())
        self.browse = Ready(SampleBrowse())
        self.snapshots: Any = Ready(None)
        self.connector = Ready(RecordConnector())
        self.account = Ready(samples.ACCOUNT)
        self.mappings: Any = None
        self.vault: Any = None
        self.profiles: Any = None
        self.paths: Any = None
