"""The result of the connectivity test as identity servers know it: the status of a connector (identity facts, A4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.connector.stages import Stage
from console.settings.profile import Profile
from console.settings.provisioner_keys import CONNECTOR_REF

OBJECT_TYPES = ("company", "contactProperties", "__ALL__", "companyProperties", "contact")


def status_of(profile: Profile, stages: Sequence[Stage]) -> dict[str, Any]:
    """`name, enabled, config, connectorRef, displayName, objectTypes, ok`, `error` when not ok, and `stages`."""
    document = profile.icf.document
    name, reference = document.get("name"), document.get("connectorRef")
    name = name if isinstance(name, str) and name else profile.name
    failed = [stage for stage in stages if stage.state == "fail"]
    found: dict[str, Any] = {
        "name": name,
        "enabled": profile.enabled,
        "config": f"config/provisioner.openicf/{name}",
        "connectorRef": reference if isinstance(reference, dict) and reference else CONNECTOR_REF,
        "displayName": profile.title,
        "objectTypes": list(profile.icf.object_types or OBJECT_TYPES),
        "ok": not failed,
    }
    if failed:
        found["error"] = f"{failed[0].title}: {failed[0].detail}"
    found["stages"] = [_shape(stage) for stage in stages]
    return found


def _shape(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": stage.name,
        "title": stage.title,
        "state": stage.state,
        "detail": stage.detail,
        "cause": stage.cause,
        "advice": stage.advice,
        "correlationId": stage.correlation_id,
        "milliseconds": round(stage.milliseconds or 0, 1),
    }
    if stage.icf_error:
        found["icfError"] = stage.icf_error
    if stage.certificate is not None:
        certificate = stage.certificate
        found["certificate"] = {
            "fingerprint": certificate.fingerprint,
            "subject": certificate.subject,
            "issuer": certificate.issuer,
            "names": list(certificate.names),
            "notBefore": certificate.not_before,
            "notAfter": certificate.not_after,
            "selfSigned": certificate.self_signed,
            "acceptable": stage.acceptable,
        }
    return found
