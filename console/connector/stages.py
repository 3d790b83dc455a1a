"""The stages of the connectivity test: their names, and what a finished one says."""

from __future__ import annotations

from typing import Literal

import msgspec

from console.hubspot.fingerprint import PeerCertificate

State = Literal["pass", "warn", "fail", "skipped"]

STAGES = {
    "settings": "Settings",
    "name": "Name resolution",
    "connection": "Connection",
    "tls": "TLS",
    "credentials": "Credentials",
    "scopes": "Scopes",
    "account": "Account",
    "contacts": "Read contacts",
    "companies": "Read companies",
    "contactProperties": "Contact properties",
    "companyProperties": "Company properties",
    "writeContacts": "Write contacts",
    "writeCompanies": "Write companies",
    "schema": "Schema",
    "allowance": "Allowance",
}
"""Every stage and its title, in the order in which they are tried."""

RIGHTS = (
    "scopes",
    "contacts",
    "companies",
    "contactProperties",
    "companyProperties",
    "writeContacts",
    "writeCompanies",
)
"""Stages that ask for one right each: where one is missing, the others are tried all the same."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One finished stage. `detail` is what was seen; `cause` and `advice` are for warnings and failures.

    `certificate` is what the server showed (the tls stage); `acceptable` says that it can be accepted as it is.
    `icf_error` is the error class that an identity server would be told, of a failure only.
    """

    name: str
    title: str
    state: State
    detail: str = ""
    cause: str = ""
    advice: str = ""
    correlation_id: str = ""
    milliseconds: float | None = None
    certificate: PeerCertificate | None = None
    acceptable: bool = False
    icf_error: str = ""


class Said(msgspec.Struct, frozen=True):
    """What a stage that did not fail has to say."""

    detail: str
    state: State = "pass"
    cause: str = ""
    advice: str = ""
    certificate: PeerCertificate | None = None


class Problem(Exception):
    """A stage that failed: `what` was seen, the likely `cause`, and what to do."""

    def __init__(
        self,
        what: str,
        cause: str,
        advice: str,
        *,
        certificate: PeerCertificate | None = None,
        acceptable: bool = False,
        icf_error: str = "",
    ) -> None:
        super().__init__(what)
        self.what, self.cause, self.advice = what, cause, advice
        self.certificate, self.acceptable = certificate, acceptable
        self.icf_error = icf_error
