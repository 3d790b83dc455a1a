"""HubSpot's allowance: the right to send one request.

Names are resolved on first use, so that the first paint (`glance`) pays for nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.hubspot.budget.model import BudgetState as BudgetState
    from console.hubspot.budget.model import Kind as Kind
    from console.hubspot.budget.model import Priority as Priority
    from console.hubspot.budget.model import WindowState as WindowState
    from console.hubspot.budget.rate_budget import Lease as Lease
    from console.hubspot.budget.rate_budget import RateBudget as RateBudget
    from console.hubspot.budget.rate_budget import open_budget as open_budget
    from console.hubspot.budget.store import MemoryStore as MemoryStore
    from console.hubspot.budget.store import SqliteStore as SqliteStore

_HOMES = {
    "BudgetState": "model",
    "Kind": "model",
    "Priority": "model",
    "WindowState": "model",
    "Lease": "rate_budget",
    "RateBudget": "rate_budget",
    "open_budget": "rate_budget",
    "MemoryStore": "store",
    "SqliteStore": "store",
}
__all__ = [*_HOMES]  # noqa: PLE0604 - strings, every one of them


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
