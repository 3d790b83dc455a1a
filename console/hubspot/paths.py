"""Where HubSpot keeps things: the dated paths and their older forms."""

from __future__ import annotations

from urllib.parse import quote

API_VERSION = "2026-09"
"""The version that Hubspoke is written for; `apiVersion` of a profile may name an older one."""


def object_path(object_type: str, version: str = API_VERSION, *rest: str) -> str:
    """Records of one type; `rest` are further segments, escaped here."""
    return _join("objects", object_type, version, rest)


def property_path(object_type: str, version: str = API_VERSION, *rest: str) -> str:
    """Property definitions of one type."""
    return _join("properties", object_type, version, rest)


def pair_path(from_type: str, to_type: str, version: str = API_VERSION, *rest: str) -> str:
    """Associations between two types, in batches; also their labels."""
    from_to = "/".join(map(_segment, (from_type, to_type, *rest)))
    return f"/crm/v4/associations/{from_to}" if _old(version) else f"/crm/associations/{_segment(version)}/{from_to}"


def associations_path(object_type: str, uid: str, version: str = API_VERSION, *rest: str) -> str:
    """Associations of one record."""
    record = "/".join(map(_segment, (object_type, uid, "associations", *rest)))
    return f"/crm/v4/objects/{record}" if _old(version) else f"/crm/objects/{_segment(version)}/{record}"


def account_path(what: str, version: str = API_VERSION) -> str:
    """What HubSpot tells about the account itself; `what` is a path of its own."""
    return f"/account-info/{_dated(version)}/{what}"


def oauth_path(what: str = "token", version: str = API_VERSION) -> str:
    """The token endpoint, or `token/introspect` and `token/revoke`."""
    return f"/oauth/{_dated(version)}/{what}"


def _join(area: str, object_type: str, version: str, rest: tuple[str, ...]) -> str:
    # the dated paths have the version behind the area, v3 and v4 had it before
    version = _dated(version)
    start = f"/crm/{version}/{area}" if version == "v3" else f"/crm/{area}/{version}"
    return "/".join([start, *(_segment(part) for part in (object_type, *rest))])


def _dated(version: str) -> str:
    # v4 exists for associations only; everything else stayed at v3
    return "v3" if version == "v4" else _segment(version)


def _old(version: str) -> bool:
    # of the older versions, v4 is the one that has labelled associations
    return version in ("v3", "v4")


def _segment(text: str) -> str:
    if text in ("", ".", ".."):
        raise ValueError(f"{text!r} cannot be part of a path")
    return quote(text, safe="")
