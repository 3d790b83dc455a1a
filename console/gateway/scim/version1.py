"""SCIM 1.1 in front of the 2.0 core: requests are brought to 2.0, answers back to 1.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.gateway.scim.resources import ENTERPRISE

CORE = "urn:scim:schemas:core:1.0"
ENTERPRISE_1 = "urn:scim:schemas:extension:enterprise:1.0"
OKTA = "urn:okta:schemas:scim:providerconfig:1.0"
_MANAGED = ("IMPORT_NEW_USERS", "IMPORT_PROFILE_UPDATES", "PUSH_NEW_USERS", "PUSH_PENDING_USERS", "PUSH_PROFILE_UPDATES",
            "PUSH_USER_DEACTIVATION", "REACTIVATE_USERS", "GROUP_PUSH")  # fmt: skip
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_WHOLE = frozenset({"schemas", "id", "meta", "password"})

Lookup = Callable[[str], str]
"""The uid of a user name, "" where there is nobody."""


def to_2(values: dict[str, Any], uid_of: Lookup) -> dict[str, Any]:
    """A 1.1 resource as a 2.0 one; members that are named by `display` only get their ids."""
    made = {ENTERPRISE if name == ENTERPRISE_1 else name: value for name, value in values.items()}
    if isinstance(made.get("members"), list):
        made["members"] = [one for member in made["members"] if (one := _member(member, uid_of)) is not None]
    return made


def patch_to_2(values: dict[str, Any], uid_of: Lookup) -> dict[str, Any]:
    """A partial resource (SCIM 1.1, 3.3.2) as a PatchOp: what is given replaces or is added, `meta.attributes` goes."""
    operations: list[dict[str, Any]] = []
    meta = values.get("meta")
    gone = meta.get("attributes", []) if isinstance(meta, dict) else []
    operations += [{"op": "remove", "path": _path(str(name))} for name in gone if name]
    for name, value in values.items():
        if name in _WHOLE:
            continue
        if name == "members" and isinstance(value, list):
            operations += _members(value, uid_of)
        elif name == ENTERPRISE_1 and isinstance(value, dict):
            operations += [
                {"op": "replace", "path": f"{ENTERPRISE}:{one}", "value": given} for one, given in value.items()
            ]
        elif isinstance(value, dict):
            operations += [{"op": "replace", "path": f"{name}.{one}", "value": given} for one, given in value.items()]
        elif isinstance(value, list) and any(isinstance(one, dict) and one.get("operation") for one in value):
            operations += [_of_item(name, one) for one in value]
        else:
            operations.append({"op": "replace", "path": name, "value": value})
    return {"schemas": [_PATCH], "Operations": operations}


def from_2(body: dict[str, Any] | None) -> dict[str, Any] | None:
    """A 2.0 answer as a 1.1 one: resource, list or error."""
    if body is None:
        return None
    if "status" in body and "detail" in body:
        return {"Errors": [{"description": str(body["detail"]), "code": str(body["status"])}]}
    if "totalResults" in body:
        found = [from_2(one) for one in body.get("Resources") or []]
        return {
            "totalResults": int(body["totalResults"]),
            "itemsPerPage": len(found),
            "startIndex": int(body.get("startIndex") or 1),
            "schemas": [CORE],
            "Resources": found,
        }
    made = {ENTERPRISE_1 if name == ENTERPRISE else name: value for name, value in body.items()}
    made["schemas"] = [CORE, ENTERPRISE_1] if ENTERPRISE in body else [CORE]
    return made


def provider_config(location: str) -> dict[str, Any]:
    """/ServiceProviderConfigs (SCIM 1.1, section 9), with what Okta's on-premises agent asks for."""
    return {
        "schemas": [CORE, OKTA],
        "documentationUrl": "",
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": 200},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "xmlDataFormat": {"supported": False},
        "authenticationSchemes": [
            {
                "name": "HTTP Basic",
                "description": "User name and password over TLS",
                "type": "httpbasic",
                "primary": True,
            }
        ],
        "meta": {"location": location},
        OKTA: {"userManagementCapabilities": list(_MANAGED)},
    }


def _path(name: str) -> str:
    return name.replace(ENTERPRISE_1, ENTERPRISE)


def _member(member: Any, uid_of: Lookup) -> dict[str, Any] | None:
    """A member by id; WSO2 names members by `display` alone."""
    if isinstance(member, str):
        member = {"value": member}
    if not isinstance(member, dict):
        return None
    uid = str(member.get("value") or "") or uid_of(str(member.get("display") or ""))
    return {"value": uid} if uid else None


def _members(members: list[Any], uid_of: Lookup) -> list[dict[str, Any]]:
    operations: list[dict[str, Any]] = []
    for member in members:
        found = _member(member, uid_of)
        if found is None:
            continue
        if isinstance(member, dict) and str(member.get("operation", "")).lower() == "delete":
            operations.append({"op": "remove", "path": f'members[value eq "{found["value"]}"]'})
        else:
            operations.append({"op": "add", "path": "members", "value": [found]})
    return operations


def _of_item(name: str, item: Any) -> dict[str, Any]:
    if isinstance(item, dict) and str(item.get("operation", "")).lower() == "delete":
        value = str(item.get("value", "")).replace("\\", "\\\\").replace('"', '\\"')
        return {"op": "remove", "path": f'{name}[value eq "{value}"]'}
    given = {key: value for key, value in item.items() if key != "operation"} if isinstance(item, dict) else item
    return {"op": "add", "path": name, "value": [given]}
