"""Provisioner files in and out of the console: read, shown key by key, then taken over; written without secrets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from console.settings.paths import expanded
from screens.literal import hanging, literal, row, stack

if TYPE_CHECKING:
    from console.settings.profile import Profile
    from console.settings.provisioner import Imported
    from screens.app import HubspokeApp

WIDTH = 56
SHOWN = 6
WORDS = {"attention": "▲", "left out": "·", "unknown": "?"}


async def take(app: HubspokeApp) -> bool:
    """Ask for a file, show what becomes of it, and make a profile of it; says whether that was done. For a worker."""
    from console.settings import provisioner_file
    from console.settings.profiles import Profiles
    from console.settings.provisioner import imported
    from screens.screens.dialogs import Ask, Confirm

    asked = "A provisioner.openicf-*.json file of an identity server. Nothing is changed before you have seen what becomes of it."
    path = await app.push_screen_wait(Ask("Import a profile", asked, label="file", complete=True))
    if not path or not path.strip():
        return False
    document = await asyncio.to_thread(provisioner_file.read, _path(path))
    found = await asyncio.to_thread(imported, document)
    profiles = Profiles(app.paths)
    name = found.profile.name
    if name in profiles.names():
        app.say(f"There is a profile {name} already: rename or remove that one first.", severity="warning")
        return False
    if not await app.push_screen_wait(Confirm(f"Import as {name}?", described(found), "Import", "Leave it")):
        return False
    await asyncio.to_thread(profiles.save, found.profile)
    await asyncio.to_thread(profiles.use, name)
    return await app.open_profile(name) and await _store(app, found)


async def _store(app: HubspokeApp, found: Imported) -> bool:
    from screens.unlocking import unlocked

    session = app.session
    if found.secrets and session is not None:
        if not await unlocked(app, session, creating=True):
            app.say("Imported; its secrets were not stored, for the vault is not open.", severity="warning")
            return True
        secrets = await session.secrets
        for name, value in found.secrets.items():
            await secrets.set(name, value)
    app.say(f"Imported as {found.profile.name}. Test it next.")
    return True


def _path(text: str) -> Path:
    return expanded(text.strip()).absolute()


def described(found: Imported) -> Content:
    """What the operator should look at, with what a ceiling costs; the rest as a number."""
    profile = found.profile
    rows = [*hanging("→ ", f"{profile.api_base_url}, {profile.authentication}", WIDTH)]
    if profile.permits_per_second or profile.maximum_connections:
        ceilings = ", ".join(
            f"{key} {value}"
            for key, value in (
                ("permitsPerSecond", profile.permits_per_second),
                ("maximumConnections", profile.maximum_connections),
            )
            if value
        )
        told = f"Its ceilings are kept: {ceilings}. HubSpot may allow more; auto takes all of it."
        rows += hanging("▲ ", told, WIDTH, "$warning")
    told_notes = [note for note in found.notes if note.state in WORDS]
    for note in told_notes[:SHOWN]:
        rows += hanging(f"{WORDS[note.state]} ", f"{note.key} {note.message} {note.advice}".strip(), WIDTH)[:2]
    kept = len(found.notes) - len(told_notes[:SHOWN])
    rows.append(literal(f"and {kept} more keys, honoured or kept for an export", "$muted"))
    if found.secrets:
        rows.append(row(("✓ ", "$success"), (f"{', '.join(sorted(found.secrets))}: into the vault", "")))
    return stack(*rows)


async def give(app: HubspokeApp, profile: Profile) -> None:
    """Ask where to, and write the profile there. For a worker."""
    from console.settings import provisioner_file
    from console.settings.errors import SettingsError
    from console.settings.paths import write_private
    from console.settings.provisioner import exported
    from screens.screens.dialogs import Ask

    proposed = str(Path.home() / f"provisioner.openicf-{profile.name}.json")
    asked = "As an identity server reads it. The file holds no secrets. Nothing is overwritten."
    path = await app.push_screen_wait(Ask(f"Export {profile.name}", asked, label="file", value=proposed, complete=True))
    if not path or not path.strip():
        return
    target = _path(path)
    if await asyncio.to_thread(target.exists):
        raise SettingsError(f"{target} is there already.", "Name a new file: nothing is overwritten.")
    try:
        await asyncio.to_thread(write_private, target, provisioner_file.written(exported(profile)))
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise SettingsError(f"{target} cannot be written: {reason}.", "Name a file in another folder.") from None
    app.say(f"Written: {target}. It holds no secrets.")
