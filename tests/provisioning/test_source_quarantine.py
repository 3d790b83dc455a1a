"""A source that stays bad: left alone, longer and longer, by the next process too; told once; tried again by itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.journal.journal import Journal
from console.provisioning import livesync, quarantine, source_watch
from console.provisioning.livesync import Cycle, LiveSync
from console.provisioning.plans import Plans
from console.provisioning.runs import Runs
from console.provisioning.source_watch import SourceQuarantined
from console.settings.paths import Paths, write_private
from tests.provisioning.plan_support import Desk, desk
from tests.support.simulator import Simulator


@dataclass
class Services:
    """What of a session live sync needs until it writes."""

    on: Desk

    @property
    def paths(self) -> Paths:
        return self.on.paths

    @property
    async def journal(self) -> Journal:
        return self.on.journal

    @property
    async def plans(self) -> Plans:
        return self.on.plans

    @property
    async def runs(self) -> Runs:
        return Runs(self.on.journal, self.on.paths, self.on.connector.profile)


@pytest.fixture
async def on(tmp_path: Path, hubspot: Simulator) -> AsyncIterator[Desk]:
    async with desk(tmp_path, hubspot) as opened:
        opened.contact(email="ann@x.org", firstname="Ann", lastname="A")
        yield opened


def sync(on: Desk) -> LiveSync:
    return LiveSync(Services(on), on.mapping)  # type: ignore[arg-type]


async def refused(on: Desk) -> SourceQuarantined:
    with pytest.raises(SourceQuarantined) as caught:
        await sync(on).cycle()
    return caught.value


async def test_it_is_left_alone_longer_and_longer(on: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(source_watch.time, "time", lambda: now)
    for tries, wait in enumerate((60, 120, 300, 900, 1800, 3600, 3600), 1):
        bad = await refused(on)
        assert (bad.tries, bad.until) == (tries, now + wait)
        assert "people.csv" in bad.message
        now += wait - 1
        again = await refused(on)  # another process; the file is not even looked at
        assert (again.tries, again.until) == (tries, bad.until)
        assert "hubspoke plan" in again.message
        now += 1
    on.people("1,ann@x.org,Ann,A,,true")
    assert (await on.plan()).read == 1  # a human's own plan is never held back
    (on.folder / "people.csv").unlink()
    assert (await refused(on)).tries == 8
    on.people("9,nobody@x.org,No,Body,,false")
    now += 3600
    assert (await sync(on).cycle()).kind == "nothing"
    (on.folder / "people.csv").unlink()
    assert (await refused(on)).tries == 1


async def test_after_a_day_only_a_human_tries_again(on: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MOST_TRIES", 2)
    monkeypatch.setattr(quarantine, "WAITS", (0.01,))
    monkeypatch.setattr(livesync, "SHORTEST_SECONDS", 0.01)
    heard: list[Cycle] = []

    async def listen() -> None:
        async with aclosing(sync(on).forever(0.01)) as cycles:
            heard.extend([cycle async for cycle in cycles])

    with pytest.raises(SourceQuarantined, match="not tried again by itself"):
        await listen()
    assert not list(await on.journal.plans())


async def test_it_goes_on_by_itself_and_told_once(on: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(livesync, "SHORTEST_SECONDS", 0.01)
    told = on.folder / "told"
    script = on.folder / "tell"
    script.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    script.chmod(0o700)
    write_private(on.paths.settings_file, f'notify = ["{script}"]\n'.encode())
    kinds: list[str] = []
    async with aclosing(sync(on).forever(0.01)) as cycles:
        async for cycle in cycles:
            kinds.append(cycle.kind)
            if len(kinds) == 2:
                on.people("9,nobody@x.org,No,Body,,false")
            if cycle.kind == "nothing":
                break
    assert (kinds[:2], kinds[-1]) == (["waiting", "waiting"], "nothing")
    assert told.read_text() == f"quarantined {on.mapping} source\n"
    assert not list((on.paths.state / source_watch.FOLDER).iterdir())


async def test_a_clock_that_was_put_back_does_not_keep_a_source_away_for_years(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from console.provisioning.errors import PlanRefused
    from console.sources.errors import SourceError

    watch = source_watch.SourceWatch(Paths(tmp_path / "config", tmp_path / "state"), "people", "people.csv")
    refused = PlanRefused("gone", remedy="")
    refused.__cause__ = SourceError("gone", file="people.csv")
    assert isinstance(watch.failed(refused), SourceQuarantined)
    with pytest.raises(SourceQuarantined):
        watch.check()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 400 * 86_400)
    watch.check()
    assert watch._bad() is not None  # and what is known of it stays
