"""Makes and removes the associations of entries, after their records were written and before that is settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from console.hubspot.associations import Pair
from console.hubspot.errors import HubSpotError, NotFound
from console.hubspot.model import Outcome
from console.journal.model import Action, EntryState, NewEntry, RunProgress, Tie
from console.journal.run_store import Settlement
from console.provisioning.correlate import TYPES
from console.provisioning.outcomes import cause_of
from console.provisioning.target import Target
from console.provisioning.ties import after, has, there_before

_WRITTEN = (EntryState.DONE, EntryState.NOT_ACCEPTED)


class Associating:
    """The associations of one run. Doing one twice is as good as once, so what a dead process left is done again."""

    def __init__(self, target: Target, run: RunProgress) -> None:
        self._target = target
        self._type = TYPES[run.object_class]
        self._ties: dict[int, tuple[Tie, ...]] = {}
        self._creates: set[int] = set()

    def note(self, entries: Iterable[NewEntry]) -> None:
        """Remember what these entries are to be associated with."""
        for entry in entries:
            if entry.payload is not None and entry.payload.ties:
                self._ties[entry.number] = entry.payload.ties
                if entry.action is Action.CREATE:
                    self._creates.add(entry.number)

    async def after(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        """The settlements, once the associations of what was written are made; a refused one makes its entry fail."""
        wanted: dict[int, tuple[Settlement, tuple[Tie, ...]]] = {}
        for settlement in settlements:
            if settlement.state is EntryState.PLANNED or settlement.state is EntryState.INFLIGHT:
                continue
            ties = self._ties.pop(settlement.number, ())
            if settlement.state in _WRITTEN and settlement.uid:
                wanted[settlement.number] = (settlement, ties)
        there = await self._there_already(wanted)
        done: dict[int, list[Tie]] = {}
        refused: dict[int, tuple[Tie, HubSpotError]] = {}
        for (object_class, label, remove), group in _groups(wanted, there).items():
            outcomes = await self._send(object_class, label, [pair for _, pair, _ in group], remove=remove)
            for (number, _, tie), outcome in zip(group, outcomes, strict=True):
                if outcome.error is not None and not (remove and isinstance(outcome.error, NotFound)):
                    refused.setdefault(number, (tie, outcome.error))
                else:
                    done.setdefault(number, []).append(tie)
        remembered = [_remembering(one, done.get(one.number, ()), there.get(one.number, ())) for one in settlements]
        return [_refused(one, *refused[one.number]) if one.number in refused else one for one in remembered]

    async def _there_already(self, wanted: Mapping[int, tuple[Settlement, tuple[Tie, ...]]]) -> dict[int, list[Tie]]:
        """What is there before it is made: of records that were to be created and were found, by the entry's number.

        An undo must not take them for the run's work.
        """
        found: dict[int, list[Tie]] = {}
        asked: dict[str, list[tuple[int, str, Tie]]] = {}
        for number, (settlement, ties) in wanted.items():
            link = settlement.link
            if number in self._creates and link is not None and not link.created_by_us and settlement.uid:
                for tie in ties:
                    asked.setdefault(tie.object_class, []).append((number, settlement.uid, tie))
        for object_class, ones in asked.items():
            answers = await self._target.hubspot.associations.batch_read(
                self._type, TYPES[object_class], [uid for _, uid, _ in ones]
            )
            for (number, _, tie), answer in zip(ones, answers, strict=True):
                if has(tie, answer):
                    found.setdefault(number, []).append(tie)
        return found

    async def _send(self, object_class: str, label: str, pairs: Sequence[Pair], *, remove: bool) -> list[Outcome]:
        associations = self._target.hubspot.associations
        send = associations.batch_remove if remove else associations.batch_associate
        try:
            return await send(self._type, TYPES[object_class], pairs, label=label or None)
        except HubSpotError as error:  # of the look for a label, say
            return [Outcome(error=error)] * len(pairs)


def _groups(
    wanted: Mapping[int, tuple[Settlement, tuple[Tie, ...]]], there: Mapping[int, Sequence[Tie]]
) -> dict[tuple[str, str, bool], list[tuple[int, Pair, Tie]]]:
    """What one request can do: what goes, first."""
    groups: dict[tuple[str, str, bool], list[tuple[int, Pair, Tie]]] = {}
    for number, (settlement, ties) in wanted.items():
        for tie in ties:
            if settlement.uid and tie not in there.get(number, ()):
                group = groups.setdefault((tie.object_class, tie.label, tie.remove), [])
                group.append((number, Pair(settlement.uid, tie.uid), tie))
    return dict(sorted(groups.items(), key=lambda item: not item[0][2]))


def _remembering(settlement: Settlement, done: Sequence[Tie], there: Sequence[Tie]) -> Settlement:
    """The settlement whose link knows what Hubspoke made, and whose before-images say what was there already."""
    befores = settlement.befores
    if there:
        befores = dict(befores or {}) | {there_before(tie): tie.label or "plain" for tie in there}
    link = settlement.link
    if link is not None and done:
        link = msgspec.structs.replace(link, tied=after(link.tied, done))
    return msgspec.structs.replace(settlement, link=link, befores=befores)


def _refused(settlement: Settlement, tie: Tie, error: HubSpotError) -> Settlement:
    what = "separated from" if tie.remove else "associated with"
    told = f"written, but not {what} the {tie.object_class} {tie.uid}: {error.message}"
    return msgspec.structs.replace(
        settlement,
        state=EntryState.FAILED,
        outcome="; ".join(filter(None, (settlement.outcome, told))),
        cause=f"association: {cause_of(error)}",
    )
