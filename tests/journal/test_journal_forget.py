"""One person leaves the journal: no byte of them stays, everybody else does, and the chain holds."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from console.journal.journal import Journal, Settlement
from console.journal.leftovers import clean, files_with, needles, spellings
from console.journal.model import (
    Action,
    Approver,
    Change,
    EntryState,
    Link,
    NewEntry,
    Payload,
    Plan,
    Problem,
    RunProgress,
    RunState,
    Situation,
    Undo,
)
from console.journal.person import Needle
from console.settings.mention import ERASED
from tests.journal.journal_parts import MAPPING, MASTER, ME, PORTAL, entry, finished, journal_in

EMAIL = "Zoë.Quartermain@example.com"
FIRST, LAST = "Zoë", "Quartermain"
OLD = "zq-before@example.org"
WORDS = needles([EMAIL, LAST, "Z-4711-77", "zoe-outcome", "zoe-before"])


def person(journal: Journal, number: int, *changes: Change, key: str = EMAIL, **more: object) -> NewEntry:
    digester = journal.digester(PORTAL, MAPPING, "contact")
    values = {
        "number": number,
        "situation": Situation.CONFIRMED,
        "action": Action.UPDATE,
        "undo": Undo.FULL,
        "uid": "777",
        "payload": Payload(
            source_id="Z-4711-77", label=f"{FIRST} {LAST}", key=key, key_property="email",
            changes=changes or (Change(name="firstname", after=FIRST), Change(name="lastname", after=LAST, before="Zoe-before")),
        ),
        "key_digest": digester.source("Z-4711-77"),
        "correlation_digest": digester.correlation(key) if key else b"",
    } | more  # fmt: skip
    return NewEntry(**values)  # type: ignore[arg-type]


def employee(journal: Journal, number: int) -> NewEntry:
    """Somebody else, whose manager the person is."""
    one = entry(journal, number, action=Action.UPDATE, uid=str(number))
    assert one.payload is not None
    manager = Change(name="manager_email", after=EMAIL.lower(), before="old.boss@example.com")
    problem = Problem(message=f"{EMAIL} is no contact yet")
    payload = msgspec.structs.replace(
        one.payload, changes=(*one.payload.changes, manager), problems=(problem,)
    )  # fmt: skip
    return msgspec.structs.replace(one, payload=payload)


async def lived(journal: Journal) -> tuple[Plan, RunProgress]:
    """A journal that knows the person in every way there is."""
    plan = await finished(
        journal, person(journal, 1), employee(journal, 2), entry(journal, 3, action=Action.UPDATE, uid="3"),
        problems=(Problem(message=f"line 7: {EMAIL} stands twice"),),
    )  # fmt: skip
    run = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
    digest = journal.digester(PORTAL, MAPPING, "contact").source("Z-4711-77")
    other = journal.digester(PORTAL, MAPPING, "contact").source("E2")
    link = Link(digest=digest, uid="777", accepted={"lastname": (LAST, "zoe-outcome")})
    theirs = Link(digest=other, uid="2", accepted={"manager_email": (EMAIL, EMAIL.lower()), "phone": ("1", "+1")})
    await journal.claim(run, [1, 2, 3])
    settled = [
        Settlement(
            number=1, state=EntryState.DONE, uid="777", outcome="zoe-outcome", befores={"email": OLD}, link=link
        ),
        Settlement(number=2, state=EntryState.NOT_ACCEPTED, outcome=f"manager_email: {EMAIL} refused", link=theirs),
        Settlement(number=3, state=EntryState.DONE, befores={"lastname": "Kept"}),
    ]
    await journal.settle(run, settled)
    await journal.record("note", Approver(login=EMAIL), run_id=run.id, detail=f"asked by {EMAIL}")
    return plan, await journal.end_run(run.id, RunState.DONE, f"done for {EMAIL}")


async def later(journal: Journal) -> tuple[Plan, RunProgress]:
    """A later plan that names no address: the same source id, and a paused run."""
    phone = Change(name="phone", after="+94 77 zoe-outcome")
    plan = await finished(
        journal, person(journal, 1, phone, key="", uid=None), entry(journal, 2, action=Action.UPDATE, uid="2"),
        person(journal, 3, Change(name="x", after="y"), key="", key_digest=b"", uid="777"),
    )  # fmt: skip
    run = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
    await journal.claim(run, [3])
    return plan, await journal.end_run(run.id, RunState.PAUSED, "paused")


@pytest.fixture(params=[MASTER, None], ids=["sealed", "plain"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    async with journal_in(tmp_path, request.param) as opened:
        yield opened


async def test_one_person_is_erased_everywhere_and_the_chain_holds(journal: Journal, tmp_path: Path) -> None:
    done, run = await lived(journal)
    paused, resting = await later(journal)
    waiting = await finished(journal, person(journal, 1), entry(journal, 2))
    if not journal.sealed:
        assert files_with(tmp_path, WORDS) != []

    erased = await journal.erase(await journal.traces(f" {EMAIL.upper()} "), ME)
    assert await journal.compact()
    assert (erased.entries, erased.mentions, erased.plans_dropped, erased.plans_changed) == (4, 1, 1, 2)
    assert (erased.links, erased.remembered, erased.skipped, erased.lines) == (1, 1, 2, 2)

    assert files_with(tmp_path, WORDS) == []
    verdict = await journal.verify()
    assert verdict.findings == ()
    assert verdict.erasures == 1
    assert not (await journal.traces(EMAIL)).any

    blank, mention, other = await journal.keyed_entries(done.id)
    assert (blank.payload, blank.outcome, blank.befores, blank.uid, blank.key_digest) == (None, "", {}, None, b"")
    assert blank.state is EntryState.DONE  # the numbers stay
    assert mention.payload is not None
    assert [change.name for change in mention.payload.changes] == ["lastname"]
    assert ERASED in mention.outcome
    assert other.befores == {"lastname": "Kept"}
    assert (await journal.progress(run.id)).states == {"done": 2, "not_accepted": 1}
    assert [one.id for one in await journal.plans()] == [paused.id, done.id]  # and not what nobody approved
    assert waiting.id not in [one.id for one in await journal.plans()]
    digest = journal.digester(PORTAL, MAPPING, "contact").source("E2")
    kept = (await journal.links(PORTAL, MAPPING, [digest], object_class="contact"))[digest]
    assert kept.accepted == {"phone": ("1", "+1")}

    now = await journal.plan(paused.id)  # the paused run goes on with everybody else
    assert await journal.compute_hash(now) == now.hash == (await journal.progress(resting.id)).plan_hash
    states = [one.state for one in await journal.entries(paused.id)]
    assert states == [EntryState.SKIPPED, EntryState.PLANNED, EntryState.UNCERTAIN]
    assert (await journal.progress(resting.id)).states == {"planned": 1, "skipped": 1, "uncertain": 1}
    again = await journal.begin_run(resting.id, "me")
    await journal.claim(again, [2])
    await journal.settle(again, [Settlement(number=2, state=EntryState.DONE)])
    await journal.end_run(resting.id, RunState.DONE)
    assert (await journal.verify()).findings == ()


async def test_a_changed_byte_is_found_after_somebody_was_forgotten(journal: Journal, tmp_path: Path) -> None:
    done, _ = await lived(journal)
    await journal.erase(await journal.traces(EMAIL), ME)
    with closing(sqlite3.connect(tmp_path / "state" / "journal.sqlite", isolation_level=None)) as connection:
        connection.execute("UPDATE entries SET written_uid = '1' WHERE number = 1")
        connection.execute("UPDATE audit SET detail = 'nothing at all' WHERE kind = 'forget'")
    told = [f"{finding.place}: {finding.message}" for finding in (await journal.verify()).findings]
    assert any(f"plan {done.id}, entry 1" in line for line in told), told
    assert any("(forget)" in line and "was changed" in line for line in told), told


async def test_a_plan_that_was_tampered_with_before_stays_marked(journal: Journal, tmp_path: Path) -> None:
    done, _ = await lived(journal)
    with closing(sqlite3.connect(tmp_path / "state" / "journal.sqlite", isolation_level=None)) as connection:
        connection.execute("UPDATE entries SET action = 'DELETE' WHERE number = 3")
    await journal.erase(await journal.traces(EMAIL), ME)
    assert any("already when" in finding.message for finding in (await journal.verify()).findings)
    assert done.complete


async def test_nobody_else_goes(journal: Journal) -> None:
    await lived(journal)
    for email in ("quartermain@example.com", "Zoë.Quartermain@example.com.au", "person.33@example.com", "x"):
        assert not (await journal.traces(email)).any
    found = await journal.traces("person.3@example.com")
    assert [sorted(numbers) for numbers in found.own.values()] == [[3]]
    assert found.mentions == {}


async def test_a_person_is_found_by_an_id_when_the_plans_are_gone(journal: Journal) -> None:
    digest = journal.digester(PORTAL, MAPPING, "contact").source("Z-4711-77")
    await journal.put_links(PORTAL, MAPPING, [Link(digest=digest, uid="777")], object_class="contact")
    assert not (await journal.traces(EMAIL)).any
    assert (await journal.traces(EMAIL, source_ids=["Z-4711-77"])).links == 1
    erased = await journal.erase(await journal.traces(EMAIL, uids=["777"]), ME)
    assert erased.links == 1
    assert await journal.count_links(PORTAL, MAPPING, object_class="contact") == 0


async def test_the_trail_of_a_person(journal: Journal) -> None:
    done, run = await lived(journal)
    await later(journal)
    trail = [line async for line in journal.trail(EMAIL)]
    assert [line.entry.number for line in trail] == [1, 1, 3]
    first = trail[0]
    assert (first.plan_id, first.run_id, first.approved_by) == (done.id, run.id, ME.title)
    assert first.entry.state is EntryState.DONE
    assert first.written_at >= first.approved_at > 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ann@x.com", True),
        ("<Ann@X.com>;b", True),
        ("mailto:ann@x.com.", True),
        ("joann@x.com", False),
        ("o.ann@x.com", False),
        ("ann@x.com.au", False),
        ("ann@x.community", False),
        ("ann+list@x.com", False),
        ("", False),
    ],
)
def test_an_address_is_found_as_a_whole(text: str, found: bool) -> None:
    assert Needle("ann@x.com").mentions(text) is found


def test_files_of_lines_lose_the_lines_and_stay_the_same_file(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_text(f"one\n{EMAIL.upper()} failed\nthree\n")
    wanted = needles([EMAIL])
    with log.open("a") as runner:
        assert files_with(tmp_path, wanted) == [log]
        assert clean(log, wanted) == 1
        runner.write("four\n")
    assert log.read_text() == "one\n(a line about a person was erased)\nthree\nfour\n"
    rows = tmp_path / "report.jsonl"
    rows.write_bytes(b"".join(spelling + b"\n" for spelling in spellings(EMAIL)[:4]) + b"{}\n")
    assert clean(rows, wanted) == 4
    assert rows.read_text().splitlines()[-1] == "{}"
    (tmp_path / "other.bin").write_bytes(b"x" * (1 << 20) + EMAIL.encode() + b"y")
    (tmp_path / "accounts.json").write_text(f'{{"a": "{EMAIL}"}}')
    assert {path.name for path in files_with(tmp_path, wanted)} == {"other.bin", "accounts.json"}
    assert clean(tmp_path / "other.bin", wanted) is None
    assert clean(tmp_path / "accounts.json", wanted) == 1
    assert [path.name for path in files_with(tmp_path, wanted)] == ["other.bin"]
