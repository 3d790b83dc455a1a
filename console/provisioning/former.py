"""The link that a run replaced: remembered with its entry, carried by the entry that takes it back, and then given back.

It led to a record that is gone (MISSING, answered by CREATE), or that was merged into another one.
"""

from __future__ import annotations

from collections.abc import Mapping

from console.journal.model import Link, NewEntry

_IMAGES = {"linked before": False, "linked before as ours": True}
"""Names of before-images, and whether the link said that Hubspoke made the record; no property has a blank in it."""
_CAUSES = {False: "link goes back to ", True: "own link goes back to "}


def image(link: Link | None, uid: str) -> dict[str, str | None]:
    """The before-image of the link that is replaced by one to the record `uid`; empty where there is none."""
    if link is None or link.uid == uid:
        return {}
    name = next(name for name, ours in _IMAGES.items() if ours == link.created_by_us)
    return {name: link.uid}


def is_all(befores: Mapping[str, str | None]) -> bool:
    """Whether before-images tell of a link only: then the record was not there before."""
    return all(name in _IMAGES for name in befores)


def cause(befores: Mapping[str, str | None]) -> str:
    """What an undo's entry says of the link that it gives back; empty where there is none."""
    return next((f"{_CAUSES[ours]}{befores[name]}" for name, ours in _IMAGES.items() if befores.get(name)), "")


def link(entry: NewEntry) -> Link | None:
    """The link that an undo's entry gives back."""
    for ours, words in _CAUSES.items():
        if entry.cause.startswith(words) and entry.key_digest:
            return Link(digest=entry.key_digest, uid=entry.cause.removeprefix(words), created_by_us=ours)
    return None
