"""Actions on all systems: the connectors there are, configurations made in steps and tried, and what is not served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from console.connector.classes import ALL
from console.connector.diagnose import diagnose
from console.connector.operations import Operations
from console.connector.tryout import Typed
from console.gateway.crest.refused import Refused, bad
from console.settings.errors import SettingsError
from console.settings.icf import OPERATIONS
from console.settings.profile import Profile
from console.settings.provisioner import imported
from console.settings.provisioner_keys import CONFIGURATION, CONNECTOR_DEFAULTS, CONNECTOR_KEYS, CONNECTOR_REF

if TYPE_CHECKING:
    from console.connector.connector_object import AttributeInfo
    from console.session import Session

SERVERS = (
    "remoteConnectorServers", "remoteConnectorServersGroups", "remoteConnectorClients", "remoteConnectorClientsGroups",
)  # fmt: skip
_SCHEMA = "http://json-schema.org/draft-03/schema"
_TYPES = {"bool": "boolean", "boolean": "boolean", "number": "number"}
_REACHED_BY = (
    "api_base_url", "remote_url", "http_proxy_host", "http_proxy_port", "http_proxy_user", "ca_file",
    "accept_self_signed_certificates", "certificate_fingerprint", "disable_host_name_verifier", "authentication",
    "client_id",
)  # fmt: skip
"""What decides to whom credentials would be shown."""


def available() -> dict[str, Any]:
    """The connectors that can be configured: one."""
    return {
        "connectorRef": [{**CONNECTOR_REF, "displayName": "Hubspot Connector", "systemType": "provisioner.openicf"}]
    }


def servers() -> dict[str, Any]:
    """Remote connector servers: there are none, the connector is in this process."""
    return {name: [] for name in SERVERS}


def core(document: Mapping[str, Any]) -> dict[str, Any]:
    """The first step: everything but what the connector itself is told."""
    reference = document.get("connectorRef")
    if not isinstance(reference, Mapping) or reference.get("connectorName") != CONNECTOR_REF["connectorName"]:
        raise bad(f"There is one connector here: connectorRef names {CONNECTOR_REF['connectorName']}")
    properties: dict[str, Any] = dict.fromkeys(CONNECTOR_KEYS)
    properties |= {**CONNECTOR_DEFAULTS, "clientSecret": None, "refreshToken": None}
    return {
        "connectorRef": {**CONNECTOR_REF, **reference},
        "poolConfigOption": {
            "maxObjects": 10, "maxIdle": 10, "maxWait": 150000, "minEvictableIdleTimeMillis": 120000, "minIdle": 1,
        },
        "resultsHandlerConfig": {
            "enableNormalizingResultsHandler": False,
            "enableFilteredResultsHandler": True,
            "enableCaseInsensitiveFilter": False,
            "enableAttributesToGetSearchResultsHandler": True,
        },
        "operationTimeout": dict.fromkeys(OPERATIONS, -1),
        CONFIGURATION: properties,
    }  # fmt: skip


async def full(operations: Operations, document: Mapping[str, Any]) -> dict[str, Any]:
    """The last step: with the classes of the account that this gateway works with, and their attributes."""
    core(document)
    if not isinstance(document.get(CONFIGURATION), Mapping):
        raise bad(f"A full configuration is made of one with {CONFIGURATION}")
    types: dict[str, Any] = {}
    for name in operations.types.names:
        if name != ALL:
            (attributes,) = (await operations.schema(name)).values()
            types[name] = _object_type(name, operations.types.find(name).native, attributes)
    options: dict[str, Any] = {
        operation: {"objectFeatures": {}} for operation in ("CREATE", "UPDATE", "DELETE", "SEARCH", "GET")
    }
    return {**document, "objectTypes": types, "operationOptions": options}


def _object_type(name: str, native: str, attributes: list[AttributeInfo]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for one in attributes:
        kind = _TYPES.get(one.type, "string")
        found: dict[str, Any] = {"type": kind, "nativeName": one.native_name, "nativeType": kind}
        flags = [flag for flag in one.flags if flag != "REQUIRED"]
        properties[one.name] = {
            **found,
            **({"flags": flags} if flags else {}),
            **({"required": True} if "REQUIRED" in one.flags else {}),
        }
    return {"$schema": _SCHEMA, "id": name, "type": "object", "nativeType": native, "properties": properties}


async def tested(session: Session, document: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a configuration would work. Secrets of the vault are used only where they go the way that they always go."""
    name = document.get("name")
    if "id" in document or "_id" in document:
        raise bad("A configuration that is tried has no id")
    if not isinstance(name, str) or not name:
        raise bad("A configuration that is tried needs a name")
    own = session.profile
    try:
        found = imported(
            document, name=own.name, accept=(own.api_base_url, *([own.remote_url] if own.remote_url else []))
        )
    except SettingsError as error:
        return {"ok": False, "error": f"{error.message} {error.remedy}".strip(), "name": name}
    secrets = dict(found.secrets)
    if same_way(found.profile, own):
        kept = await session.secrets
        for key in ("clientSecret", "refreshToken", "accessToken", "httpProxyPassword"):
            if key not in secrets and (value := await kept.get(key)):
                secrets[key] = value
    async for stage in diagnose(
        found.profile, Typed(secrets), session.budget if same_way(found.profile, own) else None
    ):
        if stage.state == "fail":
            return {"ok": False, "error": f"{stage.title}: {stage.detail} {stage.advice}".strip(), "name": name}
    return {"ok": True, "name": name}


def same_way(one: Profile, other: Profile) -> bool:
    """Whether two profiles show their credentials to the same server, over the same way and with the same trust."""
    return all(getattr(one, key) == getattr(other, key) for key in _REACHED_BY)


def live_sync() -> Refused:
    """The connector has no Sync; changes are polled by livesync over a mapping."""
    return Refused(501, "Operation SYNC is not supported by the Connector; see hubspoke livesync")
