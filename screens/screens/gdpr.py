"""Erasing a contact for good, as the GDPR asks: its uid typed, and the portal's name where it is PRODUCTION."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from screens.literal import literal, row, stack
from screens.operating import operations
from screens.screens.sure import Question, SureScreen, portal_question

if TYPE_CHECKING:
    from console.session import Session


class EraseScreen(SureScreen[list[str]]):
    """Gives back the uid that was erased; None where nothing was."""

    TITLE_TEXT = "Erase for good"
    VERB = "erase"

    def __init__(self, uid: str, name: str = "") -> None:
        super().__init__()
        self._uid = uid
        self._called = name

    async def prepare(self, session: Session) -> Content:
        """Who it is, and that nothing undoes it."""
        service = await operations(session)
        service.types.check("DELETE", "contact")
        return stack(
            row((self._called or "(no name)", "bold"), (f"  contact {self._uid}", "$muted")),
            literal("will be erased with all its history, and HubSpot may never take its address again."),
            row(
                ("▲ ", "$warning bold"),
                ("Nothing undoes that. ", "$warning"),
                ("Archiving can be undone for 90 days.", "$muted"),
            ),
        )

    def questions(self) -> Sequence[Question]:
        """The uid, then the portal."""
        return [Question(row(("Type the uid: ", ""), (self._uid, "bold")), self._uid), *portal_question(self.console)]

    async def perform(self, session: Session) -> None:
        """As `hubspoke gdpr-delete` does it."""
        await (await operations(session)).gdpr_delete("contact", self._uid, confirm=(self._uid,))
        self.console.say(f"Erased contact {self._uid} for good.")
        self.dismiss([self._uid])
