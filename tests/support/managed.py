"""An open profile on the simulator, whose mapping `managed` reads the managed repository."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from console.session import Session
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from console.settings.secrets import ACCESS_TOKEN, Secrets
from console.settings.vault import MemoryVault
from tests.support.simulator import Simulator

HEAD = """\
version = 1
name = "managed"
source = "people:"
source_id = "id"
target = "contact"
correlate = ["email"]
"""
LEAVERS = """
[policy]
SOURCE_MISSING = "DELETE"
"""
FLAT = """
[properties]
email = 'source.mail'
firstname = 'source.givenName'
"""
SCIM = """
[properties]
email = 'source.emails[0].value.lowerAscii()'
firstname = { value = 'source.name.givenName', when = 'has(source.name) && has(source.name.givenName)' }
lastname = { value = 'source.name.familyName', when = 'has(source.name) && has(source.name.familyName)' }
"""
MAPPING = HEAD + 'target_phase = "linked"\n' + FLAT + LEAVERS
SCIM_MAPPING = HEAD + 'target_phase = "linked"\n' + SCIM + LEAVERS


@asynccontextmanager
async def managed_session(folder: Path, simulator: Simulator, mapping: str = MAPPING) -> AsyncIterator[Session]:
    """The session; its folders are `config` and `state` below `folder`."""
    paths = Paths.resolve(str(folder / "config"), str(folder / "state"))
    profile = Profile(name="gw", authentication="token", api_base_url=simulator.url, timeout_seconds=5)
    Profiles(paths).save(profile)
    paths.mappings.mkdir(parents=True, exist_ok=True)
    (paths.mappings / "managed.toml").write_text(mapping, encoding="utf-8")
    vault = MemoryVault()
    await Secrets(vault, profile.name, profile.origin, {}).set(ACCESS_TOKEN, simulator.token)
    async with Session.open(paths, profile, vault) as session:
        yield session
