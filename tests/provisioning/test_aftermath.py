"""What follows a run: a program is told, within its time and without personal data; old plans go. Receipts are safe."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cli.parser import parse
from console.journal.chain import Head
from console.journal.journal import Journal, Settlement
from console.journal.model import (
    Approver,
    AuditEvent,
    EntryState,
    GuardVerdict,
    Plan,
    RunProgress,
    RunState,
)
from console.provisioning.aftermath import after_run, prune
from console.provisioning.forgetting import Forgetting
from console.provisioning.lock import LockedByAnother, OwnerLock
from console.provisioning.notify import notify, of_guards, of_run
from console.provisioning.receipt import Receipt, render_receipt
from console.provisioning.report import build_report, render
from console.settings.paths import Paths
from console.text import safe
from tests.journal.journal_parts import ME, PORTAL, entry, finished, journal_in

SCHEDULING = (Path(__file__).parents[2] / "docs" / "scheduling.md").read_text(encoding="utf-8")


def paths_in(folder: Path) -> Paths:
    (folder / "state").mkdir(exist_ok=True)
    return Paths(config=folder / "config", state=folder / "state")


def run(**more: Any) -> RunProgress:
    values: dict[str, Any] = {
        "id": "r-1", "plan_id": "p-1", "mapping": "people", "object_class": "contact", "portal_id": 1,
        "state": RunState.DONE, "states": {"done": 3, "failed": 1},
    }  # fmt: skip
    return RunProgress(**values | more)


def script(folder: Path, body: str) -> list[str]:
    file = folder / "tell.py"
    file.write_text(f"import os, subprocess, sys, time\n{body}\n")
    return [sys.executable, str(file)]


def told(notice: Any) -> Any:
    assert notice is not None
    return notice


async def test_a_program_gets_words_and_variables_and_no_secret(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    body = f"import json\njson.dump([sys.argv[1:], dict(os.environ), os.getcwd()], open({str(out)!r}, 'w'))"
    environ = {**os.environ, "HUBSPOKE_ACCESS_TOKEN": "secret", "CREDENTIALS_DIRECTORY": "/run/x"}
    words = await notify(
        [*script(tmp_path, body), "$(touch x) ; *"], told(of_run(run())), paths_in(tmp_path), environ=environ
    )
    assert words == "finished: exit code 0"
    arguments, environment, folder = json.loads(out.read_text())
    assert arguments == ["$(touch x) ; *", "finished", "r-1", "done"]
    assert (environment["HUBSPOKE_STATE"], environment["HUBSPOKE_PLAN"]) == ("done", "p-1")
    assert (environment["HUBSPOKE_DONE"], environment["HUBSPOKE_PROBLEMS"]) == ("3", "1")
    assert not {"HUBSPOKE_ACCESS_TOKEN", "CREDENTIALS_DIRECTORY"} & set(environment)
    assert folder == str(tmp_path / "state")
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == []


async def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    body = (
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\ntime.sleep(60)"
    )
    begun = time.monotonic()
    words = await notify(script(tmp_path, body), told(of_run(run())), paths_in(tmp_path), seconds=0.6)
    assert words == "finished: ended after 0.6 s"
    assert time.monotonic() - begun < 5
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not alive(child):
            break
        await asyncio.sleep(0.02)
    assert not alive(child)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("command", [["/no/such/program"], [str(Path(__file__).parent)], ["x\udcff"]])
async def test_a_program_that_cannot_be_started_is_a_line_of_the_audit_trail(
    tmp_path: Path, command: list[str]
) -> None:
    assert "could not be started" in await notify(command, told(of_run(run())), paths_in(tmp_path))


def test_when_there_is_something_to_tell() -> None:
    assert of_run(run(state=RunState.RUNNING)) is None
    assert of_run(run(state=RunState.QUARANTINED, tries=2)) is None
    assert told(of_run(run(state=RunState.QUARANTINED, tries=1))).event == "quarantined"
    assert told(of_run(run(state=RunState.PAUSED_QUOTA))).event == "paused"
    plan = Plan(
        id="p-1", mapping="people", object_class="contact", portal_id=1, source="/home/ann@example.com", created_at=""
    )
    notice = of_guards(plan, [GuardVerdict(name="deletes", count=12, limit=5)])
    assert notice.guards == "deletes 12 of 5"
    assert "ann@" not in json.dumps(notice.variables())


async def done_run(journal: Journal, numbers: range = range(1, 4)) -> RunProgress:
    plan = await finished(journal, *[entry(journal, n) for n in numbers])
    begun = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
    await journal.claim(begun, numbers)
    await journal.settle(begun, [Settlement(number=n, state=EntryState.DONE, uid=str(n)) for n in numbers])
    return await journal.end_run(begun.id, RunState.DONE)


async def test_retention_goes_by_itself_after_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = paths_in(tmp_path)
    paths.config.mkdir()
    paths.settings_file.write_text("retention_days = 10\n")
    real = time.time
    async with journal_in(tmp_path, None) as journal:
        monkeypatch.setattr(time, "time", lambda: real() - 11 * 86_400)
        old = await done_run(journal)
        forgotten = await finished(journal, entry(journal, 1))
        resting = await journal.approve(await finished(journal, entry(journal, 1)), ME)
        log = paths.state / "runs" / f"{old.plan_id}.log"
        log.parent.mkdir()
        log.write_text("words")
        paths.copied.write_text("somebody's address")
        mine = paths.state / "mine.csv"
        mine.write_text("an operator's own")
        for path in (log, paths.copied, mine):
            os.utime(path, (real() - 11 * 86_400,) * 2)
        monkeypatch.undo()
        new = await done_run(journal)
        await after_run(journal, paths, new)
        assert [plan.id for plan in await journal.plans()] == [
            new.plan_id,
            *sorted([resting.plan_id, old.plan_id])[::-1],
        ]
        assert forgotten.id not in [plan.id for plan in await journal.plans()]
        assert [path.exists() for path in (log, paths.copied, mine)] == [False, False, True]
        pruned = await journal.plan(old.plan_id)
        assert pruned.pruned
        assert (pruned.actions, pruned.undo, pruned.source) == ({"CREATE": 3}, {"full": 3}, "")
        assert await journal.entries(old.plan_id) == []
        assert await journal.progress(old.id) == old
        assert len(await journal.entries(new.plan_id)) == 3
        verdict = await journal.verify()
        assert verdict.findings == ()
        assert verdict.pruned == 1
        again, _ = await prune(journal, paths, 10)
        assert again.waiting == (resting.id,)
        with pytest.raises(Exception, match="pruned"):
            await journal.approve(msgspec.structs.replace(pruned, guards=()), ME)


async def test_what_was_pruned_is_in_no_file(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    async with journal_in(tmp_path, None) as journal:  # without a vault, so that nothing but deletion hides it
        await done_run(journal, range(1, 400))
        held = b"".join(path.read_bytes() for path in paths.state.iterdir())
        assert b"Family7" in held
        await prune(journal, paths, 0)
        assert await journal.compact()
        held = b"".join(path.read_bytes() for path in paths.state.iterdir())
        assert b"Family" not in held
        assert b"example.com" not in held
        assert (paths.state / "journal.sqlite-wal").stat().st_size == 0


async def test_a_reader_at_work_keeps_bytes_in_the_log_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    from console.journal import retention

    monkeypatch.setattr(retention, "_CHECKPOINT_SECONDS", 0.2)
    async with journal_in(tmp_path, None) as journal:
        await done_run(journal)
        reader = sqlite3.connect(tmp_path / "state" / "journal.sqlite", isolation_level=None)
        try:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM entries").fetchone()
            await journal.prune(0, ME)
            assert not await journal.compact()
        finally:
            reader.close()
        assert await journal.compact()


async def test_nobody_is_forgotten_under_the_hands_of_a_runner(tmp_path: Path) -> None:
    paths = paths_in(tmp_path)
    async with journal_in(tmp_path) as journal:
        plan = await finished(journal, entry(journal, 1), entry(journal, 2))
        begun = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
        service = Forgetting(journal, paths)
        with OwnerLock(paths.locks, PORTAL, begun.mapping, begun.id), pytest.raises(LockedByAnother):
            await service.forget("person.2@example.com")
        assert (await service.forget("person.3@example.com")).complete
        done = await service.forget("person.2@example.com")  # its runner is gone
        assert done.complete
        assert (done.journal.entries, done.journal.skipped) == (1, 1)


FOREIGN = "<script>alert(1)</script>\x1b[31m\u202e|`x`\n| a | b | &amp; \"'"


def receipt(**more: Any) -> Receipt:
    plan = Plan(
        id="p-1", mapping="people", object_class="contact", portal_id=1, source=FOREIGN, created_at="2026-11-21",
        undo={"full": 3, "partial": 1, "none": 2},
    )  # fmt: skip
    event = AuditEvent(id=1, at=1.0, kind="pause", who=Approver(login=FOREIGN))
    values: dict[str, Any] = {
        "run": run(message=FOREIGN, approved_by=FOREIGN, failures={FOREIGN: 2}, started_at=1.0, finished_at=9.0),
        "plan": plan, "planned_by": FOREIGN, "events": (event,), "accepted": FOREIGN, "portal_name": FOREIGN,
        "head": Head(journal="0" * 16, position=7, mac="ab" * 32),
    }  # fmt: skip
    return Receipt(**values | more)


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        values = dict(attrs)
        assert not any(name.startswith("on") or name in ("src", "href") for name in values)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""


def test_a_receipt_shows_foreign_text_and_never_runs_it() -> None:
    text = render_receipt(receipt(), "text")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert max(map(len, text.splitlines())) <= 78
    page = Elements()
    page.feed(render_receipt(receipt(), "html"))
    assert set(page.seen) <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "table",
        "tr",
        "th",
        "td",
        "footer",
    }
    assert page.policy.startswith("default-src 'none'")
    for words in ("3 planned entries can be taken back whole", "2 planned entries cannot be taken back"):
        assert words in " ".join(text.split())


async def test_a_report_as_a_page_runs_nothing_either(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        plan = await finished(journal, entry(journal, 1, source_id=FOREIGN), source=FOREIGN)
        begun = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
        failed = Settlement(number=1, state=EntryState.FAILED, outcome=FOREIGN, cause=FOREIGN)
        await journal.settle(begun, [failed])
        report = await build_report(journal, await journal.end_run(begun.id, RunState.DONE, FOREIGN))
        text = "".join([piece async for piece in render(journal, report, "html")])
    page = Elements()
    page.feed(text)
    assert "script" not in page.seen
    assert page.policy.startswith("default-src 'none'")
    assert "What needs a human" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("text", [*re.findall(r"hubspoke --.*", SCHEDULING)])
def test_the_commands_of_the_scheduling_page_are_commands(text: str) -> None:
    words = shlex.split(text.replace("%i", "people-to-contacts"))
    assert callable(parse(words[1:]).run)


@given(st.text(max_size=200))
def test_a_receipt_is_as_wide_as_paper_whatever_stands_in_it(foreign: str) -> None:
    one = receipt(run=run(message=foreign, approved_by=foreign), planned_by=foreign, accepted=foreign)
    lines = render_receipt(one, "text").splitlines()
    assert max(map(len, lines)) <= 78
    assert all(safe(line) == line for line in lines)
    assert "<script" not in render_receipt(one, "html")
