"""What an operator or a test asks of the simulator."""

from __future__ import annotations

import dataclasses
from typing import Any


class OptionError(Exception):
    """An option that makes no sense; the message says which and why."""


@dataclasses.dataclass(slots=True)
class Options:
    """Options of one simulator; all times in seconds. `switches.Switches` holds what may change while it runs."""

    host: str = "127.0.0.1"
    port: int = 0
    contacts: int = 1000
    companies: int | None = None
    seed: int = 1
    burst: tuple[int, float] = (110, 10.0)
    search: tuple[int, float] = (5, 1.0)
    associations: tuple[int, float] = (100, 10.0)
    daily: int = 250_000
    latency: float = 0.0
    index_lag: float = 2.0
    token_seconds: int = 1800
    token_dies_after: float | None = None
    redirect_uris: tuple[str, ...] = ("http://localhost:8765/callback",)
    hostile: bool = True
    faults: str = ""
    require: str = ""
    account_type: str = "DEVELOPER_TEST"
    scopes: tuple[str, ...] | None = None
    assume: dict[str, Any] = dataclasses.field(default_factory=dict)


def parse_allowance(text: str) -> tuple[int, float]:
    """`110/10` -> 110 requests in any 10 seconds."""
    count, slash, seconds = text.partition("/")
    try:
        allowance = int(count), float(seconds) if slash else 10.0
    except ValueError:
        raise OptionError(f"{text!r} is not N/SECONDS, such as 110/10") from None
    if allowance[0] < 1 or not 0 < allowance[1] < 86_400:
        raise OptionError(f"{text!r}: N must be at least 1 and SECONDS above 0")
    return allowance


def parse_listen(text: str) -> tuple[str, int]:
    """`127.0.0.1:0` or `[::1]:8123` -> host and port; only loopback addresses are accepted."""
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = text, "0"
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdigit() or int(port) > 65_535:
        raise OptionError(f"{text!r} is not HOST:PORT")
    if host == "localhost":
        host = "127.0.0.1"
    import ipaddress

    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise OptionError(
            f"{host} is not a loopback address: the simulator speaks plain HTTP and stays on this machine"
        )
    return host, int(port)
