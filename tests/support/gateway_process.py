"""A real `hubspoke gateway` over HTTPS with a certificate of its own making: it may be killed and started again."""

from __future__ import annotations

import json
import select
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from console.gateway.settings import Client, GatewaySettings, save
from console.settings.paths import Paths
from tests.support.managed import SCIM_MAPPING
from tests.support.operator import Operator
from tests.support.ports import free_port
from tests.support.simulator import Simulator

SECRET = "admin-secret"
_READY = 40.0


class GatewayProcess:
    """The gateway of an operator's folders; `url` stays what it is when it is started again."""

    def __init__(self, folder: Path, hubspot: Simulator, **settings: Any) -> None:
        self.operator = Operator(folder, hubspot.url, hubspot.token, environment={"HUBSPOKE_GATEWAY_WSO2": SECRET})
        self.paths = Paths.resolve(str(self.operator.config), str(self.operator.state))
        self.paths.mappings.mkdir(parents=True, exist_ok=True)
        (self.paths.mappings / "managed.toml").write_text(SCIM_MAPPING, encoding="utf-8")
        blocking, mapping = bool(settings.pop("blocking", False)), str(settings.pop("mapping", "managed"))
        client = Client(name="wso2", user="admin", mapping=mapping, blocking=blocking)
        listen = f"127.0.0.1:{free_port()}"
        self.url = f"https://{listen}"
        save(self.paths, GatewaySettings(listen=listen, client=(client,), **settings))
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start, and wait until it listens."""
        self.process = self.operator.start("gateway", "--ready-json")
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], _READY)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            self.process.kill()
            raise AssertionError(f"the gateway did not start: {self.process.communicate()[1][-2000:]}")
        assert json.loads(line)["url"] == self.url

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate(timeout=20)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.terminate()
        self.process.communicate(timeout=50)
        return self.process.returncode

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A client that trusts the gateway's certificate, and signs in."""
        context = ssl.create_default_context(cafile=str(self.paths.config / "gateway-certificate.pem"))
        return httpx.AsyncClient(
            base_url=self.url, auth=("admin", SECRET), headers=headers, verify=context, trust_env=False, timeout=30
        )


@contextmanager
def gateway_process(folder: Path, hubspot: Simulator, **settings: Any) -> Iterator[GatewayProcess]:
    """A started gateway, which ends with the block."""
    made = GatewayProcess(folder, hubspot, **settings)
    made.start()
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.process.kill()
            with suppress(subprocess.TimeoutExpired):
                made.process.communicate(timeout=20)
