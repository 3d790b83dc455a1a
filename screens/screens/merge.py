"""Merging another record into the one that is shown: both side by side, both uids typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual import work
from textual.content import Content

from screens.literal import literal, row, stack
from screens.operating import operations
from screens.screens.dialogs import Ask
from screens.screens.sure import Question, SureScreen, portal_question

if TYPE_CHECKING:
    from console.connector.connector_object import ConnectorObject
    from console.session import Session

COMPARED = {
    "contact": ("email", "firstname", "lastname", "company", "createdate"),
    "company": ("name", "domain", "city", "createdate"),
}


class MergeScreen(SureScreen[str]):
    """Gives back the uid of the record that survives; None where nothing was merged."""

    TITLE_TEXT = "Merge"
    VERB = "merge"

    def __init__(self, object_class: str, uid: str, other: str = "") -> None:
        super().__init__()
        self._class = object_class
        self._uid = uid
        self._other = other

    def begin(self) -> None:
        """Ask which one goes, unless that is known."""
        if self._other:
            super().begin()
        else:
            self._which()

    @work(exit_on_error=False)
    async def _which(self) -> None:
        text = row((f"The uid of the {self._class} that goes into ", ""), (self._uid, "bold"), (":", ""))
        other = await self.app.push_screen_wait(Ask("Merge which one?", text, label="uid", check=self._wrong))
        if other is None:
            self.dismiss(None)
            return
        self._other = other.strip()
        super().begin()

    def _wrong(self, typed: str) -> str:
        uid = typed.strip()
        if not (uid.isascii() and uid.isdigit()):
            return "A uid is a whole number: copy it from the list or from HubSpot's address of the record."
        return "A record cannot be merged into itself." if uid == self._uid else ""

    async def prepare(self, session: Session) -> Content:
        """Both, line by line."""
        service = await operations(session)
        kind = service.types.find(self._class)
        names = [kind.given_name(name) for name in COMPARED.get(kind.native, ())]
        stays = await service.get(self._class, self._uid, names)
        goes = await service.get(self._class, self._other, names)
        return stack(
            row(
                (f"{'':<12}", ""), (f"{'stays ' + stays.uid:<30}", "$success bold"), (f"goes {goes.uid}", "$error bold")
            ),
            *(_line(name, stays, goes) for name in names),
            *(literal(note, "$warning") for note in (*stays.notes, *goes.notes)),
            literal("Where both have a value, the one that stays wins. HubSpot keeps the other's history."),
            row(("▲ ", "$warning bold"), ("Nothing undoes that.", "$warning")),
        )

    def questions(self) -> Sequence[Question]:
        """Both uids, the one that stays first."""
        word = f"{self._uid} {self._other}"
        return [Question(row(("Type both uids: ", ""), (word, "bold")), word), *portal_question(self.console)]

    async def perform(self, session: Session) -> None:
        """As `hubspoke merge` does it."""
        service = await operations(session)
        merged = await service.merge(self._class, self._uid, self._other, confirm=(self._uid, self._other))
        self.console.say("\n".join([f"Merged {self._class} {self._other} into {self._uid}.", *merged.notes]))
        self.dismiss(merged.uid)


def _line(name: str, stays: ConnectorObject, goes: ConnectorObject) -> Content:
    left, right = _cell(stays.attributes.get(name)), _cell(goes.attributes.get(name))
    return row((f"{name[:11]:<12}", "$muted"), (f"{left:<30}", ""), (right, "" if right == left else "$warning"))


def _cell(value: Any) -> str:
    from console.text import safe

    return safe(str(value or ""), limit=28)
