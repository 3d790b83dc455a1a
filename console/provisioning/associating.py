"""Makes and removes the associations of entries, after their records were written and before that is settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from console.hubspot.associations import Pair
from console.hubspot.errors import HubSpotError
from console.hubspot.model import Outcome
from console.journal.model import EntryState, NewEntry, RunProgress, Tie
from console.journal.run_store import Settlement
from console.provisioning.correlate import TYPES
from console.provisioning.outcomes import cause_of
from console.provisioning.target import Target

_WRITTEN = (EntryState.DONE, EntryState.NOT_ACCEPTED)


class Associating:
    """The associations of one run. Doing one twice is as good as once, so what a dead process left is done again."""

    def __init__(self, target: Target, run: RunProgress) -> None:
        self._target = target
        self._type = TYPES[run.object_class]
        self._ties: dict[int, tuple[Tie, ...]] = {}

    def note(self, entries: Iterable[NewEntry]) -> None:
        """Remember what these entries are to be associated with."""
        for entry in entries:
            if entry.payload is not None and entry.payload.ties:
                self._ties[entry.number] = entry.payload.ties

    async def after(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        """The settlements, once the associations of what was written are made; a refused one makes its entry fail."""
        groups: dict[tuple[str, str, bool], list[tuple[int, Pair, Tie]]] = {}
        for settlement in settlements:
            if settlement.state is EntryState.PLANNED or settlement.state is EntryState.INFLIGHT:
                continue
            ties = self._ties.pop(settlement.number, ())
            if settlement.state in _WRITTEN and settlement.uid:
                for tie in ties:
                    group = groups.setdefault((tie.object_class, tie.label, tie.remove), [])
                    group.append((settlement.number, Pair(settlement.uid, tie.uid), tie))
        refused: dict[int, tuple[Tie, HubSpotError]] = {}
        for (object_class, label, remove), wanted in groups.items():
            outcomes = await self._send(object_class, label, [pair for _, pair, _ in wanted], remove=remove)
            for (number, _, tie), outcome in zip(wanted, outcomes, strict=True):
                if outcome.error is not None:
                    refused.setdefault(number, (tie, outcome.error))
        return [_refused(one, *refused[one.number]) if one.number in refused else one for one in settlements]

    async def _send(self, object_class: str, label: str, pairs: Sequence[Pair], *, remove: bool) -> list[Outcome]:
        associations = self._target.hubspot.associations
        send = associations.batch_remove if remove else associations.batch_associate
        try:
            return await send(self._type, TYPES[object_class], pairs, label=label or None)
        except HubSpotError as error:  # of the look for a label, say
            return [Outcome(error=error)] * len(pairs)


def _refused(settlement: Settlement, tie: Tie, error: HubSpotError) -> Settlement:
    what = "separated from" if tie.remove else "associated with"
    told = f"written, but not {what} the {tie.object_class} {tie.uid}: {error.message}"
    return msgspec.structs.replace(
        settlement,
        state=EntryState.FAILED,
        outcome="; ".join(filter(None, (settlement.outcome, told))),
        cause=f"association: {cause_of(error)}",
    )
