"""The gateway as one thing: an open profile, its settings, its clients, and the way to HubSpot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.gateway.clients import Clients
from console.gateway.limits import Limits
from console.gateway.live import Live
from console.gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from console.gateway.ports import Feed
    from console.session import Session


@dataclass
class Gateway:
    """What the parts of the gateway are given."""

    session: Session
    settings: GatewaySettings
    clients: Clients
    feed: Feed
    live: Live = field(default_factory=Live)
    limits: Limits = field(init=False)
    stopping: bool = False

    def __post_init__(self) -> None:
        self.limits = Limits(self.settings)
