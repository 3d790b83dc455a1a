"""What an LDAP URL asks for: base, attributes, scope, filter.

`ldaps://host/base?(filter)` is the short form; RFC 4516's own `ldaps://host/base?attributes?scope?filter` is
read as well. A URL without a scheme of its own for StartTLS gets one here: `ldap+starttls://`.
"""

from __future__ import annotations

from urllib.parse import unquote

import msgspec

from console.sources.address import Address
from console.sources.errors import SourceError

PORTS = {"ldaps": 636, "ldap+starttls": 389, "ldap": 389}
PLAIN = ("ldap",)
SETTINGS = ("overlap",)
PEOPLE = "(|(objectClass=inetOrgPerson)(&(objectCategory=person)(objectClass=user)))"
"""Who is meant where the URL has no filter: people of OpenLDAP and its kin, and of Active Directory."""
_SCOPES = {"": "SUBTREE", "sub": "SUBTREE", "one": "LEVEL", "base": "BASE"}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A search: no `attributes` means all that a user sees."""

    base: str
    filter: str = PEOPLE
    scope: str = "SUBTREE"
    attributes: tuple[str, ...] = ()


def wanted(address: Address) -> Wanted:
    """Read the URL's path and query. Raises SourceError."""
    base = unquote(address.path.removeprefix("/"))
    if not base:
        raise SourceError(
            f"the source {address.name} does not say below which entry the people are",
            file=address.name,
            remedy=f"Write it behind the host: {address.scheme}://{address.host}/ou=people,dc=example,dc=org",
        )
    parts = address.query.split("?")
    if unquote(parts[0]).startswith("("):
        parts = ["", "", *parts]
    attributes, scope, expression, extensions = [unquote(part) for part in (*parts, "", "", "", "")[:4]]
    if extensions or len(parts) > 4:
        raise SourceError(
            f"the source {address.name} has extensions, which are not known here",
            file=address.name,
            remedy="Leave out what follows the filter. Who signs in stands in the vault, settings stand behind a #.",
        )
    if scope.lower() not in _SCOPES:
        raise SourceError(
            f"the source {address.name} names a scope that there is none of",
            file=address.name,
            remedy="Scopes: sub (all below the base), one (directly below it), base (itself). A filter begins with (.",
        )
    return Wanted(
        base=base,
        filter=expression or PEOPLE,
        scope=_SCOPES[scope.lower()],
        attributes=tuple(filter(None, (name.strip() for name in attributes.split(",") if name.strip() != "*"))),
    )
