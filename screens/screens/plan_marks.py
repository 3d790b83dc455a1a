"""What an operator wants different about a plan before it is approved, and the keys for it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from console.journal.model import Entry, Plan, RunState, Situation
from screens import words
from screens.screens.base import ConsoleScreen
from screens.screens.plan_words import DECIDED, LEFT_OUT, TAKEN_IN
from screens.words import Sign

if TYPE_CHECKING:
    from console.provisioning.plan_revision import Revision

CHOOSABLE = frozenset(
    {Situation.AMBIGUOUS, Situation.FOUND_ALREADY_LINKED, Situation.ABSENT, Situation.MISSING, Situation.FOUND}
)
"""Where a human may say which record is the person's."""


@dataclass
class Marks:
    """The wishes, by the numbers of entries; `decided` says how people call the record that was chosen."""

    excluded: set[int] = field(default_factory=set)
    included: set[int] = field(default_factory=set)
    decided: dict[int, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.excluded or self.included or self.decided)

    def toggle(self, entry: Entry) -> str:
        """Leave an entry out, or take it in again; answers what was done, in words, or why nothing was."""
        from console.provisioning.plan_revision import action_of

        number = entry.number
        if number in self.decided:
            return "It was decided: it is looked up again when the plan is made anew."
        for marks, word in ((self.excluded, "stays in the plan"), (self.included, "stays left out")):
            if number in marks:
                marks.discard(number)
                return f"Entry {number} {word}."
        if entry.works:
            self.excluded.add(number)
            return f"Entry {number} is left out."
        if action_of(entry) is not None:
            self.included.add(number)
            return f"Entry {number} is taken in again."
        return f"Entry {number} does nothing ({words.ACTION_SIGNS[entry.action].word}): there is nothing to leave out."

    def sign(self, entry: Entry) -> Sign:
        """How the entry's state looks with these wishes."""
        if entry.number in self.excluded:
            return LEFT_OUT
        if entry.number in self.included:
            return TAKEN_IN
        if entry.number in self.decided:
            return DECIDED
        if entry.cause.startswith(LEFT_OUT.word):
            return LEFT_OUT
        return words.ENTRY_SIGNS[entry.state]

    def told(self) -> str:
        """`1 left out, 2 decided`."""
        parts = ((self.excluded, "left out"), (self.included, "taken in again"), (self.decided, "decided"))
        return ", ".join(f"{words.number(len(numbers))} {word}" for numbers, word in parts if numbers)

    def revision(self) -> Revision:
        """The wishes as the engine takes them."""
        from console.provisioning.plans import Revision

        return Revision(
            exclude=frozenset(self.excluded), include=frozenset(self.included), again=frozenset(self.decided)
        )


class Reviewing(ConsoleScreen[None]):
    """A screen on which an entry of a plan can be left out, decided about and explained."""

    plan: Plan | None = None
    marks: Marks

    @abstractmethod
    def subject(self) -> Entry | None:
        """The entry that the keys mean."""

    @abstractmethod
    def marked(self) -> None:
        """Show what is wanted by now."""

    @property
    def mapping(self) -> str:
        """How the plan's mapping is found: by its name where it is one of the operator's, else by its path."""
        assert self.plan is not None
        file = self.plan.mapping_file
        name = PurePath(file).stem
        paths = self.session.paths if self.session is not None else None
        known = paths is not None and file == str(paths.mappings / f"{name}.toml")
        return name if known else file or self.plan.mapping

    @property
    def open_to_change(self) -> bool:
        """Whether the plan may still be made anew."""
        return self.plan is not None and self.plan.complete and self.plan.state is RunState.PLANNED

    def do_plan_exclude(self) -> None:
        """Leave the entry out, or take it in again."""
        entry = self.subject()
        if entry is None:
            return
        before = (set(self.marks.excluded), set(self.marks.included))
        told = self.marks.toggle(entry)
        if before == (self.marks.excluded, self.marks.included):
            self.console.say(told, severity="warning")
        self.marked()

    def do_plan_decide(self) -> None:
        """Say which record is this person's."""
        entry, plan = self.subject(), self.plan
        if entry is None or plan is None:
            return
        payload = entry.payload
        if payload is None or not payload.source_id or entry.situation not in CHOOSABLE:
            why = words.SITUATION_WORDS.get(entry.situation, entry.situation.value)
            self.console.say(f"There is nothing to choose for this entry: {why}.", severity="warning")
            return
        from screens.screens.decide import DecideScreen

        def decided(chosen: str | None) -> None:
            if chosen:
                self.marks.excluded.discard(entry.number)
                self.marks.decided[entry.number] = chosen
                self.marked()

        self.app.push_screen(DecideScreen(self.mapping, plan.object_class, entry), decided)

    def do_person(self) -> None:
        """Why this person is in or out, step by step."""
        entry, plan = self.subject(), self.plan
        if entry is None or plan is None:
            return
        if entry.payload is None or not entry.payload.source_id:
            self.console.say("Nobody of the source is behind this entry, so there is nobody to explain.")
            return
        from screens.screens.person import PersonScreen

        self.app.push_screen(PersonScreen(self.mapping, entry.payload.source_id))
