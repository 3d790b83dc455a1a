"""What follows a run, or a plan that its guards hold: the operator is told, and what is too old goes.

Nothing here can hurt a run: it has ended, and whatever goes wrong here is a line of the audit trail at most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from console.connector.snapshot_file import FOLDER as SNAPSHOTS
from console.connector.snapshot_file import remove_older
from console.journal.errors import JournalError
from console.journal.journal import Journal
from console.journal.leftovers import remove_old
from console.journal.model import GuardVerdict, Plan, RunProgress
from console.journal.retention import DAY_SECONDS, Pruned
from console.journal.who import approver
from console.provisioning.notify import Notice, notify, of_guards, of_run
from console.settings import preferences
from console.settings.errors import SettingsError
from console.settings.paths import Paths
from console.settings.preferences import Preferences

RUNS, REPORTS = "runs", "reports"


async def after_run(journal: Journal, paths: Paths, run: RunProgress) -> None:
    """The run stands still: tell of it, and prune."""
    wanted = _preferences(paths)
    notice = of_run(run)
    if notice is not None:
        await _tell(journal, paths, wanted, notice)
    if run.ended:
        await _prune(journal, paths, wanted)


async def after_guards(journal: Journal, paths: Paths, plan: Plan, holding: Sequence[GuardVerdict]) -> None:
    """A plan was held back: tell of it."""
    await _tell(journal, paths, _preferences(paths), of_guards(plan, holding))


async def after_source(journal: Journal, paths: Paths, mapping: str) -> None:
    """The source of a mapping cannot be read, for the first time: tell of it."""
    notice = Notice(event="quarantined", subject=mapping, state="source", mapping=mapping, portal_id=0, plan_id="")
    await _tell(journal, paths, _preferences(paths), notice)


async def prune(journal: Journal, paths: Paths, days: float) -> tuple[Pruned, int]:
    """Destroy what is older than that many days, with runner logs, error reports, what was copied, and snapshots.

    And how many files went.
    """
    pruned = await journal.prune(days, approver())
    before = time.time() - days * DAY_SECONDS
    files = await asyncio.to_thread(remove_old, [paths.state / RUNS, paths.state / REPORTS, paths.copied], before)
    return pruned, files + await asyncio.to_thread(remove_older, paths.state / SNAPSHOTS, before)


async def _tell(journal: Journal, paths: Paths, wanted: Preferences, notice: Notice) -> None:
    if not wanted.notify:
        return
    told = await notify(wanted.notify, notice, paths)
    try:
        await journal.record("notify", approver(), plan_id=notice.plan_id, run_id=notice.run_id, detail=told)
    except JournalError:
        return  # it was told; that it cannot be written down is no reason to fail


async def _prune(journal: Journal, paths: Paths, wanted: Preferences) -> None:
    if wanted.retention_days <= 0:
        return
    try:
        await prune(journal, paths, wanted.retention_days)
    except (JournalError, OSError):
        return  # the next run tries again, and `journal prune` says why


def _preferences(paths: Paths) -> Preferences:
    try:
        return preferences.load(paths)
    except SettingsError:
        return Preferences()  # every other command says what is wrong with the file
