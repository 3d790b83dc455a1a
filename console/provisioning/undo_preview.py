"""What the plan of an undo would bring back, and what it cannot, summed up for a human who is to approve it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from console.journal.model import Action, Entry, Plan

if TYPE_CHECKING:
    from console.journal.journal import Journal

MOST = 2_000
"""Entries of each kind that are looked at for reasons; what stays besides is counted without one."""
_PAGE = 500
_RECORD = re.compile(r"\b(record|into) \d+")
_DETAIL = re.compile(r" \([^()]*\)|: .*", re.DOTALL)

EFFECTS = {
    Action.UPDATE: "records get their earlier values back",
    Action.DELETE: "records that the run created are archived",
    Action.CREATE: "archived records are made anew: new ids, their history is lost",
    Action.LINK: "links are remembered again",
    Action.UNLINK: "links are forgotten",
}


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why some entries stay as they are, or in part so; `numbers` are the first of them."""

    message: str
    remedy: str
    count: int
    numbers: tuple[int, ...] = ()


class UndoPreview(msgspec.Struct, frozen=True, kw_only=True):
    """`effects` are sentences with their counts; `left` is not taken back at all, `partly` only in part."""

    plan: Plan
    effects: tuple[tuple[int, str], ...] = ()
    left: tuple[Reason, ...] = ()
    partly: tuple[Reason, ...] = ()

    @property
    def archived(self) -> bool:
        """Whether records stay archived that could be made anew."""
        return any("is archived" in reason.message for reason in self.left)


async def preview_undo(journal: Journal, plan: Plan) -> UndoPreview:
    """Sum up the plan of an undo."""
    effects = tuple((plan.actions.get(action, 0), told) for action, told in EFFECTS.items() if plan.actions.get(action))
    return UndoPreview(
        plan=plan,
        effects=effects,
        left=await _reasons(journal, plan, Action.EXCEPTION),
        partly=await _reasons(journal, plan, Action.UPDATE),
    )


async def _reasons(journal: Journal, plan: Plan, action: Action) -> tuple[Reason, ...]:
    """The problems of entries of one action, the most frequent first."""
    found: dict[tuple[str, str], list[int]] = {}
    after = seen = 0
    while seen < MOST and plan.actions.get(action, 0):
        page = await journal.entries(plan.id, actions=[action.value], after=after, limit=_PAGE)
        for entry in page:
            if (reason := _reason(entry)) is not None:
                found.setdefault(reason, []).append(entry.number)
        seen += len(page)
        if len(page) < _PAGE:
            break
        after = page[-1].number
    reasons = [
        Reason(message=message, remedy=remedy, count=len(numbers), numbers=tuple(numbers[:3]))
        for (message, remedy), numbers in found.items()
    ]
    reasons.sort(key=lambda reason: -reason.count)
    more = plan.actions.get(action, 0) - seen
    if more > 0 and action is Action.EXCEPTION:
        told = f"All of them: hubspoke diff {plan.id} --action {action.value}"
        reasons.append(Reason(message="more, whose reasons were not looked at", remedy=told, count=more))
    return tuple(reasons)


def _reason(entry: Entry) -> tuple[str, str] | None:
    """A problem without what is special to one record."""
    problems = entry.payload.problems if entry.payload is not None else ()
    if not problems:
        return None
    message = _DETAIL.sub("", _RECORD.sub(r"\1", problems[0].message))
    return message, problems[0].remedy
