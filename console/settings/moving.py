"""A profile under another name: its file, its secrets, and what was the current one."""

from __future__ import annotations

import msgspec

from console.settings.errors import SettingsError
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from console.settings.secrets import ACCESS_TOKEN, CLIENT_SECRET, PROXY_PASSWORD, REFRESH_TOKEN
from console.settings.vault import Vault

CARRIED = (ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN, PROXY_PASSWORD)
"""Secrets that belong to a profile by its name; all others belong to the machine."""


async def rename(profiles: Profiles, vault: Vault, old: str, new: str) -> Profile:
    """Give a profile another name. The secrets are there under both names before the old one goes.

    Plans, links and budgets are kept by portal, so that nothing of them changes.

    Raises:
        SettingsError: there is such a profile already, the name is none, or the vault does not open.
    """
    before = profiles.load(old)
    if new in profiles.names():
        raise SettingsError(f'There is a profile "{new}" already.', "Choose another name.", key="name")
    profiles.path(new)  # refuses what is no name
    bound = vault.bound(before.origin)
    found = [(name, value) for name in CARRIED if (value := await bound.get(old, name)) is not None]
    for name, value in found:
        await bound.set(new, name, value)
    current = profiles.current() == old
    after = msgspec.structs.replace(before, name=new)
    profiles.save(after)
    if current:
        profiles.use(new)
    profiles.remove(old)
    for name, _ in found:
        await bound.delete(old, name)
    return after
