"""The keys of a provisioner file: what the connector's page and the framework know, and what Hubspoke makes of each.

Facts: identity, sections A1 and A5.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from console.settings.fields import FIELDS, SECRET_KEYS
from console.settings.profile import AUTO
from console.text import safe

BUNDLE = "org.forgerock.openicf.connectors.hubspot-connector"
CONNECTOR = "org.forgerock.openicf.connectors.hubspot.HubspotConnector"
VERSION = (1, 5, 20, 34)
LOCAL = "#LOCAL"
CONNECTOR_REF = {
    "connectorHostRef": LOCAL,
    "bundleName": BUNDLE,
    "bundleVersion": "[1.5.0.0,1.6.0.0)",
    "connectorName": CONNECTOR,
}
CONFIGURATION, OWN = "configurationProperties", "hubspoke"

CONNECTOR_KEYS = (
    "clientId",
    "acceptSelfSignedCertificates",
    "readSchema",
    "disableHostNameVerifier",
    "maximumConnections",
    "permitsPerSecond",
    "httpProxyHost",
    "httpProxyPort",
)
"""The connector's configuration properties but for the two secrets, clientSecret and refreshToken."""
CONNECTOR_DEFAULTS: dict[str, Any] = {"readSchema": False, "maximumConnections": 10, "permitsPerSecond": 10}
"""What an imported file means that does not say; a new profile of Hubspoke has true, auto and auto."""
TOP = ("displayName", "enabled")
"""Profile keys that stand at the top of a provisioner file."""
OWN_KEYS = tuple(key for key in FIELDS if key not in (*CONNECTOR_KEYS, *TOP))
"""What Hubspoke can be told beside the connector's properties."""
TOP_LEVEL = (
    "name",
    "enabled",
    "displayName",
    "connectorRef",
    "producerBufferSize",
    "connectorPoolingSupported",
    "poolConfigOption",
    "operationTimeout",
    "resultsHandlerConfig",
    CONFIGURATION,
    "syncFailureHandler",
    "objectTypes",
    "operationOptions",
    "systemActions",
    OWN,
)
META = ("_id", "_rev", "$schema")
"""What the configuration resource adds of its own."""

State = Literal["used", "kept", "unknown", "left out", "attention"]


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one key. `kept`: no effect, given back by an export. `attention`: look at it before you go on."""

    key: str
    state: State
    message: str
    advice: str = ""


WITHOUT_EFFECT = {
    "producerBufferSize": ("records are streamed page by page and not buffered.", ""),
    "connectorPoolingSupported": ("there is one connector with a pool of HTTP connections.", "See maximumConnections."),
    "poolConfigOption": (
        "it has none on a connector with an HTTP pool, there as here.",
        "See maximumConnections, which is the size of that pool.",
    ),
    "syncFailureHandler": (
        "the connector has no liveSync.",
        "Failures of a run are in its report: hubspoke runs report RUN",
    ),
    "systemActions": (
        "scripts of identity servers are not run.",
        "Write them in the Python subset of: hubspoke script FILE",
    ),
}
HANDLERS: dict[str, tuple[bool, str]] = {
    "enableNormalizingResultsHandler": (False, "values come as HubSpot keeps them"),
    "enableFilteredResultsHandler": (True, "what HubSpot cannot filter is always filtered here"),
    "enableCaseInsensitiveFilter": (False, "case counts as HubSpot's search counts it"),
    "enableAttributesToGetSearchResultsHandler": (True, "only the attributes asked for are given"),
}
"""What Hubspoke does, whatever `resultsHandlerConfig` says, and in words."""

_SECRET_WORDS = re.compile(
    r"secret|passw|passphrase|pwd|token$|bearer|refresh_?token|access_?token|private_?key|api_?key|credential",
    re.IGNORECASE,
)
_ENCRYPTED = ("$crypto", "$sealed", "$encrypted")
_PLACEHOLDER = re.compile(r"&\{[^}]*\}")


def counts_in(section: str, key: str, value: Any) -> bool:
    """Whether a section is where a key is looked for: Hubspoke's own holds what the connector's cannot, and `auto`."""
    return section != OWN or key in OWN_KEYS or (FIELDS[key].limit and value == AUTO)


def secret_name(key: str) -> str:
    """The vault's name of a secret that a key of `configurationProperties` stands for; empty for other keys."""
    return SECRET_KEYS.get(re.sub(r"[^a-z]", "", key.lower()), "")


def looks_secret(key: str) -> bool:
    """Whether a key's text may be a secret, which no file of ours holds."""
    return bool(_SECRET_WORDS.search(key))


def is_encrypted(value: Any) -> bool:
    """Whether a value was encrypted with the identity server's own key."""
    return isinstance(value, dict) and any(key in value for key in _ENCRYPTED)


def is_reference(value: Any) -> bool:
    """Whether a value stands elsewhere: `&{some.property}`, also as `{"$int": "&{...}"}`."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$"):
        value = next(iter(value.values()))
    return isinstance(value, str) and bool(_PLACEHOLDER.search(value))


def shown(key: str) -> str:
    """A foreign key, harmless in a message."""
    return safe(key, limit=60)
