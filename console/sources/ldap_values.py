"""Values of an LDAP entry as a mapping sees them: texts, lists of texts, never a password.

An attribute with one value is a text, one with several is a list (a directory promises no order among
them); an attribute that the mapping types as `list` is always one.
"""

from __future__ import annotations

import base64
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

NEVER = frozenset(
    {
        "userpassword",
        "unicodepwd",
        "dbcspwd",
        "lmpwdhistory",
        "ntpwdhistory",
        "pwdhistory",
        "sambantpassword",
        "sambalmpassword",
        "sambapasswordhistory",
        "krbprincipalkey",
        "ms-mcs-admpwd",
    }
)
"""Attributes that hold passwords or what passwords can be found from: dropped wherever they come from."""
_STAMP = "%Y%m%d%H%M%SZ"


def entry_values(dn: str, attributes: Mapping[str, Sequence[bytes]], types: Mapping[str, str]) -> dict[str, Any]:
    """The fields of an entry; `dn` is one of them. Binary values become their usual text, or base64."""
    values: dict[str, Any] = {"dn": dn}
    for attribute, raw in attributes.items():
        name, _, option = attribute.partition(";")
        lowered = name.lower()
        if lowered in NEVER or not raw:
            continue
        if option and not option.lower().startswith("range=") and option.lower() != "binary":
            name = attribute  # lang-de and the like are other values of their own
        found = [_text(lowered, one) for one in raw]
        wanted = types.get(name)
        if wanted == "list" or len(found) > 1:
            values[name] = found
        else:
            values[name] = found[0]
    return values


def cut_short(attributes: Mapping[str, Sequence[bytes]]) -> str:
    """The name of an attribute of which the server sent only the first values; empty where there is none."""
    for attribute in attributes:
        name, _, option = attribute.partition(";")
        if option.lower().startswith("range=") and not option.endswith("-*"):
            return name
    return ""


def _text(name: str, raw: bytes) -> str:
    if name == "objectguid" and len(raw) == 16:
        return str(uuid.UUID(bytes_le=raw))
    if name == "objectsid" and len(raw) >= 8:
        return _sid(raw)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode()


def _sid(raw: bytes) -> str:
    authority = int.from_bytes(raw[2:8], "big")
    parts = (int.from_bytes(raw[at : at + 4], "little") for at in range(8, len(raw) - 3, 4))
    return "-".join(["S", str(raw[0]), str(authority), *map(str, parts)])


def stamp(text: str) -> dt.datetime | None:
    """A generalized time such as 20261121093000Z or 20261121093000.123Z; None for what is none."""
    head, _, _ = text.removesuffix("Z").partition(".")
    try:
        return dt.datetime.strptime(head + "Z", _STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def stamped(when: dt.datetime) -> str:
    """The same as text, whole seconds."""
    return when.strftime(_STAMP)
