"""Connections are used again, and there are never more of them than the profile allows."""

from __future__ import annotations

import asyncio

import pytest

from console.hubspot.secret import Secret
from console.hubspot.transport import CONNECTIONS, Transport
from console.settings.profile import Profile
from console.settings.profiles import assign
from tests.support.hubspot_parts import ACCESS, profile
from tests.support.scripted_server import Reply, ScriptedServer


async def sent(transport: Transport, url: str, requests: int) -> list[int]:
    """The answers to so many requests at once."""
    asked = [transport.send("GET", f"{url}/{number}", bearer=Secret(ACCESS)) for number in range(requests)]
    return [answer.status for answer in await asyncio.gather(*asked)]


def with_connections(url: str, value: str) -> Profile:
    """The number as a provisioner file or the command line has it: text."""
    return assign(profile(url), {"maximumConnections": value})


@pytest.mark.connector_row("pooling-http")
@pytest.mark.connector_row("config-maximum-connections")
@pytest.mark.parametrize("most", [1, 3, 10])
async def test_a_pool_opens_as_many_connections_as_allowed_and_uses_them_again(most: int) -> None:
    async with ScriptedServer([Reply(200, {}, delay=0.02)]) as server:
        transport = Transport(with_connections(server.url, str(most)))
        for _ in range(3):
            assert await sent(transport, server.url, 12) == [200] * 12
        await transport.aclose()
    assert server.connections == most
    assert len(server.received) == 36


async def test_auto_is_a_bounded_pool_too() -> None:
    async with ScriptedServer([Reply(200, {}, delay=0.05)]) as server:
        transport = Transport(with_connections(server.url, "auto"))
        assert await sent(transport, server.url, 40) == [200] * 40
        await transport.aclose()
    assert server.connections == CONNECTIONS


async def test_one_request_after_the_other_needs_one_connection() -> None:
    async with ScriptedServer([Reply(200, {})]) as server:
        transport = Transport(with_connections(server.url, "10"))
        for _ in range(10):
            assert await sent(transport, server.url, 1) == [200]
        await transport.aclose()
    assert server.connections == 1


async def test_a_connection_that_the_server_closed_is_replaced() -> None:
    async with ScriptedServer([Reply(200, {}, then="close")]) as server:
        transport = Transport(with_connections(server.url, "2"))
        for _ in range(4):
            assert await sent(transport, server.url, 1) == [200]
            await asyncio.sleep(0.02)  # the end of the connection arrives
        await transport.aclose()
    assert server.connections == 4
