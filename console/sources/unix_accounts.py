"""People from the accounts of a machine.

    unix:                          this machine's, as its name service tells them (files, LDAP by sssd, ...)
    unix:/srv/old/passwd           a passwd file, with the group file beside it
    unix:?min=500&max=29999        the uids of people; without it, UID_MIN and UID_MAX of /etc/login.defs

Accounts of the system (below the range, above it, nobody) are left out, and the notes say how many.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from console.journal.model import Problem
from console.settings.paths import expanded
from console.sources.errors import SourceError
from console.sources.records import Records, ServerSource

LOGIN_DEFS = Path("/etc/login.defs")
DEFAULT_RANGE = (1000, 60000)
_GECOS = ("fullName", "room", "workPhone", "homePhone", "other")
_NO_LOGIN = re.compile(r"/(nologin|false)\Z")
_LINE_LIMIT = 1 << 20


class Account(NamedTuple):
    """A line of passwd."""

    name: str
    uid: int
    gid: int
    gecos: str
    home: str
    shell: str


class _BadLine(NamedTuple):
    number: int
    text: str


class UnixAccounts(ServerSource):
    """Local accounts: userName, uid, GECOS fields, groups, home and shell."""

    kind = "unix"

    def __init__(self, spec: str, types: Mapping[str, str], base: Path | None = None) -> None:
        super().__init__(spec, types)
        place, _, query = spec.partition(":")[2].partition("?")
        self._passwd = _path(unquote(place), base)
        self._range = _range(query, spec)
        self._bad: list[_BadLine] = []

    def rows(self) -> Iterator[Any]:
        """Stream the accounts of people; a line of a file that cannot be read is a Problem."""
        self._bad.clear()
        for row in super().rows():
            yield from self._problems()
            yield row
        yield from self._problems()

    def _problems(self) -> Iterator[Problem]:
        while self._bad:
            bad = self._bad.pop(0)
            yield Problem(
                message=f"the line is no account: {bad.text[:60]!r}",
                remedy="Mend it: name:password:uid:gid:comment:home:shell (pwck finds such lines).",
                file=str(self._passwd),
                line=bad.number,
            )

    def _records(self, since: str, *, first: bool = False) -> Records:  # noqa: ARG002 - all are read at once
        least, most = self._range or _login_range()
        groups, memberships = self._groups()
        left_out = no_login = 0
        for account in self._accounts():
            if not least <= account.uid <= most:
                left_out += 1
                continue
            no_login += _NO_LOGIN.search(account.shell) is not None
            yield _record(account, groups, memberships)
        self._note(f"{left_out} accounts of the system were left out: people have the uids {least} to {most}.")
        if no_login:
            self._note(f"{no_login} of the accounts cannot log in: their shell is nologin or false (loginShell).")

    def _accounts(self) -> Iterator[Account]:
        if self._passwd is None:
            import pwd

            for entry in pwd.getpwall():
                yield Account(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_gecos, entry.pw_dir, entry.pw_shell)
            return
        for number, text in _lines(self._passwd, self.name):
            fields = text.split(":")
            if len(fields) != 7 or not fields[0] or not fields[2].isdigit() or not fields[3].isdigit():
                self._bad.append(_BadLine(number, text))
                continue
            yield Account(fields[0], int(fields[2]), int(fields[3]), *fields[4:7])

    def _groups(self) -> tuple[dict[int, str], dict[str, list[str]]]:
        """Names by number, and of which groups each user is a member besides the own one."""
        names: dict[int, str] = {}
        members: dict[str, list[str]] = defaultdict(list)
        for name, number, users in self._group_lines():
            names.setdefault(number, name)
            for user in users:
                members[user].append(name)
        return names, members

    def _group_lines(self) -> Iterator[tuple[str, int, Iterable[str]]]:
        if self._passwd is None:
            import grp

            for group in grp.getgrall():
                yield group.gr_name, group.gr_gid, group.gr_mem
            return
        beside = self._passwd.parent / "group"
        if not beside.is_file():
            self._note(f"There is no group file beside {self._passwd}: groups are not known.")
            return
        for _, text in _lines(beside, self.name):
            fields = text.split(":")
            if len(fields) == 4 and fields[2].isdigit():
                yield fields[0], int(fields[2]), filter(None, fields[3].split(","))


def _record(account: Account, groups: Mapping[int, str], memberships: Mapping[str, list[str]]) -> dict[str, Any]:
    gecos = [part.strip() for part in account.gecos.split(",", len(_GECOS) - 1)]
    # an ampersand in GECOS stands for the login name with a capital (finger, 1977)
    person = {name: part for name, part in zip(_GECOS, gecos, strict=False) if part}
    if "fullName" in person:
        person["fullName"] = person["fullName"].replace("&", account.name.capitalize())
    own = groups.get(account.gid, str(account.gid))
    return {
        "userName": account.name,
        "uid": account.uid,
        **person,
        "group": own,
        "groups": sorted({own, *memberships.get(account.name, ())}),
        "homeDirectory": account.home,
        "loginShell": account.shell,
    }


def _path(place: str, base: Path | None) -> Path | None:
    if not place:
        return None
    path = expanded(place)
    return path if path.is_absolute() or base is None else base / path


def _range(query: str, spec: str) -> tuple[int, int] | None:
    """The uids that `min` and `max` name; None without them. Raises SourceError."""
    given = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(set(given) - {"min", "max"})
    numbers = [given.get("min", str(DEFAULT_RANGE[0])), given.get("max", str(DEFAULT_RANGE[1]))]
    if unknown or not all(number.isascii() and number.isdigit() and len(number) <= 10 for number in numbers):
        raise SourceError(
            f"the source {spec[:80]} has settings that make no sense",
            remedy="Settings of unix: are min and max, whole numbers: unix:?min=1000&max=60000",
        )
    return (int(numbers[0]), int(numbers[1])) if given else None


def _login_range() -> tuple[int, int]:
    """UID_MIN and UID_MAX of this machine."""
    try:
        text = LOGIN_DEFS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return DEFAULT_RANGE
    found = {
        name: int(number) for name, number in re.findall(r"^\s*(UID_MIN|UID_MAX)\s+(\d{1,10})\b", text, re.MULTILINE)
    }
    return found.get("UID_MIN", DEFAULT_RANGE[0]), found.get("UID_MAX", DEFAULT_RANGE[1])


def _lines(path: Path, name: str) -> Iterator[tuple[int, str]]:
    """The lines that hold something, with their numbers."""
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as file:
            number = 0
            while line := file.readline(_LINE_LIMIT):
                number += 1
                text = line.rstrip("\n")
                if text and not text.startswith(("#", "+", "-")):  # + and - include NIS, which a file cannot tell
                    yield number, text
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read: {error.strerror}", file=name, remedy="Check the path and its mode."
        ) from None
