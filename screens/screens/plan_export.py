"""A plan kept as a file: asks for its name, writes it beside the screen, says where it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from console.journal.model import Action, Entry, Plan, Situation
from screens import words
from screens.screens.base import ConsoleScreen
from screens.screens.dialogs import Ask
from screens.screens.plan_rows import Wanted

if TYPE_CHECKING:
    from console.session import Session

_PAGE = 500


def ask_and_export(
    screen: ConsoleScreen[None],
    session: Session,
    plan: Plan,
    action: Action | None,
    situation: Situation | None,
    wanted: Wanted,
) -> None:
    """Ask where to, then write what is shown."""
    from console.cli.plan_export import FORMS, form_of

    def check(answer: str) -> str:
        from pathlib import Path

        from console.provisioning.errors import PlanRefused

        try:
            form_of(Path(answer.strip()))
        except PlanRefused as error:
            return f"{error.message}."
        return ""

    def answered(answer: str | None) -> None:
        if answer is None:
            return

        async def write() -> None:
            from console.cli.plan_export import export

            screen.console.say("Exporting …")
            entries = shown(session, plan.id, action, situation, wanted)
            written = await export(plan, entries, answer.strip())
            screen.console.say(
                f"{words.counted(written, 'entry', 'entries')} in {answer.strip()}; only you can read it."
            )

        screen.work(write, group="export")

    narrowed = " What is filtered out is left out of it." if action or situation or wanted.shown else ""
    text = f"A new file; its ending says what it holds: {', '.join(f'.{form}' for form in FORMS)}.{narrowed}"
    screen.app.push_screen(Ask("Export the plan", text, value=f"~/{plan.id}.html", check=check), answered)


async def shown(
    session: Session, plan_id: str, action: Action | None, situation: Situation | None, wanted: Wanted
) -> AsyncIterator[Entry]:
    """The entries that the screen shows, all of them."""
    plans = await session.plans
    after = 0
    while page := await plans.entries(
        plan_id,
        actions=[action] if action else None,
        situations=[situation] if situation else None,
        text=wanted.text or None,
        query=wanted.query,
        after=after,
        limit=_PAGE,
    ):
        for entry in page:
            yield entry
        after = page[-1].number
