"""What the plan of an undo leaves as it is: each reason with its count, and nothing that stays is left out of the sum."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from console.journal.journal import Journal
from console.journal.model import Action, NewEntry, Problem, Situation, Undo
from console.provisioning import undo_preview
from console.provisioning.undo_preview import preview_undo
from tests.journal.journal_parts import entry, finished, journal_in


def left(journal: Journal, number: int, message: str) -> NewEntry:
    one = entry(journal, number, action=Action.EXCEPTION, uid=str(number))
    assert one.payload is not None
    payload = msgspec.structs.replace(one.payload, problems=(Problem(message=message, remedy="Look."),))
    return msgspec.structs.replace(one, payload=payload, undo=Undo.NONE, situation=Situation.CONFIRMED)


async def test_what_stays_adds_up_also_where_not_all_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_preview, "MOST", 20)
    monkeypatch.setattr(undo_preview, "_PAGE", 10)
    async with journal_in(tmp_path) as journal:
        some = [left(journal, number, f"the record {number} is gone from HubSpot") for number in range(1, 26)]
        plan = await finished(journal, *some)
        preview = await preview_undo(journal, plan)
        assert [(reason.message, reason.count) for reason in preview.left] == [
            ("the record is gone from HubSpot", 20),
            ("more, whose reasons were not looked at", 5),
        ]
        assert plan.id in preview.left[-1].remedy
        few = await preview_undo(journal, await finished(journal, *some[:13]))
        assert [reason.count for reason in few.left] == [13]
