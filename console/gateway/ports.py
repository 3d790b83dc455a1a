"""What the parts of the gateway know of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from console.repository.person import Person

Right = Literal[
    "scim:read", "scim:write", "system:read", "system:write", "config:read", "config:write", "recon", "metrics"
]
RIGHTS: tuple[Right, ...] = (
    "scim:read", "scim:write", "system:read", "system:write", "config:read", "config:write", "recon", "metrics",
)  # fmt: skip
ChangeKind = Literal["created", "changed", "removed"]
FedState = Literal["done", "accepted", "out_of_scope", "failed"]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls, once it is known: a client of the gateway.

    `mapping` reads `people:` and says what becomes of whom the client pushes, "" keeps them here only. `scope` is a query
    filter on people: others are kept, but not provisioned. `blocking` waits for HubSpot. `deletion` is what a DELETE
    does: remove the person, or make them inactive.
    """

    client: str
    rights: frozenset[Right]
    mapping: str = ""
    scope: str = ""
    blocking: bool = False
    deletion: Literal["remove", "deactivate"] = "remove"

    def may(self, right: Right) -> bool:
        """Whether the client has this right."""
        return right in self.rights


class Fed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a change on its way to HubSpot. `uid` is HubSpot's id where it is known."""

    state: FedState
    uid: str = ""
    message: str = ""


class Feed(Protocol):
    """The way from the managed repository to HubSpot."""

    async def changed(self, caller: Caller, person: Person, kind: ChangeKind) -> Fed:
        """A person was written, durably; bring that to HubSpot now (blocking) or soon."""

    def counts(self) -> dict[str, float]:
        """Numbers for monitors and the screen: waiting, behind_seconds, failed, done."""

    def wake(self) -> None:
        """Something may have to be done: look now."""
