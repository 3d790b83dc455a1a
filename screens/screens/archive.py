"""Archiving one record or many: named, counted, and told record by record where one could not be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from screens import words
from screens.literal import literal, row, stack
from screens.operating import PLURALS, operations
from screens.screens.sure import Question, SureScreen, portal_question

if TYPE_CHECKING:
    from console.connector.archiving import Archived
    from console.hubspot.model import Record
    from console.session import Session

NAMED = 6
"""Records that are named before they go."""
REASONS = 4


class ArchiveScreen(SureScreen[list[str]]):
    """Gives back the uids that were archived; None where nothing was begun."""

    TITLE_TEXT = "Archive"
    VERB = "archive"

    def __init__(self, object_class: str, uids: Sequence[str]) -> None:
        super().__init__()
        self._class = object_class
        self._uids = list(dict.fromkeys(uids))
        self._archived: list[str] | None = None

    @property
    def _noun(self) -> str:
        return words.counted(len(self._uids), self._class, PLURALS.get(self._class, ""))

    async def prepare(self, session: Session) -> Content:
        """Who goes: the first of them by name."""
        service = await operations(session)
        service.types.check("DELETE", self._class)
        if len(self._uids) == 1:
            there = await service.get(self._class, self._uids[0])
            names = [(there.uid, there.name)]
        else:
            kind = service.connector.kind(service.types.find(self._class).native)
            first = self._uids[:NAMED]
            outcomes = await service.connector.batch_read(kind.name, first, properties=[kind.name_attribute])
            names = [
                (uid, _called(uid, outcome.record, kind.name_attribute))
                for uid, outcome in zip(first, outcomes, strict=True)
            ]
        rows = [row(("  - ", "$error"), (name or "(no name)", ""), (f"  {uid}", "$muted")) for uid, name in names]
        more = len(self._uids) - len(names)
        return stack(
            row((self._noun, "bold"), (" will go to HubSpot's recycle bin:", "")),
            *rows,
            *([literal(f"    and {words.number(more)} more", "$muted")] if more else []),
            literal("HubSpot restores them on its own pages for 90 days, not by its API.", "$muted"),
        )

    def questions(self) -> Sequence[Question]:
        """The count for more than one; the portal's name where it is PRODUCTION."""
        count = str(len(self._uids))
        asked = [] if len(self._uids) == 1 else [Question(row(("Type how many: ", ""), (count, "bold")), count)]
        return [*asked, *portal_question(self.console)]

    async def perform(self, session: Session) -> None:
        """One by the operation for one, many in batches of 100."""
        service = await operations(session)
        if len(self._uids) == 1:
            await service.delete(self._class, self._uids[0])
            self.console.say(f"Archived {self._class} {self._uids[0]}. HubSpot restores it for 90 days.")
            self.dismiss([self._uids[0]])
            return
        from console.connector.archiving import archive_many

        outcomes = await archive_many(service, self._class, self._uids, self._progress)
        self._archived = [one.uid for one in outcomes if one.fate == "archived"]
        if len(self._archived) == len(self._uids):
            self.console.say(f"Archived {self._noun}. HubSpot restores them for 90 days.")
            self.dismiss(self._archived)
        else:
            self.tell(self._report(outcomes))

    def _progress(self, done: int) -> None:
        self.complain(literal(f"▶ {words.number(done)} of {self._noun} …", "$primary"))

    def _report(self, outcomes: Sequence[Archived]) -> Content:
        from console.connector.archiving import summed

        archived = len(self._archived or [])
        reasons = summed(outcomes)
        rows = [row((f"  {words.number(count)}  ", "bold"), (why, "")) for why, count in reasons[:REASONS]]
        return stack(
            row(("✓ ", "$success"), (f"{words.number(archived)} archived", "bold")),
            row(("✗ ", "$error"), (f"{words.number(len(self._uids) - archived)} not:", "bold")),
            *rows,
        )

    def result(self) -> list[str] | None:
        """What was archived before the dialog was closed."""
        return self._archived


def _called(uid: str, record: Record | None, name: str) -> str:
    """What a record is called, or why it will stay."""
    if record is None:
        return "(not there)"
    return (record.properties.get(name) or "") if record.id == uid else f"(merged into {record.id}: stays)"
