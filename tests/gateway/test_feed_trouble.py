"""What may happen to people on their way to HubSpot: guards, pauses, edits, full allowances, refusals, crashes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from console.gateway import feeder
from console.gateway.feed import RepositoryFeed
from console.gateway.marks import FILE
from console.gateway.ports import Fed
from console.gateway.settings import Client, GatewaySettings
from console.journal.model import RunState
from console.provisioning.lock import OwnerLock
from console.provisioning.runner import run_attached
from console.repository.person import Person
from console.session import Session
from console.settings.errors import SettingsError
from tests.gateway.serving import serving
from tests.gateway.test_feed import caller, emails, settings, until_idle
from tests.support.managed import MAPPING, managed_session
from tests.support.simulator import Simulator

ANN = {"mail": "ann@x.org", "givenName": "Ann"}


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeder, "LOOK", 0.2)
    monkeypatch.setattr(feeder, "PATIENCE", (0.2, 1.0))


async def until(done: Callable[[], bool], why: str) -> None:
    for _ in range(400):
        if done():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(why)


async def pushed(session: Session, feed: RepositoryFeed, *names: str) -> list[Person]:
    """New people, told to the feed of a client that does not wait."""
    made = [
        await (await session.people).add(name, {"mail": f"{name}@x.org", "givenName": name.title()}) for name in names
    ]
    assert {(await feed.changed(caller(settings()), one, "created")).state for one in made} == {"accepted"}
    return made


async def gone(session: Session, feed: RepositoryFeed, *uids: str, blocking: bool = False) -> list[Fed]:
    people = await session.people
    asked = []
    for uid in uids:
        await people.remove(uid)
        person = (await people.changes())[-1]
        asked.append(feed.changed(caller(settings(blocking=blocking)), person, "removed"))
    return await asyncio.gather(*asked)


def why(feed: RepositoryFeed) -> str:
    return feed.feeders["managed"].message


def mapped(session: Session, text: str) -> None:
    (session.paths.mappings / "managed.toml").write_text(text, encoding="utf-8")


async def test_many_who_left_wait_for_a_human_and_others_do_not(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        ann, ben, _ = await pushed(session, feed, "ann", "ben", "cid")
        await until_idle(feed)
        told = await gone(session, feed, ann.uid, ben.uid, blocking=True)
        assert [one.state for one in told] == ["failed", "failed"]
        assert "--accept deletes=2" in told[0].message
        assert feed.counts()["stopped"] == 1
        await pushed(session, feed, "dan")
        await until(lambda: "dan@x.org" in emails(hubspot), "dan waited for the guard")
        assert emails(hubspot) == ["ann@x.org", "ben@x.org", "cid@x.org", "dan@x.org"]
        plan = why(feed).partition("hubspoke apply ")[2].split()[0]
        run = await (await session.runs).approve(plan, {"deletes": 2})
        await run_attached(session, run.id)
        await until(lambda: feed.idle, "it did not go on")
        assert (why(feed), emails(hubspot)) == ("", ["cid@x.org", "dan@x.org"])


async def test_what_a_human_paused_stays_until_they_go_on(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        hubspot.settings(latency=0.4)
        await pushed(session, feed, *(f"p{number}" for number in range(120)))
        runs = await session.runs
        journal = await session.journal
        async with asyncio.timeout(20):
            while not [one for one in await journal.runs(5) if one.state is RunState.RUNNING]:
                await asyncio.sleep(0.02)
        (run,) = await runs.list()
        await journal.command(run.id, "pause", (await journal.plan_events(run.plan_id))[0].who)
        await until(lambda: bool(why(feed)) or feed.idle, "nothing was said of the pause")
        if why(feed):  # it may have been quicker than the pause
            assert f"hubspoke runs resume {run.id}" in why(feed)
            await run_attached(session, run.id)
        hubspot.settings(latency=0)
        await until(lambda: feed.idle, "it did not go on")
        assert len(hubspot.state()["creates"]) == 120


async def test_a_stop_in_the_middle_is_gone_on_with(hubspot: Simulator, tmp_path: Path) -> None:
    hubspot.settings(latency=0.3)
    async with managed_session(tmp_path, hubspot) as session:
        async with RepositoryFeed.running(session, settings()) as feed:
            await pushed(session, feed, *(f"p{number}" for number in range(250)))
            async with asyncio.timeout(20):
                while not await (await session.journal).runs(1):
                    await asyncio.sleep(0.02)
        hubspot.settings(latency=0)
        assert (await (await session.runs).list())[0].state in (RunState.PAUSED, RunState.DONE, RunState.APPROVED)
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        await until_idle(feed)
    assert (len(hubspot.state()["creates"]), len(emails(hubspot))) == (250, 250)


async def test_a_mapping_that_is_edited_makes_a_new_plan(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        people = await pushed(session, feed, "ann", "ben", "cid")
        await until_idle(feed)
        await gone(session, feed, *(one.uid for one in people[:2]))
        await until(lambda: "--accept" in why(feed), "the guard did not hold")
        mapped(session, "not a mapping")
        await until(lambda: "--accept" not in why(feed), "a broken mapping was not told of")
        assert "managed.toml" in why(feed)
        mapped(session, f'{MAPPING}\n[guard]\ndeletes = "100%"\n')
        await until(lambda: feed.idle, "it did not go on")
        assert emails(hubspot) == ["cid@x.org"]


async def test_a_full_day_is_waited_out(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        await session.account
        hubspot.allowances(daily=hubspot.state()["dailyUsed"] + 4)
        await pushed(session, feed, *(f"p{number}" for number in range(250)))
        await until(lambda: bool(why(feed)), "nobody said that the day is full")
        assert "Today's allowance" in why(feed)
        await pushed(session, feed, "ann")
    hubspot.allowances(daily=1_000_000)
    session.paths.budget.unlink()  # the next day
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        await until_idle(feed)
    assert (len(emails(hubspot)), len(hubspot.state()["creates"])) == (251, 251)


async def test_who_was_refused_is_tried_again_when_they_change(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        hubspot.rules("contacts.lastname")
        (ann,) = await pushed(session, feed, "ann")
        await until_idle(feed)
        assert (feed.counts()["failed"], feed.counts()["done"]) == (1, 0)
        runs = await session.runs
        (run,) = await runs.list()
        assert [one.cause async for one in runs.dead_letters(run.id)] != []
        asked = hubspot.state()["requests"]["total"]
        feed.wake()
        await until_idle(feed)
        assert hubspot.state()["requests"]["total"] == asked
        hubspot.rules()
        ann = await (await session.people).replace(ann.uid, attributes={**ANN, "givenName": "Anne"})
        await feed.changed(caller(settings()), ann, "changed")
        await until_idle(feed)
        assert [values["firstname"] for values in hubspot.dump().values()] == ["Anne"]


async def test_changed_again_and_removed_while_they_are_brought(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        hubspot.settings(latency=0.2)
        ann, ben = await pushed(session, feed, "ann", "ben")
        await until(lambda: bool(hubspot.state()["creates"]), "nobody came")
        ann = await (await session.people).replace(ann.uid, attributes={**ANN, "givenName": "Anne"})
        assert (await feed.changed(caller(settings()), ann, "changed")).state == "accepted"
        await gone(session, feed, ben.uid)
        hubspot.settings(latency=0)
        await until(lambda: feed.idle, "it did not end")
        assert [values["firstname"] for values in hubspot.dump().values()] == ["Anne"]


async def test_who_comes_back_under_another_id_is_a_new_record(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        (ann,) = await pushed(session, feed, "ann")
        await until_idle(feed)
        await (await session.people).remove(ann.uid)
        await pushed(session, feed, "ann")
        await until_idle(feed)
        assert (emails(hubspot), len(hubspot.state()["creates"])) == (["ann@x.org"], 2)


async def test_blocking_has_its_time(hubspot: Simulator, tmp_path: Path) -> None:
    chosen = msgspec.structs.replace(settings(blocking=True), blocking_seconds=1.0)
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, chosen) as feed:
        hubspot.faults("502=100%")
        ann = await (await session.people).add("ann", ANN)
        fed = await feed.changed(caller(chosen), ann, "created")
        assert (fed.state, "in time" in fed.message) == ("failed", True)
        hubspot.faults()
        await until(lambda: feed.idle, "it did not go on")
        assert emails(hubspot) == ["ann@x.org"]


async def test_another_process_is_waited_for(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        with OwnerLock(session.paths.locks, hubspot.portal_id, "managed", "another"):
            await pushed(session, feed, "ann")
            await until(lambda: "is writing managed" in why(feed), "nobody said who holds the lock")
        await until(lambda: feed.idle, "it did not go on")
        assert emails(hubspot) == ["ann@x.org"]


async def test_a_file_that_cannot_be_written_ends_nothing(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        in_the_way = session.paths.state / FILE
        await until_idle(feed)
        in_the_way.unlink(missing_ok=True)
        in_the_way.mkdir()
        await pushed(session, feed, "ann")
        await until(lambda: "cannot be written" in why(feed), "nobody said why")
        in_the_way.rmdir()
        await until(lambda: feed.idle, "it did not go on")
        assert (emails(hubspot), len(hubspot.state()["creates"])) == (["ann@x.org"], 1)


async def test_an_older_repository_is_compared_anew(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        await pushed(session, feed, "ann", "ben")
        await until_idle(feed)
    for path in (tmp_path / "state").glob("people.sqlite*"):
        path.unlink()
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, settings()) as feed:
        await pushed(session, feed, "cid")
        await until_idle(feed)
    assert emails(hubspot) == ["ann@x.org", "ben@x.org", "cid@x.org"]


async def test_a_mapping_that_forgets_who_left_is_refused(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session:
        mapped(session, MAPPING.replace('source_id = "id"', 'source_id = "userName"'))
        with pytest.raises(SettingsError, match="nobody could tell who was removed"):
            async with RepositoryFeed.running(session, settings()):
                pass
        mapped(session, MAPPING.replace("people:", "people.csv"))
        with pytest.raises(SettingsError, match="does not read source"):
            async with RepositoryFeed.running(session, settings()):
                pass


async def test_who_comes_into_a_group_comes_into_the_scope(hubspot: Simulator, tmp_path: Path) -> None:
    chosen = settings(scope='memberOf eq "Sales"')
    async with managed_session(tmp_path, hubspot) as session, RepositoryFeed.running(session, chosen) as feed:
        people = await session.people
        ann = await people.add("ann", ANN)
        assert (await feed.changed(caller(chosen), ann, "created")).state == "out_of_scope"
        await people.do(lambda store: store.groups.put(None, "Sales", {}, {ann.uid: ""}))
        feed.wake()
        await until_idle(feed)
        assert emails(hubspot) == ["ann@x.org"]
        again = await people.replace(ann.uid, attributes={**ANN, "givenName": "Anne"})
        assert (await feed.changed(caller(chosen), again, "changed")).state == "accepted"
        await until_idle(feed)
    assert [values["firstname"] for values in hubspot.dump().values()] == ["Anne"]


async def test_who_is_deactivated_instead_of_removed_leaves_hubspot_and_stays_here(
    hubspot: Simulator, tmp_path: Path
) -> None:
    client = Client(name="wso2", user="admin", mapping="managed", blocking=True, deletion="deactivate")
    chosen = GatewaySettings(listen="127.0.0.1:0", tls="off", client=(client,))
    async with serving(tmp_path, hubspot, chosen) as gateway, gateway.client() as http:
        user = {"userName": "ann", "name": {"givenName": "Ann"}, "emails": ["ann@x.org"]}
        address = f"/scim2/Users/{(await http.post('/scim2/Users', json=user)).json()['id']}"
        assert emails(hubspot) == ["ann@x.org"]
        assert (await http.delete(address)).status_code == 204
        assert emails(hubspot) == []
        assert (await http.get(address)).json()["active"] is False
        back = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "active", "value": True}],
        }
        assert (await http.patch(address, json=back)).status_code == 200
        assert emails(hubspot) == ["ann@x.org"]


async def test_edits_that_a_guard_holds_keep_nobody_out_who_is_new(hubspot: Simulator, tmp_path: Path) -> None:
    async with managed_session(tmp_path, hubspot) as session:
        mapped(session, MAPPING.replace("'source.givenName'", """{ value = 'source.givenName', empty = "clear" }"""))
        async with RepositoryFeed.running(session, settings()) as feed:
            ann, ben = await pushed(session, feed, "ann", "ben")
            await until_idle(feed)
            people = await session.people
            for one in (ann, ben):
                blank = await people.replace(one.uid, attributes={"mail": one.attributes["mail"], "givenName": ""})
                await feed.changed(caller(settings()), blank, "changed")
            await until(lambda: "--accept clears=2" in why(feed), "the guard did not hold")
            await pushed(session, feed, "cid")
            await until(lambda: "cid@x.org" in emails(hubspot), "cid waited for the guard")
            assert [values.get("firstname") for values in hubspot.dump().values()] == ["Ann", "Ben", "Cid"]
            plan = why(feed).partition("hubspoke apply ")[2].split()[0]
            run = await (await session.runs).approve(plan, {"clears": 2})
            assert (await run_attached(session, run.id)).states == {"done": 2}
            await until(lambda: feed.idle, "it did not go on")
            assert [values.get("firstname") or "" for values in hubspot.dump().values()] == ["", "", "Cid"]
            assert len(hubspot.state()["creates"]) == 3
