"""Provisioner files for tests: one with every key of the framework, and strategies for any."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from console.settings.provisioner_keys import CONNECTOR_REF

FULL: dict[str, Any] = {
    "name": "hubspot",
    "enabled": True,
    "displayName": "Hubspot Connector",
    "connectorRef": {**CONNECTOR_REF, "displayName": "Hubspot Connector"},
    "producerBufferSize": 100,
    "connectorPoolingSupported": True,
    "poolConfigOption": {"maxObjects": 10, "maxIdle": 10, "maxWait": 150000, "minIdle": 1},
    "operationTimeout": {"CREATE": -1, "SEARCH": 60000, "GET": "2500"},
    "resultsHandlerConfig": {
        "enableNormalizingResultsHandler": True,
        "enableFilteredResultsHandler": True,
        "enableCaseInsensitiveFilter": False,
        "enableAttributesToGetSearchResultsHandler": True,
    },
    "configurationProperties": {
        "clientId": "11111111-2222-3333-4444-555555555555",
        "clientSecret": {"$crypto": {"type": "x-simple-encryption", "value": {"data": "AAAA"}}},
        "refreshToken": "canary-refresh-4471",
        "acceptSelfSignedCertificates": False,
        "readSchema": "true",
        "disableHostNameVerifier": False,
        "maximumConnections": "10",
        "permitsPerSecond": "10",
        "httpProxyHost": None,
        "httpProxyPort": None,
    },
    "syncFailureHandler": {"maxRetries": 5, "postRetryAction": "logged-ignore"},
    "objectTypes": {
        "contact": {
            "$schema": "http://json-schema.org/draft-03/schema",
            "id": "contact",
            "type": "object",
            "nativeType": "contact",
            "properties": {
                "mail": {"type": "string", "nativeName": "__NAME__", "nativeType": "string", "required": True},
                "firstname": {"type": "string", "nativeName": "firstname", "nativeType": "string"},
                "tags": {
                    "type": "array",
                    "items": {"type": "string", "nativeType": "string"},
                    "nativeName": "hs_tags",
                    "flags": ["MULTIVALUED", "NOT_RETURNED_BY_DEFAULT"],
                },
                "born": {"type": "string", "nativeName": "date_of_birth", "flags": ["NOT_UPDATEABLE"]},
            },
        },
        "employer": {"id": "employer", "type": "object", "nativeType": "company", "properties": {}},
    },
    "operationOptions": {
        "DELETE": {
            "denied": True,
            "onDeny": "THROW_EXCEPTION",
            "objectFeatures": {"contact": {"denied": False}, "employer": {"denied": True, "onDeny": "DO_NOTHING"}},
        },
        "UPDATE": {"denied": False},
    },
    "systemActions": [{"scriptId": "count", "actions": [{"systemType": ".*hubspot", "actionType": "groovy"}]}],
}

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.from_regex(r"[A-Za-z0-9]{1,12}", fullmatch=True)


def either(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value as itself, as text, or not at all."""
    return value | value.map(lambda given: str(given).lower()) | st.sampled_from([None, ""])


CONFIGURATION = st.fixed_dictionaries(
    {},
    optional={
        "clientId": st.sampled_from(["abc", "", None, "&{hubspot.client}"]),
        "acceptSelfSignedCertificates": either(st.booleans()),
        "readSchema": either(st.booleans()) | st.just({"$bool": "&{hubspot.schema}"}),
        "disableHostNameVerifier": either(st.booleans()),
        "maximumConnections": either(st.integers(1, 200)) | st.just("auto"),
        "permitsPerSecond": either(st.integers(1, 1000)) | st.just(10.0),
        "timeoutSeconds": either(st.integers(1, 600)),
        "noProxy": st.sampled_from([["localhost"], "a.example, b.example", []]),
        "somethingElse": JSON,
    },
)
OWN = st.fixed_dictionaries(
    {},
    optional={
        "timeoutSeconds": st.integers(1, 600) | st.floats(1, 600),
        "maximumConnections": st.sampled_from(["auto", 12]),
        "authentication": st.sampled_from(["oauth", "token", "TOKEN"]),
        "else": JSON,
    },
)
OPTIONS = st.dictionaries(
    st.sampled_from(["DELETE", "CREATE", "SEARCH"]),
    st.fixed_dictionaries(
        {"denied": st.booleans() | st.sampled_from(["true", "false"])},
        optional={"onDeny": st.sampled_from(["THROW_EXCEPTION", "DO_NOTHING", "ALLOW", None])},
    ),
)
DOCUMENTS = st.fixed_dictionaries(
    {"name": NAMES, "connectorRef": st.sampled_from([CONNECTOR_REF, FULL["connectorRef"]])},
    optional={
        "_id": st.just("provisioner.openicf/hubspot"),
        "enabled": either(st.booleans()),
        "displayName": st.sampled_from(["", None, "Hubspot Connector", "Größe"]),
        "configurationProperties": CONFIGURATION,
        "hubspoke": OWN,
        "operationTimeout": st.dictionaries(
            st.sampled_from(["CREATE", "GET", "X"]), st.sampled_from([-1, 5, "70", None])
        ),
        "operationOptions": OPTIONS,
        "poolConfigOption": JSON,
        "objectTypes": st.sampled_from([{}, FULL["objectTypes"]]),
        "further": JSON,
    },
)
