"""Whether a write would be accepted, as far as that can be known without sending it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.connector.classes import CLASSES
from console.connector.errors import AlreadyExists, icf_error
from console.connector.operations import Operations
from console.connector.record_values import native_attributes, to_send
from console.hubspot.errors import HubSpotError, NotFound


async def rehearse(operations: Operations, operation: str, cls: str, values: Mapping[str, Any], uid: str = "") -> None:
    """Check a CREATE, an UPDATE or a DELETE of an object that is there.

    Raises:
        PermissionDenied: the operation is configured to be denied.
        InvalidAttributeValue: the values are not those of the schema.
        AlreadyExists: another contact has the email.
    """
    operations.types.check(operation, cls)
    given = operations.types.find(cls)
    kind = CLASSES.get(given.native)
    if kind is None or operation == "DELETE":
        return
    connector, creating = operations.connector, operation == "CREATE"
    try:
        native = native_attributes(kind, given.incoming(values, creating=creating))
        schema = await connector.schema(kind.name)
        properties, _ = to_send(kind, schema, native, creating=creating, strict=connector.live_schema)
        email = properties.get("email") if kind.name == "contact" else None
        holder = await _holder(operations, email) if email else None
    except HubSpotError as error:
        raise icf_error(error, operation, cls, uid) from error
    if holder is not None and holder != uid:
        raise AlreadyExists(
            f"The email {email} belongs to contact {holder} already.",
            advice=f"Update {holder} instead, or merge the two.",
            uid=uid,
            existing_id=holder,
        )


async def _holder(operations: Operations, email: str) -> str | None:
    try:
        return (await operations.connector.objects("contact").read(email, ["email"], id_property="email")).id
    except NotFound:
        return None
