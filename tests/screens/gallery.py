"""Which pictures of the console there are: for the snapshot tests and for the documentation."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from textual.screen import Screen

from tests.screens import samples


class Picture(NamedTuple):
    """One screen, opened by `module:Class`, after some keys."""

    name: str
    opens: str = ""
    arguments: tuple[Any, ...] = ()
    keys: tuple[str, ...] = ()

    def screen(self) -> Screen[Any] | None:
        """The screen, None for Home."""
        if not self.opens:
            return None
        module, name = self.opens.split(":")
        made: Callable[..., Screen[Any]] = getattr(import_module(f"screens.screens.{module}"), name)
        return made(*self.arguments)


GALLERY = (
    Picture("home"),
    Picture("setup", "setup.screen:SetupScreen"),
    Picture("plan", "plan:PlanScreen", (samples.PLAN.id,), ("down",)),
    Picture("entry", "plan:PlanScreen", (samples.PLAN.id,), ("down", "enter")),
    Picture("approve", "approve:ApproveScreen", (samples.PLAN,)),
    Picture("run", "run:RunScreen", (samples.RUNNING.id,)),
    Picture("report", "report:ReportScreen", (samples.RUNNING.id,)),
    Picture("history", "history:HistoryScreen", ("runs",)),
    Picture("browse", "browse:BrowseScreen", ("contact",), ("down",)),
    Picture("record", "record:RecordScreen", ("contact", "51000002"), ("down",)),
    Picture("connector", "connector:ConnectorScreen"),
    Picture("mapping", "mapping.editor:MappingEditor", ("people-to-contacts",)),
    Picture("help", "help:HelpScreen"),
    Picture("palette", keys=("ctrl+p",)),
)
