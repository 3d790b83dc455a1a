"""SCIM creates a second on one gateway process, how long an answer takes, and what it keeps in memory.

    python -P -m tests.bench.gateway [--people 100000] [--senders 8] [--idle] [--rate N]

Non-blocking SCIM 2.0 creates over HTTPS with a self-signed certificate, on connections that stay open. The feed brings everybody to a
simulator meanwhile (110 requests in 10 seconds); with `--idle` the client's people are kept in the repository only. With
`--rate` so many creates a second are sent, else as many as are answered. The sender is another process, on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import ssl
import tempfile
import time
from pathlib import Path

from tests.bench.memory import _resident
from tests.support.gateway_process import SECRET, GatewayProcess, gateway_process
from tests.support.simulator import Simulator, start_simulator

WIDE = {
    "per_second_per_client": 100_000.0, "max_requests": 1_000, "max_requests_per_client": 1_000,
    "max_connections_per_address": 1_000,
}  # fmt: skip
STEP = 0.5
PATIENCE = 900.0


class Sender:
    """One connection that stays open: as little work as can be, for the gateway shall be measured and not this."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self._port = int(gateway.url.rpartition(":")[2])
        self._tls = ssl.create_default_context(cafile=str(gateway.paths.config / "gateway-certificate.pem"))
        word = base64.b64encode(f"admin:{SECRET}".encode()).decode()
        self._head = (
            f"POST /scim2/Users HTTP/1.1\r\nHost: localhost:{self._port}\r\nAuthorization: Basic {word}\r\n"
            "Content-Type: application/scim+json\r\nContent-Length: %d\r\n\r\n"
        )

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self._port, ssl=self._tls, server_hostname="localhost"
        )

    async def create(self, number: int) -> int:
        """Create somebody; the status."""
        body = json.dumps(user(number)).encode()
        self._writer.write((self._head % len(body)).encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        await self._reader.readexactly(length)
        return int(head[9:12])


def user(number: int) -> dict[str, object]:
    """A User as WSO2 sends one."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"person{number}",
        "name": {"givenName": "Person", "familyName": f"Number {number}"},
        "emails": [f"person{number}@example.org"],
        "phoneNumbers": [{"type": "work", "value": "+94712345678"}],
    }


async def send(gateway: GatewayProcess, people: int, senders: int, rate: float) -> tuple[list[float], float]:
    """Seconds of each answer, and of it all."""
    numbers = iter(range(people))
    took: list[float] = []
    began = time.monotonic()

    async def one() -> None:
        sender = Sender(gateway)
        await sender.open()
        for number in numbers:
            if rate:
                await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            sent = time.monotonic()
            status = await sender.create(number)
            took.append(time.monotonic() - sent)
            if status != 201:
                raise SystemExit(f"person {number} was answered with {status}")

    await asyncio.gather(*(one() for _ in range(senders)))
    return took, time.monotonic() - began


async def watch(gateway: GatewayProcess, seen: list[tuple[float, float]]) -> None:
    """Samples of the gateway's resident megabytes."""
    assert gateway.process is not None
    while True:
        seen.append((time.monotonic(), _resident(gateway.process.pid)))
        await asyncio.sleep(STEP)


async def measured(gateway: GatewayProcess, hubspot: Simulator, given: argparse.Namespace) -> None:
    """Print one line of the table."""
    seen: list[tuple[float, float]] = []
    watching = asyncio.create_task(watch(gateway, seen))
    took, seconds = await send(gateway, given.people, given.senders, given.rate)
    sent_at = time.monotonic()
    while not given.idle and hubspot.state()["objects"]["contacts"] < given.people:
        await asyncio.sleep(1.0)
        if time.monotonic() - sent_at > PATIENCE:
            raise SystemExit(f"only {hubspot.state()['objects']} are in HubSpot")
    behind = time.monotonic() - sent_at
    watching.cancel()
    took.sort()
    tenth = seen[0][0] + seconds / 10
    early = next(megabytes for at, megabytes in seen if at >= tenth)
    during = max(megabytes for at, megabytes in seen if at <= sent_at)
    state = hubspot.state()
    print(
        f"| {'kept only' if given.idle else 'to HubSpot'} | {given.people:,} | {given.people / seconds:,.0f}"
        f" | {took[len(took) // 2] * 1000:.0f} | {took[len(took) * 95 // 100] * 1000:.0f} | {took[-1] * 1000:,.0f}"
        f" | {early:.0f} | {during:.0f} | {seen[-1][1]:.0f} | {max(m for _, m in seen):.0f}"
        f" | {'' if given.idle else f'{behind:.0f}'} | {state['requests']['total']:,} | {state['rateLimited']} |"
    )


async def main() -> None:
    """Once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--idle", action="store_true")
    given = parser.parse_args()
    mapping = "" if given.idle else "managed"
    print("| people are | people | creates a second | p50, ms | p95, ms | slowest, ms | MB after a tenth | largest while sent"
          " | MB at the end | largest | s until all are in HubSpot | requests | 429 |")  # fmt: skip
    print("| --- " * 13 + "|")
    with (
        tempfile.TemporaryDirectory() as folder,
        start_simulator(burst="110/10", daily=10_000_000) as hubspot,
        gateway_process(Path(folder), hubspot, mapping=mapping, **WIDE) as gateway,
    ):
        await measured(gateway, hubspot, given)


if __name__ == "__main__":
    asyncio.run(main())
