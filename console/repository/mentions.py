"""Whose an email address is in the managed repository, and what others say without it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from console.repository.person import Person, folded
from console.settings.mention import ERASED

_ADDRESSES = re.compile(r"mail|principal|user_?name|login", re.IGNORECASE)
_OTHERS = re.compile(
    r"manager|supervisor|boss|assistant|secretar|delegate|sponsor|approver|owner|report|peer|contact", re.IGNORECASE
)


def belongs(person: Person, address: str) -> bool:
    """Whether an address or a user name is this person's own; as somebody's manager or assistant it is not."""
    wanted = folded(address)
    return wanted in (folded(person.user_name), *map(folded, _own(person.attributes, own=False)))


def _own(value: Any, *, own: bool) -> Iterator[str]:
    """The texts below attributes that are called like an address, but for those that are about somebody else."""
    if isinstance(value, str) and own:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _own(item, own=own)
    elif isinstance(value, dict):
        for name, item in value.items():
            if not _OTHERS.search(name):
                yield from _own(item, own=own or _ADDRESSES.search(name) is not None)


def without(value: Any, pattern: re.Pattern[str]) -> Any:
    """A value without what mentions somebody: None for a text that is nothing else, which goes from its list or object."""
    if isinstance(value, str):
        return None if pattern.fullmatch(value.strip()) else pattern.sub(ERASED, value)
    if isinstance(value, list):
        kept = [(item, without(item, pattern)) for item in value]
        return [after for before, after in kept if after is not None or before is None]
    if isinstance(value, Mapping):
        named = {name: (item, without(item, pattern)) for name, item in value.items()}
        return {name: after for name, (before, after) in named.items() if after is not None or before is None}
    return value
