"""People from an LDAP directory: OpenLDAP and its kin, Active Directory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from console.journal.model import Problem
from console.sources.address import read_address
from console.sources.errors import SourceError
from console.sources.ldap_url import PLAIN, PORTS, SETTINGS, Wanted, wanted
from console.sources.ldap_values import cut_short, entry_values, stamp, stamped
from console.sources.model import SourceRow
from console.sources.opening import Asked
from console.sources.records import Records, ServerSource

if TYPE_CHECKING:
    from console.sources.ldap_link import Link

_ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"
_OPERATIONAL = ("entryUUID", "modifyTimestamp", "memberOf")
"""What `*` leaves out and a mapping may want."""
_ABOUT = ("supportedCapabilities", "highestCommittedUSN", "dnsHostName")
_PAGE = 500
_OVERLAP = 300
"""Seconds by which the clocks of replicas may differ."""
_DAY = 86_400
_SECONDS = 14
"""Digits of a modifyTimestamp down to seconds; the same in all of them, so that texts compare like times."""


class LdapSource(ServerSource):
    """A subtree of a directory. Marks: `usn SERVER NUMBER` of Active Directory, `time STAMP` of the others."""

    kind = "ldap"

    def __init__(self, asked: Asked) -> None:
        self._address = read_address(asked.spec, PORTS, plain=PLAIN, settings=SETTINGS, base=asked.base)
        super().__init__(self._address.name, asked.types)
        self._wanted = wanted(self._address)
        self._page = self._address.number("page", _PAGE, 1000)
        self._overlap = self._address.number("overlap", _OVERLAP, _DAY, 0)
        self._user, self._password = _credentials(asked.secret, self._address.credentials, self.name)
        self._mark = ""

    def changes(self, since: str) -> Iterator[SourceRow | Problem]:
        """Entries changed since a mark, by modifyTimestamp (with an overlap) or, in Active Directory, uSNChanged."""
        if not since:
            raise SourceError(f"{self.name}: there is no mark to begin at", file=self.name, remedy="Read it all once.")
        return self._rows(self._records(since))

    def mark(self) -> str:
        """Where the next changes begin."""
        self._must_be_read()
        return self._mark

    def _records(self, since: str, *, first: bool = False) -> Records:
        from console.sources.ldap_link import Link

        with closing(Link(self._address, self._user, self._password)) as link:
            if link.anonymous:
                self._note(f"Read without signing in: the vault has no source/{self._address.credentials}.")
            told = link.about(_ABOUT)
            usn = _usn(told)
            changed = self._changed(since, usn) if since else self._wanted
            yield from self._entries(link, changed, since, usn, 1 if first else self._page)

    def _entries(self, link: Link, changed: Wanted, since: str, usn: tuple[str, int] | None, page: int) -> Records:
        newest = since.removeprefix("time ").rstrip("Z") if since.startswith("time ") else ""
        attributes = (*(changed.attributes or ("*", *_OPERATIONAL)), "modifyTimestamp")
        for dn, found in link.search(changed, tuple(dict.fromkeys(attributes)), page):
            if short := cut_short(found):
                self._note(f"{short} of some entries is longer than the server sends at once: only its beginning came.")
            values = entry_values(dn, found, self._types)
            newest = max(newest, str(values.get("modifyTimestamp", ""))[:_SECONDS])
            yield values
        if link.references:
            self._note(
                f"{link.references} referrals to other servers were not followed: who is kept there is not among these."
            )
        self._mark = f"usn {usn[0]} {usn[1]}" if usn else f"time {newest}Z" if stamp(newest) else ""

    def _changed(self, since: str, usn: tuple[str, int] | None) -> Wanted:
        kind, _, rest = since.partition(" ")
        if kind == "usn" and usn:
            server, _, number = rest.rpartition(" ")
            if server == usn[0] and number.isdecimal() and int(number) <= usn[1]:
                return self._narrowed(f"(uSNChanged>={int(number) + 1})")
        when = stamp(rest) if kind == "time" and not usn else None
        if when is not None:
            return self._narrowed(f"(modifyTimestamp>={stamped(when - dt.timedelta(seconds=self._overlap))})")
        raise SourceError(
            "what changed cannot be told: the last reading was of another server, or of an older copy of this one",
            file=self.name,
            remedy="Read everybody once (a plan that is not incremental). Numbers of changes are each domain "
            "controller's own: name one controller in the URL, not the whole domain.",
        )

    def _narrowed(self, condition: str) -> Wanted:
        return msgspec.structs.replace(self._wanted, filter=f"(&{self._wanted.filter}{condition})")


def ldap_credentials(spec: str) -> str:
    """NAME of the vault's `source/NAME` for an LDAP URL."""
    return read_address(spec, PORTS, plain=PLAIN, settings=SETTINGS).credentials


def _usn(told: dict[str, list[str]]) -> tuple[str, int] | None:
    """Active Directory's own name and its newest change; None for other servers."""
    number = next(iter(told.get("highestCommittedUSN", ())), "")
    if _ACTIVE_DIRECTORY not in told.get("supportedCapabilities", ()) or not number.isdecimal():
        return None
    return next(iter(told.get("dnsHostName", ())), "").lower() or "unnamed", int(number)


def _credentials(secret: str | None, name: str, source: str) -> tuple[str, str]:
    if secret is None:
        return "", ""
    user, colon, password = secret.partition(":")
    if not user or not colon or not password:
        raise SourceError(
            f"the secret source/{name} is not of the form user:password",
            file=source,
            remedy=f"Set it again: hubspoke credentials set source/{name}; the user is user@domain or a DN, in "
            "which a colon is written \\3A.",
        )
    return user, password
