"""Put on PYTHONPATH by a test: makes Hubspoke fail deep inside, while it holds every secret it has.

SABOTAGE in the environment says where: `account` (asking HubSpot about the account), `runner` (the same, only in
a runner) and `doctor` (the console, each time it is asked for that screen).
The error quotes the secrets, its frames hold them: the worst that a mistake of ours could do.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

PLACES = frozenset(os.environ.get("SABOTAGE", "").split(","))
NAMES = ("clientSecret", "refreshToken", "accessToken", "httpProxyPassword", "journalKey", "source/hr")
held: dict[str, str] = {}


def sabotage_account(module: Any) -> None:
    """Details of the account are read, and then something unforeseen happens."""
    details = module.Account.details

    async def explode(self: Any) -> Any:
        found = await details(self)
        tokens = self._client.tokens
        access = (await tokens.token()).reveal()
        held.update({name: await tokens._secrets.get(name) or "" for name in NAMES}, access=access)
        if PLACES & {"account"} or (PLACES & {"runner"} and "--secrets-fd" in sys.argv):
            raise RuntimeError(f"unforeseen, with {access} and {held}") from ValueError(access)
        return found

    if PLACES & {"account", "runner"}:
        module.Account.details = explode


def sabotage_app(module: Any) -> None:
    """The console cannot open a screen."""
    go = module.HubspokeApp.go

    def explode(self: Any, action: str) -> None:
        if action != "doctor":
            go(self, action)
            return
        secrets = dict(held)
        access = secrets["access"]
        raise RuntimeError(f"unforeseen, with {access} and {secrets}")

    if PLACES & {"doctor"}:
        module.HubspokeApp.go = explode


class Saboteur(MetaPathFinder):
    """Changes a module right after its own code ran."""

    def __init__(self) -> None:
        self.changes: dict[str, Callable[[ModuleType], None]] = {
            "console.hubspot.account": sabotage_account,
            "screens.app": sabotage_app,
        }

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        change = self.changes.pop(fullname, None)
        if change is None:
            return None
        spec = importlib.util.find_spec(fullname)
        assert spec is not None
        assert spec.loader is not None
        loader, execute = spec.loader, spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            change(module)

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, Saboteur())
