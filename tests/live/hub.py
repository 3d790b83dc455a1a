"""A HubSpot account that probes may write to: its own HTTP client, a prefix for all it makes, and an end without traces."""

from __future__ import annotations

import json
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.judge import Answer

HUBSPOT = "https://api.hubapi.com"
TOKEN, URL = "HUBSPOKE_LIVE_TOKEN", "HUBSPOKE_LIVE_URL"
CLIENT_ID, REQUIRED = "HUBSPOKE_LIVE_CLIENT_ID", "HUBSPOKE_LIVE_REQUIRED"
ALLOWED = "DEVELOPER_TEST"
VERSION = "2026-09"
TRIES = 6
TIMEOUT = 60.0


class Refused(Exception):
    """The probes must not run here; the message says why and what to do."""


@dataclass
class Hub:
    """One account. What `contact`, `company` and `property` make, `clean` takes away."""

    url: str
    token: str
    client_id: str = ""
    required: str = ""
    pause: float = 0.25
    prefix: str = field(default_factory=lambda: f"hubspoke-live-{secrets.token_hex(4)}")
    _made: list[Callable[[], Answer]] = field(default_factory=list)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Hub:
        """The account named by the environment; Refused without a token or with a URL that is not loopback's."""
        token = env.get(TOKEN, "")
        if not token:
            raise Refused(f"{TOKEN} is not set: give the token of a developer test account")
        url = env.get(URL, HUBSPOT).rstrip("/")
        if url != HUBSPOT and not _is_loopback(url):
            raise Refused(f"{URL} may only name the simulator on loopback, not {urlsplit(url).hostname}")
        pause = 0.25 if url == HUBSPOT else 0.0
        return cls(url, token, env.get(CLIENT_ID, ""), env.get(REQUIRED, ""), pause)

    def check(self) -> str:
        """Who the account is; Refused unless it is a developer test account."""
        answer = self.get(f"/account-info/{VERSION}/details")
        if answer.status == 404:
            answer = self.get("/account-info/v3/details")
        if answer.status != 200:
            raise Refused(f"the account cannot be read: status {answer.status}. Check the token")
        kind = answer.json.get("accountType")
        if kind != ALLOWED:
            raise Refused(f"this is a {kind} account; the probes write, and only to {ALLOWED} accounts")
        return f"portal {answer.json.get('portalId')} ({kind})"

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """One request, again after a 429 unless `patient` is False."""
        patient = more.pop("patient", True)
        for attempt in range(TRIES):
            time.sleep(self.pause)
            answer = self._once(method, path, body, **more)
            if answer.status != 429 or not patient:
                return answer
            time.sleep(1 + attempt)
        return answer

    def get(self, path: str, **more: Any) -> Answer:
        """GET."""
        return self.request("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> Answer:
        """POST."""
        return self.request("POST", path, body, **more)

    def email(self, name: str) -> str:
        """An address of this run's own."""
        return f"{self.prefix}-{name}@example.com"

    def contact(self, name: str, version: str = VERSION, **values: Any) -> str:
        """A new contact's id."""
        answer = self.post(objects("contacts", version), {"properties": {"email": self.email(name), **values}})
        assert answer.status == 201, answer.text
        return self.keep("contacts", answer.json["id"])

    def keep(self, object_type: str, id_: str) -> str:
        """Remember a record that was made, so that it goes at the end."""
        self._made.append(lambda: self.request("DELETE", f"{objects(object_type)}/{id_}"))
        return id_

    def keep_property(self, name: str) -> None:
        """Remember a property that was made."""
        self._made.append(lambda: self.request("DELETE", f"/crm/properties/{VERSION}/contacts/{name}"))

    def keep_batch(self, object_type: str, answer: Answer) -> None:
        """Remember whatever a batch made."""
        if answer.headers.get("content-type", "").startswith("application/json"):
            for result in answer.json.get("results", []):
                self.keep(object_type, result["id"])

    def clean(self) -> list[str]:
        """Take away everything, newest first; what could not be."""
        left = []
        while self._made:
            answer = self._made.pop()()
            if answer.status not in (204, 404):
                left.append(answer.text)
        return left

    def _once(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        form: dict[str, str] | None = None,
        raw: bytes | None = None,
        media: str = "application/json",
    ) -> Answer:
        parts = urlsplit(self.url + path)
        headers = {"Authorization": f"Bearer {self.token}"}
        data = raw
        if form is not None:
            headers = {}
            data, media = urlencode(form).encode(), "application/x-www-form-urlencoded"
        elif body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = media
        connection: HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = HTTPSConnection(parts.hostname or "", parts.port, timeout=TIMEOUT, context=context)
        else:
            connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), data, headers)
            response: HTTPResponse = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, received, response.read())
        finally:
            connection.close()


def objects(object_type: str, version: str = VERSION) -> str:
    """The path of the records of a type."""
    return f"/crm/v3/objects/{object_type}" if version == "v3" else f"/crm/objects/{version}/{object_type}"


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
