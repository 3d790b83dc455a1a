"""Groups of the managed repository: who belongs together, as identity servers push it. Sealed as people are."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import msgspec

from console.repository.errors import BadPerson, Changed, NameTaken, NoSuchPerson
from console.repository.mentions import without
from console.repository.person import NAME_LIMIT, PAYLOAD_LIMIT, folded

if TYPE_CHECKING:
    import sqlite3

    from console.repository.seal import PeopleSeal

Rows = Callable[[str, tuple[Any, ...]], "list[sqlite3.Row]"]
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One group; `change` is its revision.

    `attributes` hold whatever else describes it, `members` are uids of people and what they are called in it, or "".
    """

    uid: str
    name: str
    attributes: dict[str, Any]
    members: dict[str, str] = {}
    created_at: str = ""
    modified_at: str = ""
    change: int = 0


class GroupStore:
    """Groups by uid and by name (letter case does not count); part of a PeopleStore, and in its transactions."""

    def __init__(
        self,
        rows: Rows,
        changing: Callable[[], AbstractContextManager[int]],
        seal: PeopleSeal,
        digest: Callable[[str], bytes],
        now: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._changing = changing
        self._seal = seal
        self._digest = digest
        self._now = now

    def get(self, uid: str) -> Group:
        """One group. Raises NoSuchPerson."""
        found = self._rows("select * from groups where uid = ?", (uid,))
        if not found:
            raise NoSuchPerson(f"There is no group with the id {uid}.")
        return self._group(found[0])

    def named(self, name: str) -> Group | None:
        """The group of this name."""
        found = self._rows("select * from groups where name_digest = ?", (self._digest(f"group {folded(name)}"),))
        return self._group(found[0]) if found else None

    def all(self) -> list[Group]:
        """Every group, by uid."""
        return [self._group(row) for row in self._rows("select * from groups order by uid", ())]

    def of(self, member: str) -> list[Group]:
        """The groups that a person belongs to."""
        found = self._rows(
            "select g.* from groups g join members m on m.group_uid = g.uid where m.member = ? order by g.uid",
            (member,),
        )
        return [self._group(row) for row in found]

    def put(
        self,
        uid: str | None,
        name: str,
        attributes: Mapping[str, Any],
        members: Mapping[str, str],
        *,
        if_change: int | None = None,
    ) -> Group:
        """A new group (uid None), or another state of one. Members who are nobody (any more) are left out.

        Raises NoSuchPerson, NameTaken, BadPerson, and Changed where its `change` is not `if_change`.
        """
        payload = _encoded(name, attributes)
        with self._changing() as change:
            before = self.get(uid) if uid is not None else None
            if before is not None and if_change is not None and before.change != if_change:
                raise Changed(
                    f"The group {before.name} was changed meanwhile.", remedy="Read it again, then change it."
                )
            owner = self.named(name)
            chosen = uid or str(uuid.uuid4())
            if owner is not None and owner.uid != chosen:
                raise NameTaken(f"The name is taken by another group ({owner.uid}).", uid=owner.uid)
            now = self._now()
            created = before.created_at if before is not None else now
            self._rows(
                "insert or replace into groups values (?, ?, ?, ?, ?, ?)",
                (
                    chosen,
                    self._digest(f"group {folded(name)}"),
                    change,
                    created,
                    now,
                    self._seal.seal(payload, f"group {chosen}"),
                ),
            )
            self._rows("delete from members where group_uid = ?", (chosen,))
            self._touch(set(members) ^ set(before.members if before is not None else ()))
            for member, display in members.items():
                called = self._seal.seal(display.encode("utf-8", "surrogatepass"), f"member {chosen}/{member}")
                self._rows(
                    "insert into members select ?, uid, ? from people where uid = ? and removed = 0",
                    (chosen, called if display else None, member),
                )
            return self.get(chosen)

    def remove(self, uid: str, *, if_change: int | None = None) -> None:
        """Dissolve a group. Raises NoSuchPerson and Changed."""
        with self._changing():
            group = self.get(uid)
            if if_change is not None and group.change != if_change:
                raise Changed(f"The group {group.name} was changed meanwhile.", remedy="Read it again, then remove it.")
            self._touch(set(group.members))
            self._rows("delete from members where group_uid = ?", (uid,))
            self._rows("delete from groups where uid = ?", (uid,))

    def _touch(self, members: set[str]) -> None:
        """Somebody's groups are others now: that is a change of the person, for whoever follows changes."""
        for member in sorted(members):
            with self._changing() as change:
                self._rows("update people set change = ? where uid = ? and removed = 0", (change, member))

    def names_of(self, member: str) -> list[str]:
        """The names of a person's groups."""
        return [group.name for group in self.of(member)]

    def any(self) -> bool:
        """Whether there is any group."""
        return bool(self._rows("select 1 from groups limit 1", ()))

    def without(self, member: str) -> None:
        """Somebody is gone: out of every group."""
        self._rows("delete from members where member = ?", (member,))

    def forget(self, pattern: re.Pattern[str]) -> None:
        """Take an address out of what groups say of themselves, and of how they call their members."""
        for group in self.all():
            name = pattern.sub(f"(erased {group.uid[:8]})", group.name)[:NAME_LIMIT]
            attributes = without(group.attributes, pattern)
            members = {uid: pattern.sub("", called) for uid, called in group.members.items()}
            if (name, attributes, members) != (group.name, group.attributes, group.members):
                self.put(group.uid, name, attributes, members)

    def seal_plain_ones(self) -> int:
        """Groups that were written while there was no vault are sealed now; how many there were."""
        for row in self._rows("select group_uid, member, display from members where substr(display, 1, 1) = x'00'", ()):
            place = f"member {row['group_uid']}/{row['member']}"
            sealed = self._seal.seal(self._seal.open(row["display"], place), place)
            self._rows(
                "update members set display = ? where group_uid = ? and member = ?",
                (sealed, row["group_uid"], row["member"]),
            )
        plain = self._rows("select uid, payload from groups where substr(payload, 1, 1) = x'00'", ())
        for row in plain:
            place = f"group {row['uid']}"
            sealed = self._seal.seal(self._seal.open(row["payload"], place), place)
            self._rows("update groups set payload = ? where uid = ?", (sealed, row["uid"]))
        return len(plain)

    def _display(self, group: str, row: sqlite3.Row) -> str:
        if row["display"] is None:
            return ""
        return self._seal.open(row["display"], f"member {group}/{row['member']}").decode("utf-8", "surrogatepass")

    def _group(self, row: sqlite3.Row) -> Group:
        payload = _decode(self._seal.open(row["payload"], f"group {row['uid']}"))
        members = self._rows("select member, display from members where group_uid = ? order by rowid", (row["uid"],))
        return Group(
            uid=row["uid"],
            name=str(payload.pop("name")),
            attributes=payload,
            members={one["member"]: self._display(row["uid"], one) for one in members},
            created_at=row["created_at"],
            modified_at=row["modified_at"],
            change=row["change"],
        )


def _encoded(name: str, attributes: Mapping[str, Any]) -> bytes:
    if not name.strip() or len(name) > NAME_LIMIT or not name.isprintable():
        raise BadPerson(
            f"A group needs a name of at most {NAME_LIMIT} printable characters.", remedy="Give it a displayName."
        )
    try:
        found = msgspec.json.encode({**attributes, "name": name.strip()})
    except (UnicodeEncodeError, TypeError, ValueError, RecursionError):
        raise BadPerson("The attributes of the group cannot be kept.", remedy="Give plain JSON.") from None
    if len(found) > PAYLOAD_LIMIT:
        raise BadPerson(
            f"The attributes of the group are longer than {PAYLOAD_LIMIT:,} bytes.", remedy="Leave some out."
        )
    return found
