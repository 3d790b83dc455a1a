"""Operations that an imported connector profile denies: entries that would need one are refused in words, or left out."""

from __future__ import annotations

import msgspec

from console.journal.journal import Settlement
from console.journal.model import Action, EntryState, NewEntry, Payload, Problem, Undo
from console.settings.icf import Denial, IcfSettings

DENIED = "denied"
_OPERATIONS = {Action.CREATE: "CREATE", Action.UPDATE: "UPDATE", Action.DELETE: "DELETE"}


class Denials:
    """What a profile denies for one object class. `deletion` is the mapping's way to delete: `set` is an update, too."""

    def __init__(self, icf: IcfSettings, object_class: str, *, deletion: str = "archive") -> None:
        self._icf = icf
        self._class = object_class
        self._deletion = deletion

    def of(self, action: Action) -> tuple[str, Denial] | None:
        """The denied operation that this action needs, and what then: THROW or DO_NOTHING."""
        if not self._icf or action not in _OPERATIONS:
            return None
        operations = [_OPERATIONS[action]]
        if action is Action.DELETE and self._deletion == "set":
            operations.append("UPDATE")
        for operation in operations:
            if (denial := self._icf.denied(operation, self._class)) is not None:
                return operation, denial
        return None

    def judge(self, entry: NewEntry) -> NewEntry:
        """The entry of a plan, or what becomes of it where its operation is denied."""
        found = self.of(entry.action)
        if found is None:
            return entry
        operation, denial = found
        if denial == "DO_NOTHING":
            return msgspec.structs.replace(entry, action=Action.IGNORE, undo=Undo.NONE, cause=DENIED)
        payload = entry.payload or Payload(source_id="")
        problem = Problem(message=self._told(operation), remedy=_remedy(operation))
        return msgspec.structs.replace(
            entry,
            action=Action.EXCEPTION,
            undo=Undo.NONE,
            cause=DENIED,
            clears=0,
            payload=msgspec.structs.replace(payload, problems=(*payload.problems, problem)),
        )

    def settled(self, action: Action, number: int) -> Settlement | None:
        """The settlement of an entry that was planned before what it needs was denied."""
        found = self.of(action)
        if found is None:
            return None
        operation, denial = found
        state = EntryState.SKIPPED if denial == "DO_NOTHING" else EntryState.NEEDS_DECISION
        told = f"Not sent: {self._told(operation)}. {_remedy(operation)}"
        return Settlement(number=number, state=state, outcome=told, cause=DENIED)

    def _told(self, operation: str) -> str:
        return f"the profile denies {operation} of {self._class} (operationOptions.{operation})"


def _remedy(operation: str) -> str:
    return f"Allow {operation} in the provisioner file and import it again, or do this one by hand."
