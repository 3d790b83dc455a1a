"""What clients really send, brought to what the standard says: strings for emails, unquoted filters, texts for booleans.

Sources: the wire forms of WSO2's SCIM 1.1 and 2.0 connectors, Okta (cloud and on premises), Entra (with and without
aadOptscim062020) and PingOne.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, unquote_plus

import msgspec

from console.gateway.scim.resources import ENTERPRISE, GROUP_SCHEMA, USER_SCHEMA

PLURAL = ("emails", "phoneNumbers", "ims", "photos", "addresses", "roles", "entitlements", "x509Certificates")
SECRET = "password"  # noqa: S105 - the name of an attribute
DROPPED = "dropped"
_UNQUOTED = re.compile(
    r"\s*([A-Za-z][\w.:$-]*(?:\[[^\]]*\])?(?:\.[\w$]+)?)\s+(eq|ne|co|sw|ew)\s+(?![\"'])(.*\S)\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_LITERALS = re.compile(r"(?:true|false|null|-?\d+(?:\.\d+)?)\Z", re.IGNORECASE)
_OPERATOR = re.compile(r"(?<=[\s\]\w]) (Eq|EQ|Ne|NE|Co|CO|Sw|SW|Ew|EW|Pr|PR|Gt|GT|Ge|GE|Lt|LT|Le|LE)(?= |\Z)")


class BadBody(Exception):
    """The body is no JSON object."""


def body_of(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises BadBody."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BadBody("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise BadBody("The body is not a JSON object.")
    return found


def query_of(raw: str) -> dict[str, str]:
    """The parameters of a query string. A filter whose value is neither quoted nor encoded keeps its plus signs."""
    found: dict[str, str] = {}
    for part in _parts(raw):
        name, _, value = part.partition("=")
        name = unquote_plus(name)
        found[name] = filter_of(value) if name == "filter" else unquote_plus(value)
    return found


def filter_of(raw: str) -> str:
    """A filter as the standard writes it: WSO2 sends `userName Eq alice`, with capital operators and without quotes."""
    text = unquote_plus(raw) if '"' in unquote(raw) else _spaced(raw)
    match = _UNQUOTED.match(text)
    if match is not None and not _LITERALS.match(match[3]):
        value = match[3].replace("\\", "\\\\").replace('"', '\\"')
        return f'{match[1]} {match[2].lower()} "{value}"'
    return _OPERATOR.sub(lambda found: f" {found[1].lower()}", text)


def resource(values: dict[str, Any], kind: str) -> dict[str, Any]:
    """A User or Group as the standard has it; the password is dropped before anything else sees it."""
    values = {name: value for name, value in values.items() if name.lower() != SECRET}
    for name in PLURAL:
        if name in values:
            values[name] = _objects(values[name])
    extension = values.get(ENTERPRISE)
    if isinstance(extension, dict) and extension.get("manager"):
        values[ENTERPRISE] = {**extension, "manager": _manager(extension["manager"])}
    if isinstance(values.get("active"), str):
        values["active"] = values["active"].lower() == "true"
    core = GROUP_SCHEMA if kind == "Group" else USER_SCHEMA
    extensions = [name for name in values if name.startswith("urn:")]
    values["schemas"] = list(dict.fromkeys([core, *extensions]))
    return values


def patch(body: dict[str, Any]) -> dict[str, Any]:
    """A PatchOp as the standard has it. Raises BadBody."""
    operations = body.get("Operations", body.get("operations"))
    if not isinstance(operations, list):
        raise BadBody("A PATCH needs Operations.")
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [one for operation in operations for one in _operation(operation)],
    }


def _operation(operation: Any) -> list[dict[str, Any]]:
    if not isinstance(operation, dict):
        raise BadBody("An operation of the PATCH is no object.")
    made: dict[str, Any] = {"op": str(operation.get("op", "")).lower()}
    path, value = operation.get("path"), operation.get("value")
    if isinstance(path, str) and path:
        made["path"] = path
        value = _patched(path, value)
    elif isinstance(value, dict):
        value = {name: _patched(name, one) for name, one in value.items() if name.lower() not in ("id", "schemas")}
        if not value and operation.get("value"):
            return []
    if "value" in operation:
        made["value"] = value
    return [made]


def _patched(path: str, value: Any) -> Any:
    """A value for a path: plain texts become objects where the attribute is a list of objects."""
    plain = path.rsplit(":", 1)[-1]
    if plain.lower() == SECRET:
        return DROPPED  # the core takes the operation, and nobody ever sees what it was
    if plain in PLURAL:
        return _objects(value)
    if plain == "manager":
        return _manager(value)
    if plain == "active" and isinstance(value, str):
        return value.lower() == "true"
    return value


def _manager(value: Any) -> Any:
    """A manager with the reference that the schema wants; Entra and Okta send the id alone."""
    if isinstance(value, str) and value:
        value = {"value": value}
    if isinstance(value, dict) and value.get("value") and not value.get("$ref"):
        return {**value, "$ref": f"Users/{value['value']}"}
    return value


def _objects(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    found = [{"value": item} if isinstance(item, str) else item for item in items if item not in (None, "")]
    texts = [item for item in items if isinstance(item, str) and item]
    if texts and found and not any(isinstance(one, dict) and one.get("primary") for one in found):
        found[0] = {**found[0], "primary": True}
    return found


def _parts(raw: str) -> list[str]:
    """Parameters of a query; an & within an unquoted, unencoded filter belongs to it unless a known name follows."""
    parts: list[str] = []
    for piece in raw.split("&"):
        name = piece.partition("=")[0]
        if parts and parts[-1].startswith("filter=") and "=" not in piece and name not in _KNOWN:
            parts[-1] += f"&{piece}"
        elif piece:
            parts.append(piece)
    return parts


_KNOWN = frozenset(
    {"attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor"}
)


def _spaced(raw: str) -> str:
    """An unquoted filter: the first two plus signs stand for the spaces around the operator, any other for itself."""
    head = re.match(r"([^ +%]+)(?: |\+|%20)([A-Za-z]{2})(?: |\+|%20)(.*)\Z", raw, re.DOTALL)
    return f"{unquote(head[1])} {head[2]} {unquote(head[3])}" if head is not None else unquote_plus(raw)
