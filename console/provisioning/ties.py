"""How two records belong together: what a plan makes of it, and what takes that back."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from console.hubspot.associations import Associated, Association
from console.journal.model import Tie

PRIMARY = "primary"
Tied = tuple[tuple[str, str], ...]
"""The class and the id of each record that Hubspoke associated one with."""


def found(present: Associated | None, uid: str) -> Association | None:
    """The association with this record, if there is one."""
    return next((one for one in present.associations if one.to_id == uid), None) if present is not None else None


def primary(present: Associated | None) -> str:
    """The id of the primary record; empty where there is none."""
    return next((one.to_id for one in present.associations if _is_primary(one)), "") if present is not None else ""


def has(tie: Tie, present: Associated | None) -> bool:
    """Whether the association is there, as the primary one where that is wanted."""
    one = found(present, tie.uid)
    return one is not None and (not tie.label or _is_primary(one))


def seen(tie: Tie, present: Associated | None) -> Tie:
    """The tie with what it was before."""
    one = found(present, tie.uid)
    return msgspec.structs.replace(tie, was="none" if one is None else "primary" if _is_primary(one) else "plain")


def is_labelled(one: Association) -> bool:
    """Whether somebody gave the two a label of the account's own: then it is not Hubspoke's any more."""
    return any(label.casefold() != PRIMARY for label in one.labels)


def back(tie: Tie) -> Tie:
    """What takes a tie back."""
    if tie.remove:
        was = "plain" if tie.label else "none"
        return msgspec.structs.replace(tie, remove=False, label=PRIMARY if tie.was == "primary" else "", was=was)
    kept = tie.was != "none"  # the two were associated already, and only became primary
    was = PRIMARY if tie.label else "plain"
    return msgspec.structs.replace(tie, remove=True, label=tie.label if kept else "", was=was)


def there_before(tie: Tie) -> str:
    """The name of the before-image that says that an association was not the run's work; no property has a blank in it."""
    return f"associated {tie.object_class} {tie.uid}"


def is_made(tie: Tie) -> bool:
    """Whether a tie makes an association that was not there."""
    return not tie.remove and tie.was == "none"


def after(tied: Tied, ties: Iterable[Tie]) -> Tied:
    """What Hubspoke made of a record's associations, once these are carried out."""
    left = dict.fromkeys(tied)
    for tie in ties:
        if tie.remove and not tie.label:
            left.pop((tie.object_class, tie.uid), None)
        elif is_made(tie):
            left[tie.object_class, tie.uid] = None
    return tuple(left)


def _is_primary(one: Association) -> bool:
    return any(label.casefold() == PRIMARY for label in one.labels)
