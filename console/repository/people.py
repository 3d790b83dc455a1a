"""The managed repository for those who await: what the console, the gateway and pulls use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from console.repository.person import Person
from console.repository.store import PAGE, PeopleStore

T = TypeVar("T")


class People:
    """One open repository; make one with `People.open`. Methods raise RepositoryError."""

    def __init__(self, store: PeopleStore, master_key: bytes | None) -> None:
        self.store = store
        self._master_key = master_key

    @classmethod
    async def open(cls, path: Path, *, master_key: bytes | None) -> People:
        """Open the repository, made where missing; `master_key` is the vault's journal key."""
        return cls(await asyncio.to_thread(PeopleStore.open, path, master_key), master_key)

    async def aclose(self) -> None:
        """Close the file."""
        await asyncio.to_thread(self.store.close)

    @property
    def sealed(self) -> bool:
        """Whether people are sealed on disk."""
        return self.store.sealed

    def ticket(self) -> str:
        """What opens the same repository elsewhere in this process, as a source. It holds the key: never show it."""
        key = self._master_key.hex() if self._master_key is not None else None
        return msgspec.json.encode({"path": str(self.store.path), "key": key}).decode()

    async def do(self, work: Callable[[PeopleStore], T]) -> T:
        """Run something with the store, in a thread."""
        return await asyncio.to_thread(work, self.store)

    async def get(self, uid_or_name: str) -> Person:
        """One person. Raises NoSuchPerson."""
        return await self.do(lambda store: store.get(uid_or_name))

    async def named(self, user_name: str) -> Person | None:
        """Who has this user name."""
        return await self.do(lambda store: store.named(user_name))

    async def add(self, user_name: str, attributes: Mapping[str, Any], **more: Any) -> Person:
        """A new person; see `PeopleStore.add`."""
        return await self.do(lambda store: store.add(user_name, attributes, **more))

    async def replace(self, uid: str, **changed: Any) -> Person:
        """Another state of a person; see `PeopleStore.replace`."""
        return await self.do(lambda store: store.replace(uid, **changed))

    async def remove(self, uid: str) -> None:
        """Take a person out."""
        await self.do(lambda store: store.remove(uid))

    async def forget(self, text: str) -> int:
        """Erase everybody who has this email address or user name, without a trace; how many there were."""
        return await self.do(lambda store: store.forget(text))

    async def count(self) -> int:
        """How many people there are."""
        return await self.do(lambda store: store.count())

    async def stream(self) -> AsyncIterator[Person]:
        """Everybody, by uid."""
        after = ""
        while page := await asyncio.to_thread(self.store.page, after, PAGE):
            for person in page:
                yield person
            after = page[-1].uid

    async def changes(self, after: int = 0, limit: int = PAGE) -> list[Person]:
        """The next changes after a number, removals too."""
        return await asyncio.to_thread(self.store.changes, after, limit)


def ticket_of(text: str) -> tuple[Path, bytes | None]:
    """Path and key of a ticket."""
    told = msgspec.json.decode(text)
    return Path(told["path"]), bytes.fromhex(told["key"]) if told["key"] is not None else None
