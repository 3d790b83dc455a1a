"""The gateway's own OpenAPI document: the connector's REST in full, SCIM as far as its standard does not say it already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console import __version__

if TYPE_CHECKING:
    from console.gateway.gateway import Gateway

CLASSES = ["contact", "company", "contactProperties", "companyProperties"]
_TEXT = {"type": "string"}
_OBJECT = {"type": "object"}
_REASONS = {
    "200": "Done.", "201": "Made.", "202": "Taken; it goes on.", "204": "Done; there is nothing to say.",
    "400": "The request makes no sense.", "401": "Who calls could not be established.", "403": "A right is missing.",
    "404": "There is no such thing.", "405": "This method is not served here.", "409": "It is there, or going on, already.",
    "412": "It exists already, or is of another version.", "413": "The body is too large.",
    "428": "The version is missing.", "429": "Too many requests of this client at once.",
    "501": "The connector does not do that.", "503": "HubSpot cannot be had now; try again.",
}  # fmt: skip


def document(gateway: Gateway) -> dict[str, Any]:
    """OpenAPI 3.1."""
    profile = gateway.session.profile
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Hubspoke gateway: {profile.title}", "version": __version__},
        "security": [{"basic": []}, {"bearer": []}, {"key": []}],
        "paths": {**_systems(), **_objects(), **_config(), **_recon(), **_scim(), **_health()},
        "components": {"schemas": _schemas(), "securitySchemes": _signing_in()},
    }


def _signing_in() -> dict[str, Any]:
    return {
        "basic": {"type": "http", "scheme": "basic"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }


def _schemas() -> dict[str, Any]:
    error = {"code": {"type": "integer"}, "reason": _TEXT, "message": _TEXT, "detail": _OBJECT}
    query = {
        "result": {"type": "array", "items": _ref("Object")},
        "resultCount": {"type": "integer"},
        "pagedResultsCookie": {"type": ["string", "null"]},
        "totalPagedResultsPolicy": _TEXT,
        "totalPagedResults": {"type": "integer"},
        "remainingPagedResults": {"type": "integer"},
        "error": _ref("Error"),
    }
    operation = {
        "operation": {"enum": ["add", "remove", "replace", "increment", "move", "copy", "transform"]},
        "field": _TEXT,
        "value": True,
    }
    return {
        "Error": _shape(error, ["code", "reason", "message"]),
        "Object": _shape({"_id": _TEXT, "_rev": _TEXT}, ["_id"]),
        "Query": _shape(query, ["result", "resultCount", "pagedResultsCookie"]),
        "Patch": {"type": "array", "items": _shape(operation, ["operation", "field"])},
        "Status": _shape(
            {"name": _TEXT, "ok": {"type": "boolean"}, "error": _TEXT, "displayName": _TEXT}, ["name", "ok"]
        ),
    }


def _systems() -> dict[str, Any]:
    every = ["test", "testConfig", "availableConnectors", "createCoreConfig", "createFullConfig", "createConfiguration"]
    every += ["testConnectorServers", "availableConnectorServers", "liveSync"]
    one_or_list = {"anyOf": [_OBJECT, {"type": "array", "items": _ref("Status")}]}
    return {
        "/openidm/system": {
            "post": _operation([_action(every)], {"200": one_or_list}, "400 403 404 501", body=_OBJECT)
        },
        "/openidm/system/hubspot": {
            "post": _operation(
                [_action(["test", "script", "describe"]), _query("scriptId"), _flag("_asArray")],
                {"200": one_or_list},
                "400 403 404 501",
                body=_OBJECT,
            )
        },
    }


def _objects() -> dict[str, Any]:
    cls = {"name": "objectClass", "in": "path", "required": True, "schema": {"enum": CLASSES}}
    uid = {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "pattern": "^[0-9a-z_]+$"},
        "examples": {"record": {"value": "1001"}, "definition": {"value": "email"}},
    }
    version = {"name": "If-Match", "in": "header", "schema": _ascii()}
    wrong = "400 403 404 412"
    found = {"200": _ref("Object")}
    return {
        "/openidm/system/hubspot/{objectClass}": {
            "get": _operation([cls, *_questions()], {"200": _ref("Query")}, "400 403 404"),
            "post": _operation(
                [cls, _action(["create", "batch", "list", "search"], required=False)],
                {"200": _OBJECT, "201": _ref("Object")},
                f"{wrong} 501",
                body=_OBJECT,
            ),
        },
        "/openidm/system/hubspot/{objectClass}/{id}": {
            "get": _operation([cls, uid, _query("_fields")], found, wrong),
            "put": _operation([cls, uid, version], found, f"{wrong} 428 501", body=_OBJECT),
            "patch": _operation([cls, uid, version], found, f"{wrong} 501", body=_ref("Patch")),
            "delete": _operation([cls, uid, version], found, wrong),
        },
    }


def _questions() -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 0, "maximum": 1000}
    return [
        _query("_queryFilter", {"type": "string", "examples": ["true", 'email sw "a"']}),
        _query("_queryId", {"enum": ["query-all-ids"]}),
        *(_query(name) for name in ("_fields", "_sortKeys", "_pagedResultsCookie")),
        *(_query(name, number) for name in ("_pageSize", "_pagedResultsOffset")),
        _query("_totalPagedResultsPolicy", {"enum": ["NONE", "ESTIMATE", "EXACT"]}),
        _flag("_prettyPrint"),
    ]


def _config() -> dict[str, Any]:
    found, wrong = {"200": _OBJECT}, "400 403 404 412"
    return {
        "/openidm/config/provisioner.openicf/hubspot": {
            "get": _operation([], found, wrong),
            "put": _operation([], found, wrong, body=_OBJECT),
            "patch": _operation([], found, f"{wrong} 501", body=_ref("Patch")),
            "delete": _operation([], found, wrong),
        }
    }


def _recon() -> dict[str, Any]:
    uid = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z0-9-]+$"}}
    start = [
        _action(["recon", "reconById"]),
        _query("mapping"),
        _query("ids"),
        _flag("waitForCompletion"),
        _flag("analyze"),
    ]
    return {
        "/openidm/recon": {
            "get": _operation([], {"200": _OBJECT}, "403"),
            "post": _operation(start, {"200": _OBJECT}, "400 403 409"),
        },
        "/openidm/recon/{id}": {
            "get": _operation([uid], {"200": _OBJECT}, "400 403 404"),
            "post": _operation([uid, _action(["cancel"])], {"200": _OBJECT}, "400 403 404 501"),
        },
    }


def _scim() -> dict[str, Any]:
    """Where SCIM is served; what it takes and gives is the standard's: RFC 7643, RFC 7644."""
    found: dict[str, Any] = {}
    uid = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
    for base, kinds in (
        ("/scim/v2", ("Users", "Groups")),
        ("/scim/v1", ("Users", "Groups")),
        ("/hubspot", ("contacts",)),
    ):
        media = "application/json" if base != "/scim/v2" else "application/scim+json"
        for kind in kinds:
            found[f"{base}/{kind}"] = {
                "get": _operation([_query("filter")], {"200": _OBJECT}, "400 403", media=media),
                "post": _operation([], {"201": _OBJECT}, "400 403 409", body=_OBJECT, media=media),
            }
            found[f"{base}/{kind}/{{id}}"] = {
                "get": _operation([uid], {"200": _OBJECT}, "403 404", media=media),
                "put": _operation([uid], {"200": _OBJECT}, "400 403 404 409 412", body=_OBJECT, media=media),
                "patch": _operation([uid], {"200": _OBJECT}, "400 403 404 409 412", body=_OBJECT, media=media),
                "delete": _operation([uid], {"204": None}, "403 404 412", media=media),
            }
    return found


