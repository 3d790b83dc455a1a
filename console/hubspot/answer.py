"""What HubSpot answered to one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from console.hubspot.errors import Unexpected

T = TypeVar("T")

CORRELATION_HEADER = "x-hubspot-correlation-id"
_CORRELATION_LENGTH = 80


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP answer, whole. Header names are lower-case; `elapsed` is in seconds.

    It shows neither body nor headers of itself: a token endpoint's hold tokens, others hold people.
    """

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    elapsed: float = 0.0

    def __repr__(self) -> str:
        return f"Answer({self.status}, {len(self.body)} bytes)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("status", self.status), ("bytes", len(self.body))]

    @property
    def ok(self) -> bool:
        """Whether the status is one of the 200s; which of them drifts, so all count alike."""
        return 200 <= self.status <= 299

    @property
    def correlation_id(self) -> str:
        """HubSpot's id of this request, or Cloudflare's; empty where neither is there."""
        found = self.headers.get(CORRELATION_HEADER) or self.headers.get("cf-ray") or ""
        return tame(found)

    def json(self) -> Any:
        """The body as JSON, untyped.

        Raises:
            Unexpected: it is not JSON.
        """
        return self.decode(object)

    def decode(self, shape: type[T]) -> T:
        """The body as `shape`.

        Raises:
            Unexpected: it is not JSON, or JSON of another shape.
        """
        try:
            return msgspec.json.decode(self.body, type=shape)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Unexpected(
                f"HubSpot answered {self.status} with {describe(self)} instead of the JSON it promises: {kind_of(error)}",
                status=self.status,
                correlation_id=self.correlation_id,
            ) from None


def tame(text: object) -> str:
    """An id from outside: printable ASCII without blanks, of bounded length."""
    if not isinstance(text, str):
        return ""
    return "".join(char for char in text[:_CORRELATION_LENGTH] if "!" <= char <= "~")


def describe(answer: Answer) -> str:
    """What the body looks like, without its content."""
    if not answer.body.strip():
        return "an empty body"
    start = answer.body.lstrip()[:200].lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml")) or b"<html" in start:
        return "an HTML page"
    content_type = tame(answer.headers.get("content-type", "").split(";")[0])
    return f"{len(answer.body)} bytes of {content_type or 'no content type'}"


def kind_of(error: Exception) -> str:
    """What is wrong with the JSON; never the JSON itself."""
    if isinstance(error, msgspec.ValidationError):
        return str(error)[:200]
    return "it does not parse"
