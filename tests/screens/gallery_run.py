"""Pictures of the run side: a run in each state, its failures, dead letters, undo, receipt, history."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from textual.screen import Screen

from tests.screens import run_samples

FAULTY = run_samples.STATES["faulty"]


class RunPicture(NamedTuple):
    """One screen, opened by `module:Class`, after some keys; `empty` for a console without any plan or run."""

    name: str
    opens: str
    arguments: tuple[Any, ...] = ()
    keys: tuple[str, ...] = ()
    empty: bool = False

    def screen(self) -> Screen[Any]:
        """The screen."""
        module, name = self.opens.split(":")
        made: Callable[..., Screen[Any]] = getattr(import_module(f"screens.screens.{module}"), name)
        return made(*self.arguments)


RUNS = tuple(RunPicture(f"run-{name}", "run:RunScreen", (one.id,)) for name, one in run_samples.STATES.items())
OTHERS = (
    RunPicture("run-none", "run:RunScreen", empty=True),
    RunPicture("cause", "cause:CauseScreen", (FAULTY, run_samples.group("INVALID_EMAIL (email)", 6)), ("down",)),
    RunPicture("letters", "dead_letters:DeadLettersScreen", (FAULTY.id,), ("down",)),
    RunPicture("letters-empty", "dead_letters:DeadLettersScreen", empty=True),
    RunPicture("letters-discard", "dead_letters:DeadLettersScreen", (FAULTY.id,), ("x",)),
    RunPicture("letter-edit", "dead_letter_edit:EditLetterScreen", (FAULTY, run_samples.troubled(1))),
    RunPicture("undo", "undo:UndoScreen", (run_samples.STATES["done"].id,)),
    RunPicture("receipt", "receipt:ReceiptScreen", (FAULTY.id,)),
    RunPicture("report-faulty", "report:ReportScreen", (FAULTY.id,)),
    RunPicture("history-full", "history:HistoryScreen", ("runs",), ("down",)),
    RunPicture("history-found", "history:HistoryScreen", ("runs",), ("f", "slash", "p", "e", "o")),
    RunPicture("history-plans", "history:HistoryScreen", ("plans",)),
    RunPicture("history-empty", "history:HistoryScreen", ("runs",), empty=True),
)
GALLERY = (*RUNS, *OTHERS)
