"""Another name for a mapping, with its links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from screens.screens.dialogs import Ask, Confirm

if TYPE_CHECKING:
    from console.session import Session
    from screens.screens.mapping.screen import MappingScreen

_LEAVE = re.compile(r"--leave (\d+)")


def begin_rename(screen: MappingScreen, session: Session, old: str) -> None:
    """Ask for the name, rename, list anew."""
    from console.provisioning.mapping import is_name

    def wrong(name: str) -> str:
        return "" if is_name(name.strip()) else "Use letters, digits, dot, dash and underscore."

    def answered(name: str | None) -> None:
        if name and name.strip() != old:
            screen.work(lambda: rename(screen, session, old, name.strip()), group="rename")

    text = "The name is the identity of the mapping's links: they are carried over, one by one."
    screen.app.push_screen(Ask(f"Rename {old}", text, value=old, check=wrong), answered)


async def rename(screen: MappingScreen, session: Session, old: str, name: str, leave: int = 0) -> None:
    """Rename. Links of people whom nothing names are left behind only after a human said so, by their number."""
    from console.provisioning.errors import PlanRefused
    from console.provisioning.renaming import Renaming
    from console.session import source_secret

    mappings = await session.mappings
    found = mappings.load(old)
    secret = await source_secret(session, found.source)

    async def known(_name: str) -> str | None:
        return secret

    renaming = Renaming(mappings, await session.connector, await session.journal, session.paths.locks, old, name)
    try:
        done = await renaming.run(secrets=known, leave=leave)
    except PlanRefused as refused:
        match = _LEAVE.search(refused.remedy)
        if match is None or leave:
            raise
        _ask_leave(screen, session, old, name, refused.message, int(match[1]))
        return
    screen.console.say(f"{done.old} is {name} now. {done.moved} links went along in portal {done.portal_id}.")
    for other in done.named_by:
        screen.console.say(f"{other} names the old mapping in [[associate]]: change it there, too.", severity="warning")
    screen._wanted = name
    await screen.read(session)


def _ask_leave(screen: MappingScreen, session: Session, old: str, name: str, why: str, many: int) -> None:
    def answered(yes: bool | None) -> None:
        if yes:
            screen.work(lambda: rename(screen, session, old, name, many), group="rename")

    text = f"{why}. They left the source; without their links nobody will know that they were here."
    screen.app.push_screen(
        Confirm(f"Leave {many} links behind?", text, f"Leave {many} behind", "Keep the name"), answered
    )
