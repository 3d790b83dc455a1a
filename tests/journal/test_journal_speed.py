"""Every statement finds its rows by an index: SQLite without statistics must not walk through a plan, or all links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from console.journal.journal import Journal, Settlement
from console.journal.model import Action, EntryState, Link, RunState
from tests.journal.journal_parts import MAPPING, ME, PORTAL, entry, finished, journal_in


@contextmanager
def plans_of_queries() -> Iterator[dict[str, list[str]]]:
    """SQLite's plan of every statement that is run within."""
    found: dict[str, list[str]] = {}

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, __: Any, many: bool) -> None:
        if re.match(r"\s*(SELECT|UPDATE|DELETE)", statement, re.IGNORECASE):
            rows = cursor.connection.execute("EXPLAIN QUERY PLAN " + statement, parameters[0] if many else parameters)
            found[" ".join(statement.split())] = [row[3] for row in rows]

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


async def work(journal: Journal) -> None:
    """Everything that a run does again and again."""
    plan = await finished(journal, *[entry(journal, n, action=Action.UPDATE, uid=str(n)) for n in range(1, 10)])
    digest = journal.digester(PORTAL, MAPPING, "contact").source("E1")
    run = await journal.begin_run((await journal.approve(plan, ME)).id, "me")
    with plans_of_queries() as found:
        await journal.pending(plan.id, EntryState.PLANNED, after=3)
        await journal.claim(run, [1, 2, 3])
        done = Settlement(number=1, state=EntryState.DONE, link=Link(digest=digest, uid="1"), unlink=digest)
        await journal.settle(run, [done])
        await journal.links(PORTAL, MAPPING, [digest] * 3, object_class="contact")
        await journal.links_by_uid(PORTAL, MAPPING, ["1", "2"], object_class="contact")
        await journal.unseen_links(PORTAL, MAPPING, plan.id, object_class="contact")
        await journal.numbers_by_uid(plan.id, ["1", "2"])
        await journal.touch_run(run.id)
        await journal.commands(run.id)
        await journal.progress(run.id)
        await journal.move_entries(run, EntryState.PLANNED, EntryState.SKIPPED)
        await journal.end_run(run.id, RunState.DONE)
    assert len(found) > 15
    for statement, steps in found.items():
        for step in steps:
            assert not step.startswith("SCAN"), (statement, steps)
            if step.startswith("SEARCH entries"):
                assert re.search(r"plan_id=\? AND (number|key_digest|uid|action)", step), (statement, steps)
            if step.startswith("SEARCH links"):
                assert re.search(r"object_class=\? AND (digest|uid)", step), (statement, steps)


async def test_what_a_run_repeats_is_looked_up_by_an_index(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as journal:
        await work(journal)
