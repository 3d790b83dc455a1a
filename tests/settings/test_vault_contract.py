"""What every vault does, whatever is behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.settings import parts
from console.settings.errors import VaultDamaged
from console.settings.keyring_vault import KeyringVault
from console.settings.sealed_vault import SealedVault
from console.settings.vault import MemoryVault, Vault, service_name

HUBSPOT = "https://api.hubapi.com"
PASSPHRASE = "correct horse"


class Items:
    """A keyring that holds items as short as Windows does and fails as rudely."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le")) > 2560:
            raise OSError(1783, "CredWrite", "The stub received bad data.")
        self.items[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.items[service, username]


@pytest.fixture(params=["memory", "sealed", "keyring"])
async def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    if request.param == "memory":
        return MemoryVault()
    if request.param == "keyring":
        return KeyringVault(Items())
    sealed = SealedVault(tmp_path / "vault.sealed", cost=2**14)
    await sealed.unlock(PASSPHRASE)
    return sealed


async def test_it_serves_the_port(vault: Vault) -> None:
    assert isinstance(vault, Vault)
    status = await vault.status()
    assert status.ready
    assert status.label == vault.label == vault.source("p", "clientSecret")
    assert status.detail
    await vault.probe()


@pytest.mark.parametrize(
    "value", ["x", "ключ 鍵 \U0001f511", "a" * 1200, "a" * 1201, "\U0001f511" * 3000, "hubspoke-parts:1:"]
)
async def test_a_value_comes_back_as_it_was(vault: Vault, value: str) -> None:
    bound = vault.bound(HUBSPOT)
    await bound.set("prod", "clientSecret", "before")
    await bound.set("prod", "clientSecret", value)
    assert await bound.get("prod", "clientSecret") == value
    await bound.set("prod", "clientSecret", "after")
    assert await bound.get("prod", "clientSecret") == "after"
    await bound.delete("prod", "clientSecret")
    await bound.delete("prod", "clientSecret")
    assert await bound.get("prod", "clientSecret") is None


async def test_entries_are_bound_to_origin_profile_and_name(vault: Vault) -> None:
    await vault.bound(HUBSPOT).set("prod", "clientSecret", "s")
    assert await vault.bound(HUBSPOT).get("prod", "clientSecret") == "s"
    assert await vault.bound("http://127.0.0.1:8080").get("prod", "clientSecret") is None
    assert await vault.bound(HUBSPOT + ":8443").get("prod", "clientSecret") is None
    assert await vault.bound("").get("prod", "clientSecret") is None
    assert await vault.bound(HUBSPOT).get("prod2", "clientSecret") is None
    assert await vault.bound(HUBSPOT).get("prod", "refreshToken") is None


async def test_many_at_once_do_not_disturb_each_other(vault: Vault) -> None:
    bound = vault.bound(HUBSPOT)
    await asyncio.gather(*(bound.set(f"p{n}", "clientSecret", f"{n}" * 2000) for n in range(8)))
    assert await asyncio.gather(*(bound.get(f"p{n}", "clientSecret") for n in range(8))) == [
        f"{n}" * 2000 for n in range(8)
    ]


async def test_nothing_shows_a_secret(vault: Vault) -> None:
    await vault.bound(HUBSPOT).set("prod", "clientSecret", "canary-7731")
    assert "canary" not in repr(vault) + repr(vault.bound(HUBSPOT)) + repr(await vault.status())


@given(st.text(max_size=8), st.sampled_from(["prod", "prod2", "p"]), st.sampled_from(["prod", "prod2", "p"]))
def test_no_service_name_begins_another(host: str, one: str, two: str) -> None:
    first, second = service_name(f"https://{host}", one), service_name(f"https://{host}:8443", two)
    assert not second.startswith(first)
    assert not first.startswith(second)


@given(st.text(st.characters(codec="utf-8"), max_size=40).map(lambda text: text * 100))
def test_any_value_survives_being_split(value: str) -> None:
    items = Items()
    parts.write(items, "s", "n", value)
    assert parts.read(items, "s", "n") == value
    parts.delete(items, "s", "n")
    assert items.items == {}


class Interrupted(Items):
    """A keyring that fails at the n-th change."""

    def __init__(self, fails_at: int) -> None:
        super().__init__()
        self.changes = 0
        self.fails_at = fails_at

    def set_password(self, service: str, username: str, password: str) -> None:
        self._count()
        super().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        self._count()
        super().delete_password(service, username)

    def _count(self) -> None:
        self.changes += 1
        if self.changes == self.fails_at:
            raise OSError("keyring went away")


@pytest.mark.parametrize("fails_at", range(1, 12))
def test_a_reader_sees_the_old_value_or_the_new_one_whenever_writing_breaks_off(fails_at: int) -> None:
    items = Interrupted(0)
    old, new = "o" * 3000, "n" * 4000
    parts.write(items, "s", "n", old)
    items.changes, items.fails_at = 0, fails_at
    try:
        parts.write(items, "s", "n", new)
    except OSError:
        assert parts.read(items, "s", "n") in {old, new}
    else:
        assert parts.read(items, "s", "n") == new
    items.fails_at = 0
    parts.write(items, "s", "n", new)
    assert parts.read(items, "s", "n") == new


def test_a_lost_part_is_an_error_and_never_half_a_secret() -> None:
    items = Items()
    parts.write(items, "s", "n", "x" * 5000)
    lost = next(key for key in items.items if key[1].endswith("/2"))
    del items.items[lost]
    with pytest.raises(VaultDamaged) as told:
        parts.read(items, "s", "n")
    assert "credentials set n" in told.value.remedy
    parts.delete(items, "s", "n")
    assert items.items == {}
