"""Long values in keyrings that take short ones: split over several items, switched in one step.

The Windows Credential Locker holds 1,280 UTF-16 units an item. A longer value lies in parts named
`name/VERSION/NUMBER`; the item `name` itself then says which version counts, how many parts it has
and their digest. Writing puts the new parts beside the old ones and then replaces that one item,
so a reader sees the old value or the new one, never a mixture.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from typing import Protocol

from console.settings.errors import VaultDamaged

PART = 1200
_HEAD = "hubspoke-parts:1:"
_PATTERN = re.compile(r"hubspoke-parts:1:([0-9a-f]{8}):(\d{1,4}):([0-9a-f]{64})")
_TRIES = 4


class Store(Protocol):
    """The part of keyring's backend interface that is used; `get_credential` hides errors and is not."""

    def get_password(self, service: str, username: str) -> str | None:
        """The item; None when there is none."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Stores the item."""

    def delete_password(self, service: str, username: str) -> None:
        """Removes the item; an error when there is none."""


def read(store: Store, service: str, name: str) -> str | None:
    """The whole value; None when there is none."""
    for attempt in range(_TRIES):
        head = store.get_password(service, name)
        match = _PATTERN.fullmatch(head) if head is not None else None
        if match is None:
            return head
        value = _joined(store, service, name, match)
        if value is not None:
            return value
        time.sleep(0.02 * attempt)  # another process is replacing it
    raise VaultDamaged(
        f"The secret {name} is incomplete in the keyring.", f"Store it again: hubspoke credentials set {name}"
    )


def write(store: Store, service: str, name: str, value: str) -> None:
    """Stores the value, in parts when it is long, and then removes the parts of the one before."""
    before = store.get_password(service, name)
    chunks = _split(value)
    if len(chunks) == 1 and not value.startswith(_HEAD):
        store.set_password(service, name, value)
    else:
        version = secrets.token_hex(4)
        try:
            for number, chunk in enumerate(chunks):
                store.set_password(service, f"{name}/{version}/{number}", chunk)
            store.set_password(service, name, f"{_HEAD}{version}:{len(chunks)}:{_digest(value)}")
        except BaseException:
            _drop(store, service, name, version, len(chunks))
            raise
    _drop_parts_of(store, service, name, before)


def delete(store: Store, service: str, name: str) -> None:
    """Removes the value: its parts first, so that none stays behind unnamed."""
    head = store.get_password(service, name)
    if head is None:
        return
    _drop_parts_of(store, service, name, head)
    store.delete_password(service, name)


def _joined(store: Store, service: str, name: str, head: re.Match[str]) -> str | None:
    chunks = [store.get_password(service, f"{name}/{head[1]}/{number}") for number in range(int(head[2]))]
    value = "".join(chunk for chunk in chunks if chunk is not None)
    return value if hmac.compare_digest(_digest(value), head[3]) else None


def _drop_parts_of(store: Store, service: str, name: str, head: str | None) -> None:
    match = _PATTERN.fullmatch(head) if head is not None else None
    if match is not None:
        _drop(store, service, name, match[1], int(match[2]))


def _drop(store: Store, service: str, name: str, version: str, count: int) -> None:
    for number in range(count):
        part = f"{name}/{version}/{number}"
        if store.get_password(service, part) is not None:
            store.delete_password(service, part)


def _split(value: str) -> list[str]:
    """Pieces of at most `PART` UTF-16 units; at least one."""
    if len(value) <= PART // 2 or (value.isascii() and len(value) <= PART):
        return [value]
    pieces: list[str] = []
    start = units = 0
    for index, character in enumerate(value):
        width = 2 if ord(character) > 0xFFFF else 1
        if units + width > PART:
            pieces.append(value[start:index])
            start, units = index, 0
        units += width
    return [*pieces, value[start:]]


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
