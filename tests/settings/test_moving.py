"""A profile gets another name: the file, the secrets and what was current come along, or nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.settings.errors import SettingsError
from console.settings.moving import rename
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles
from console.settings.vault import MemoryVault


@pytest.fixture
def profiles(tmp_path: Path) -> Profiles:
    made = Profiles(Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state")))
    made.save(Profile(name="old", authentication="token", permits_per_second=7))
    made.save(Profile(name="other"))
    made.use("old")
    return made


async def test_all_of_it_comes_along(profiles: Profiles) -> None:
    vault = MemoryVault()
    bound = vault.bound(Profile(name="old").origin)
    await bound.set("old", "accessToken", "pat-1")
    after = await rename(profiles, vault, "old", "new")
    assert (after.name, after.permits_per_second) == ("new", 7)
    assert profiles.names() == ["new", "other"]
    assert profiles.current() == "new"
    assert await bound.get("new", "accessToken") == "pat-1"
    assert await bound.get("old", "accessToken") is None


@pytest.mark.parametrize("name", ["other", "no name", ""])
async def test_a_name_that_cannot_be_changes_nothing(profiles: Profiles, name: str) -> None:
    with pytest.raises(SettingsError):
        await rename(profiles, MemoryVault(), "old", name)
    assert profiles.names() == ["old", "other"]
    assert profiles.current() == "old"
