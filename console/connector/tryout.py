"""Credentials that are not stored yet, shown to HubSpot: whose account they open, and what they may."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from console.connector.diagnose import diagnose
from console.connector.stages import RIGHTS, Stage
from console.hubspot.auth import digest
from console.hubspot.budget import SqliteStore, open_budget
from console.hubspot.requestlog import RequestLog
from console.settings.paths import private_dir
from console.settings.profile import Profile
from console.settings.secrets import ACCESS_TOKEN

LAST = "writeCompanies"
"""The stage after which nothing more is learnt of the credentials."""


class Typed:
    """Secrets as they stand in a form; nothing is kept."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    async def get(self, name: str) -> str | None:
        """The secret, or None."""
        return self._values.get(name) or None

    async def set(self, name: str, value: str) -> None:
        """A fresh grant lives as long as the form."""
        self._values[name] = value

    def source(self, name: str) -> str:  # noqa: ARG002 - the port's signature
        """Where it comes from."""
        return "form"


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it. `account` is who answered, `lacking` the titles of rights that are missing.

    `failed` is the stage at which the way ended, None when HubSpot took the credentials.
    """

    account: str = ""
    lacking: tuple[str, ...] = ()
    failed: Stage | None = None


async def try_out(profile: Profile, token: str, slots: Path, log: RequestLog | None = None) -> Opened:
    """Ask HubSpot with an access token; nothing is written there, nor anything of the token here.

    `slots` is the budget's file: what is asked now counts for whoever works with the token next.
    """
    account = ""
    lacking: list[str] = []
    secrets = Typed({ACCESS_TOKEN: token})
    private_dir(slots.parent)
    budget = open_budget(SqliteStore(slots), app=digest("token", token), portal=None, profile=profile)
    stages = diagnose(profile, secrets, budget, log=log)
    try:
        async for stage in stages:
            if stage.state == "fail" and stage.name not in RIGHTS:
                return Opened(account=account, lacking=tuple(lacking), failed=stage)
            if stage.state == "fail":
                lacking.append(stage.title)
            if stage.name == "account":
                account = stage.detail
            if stage.name == LAST:
                break
    finally:
        await stages.aclose()  # type: ignore[attr-defined] # an async generator, told as an iterator
        await budget.aclose()
    return Opened(account=account, lacking=tuple(lacking))
