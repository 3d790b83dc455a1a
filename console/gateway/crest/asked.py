"""A request as CREST reads it: which resource, what to do, with which parameters, preconditions and body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec
from starlette.requests import Request

from console.gateway.crest.refused import Refused, bad
from console.gateway.front import caller_of

if TYPE_CHECKING:
    from console.gateway.ports import Caller, Right

MAX_PAGE = 10_000
"""Objects of a page at most; whoever asks for more gets this many and a cookie."""
KNOWN = frozenset(
    {
        "_action", "_fields", "_mimeType", "_pageSize", "_pagedResultsCookie", "_pagedResultsOffset", "_prettyPrint",
        "_queryExpression", "_queryFilter", "_queryId", "_sortKeys", "_totalPagedResultsPolicy", "_crestapi",
        "_notes", "_text",
    }
)  # fmt: skip
"""Parameters of CREST, and two of our own: `_notes=true` gives what the operator is told, `_text` words to search for."""
_OVERRIDES = frozenset({"GET", "PUT", "PATCH", "DELETE"})
_VERSION = re.compile(r"\s*(protocol|resource)\s*=\s*([0-9]+)(?:\.([0-9]+))?\s*\Z")


class Asked:
    """One request. What makes no sense in it raises `Refused` when it is looked at."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.method = _method(request)
        self.path = _segments(request)
        self.caller: Caller = caller_of(request)
        self.parameters = _parameters(request.query_params.multi_items())
        self.action = self.parameters.get("_action", "")
        _check_version(request.headers.get("accept-api-version", ""))

    def need(self, right: Right) -> None:
        """Raises Refused where the client may not do that."""
        if not self.caller.may(right):
            raise Refused(403, f"Access denied: the client {self.caller.client} does not have the right {right}.")

    def refuse_unknown(self) -> None:
        """Parameters that nobody knows are told, not passed over; actions may have further ones of their own."""
        for name in self.parameters:
            if name not in KNOWN:
                raise bad(f"Unrecognized request parameter '{name[:60]}'")

    @property
    def base(self) -> str:
        """Where the resources are, as the client sees it."""
        url = self._request.url
        return f"{url.scheme}://{self._request.headers.get('host', url.netloc)}/openidm"

    @property
    def pretty(self) -> bool:
        """Whether a human reads the answer."""
        return self.flag("_prettyPrint")

    @property
    def fields(self) -> tuple[str, ...]:
        """The attributes that are wanted, without their slashes; empty for all that are given unasked."""
        names = [name.strip().removeprefix("/") for name in self.parameters.get("_fields", "").split(",")]
        return tuple(dict.fromkeys(name for name in names if name))

    @property
    def attributes(self) -> tuple[str, ...]:
        """What to ask the connector for: `_id` and `_rev` come without asking, and alone they need no more than a name."""
        found = tuple(name for name in self.fields if name not in ("_id", "_rev"))
        return found if found or not self.fields else ("__NAME__",)

    @property
    def sort_keys(self) -> tuple[str, ...]:
        """`a,-b`; a plus sign that came as a space is one."""
        keys = [key.strip() for key in self.parameters.get("_sortKeys", "").split(",")]
        return tuple(re.sub(r"^([+-]?)\s*/?", r"\1", key).removeprefix("+") for key in keys if key)

    def flag(self, name: str) -> bool:
        """A parameter that is true or false."""
        value = self.parameters.get(name, "false").lower()
        if value not in ("true", "false"):
            raise bad(f"The value '{value[:60]}' for parameter '{name}' could not be parsed as a valid boolean")
        return value == "true"

    def number(self, name: str) -> int:
        """A parameter that is a whole number of at least 0; 0 where it is not given."""
        value = self.parameters.get(name, "") or "0"
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            raise bad(f"The value '{value[:60]}' for parameter '{name}' could not be parsed as a valid integer")
        return int(value)

    @property
    def if_match(self) -> str | None:
        """The version that the client knows."""
        return _version(self._request.headers.get("if-match"))

    @property
    def if_none_match(self) -> str | None:
        """`*` where the resource must not be there yet."""
        value = _version(self._request.headers.get("if-none-match"))
        if value not in (None, "*"):
            raise bad('"*" is the only supported value for If-None-Match')
        if value is not None and self.if_match is not None:
            raise bad("If-Match and If-None-Match do not go together")
        return value

    async def document(self) -> dict[str, Any]:
        """The body, which has to be a JSON object; none is an empty one where an action needs nothing."""
        found = await self._json()
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise bad("The request could not be processed because the provided content is not a JSON object")
        return found

    async def operations(self) -> list[Any]:
        """The body of a PATCH: a JSON array."""
        found = await self._json()
        if not isinstance(found, list):
            raise bad("The request could not be processed because the provided content is not a JSON array")
        return found

    async def _json(self) -> Any:
        body = await self._request.body()
        if not body.strip():
            return None
        media = self._request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media not in ("application/json", "application/json-patch+json", ""):
            raise bad(
                f"The request could not be processed because it specified the content-type '{media[:60]}' when only the"
                " content-type 'application/json' is supported"
            )
        try:
            return msgspec.json.decode(body, strict=True)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise bad(
                f"The request could not be processed because the provided content is not valid JSON: {error}"
            ) from None


def _method(request: Request) -> str:
    override = request.headers.get("x-http-method-override", "").upper()
    if not override or request.method != "POST":
        return request.method
    if override not in _OVERRIDES | {"POST"}:
        raise bad(f"X-HTTP-Method-Override cannot be '{override[:20]}'")
    return override


def _segments(request: Request) -> tuple[str, ...]:
    """The path below /openidm, each part decoded by itself: an id may hold a slash."""
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    parts = raw.decode("ascii", "replace").partition("?")[0].split("/")
    return tuple(unquote(part) for part in parts[2:] if part)


def _parameters(given: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in given:
        if name in found and name in KNOWN:
            raise bad(f"Multiple values for the parameter '{name}'")
        found[name] = value
    return found


def _version(value: str | None) -> str | None:
    return None if value is None else value.strip().removeprefix("W/").strip('"')


def _check_version(header: str) -> None:
    """`protocol=2.1,resource=1.0`. Raises Refused."""
    for part in header.split(",") if header.strip() else ():
        match = _VERSION.match(part)
        if match is None:
            raise bad("The Accept-API-Version header is not of the form 'protocol=2.1,resource=1.0'")
        if match[1] == "protocol" and int(match[2]) not in (1, 2):
            raise bad(f"Unsupported major version: {match[2]}")
        if match[1] == "resource" and int(match[2]) != 1:
            raise Refused(404, f"Resource version {match[2]} is not served; 1.0 is")
