"""Between people and groups of the repository and SCIM's resources (RFC 7643)."""

from __future__ import annotations

from typing import Any

from scim2_models import EnterpriseUser, Group, GroupMember, GroupMembership, Meta, Resource, ResourceType, User

from console.repository.groups import Group as StoredGroup
from console.repository.person import Person

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
UserModel = User[EnterpriseUser]
_OURS = frozenset({"id", "meta", "schemas", "userName", "active", "password", "groups"})
_SAID_OTHERWISE = {
    "mail": "emails", "email": "emails", "givenName": "name", "familyName": "name", "telephone": "phoneNumbers",
}  # fmt: skip
"""Attributes that people who were added by hand have, and what says the same in SCIM."""
UNASSIGNED = "activeUnassigned"
"""A client took `active` away: such a person counts as active, and is shown without it."""


def version(change: int) -> str:
    """The ETag of a revision."""
    return f'W/"{change}"'


def change_of(tag: str | None) -> int | None:
    """The revision of an ETag; None for none, -1 for one that is not ours."""
    if tag is None:
        return None
    number = tag.removeprefix("W/").strip('"')
    return int(number) if number.isdigit() else -1


def user_of(person: Person, groups: list[StoredGroup]) -> Resource[Any]:
    """A person as a User."""
    values = _as_scim(person.attributes)
    schemas = [USER_SCHEMA, *(name for name in values if name == ENTERPRISE)]
    found = UserModel.model_validate(
        {**values, "schemas": schemas, "userName": person.user_name, "active": person.active}
    )
    found.id = person.uid
    if person.attributes.get(UNASSIGNED) and person.active:
        found.active = None
    if groups:
        found.groups = [
            GroupMembership.model_validate({"value": group.uid, "display": group.name, "type": "direct"})
            for group in groups
        ]
    found.meta = _meta("User", person.created_at, person.modified_at, person.change)
    return found


def group_of(group: StoredGroup, names: dict[str, str]) -> Resource[Any]:
    """A group as a Group; `names` are its members' user names by uid, for those whom the client called nothing else."""
    values = {key: value for key, value in group.attributes.items() if key not in ("members", "displayName")}
    found = Group.model_validate({**values, "schemas": [GROUP_SCHEMA], "displayName": group.name})
    found.id = group.uid
    members = [
        GroupMember.model_validate(
            {"value": uid, "display": display or names.get(uid, ""), "type": "User", "$ref": f"Users/{uid}"}
        )
        for uid, display in group.members.items()
    ]
    found.members = members or None
    found.meta = _meta("Group", group.created_at, group.modified_at, group.change)
    return found


def stored_user(resource: Resource[Any], before: dict[str, Any] | None = None) -> tuple[str, bool, dict[str, Any]]:
    """User name, active and attributes of a User.

    Of the attributes that the person had before, those stay that SCIM has no word for.
    """
    values = resource.model_dump()
    active = values.get("active")
    attributes = {name: value for name, value in values.items() if name not in _OURS and value not in (None, [], {})}
    if active is None:
        attributes[UNASSIGNED] = True
    for name, value in (before or {}).items():
        known = (
            name == UNASSIGNED
            or name in UserModel.model_fields
            or name in values
            or name in _SAID_OTHERWISE
            or _is_scim(name)
        )
        if not known:
            attributes[name] = value
    return str(values.get("userName") or ""), active is not False, attributes


def stored_group(resource: Resource[Any]) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Name, attributes and members (with what they are called) of a Group."""
    values = resource.model_dump()
    members = {
        str(one["value"]): str(one.get("display") or "") for one in values.get("members") or [] if one.get("value")
    }
    attributes = {
        name: value for name, value in values.items() if name not in (*_OURS, "members", "displayName") and value
    }
    return str(values.get("displayName") or ""), attributes, members


def addresses(resource: Resource[Any]) -> list[str]:
    """The email addresses of a User."""
    return [str(one.value) for one in getattr(resource, "emails", None) or [] if one.value]


def of_type(resource_type: ResourceType, name: str) -> bool:
    """Whether a resource type is the one of that name."""
    return resource_type.name == name


def _is_scim(name: str) -> bool:
    """Whether SCIM has an attribute of this name: what a client leaves out of a PUT is meant to go."""
    fields = UserModel.model_fields.values()
    return name == ENTERPRISE or any(field.alias == name or field.serialization_alias == name for field in fields)


def _as_scim(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes in SCIM's words, also of people who were added by hand."""
    values = {name: value for name, value in attributes.items() if _is_scim(name)}
    mail = attributes.get("mail") or attributes.get("email")
    if "emails" not in values and isinstance(mail, str) and mail:
        values["emails"] = [{"value": mail, "primary": True}]
    name = {part: attributes[part] for part in ("givenName", "familyName") if isinstance(attributes.get(part), str)}
    if "name" not in values and name:
        values["name"] = name
    phone = attributes.get("telephone")
    if "phoneNumbers" not in values and isinstance(phone, str) and phone:
        values["phoneNumbers"] = [{"value": phone}]
    return values


def _meta(kind: str, created: str, modified: str, change: int) -> Meta:
    return Meta.model_validate(
        {"resourceType": kind, "created": created, "lastModified": modified, "version": version(change)}
    )
