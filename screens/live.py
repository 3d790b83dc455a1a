"""What happens beside the screens: the profile is opened, its account read, its allowance and runs watched."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from typing import TYPE_CHECKING

from console.glance import home_glance, newest_runs, under_way
from screens.apology import Trouble, expected
from screens.attending import attend
from screens.messages import BudgetMoved
from screens.standing import standing_of

if TYPE_CHECKING:
    from console.session import Session
    from console.settings.vault import Vault
    from screens.app import HubspokeApp

RUNS_EVERY = 2.0


async def open_profile(app: HubspokeApp, name: str | None) -> bool:
    """Open a profile on the app's folders; the screens hear of it."""
    from console.session import Session

    vault = await _close(app)
    if app.demo is not None:
        vault = app.demo.vault
    app.profile_name = name
    app.glance = await asyncio.to_thread(home_glance, app.paths, name)
    app.standing = standing_of(app.glance.profile, app.glance.account, demo=app.demo is not None)
    app.renew_bars()
    try:
        if app.demo is not None:
            await app.demo.ready()
        environ = os.environ if app.demo is None else None  # a demo is not disturbed by an operator's own secrets
        opening = Session.open(app.paths, name, vault, interactive=True, environ=environ)
        session = await app._open.enter_async_context(opening)
    except Exception as error:  # noqa: BLE001 - a profile or a demo that does not open is told, not raised
        app.opening_failed = _short(app.trouble(error))
        app.renew_bars()
        _tell_home(app)
        return False
    app.session = session
    app.opening_failed = ""
    await _unlock(app, session)
    for screen in list(app.screen_stack):
        opened = getattr(screen, "session_opened", None)
        if opened is not None:
            opened(session)
    app.beside(partial(_watch_budget, app, session), group="budget")
    app.beside(partial(_watch_runs, app, session), group="runs")
    app.beside(partial(attend, app, session.paths), group="attention")
    app.beside(partial(_read_account, app, session), group="account")
    return True


async def _unlock(app: HubspokeApp, session: Session) -> None:
    """Ask for the passphrase of a locked vault, unless the environment brings the credentials."""
    from console.cli.context import credential_names
    from console.settings.errors import SettingsError
    from console.settings.secrets import READ_ONLY
    from screens.unlocking import unlocked

    if app.demo is not None:
        return
    try:
        secrets = await session.secrets
        if not all(secrets.source(name) in READ_ONLY for name in credential_names(session.profile)):
            await unlocked(app, session)
    except SettingsError as error:
        app.trouble(error)


async def open_demo(app: HubspokeApp) -> bool:
    """Start a demo and work on its folders."""
    from console.demo import Demo

    demo = await asyncio.to_thread(Demo.start)
    await _close(app)
    app.demo = demo
    app._started_demo = True
    app.paths = demo.paths
    return await open_profile(app, demo.profile.name)


async def _close(app: HubspokeApp) -> Vault | None:
    """Close the open profile; answers its vault, so that nobody is asked for the passphrase twice."""
    vault = app.session.vault.value if app.session is not None else None
    for group in ("budget", "runs", "account", "attention"):
        app.workers.cancel_group(app, group)
    app.session = None
    app.budget_state = None
    app.active_runs = 0
    await app._open.aclose()
    return vault


async def _read_account(app: HubspokeApp, session: Session) -> None:
    """Who is behind the credentials; a failure is a sentence on Home, not an interruption."""
    try:
        account = await session.account
    except Exception as error:  # noqa: BLE001 - shown on Home in words
        app.opening_failed = _short(expected(error) or app.trouble(error))
    else:
        app.opening_failed = ""
        app.standing = standing_of(session.profile, account, demo=app.demo is not None)
    app.renew_bars()
    _tell_home(app)


def _short(told: Trouble) -> str:
    """A trouble in a line of Home; the notice beside it says the rest of an apology."""
    return f"our mistake: {told.reference}" if told.reference else told.message


async def _watch_budget(app: HubspokeApp, session: Session) -> None:
    """Show the allowance, a few times a second at most and only when it changed."""
    budget = await session.budget
    painted = 0.0
    async for state in budget.states():
        if state == app.budget_state:
            continue
        wait = painted + 1 / app.link.gauges - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        painted = time.monotonic()
        app.budget_state = state
        app.renew_bars()
        app.screen.post_message(BudgetMoved(state))


async def _watch_runs(app: HubspokeApp, session: Session) -> None:
    """Keep Home's list of runs fresh, and know whether one is under way."""
    while True:
        runs = await asyncio.to_thread(newest_runs, session.paths)
        app.active_runs = under_way(runs)
        if runs != app.glance.runs:
            app.glance = await asyncio.to_thread(home_glance, app.paths, session.profile.name)
            app.active_runs = under_way(app.glance.runs)
            _tell_home(app)
            app.renew_bars()
        await asyncio.sleep(RUNS_EVERY)


def _tell_home(app: HubspokeApp) -> None:
    home = app.screen_stack[0] if app.screen_stack else None
    renew = getattr(home, "renew", None)
    if renew is not None and home is app.screen:  # covered, it would have the screen above it painted whole
        renew()
