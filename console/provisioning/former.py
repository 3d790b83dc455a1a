"""The link that a run replaced: remembered with its entry, carried by the entry that takes it back, and then given back.

It led to a record that is gone (MISSING, answered by CREATE), or that was merged into another one.
"""

from __future__ import annotations

from collections.abc import Mapping

from console.journal.model import Candidate, Link, NewEntry

_IMAGES = {"linked before": False, "linked before as ours": True}
"""Names of before-images, and whether the link said that Hubspoke made the record; no property has a blank in it."""
_WORDS = {False: "the link before", True: "the link before, to a record of ours"}


def image(link: Link | None, uid: str) -> dict[str, str | None]:
    """The before-image of the link that is replaced by one to the record `uid`; empty where there is none."""
    if link is None or link.uid == uid:
        return {}
    name = next(name for name, ours in _IMAGES.items() if ours == link.created_by_us)
    return {name: link.uid}


def is_all(befores: Mapping[str, str | None]) -> bool:
    """Whether before-images tell of a link only: then the record was not there before."""
    return all(name in _IMAGES for name in befores)


def candidates(befores: Mapping[str, str | None]) -> tuple[Candidate, ...]:
    """How an undo's entry names the record that its link goes back to; empty where there is none."""
    return tuple(Candidate(uid=uid, key=_WORDS[ours]) for name, ours in _IMAGES.items() if (uid := befores.get(name)))


def link(entry: NewEntry) -> Link | None:
    """The link that an undo's entry gives back."""
    for one in entry.payload.candidates if entry.payload is not None else ():
        for ours, words in _WORDS.items():
            if one.key == words and entry.key_digest:
                return Link(digest=entry.key_digest, uid=one.uid, created_by_us=ours)
    return None
