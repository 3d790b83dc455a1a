"""What may be done in which situation, and what is done when the mapping says nothing."""

from __future__ import annotations

from collections.abc import Mapping

from console.journal.model import Action, Situation

S, A = Situation, Action
_SILENT = (A.IGNORE, A.REPORT)

VALID: Mapping[Situation, tuple[Action, ...]] = {
    S.CONFIRMED: (A.UPDATE, *_SILENT),
    S.FOUND: (A.UPDATE, A.LINK, A.EXCEPTION, *_SILENT),
    S.FOUND_ALREADY_LINKED: (A.EXCEPTION, *_SILENT),
    S.ABSENT: (A.CREATE, A.EXCEPTION, *_SILENT),
    S.AMBIGUOUS: (A.EXCEPTION, *_SILENT),
    S.MISSING: (A.EXCEPTION, A.CREATE, A.UNLINK, *_SILENT),
    S.UNQUALIFIED: (A.DELETE, A.UNLINK, A.EXCEPTION, *_SILENT),
    S.SOURCE_IGNORED: (A.REPORT, A.IGNORE, A.EXCEPTION),
    S.TARGET_IGNORED: (A.REPORT, A.IGNORE, A.DELETE, A.UNLINK, A.EXCEPTION),
    S.UNASSIGNED: (A.REPORT, A.IGNORE, A.EXCEPTION),
    S.SOURCE_MISSING: (A.EXCEPTION, A.DELETE, A.UNLINK, *_SILENT),
    S.LINK_ONLY: (A.EXCEPTION, A.UNLINK, *_SILENT),
    S.ALL_GONE: (A.IGNORE, A.REPORT, A.EXCEPTION),
}
"""The actions of each situation, its default first. INVALID is not for a policy: it is always an exception.

They are IDM's, but for UNASSIGNED, where IDM counts every record that nobody speaks for as a failure: here it is reported.
"""

DEFAULTS: Mapping[Situation, Action] = {situation: actions[0] for situation, actions in VALID.items()}


class Policy:
    """The actions of one mapping. DELETE that nobody asked for touches only what Hubspoke created."""

    def __init__(self, chosen: Mapping[Situation, Action]) -> None:
        self._chosen = dict(chosen)

    def action(self, situation: Situation, *, created_by_us: bool = False) -> Action:
        """What to do in a situation."""
        if situation is S.INVALID:
            return A.EXCEPTION
        if situation in self._chosen:
            return self._chosen[situation]
        default = DEFAULTS[situation]
        if default is A.DELETE and not created_by_us:
            return A.REPORT
        return default

    @property
    def deletes_unowned(self) -> bool:
        """Whether the mapping asks in so many words for a DELETE."""
        return A.DELETE in self._chosen.values()