def _health() -> dict[str, Any]:
    return {
        path: {"get": {"security": [], **_operation([], {"200": True}, "503", media="*/*")}}
        for path in ("/healthz", "/readyz")
    }


def _operation(
    parameters: list[dict[str, Any]],
    good: dict[str, Any],
    bad: str,
    *,
    body: Any = None,
    media: str = "application/json",
) -> dict[str, Any]:
    """One operation: answers that are good by their schemas, and statuses of others."""
    responses = {status: _response(status, schema, media) for status, schema in good.items()}
    error = _ref("Error") if media == "application/json" else True
    responses |= {status: _response(status, error, media) for status in f"{bad} 401 413 429".split(" ")}
    found: dict[str, Any] = {"parameters": parameters, "responses": responses}
    if body is not None:
        found["requestBody"] = {"content": {media: {"schema": body}}}
    return found


def _response(status: str, schema: Any, media: str) -> dict[str, Any]:
    content = {} if schema is None else {"content": {media: {"schema": schema}}}
    return {"description": _REASONS[status], **content}


def _action(names: list[str], *, required: bool = True) -> dict[str, Any]:
    return {"name": "_action", "in": "query", "required": required, "schema": {"enum": names}}


def _query(name: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema or _TEXT}


def _flag(name: str) -> dict[str, Any]:
    return _query(name, {"type": "boolean"})


def _ascii() -> dict[str, Any]:
    return {"type": "string", "pattern": "^[!-~]+$"}


def _shape(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
