"""A simulator of its own for each test that wants one: a real process on a real socket.

    with start_simulator(contacts=50, burst="110/10") as hubspot:
        hubspot.url, hubspot.token, hubspot.client_id, hubspot.client_secret, hubspot.refresh_token, hubspot.portal_id
        hubspot.post("/crm/v3/objects/contacts", {"properties": {...}}).json
        hubspot.faults("reset=1x@batch/create")
        hubspot.state()["creates"]
        hubspot.dump("contacts")

Options are those of `hubspoke simulator`, with `_` for `-`; the defaults here are quick ones: no hostile records, no
index lag, a huge burst allowance.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.judge import Answer, request

DEFAULTS: dict[str, Any] = {
    "contacts": 0,
    "companies": 0,
    "burst": "100000/10",
    "search": "100000/1",
    "associations": "100000/10",
    "index_lag": 0,
    "hostile": False,
}
READY_WITHIN = 20.0


@dataclass
class Simulator:
    """A running simulator; `process` may be killed by a test that wants HubSpot to vanish."""

    process: subprocess.Popen[bytes]
    url: str
    token: str
    client_id: str
    client_secret: str
    refresh_token: str
    portal_id: int
    options: dict[str, Any] = field(default_factory=dict)

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """One request with the static token; see `judge.request`."""
        more.setdefault("token", self.token)
        return request(method, self.url + path, body, **more)

    def get(self, path: str, **more: Any) -> Answer:
        """GET with the static token."""
        return self.request("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> Answer:
        """POST with the static token."""
        return self.request("POST", path, body, **more)

    def access_token(self) -> str:
        """A fresh access token of the OAuth app."""
        form = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
        }
        return str(self.request("POST", "/oauth/2026-09/token", form=form, token=None).json["access_token"])

    # the control panel

    def state(self) -> dict[str, Any]:
        """Counters, creates, minted tokens, settings; see `Portal.state`."""
        return dict(self.get("/_simulator/state").json)

    def log(self, op: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """Every write: number, op, type, id, key, trace, at, request."""
        query = f"?after={after}" + (f"&op={op}" if op else "")
        return list(self.get("/_simulator/log" + query).json)

    def dump(
        self, object_type: str = "contacts", *, archived: bool = False, computed: bool = False
    ) -> dict[str, dict[str, str]]:
        """Every record's id -> its stored (or all) values, read past the API."""
        answer = self.get(f"/_simulator/objects/{object_type}?computed={str(computed).lower()}")
        records = [json.loads(line) for line in answer.body.splitlines()]
        return {record["id"]: record["properties"] for record in records if record["archived"] is archived}

    def by_email(self) -> dict[str, dict[str, str]]:
        """Every contact's email -> all its values."""
        return {values["email"]: values for values in self.dump().values() if "email" in values}

    def faults(self, spec: str = "", *faults: dict[str, Any], append: bool = False) -> None:
        """Misbehave from now on; no argument: behave again."""
        self._control("faults", {"spec": spec, "faults": list(faults), "append": append})

    def settings(self, **changed: Any) -> None:
        """latency, indexLag (seconds), authorizePage="approve", echoTrace, deleteMissing... see `switches.Switches`."""
        self._control("settings", changed)

    def allowances(self, **changed: Any) -> None:
        """burst="110/10", search="5/1", associations="100/10", daily=N, dailyUsed=N."""
        self._control("allowances", changed)

    def credentials(self, **changed: Any) -> None:
        """expireAccess, revokeRefresh, rotateRefresh, staticWorks, tokenSeconds, tokenDiesAfter, scopes.

        redirectUris, codeSeconds, pkce, hubDeleted: of the OAuth app.
        """
        self._control("credentials", changed)

    def rules(self, spec: str = "", *forms: dict[str, Any]) -> None:
        """Write rules from now on: required properties as `--require` has them, rules of form; none: no rules."""
        self._control("rules", {"spec": spec, "forms": list(forms)})

    def asked(self, after: int = 0, path: str = "") -> list[dict[str, Any]]:
        """The request log: number, at, method, path, query, kind, app, status, milliseconds, fault, correlation."""
        return list(self.get(f"/_simulator/requests?after={after}&path={path}").json)

    def advance(self, seconds: float) -> None:
        """Skip time: tokens expire, windows empty, the index catches up."""
        self._control("clock", {"advance": seconds})

    def mutate(self, object_type: str, id_: str | None = None, *, archived: bool = False, **values: str) -> str:
        """Somebody else writes a record, unchecked and unlogged; returns its id."""
        body = {"objectType": object_type, "properties": values, "archived": archived}
        return str(self._control("records", body if id_ is None else {**body, "id": id_}).json["id"])

    def reset(self) -> None:
        """Begin again with the seeded records, options and credentials of the start; quicker than a new process."""
        self._control("reset", {})

    def stop(self) -> int:
        """End gracefully; the exit code."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        return self.process.wait(timeout=10)

    def _control(self, panel: str, body: dict[str, Any]) -> Answer:
        answer = self.post(f"/_simulator/{panel}", body)
        assert answer.status == 200, answer.text
        return answer


@contextmanager
def start_simulator(**options: Any) -> Iterator[Simulator]:
    """A simulator that ends with the block."""
    chosen = DEFAULTS | options
    with tempfile.TemporaryDirectory(prefix="simulator-") as folder:
        errors = Path(folder) / "stderr"
        with errors.open("wb") as stderr:
            process = subprocess.Popen(_command(chosen), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            facts = _ready(process, errors)
            yield Simulator(
                process=process,
                url=facts["url"],
                token=facts["token"],
                client_id=facts["clientId"],
                client_secret=facts["clientSecret"],
                refresh_token=facts["refreshToken"],
                portal_id=facts["portalId"],
                options=chosen,
            )
        finally:
            with suppress(OSError):
                process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def _command(options: dict[str, Any]) -> list[str]:
    command = [sys.executable, "-P", "-m", "console.simulator", "--ready-json", "--exit-with-stdin"]
    for name, value in options.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            command.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, list | tuple):
            command += [f"--{flag}={one}" for one in value]
        else:
            command += [f"--{flag}", str(value)]
    return command


def _ready(process: subprocess.Popen[bytes], errors: Path) -> dict[str, Any]:
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], READY_WITHIN)
    line = process.stdout.readline() if readable else b""
    if not line:
        process.kill()
        process.wait()
        raise RuntimeError(f"the simulator did not start: {errors.read_text()}")
    return dict(json.loads(line))
