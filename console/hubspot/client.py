"""One request with everything that belongs to it: token, slot, retry, log, typed errors."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from console.hubspot.answer import Answer
from console.hubspot.auth import TokenSource
from console.hubspot.budget_port import Budget, Kind, Lease, Priority
from console.hubspot.classify import classify
from console.hubspot.errors import (
    DailyLimitReached,
    HubSpotError,
    Invalid,
    OutcomeUnknown,
    RateLimited,
    ServerFault,
    Unauthorized,
)
from console.hubspot.requestlog import RequestEntry, RequestLog
from console.hubspot.retry import ATTEMPTS, INTERACTIVE_ATTEMPTS, cooling, wait_before_retry
from console.hubspot.secret import Secret

if TYPE_CHECKING:
    from console.hubspot.transport import Transport  # httpx comes with the first HubSpot opened

Params = Mapping[str, str | int | Sequence[str]]
_NUMBERS = itertools.count(int.from_bytes(os.urandom(3)))
"""Names of requests in the log; where a process begins does not matter."""


class Client:
    """Requests to one account. Every attempt takes a slot of the budget and is written to the log."""

    def __init__(
        self,
        base_url: str,
        version: str,
        tokens: TokenSource,
        budget: Budget,
        transport: Transport,
        log: RequestLog | None = None,
        *,
        on_sent: Callable[[], None] | None = None,
    ) -> None:
        self.version = version
        self.tokens = tokens
        self.budget = budget
        self.transport = transport
        self.log = log if log is not None else RequestLog()
        self.on_sent = on_sent
        self._base = base_url.rstrip("/")

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Params | None = None,
        kind: Kind = "burst",
        priority: Priority = "bulk",
        safe: bool,
        shown: str | None = None,
    ) -> Answer:
        """Send until HubSpot accepted it or nothing more can be done; the answer is a 2xx.

        `safe` says that doing it twice is as good as once. `shown` is the path for the log where `path`
        holds values. An unsafe request that may have had its effect is never sent again.

        Raises:
            HubSpotError: see `console.hubspot.errors`; for a create, OutcomeUnknown also stands for 5xx.
        """
        call = _Call(method, self._base + path + _query(params), shown or path, _body(json), kind, priority, safe)
        limit = INTERACTIVE_ATTEMPTS if priority == "interactive" else ATTEMPTS
        failures = 0
        replayed = False
        while True:
            await self.tokens.token()  # refreshed, if need be, before a slot is held
            call.attempt += 1
            found = await self._attempt(call)
            if isinstance(found, Answer):
                return found
            if isinstance(found, Unauthorized) and not replayed and call.token is not None:
                replayed = True
                if await self.tokens.refused(call.token):
                    continue
            if isinstance(found, RateLimited):
                call.refusals += 1
            else:
                failures += 1
            wait = wait_before_retry(found, safe=safe, attempt=failures, attempts=limit, refusals=call.refusals)
            if wait is None:
                raise _final(found, call)
            await asyncio.sleep(wait)

    async def _attempt(self, call: _Call) -> Answer | HubSpotError:
        asked = time.monotonic()
        async with self.budget.slot(call.kind, call.priority) as lease:
            call.waited = time.monotonic() - asked
            call.token = await self.tokens.token()  # the wait for the slot may have outlasted the one before
            found = await self._send(call, call.token, lease)
        if isinstance(found, DailyLimitReached):
            self.budget.exhaust_day()
        elif isinstance(found, RateLimited):
            closed = cooling(found, call.kind)
            if closed is not None:
                await self.budget.cool(*closed)
        return found

    async def _send(self, call: _Call, token: Secret, lease: Lease) -> Answer | HubSpotError:
        began = time.monotonic()
        answer: Answer | None = None
        error: HubSpotError | None
        try:
            answer = await self.transport.send(
                call.method,
                call.url,
                bearer=token,
                body=call.body,
                on_started=lease.sent,
                on_sent=self.on_sent if call.writes else None,
                on_head=lease.answered,
            )
            error = classify(answer)
        except HubSpotError as failure:
            error = failure
        except asyncio.CancelledError:
            self._write(call, began, None, "Cancelled")
            raise
        self._write(call, began, answer, type(error).__name__ if error is not None else "")
        if error is not None:
            return error
        assert answer is not None
        return answer

    def _write(self, call: _Call, began: float, answer: Answer | None, category: str) -> None:
        entry = RequestEntry(
            at=time.time(),
            method=call.method,
            path=call.shown,
            status=answer.status if answer is not None else None,
            milliseconds=(time.monotonic() - began) * 1000,
            attempt=call.attempt,
            correlation_id=answer.correlation_id if answer is not None else "",
            category=category,
            id=call.id,
            waited=call.waited * 1000,
        )
        self.log.add(entry)

    async def aclose(self) -> None:
        """Let a token refresh end, then close the connections."""
        await self.tokens.aclose()
        await self.transport.aclose()


class _Call:
    """One request as it goes through its attempts."""

    __slots__ = (
        "attempt", "body", "id", "kind", "method", "priority", "refusals", "safe", "shown", "token", "url", "waited",
    )  # fmt: skip

    def __init__(
        self, method: str, url: str, shown: str, body: bytes | None, kind: Kind, priority: Priority, safe: bool
    ) -> None:
        self.method = method
        self.url = url
        self.shown = shown
        self.body = body
        self.kind = kind
        self.priority = priority
        self.safe = safe
        self.token: Secret | None = None
        self.attempt = 0
        self.refusals = 0
        self.id = f"{next(_NUMBERS) & 0xFFFFFF:06x}"
        self.waited = 0.0

    @property
    def writes(self) -> bool:
        """Whether it may change something: reads by POST say so in their path."""
        return self.method != "GET" and not self.shown.endswith(("/search", "/batch/read"))


def _final(error: HubSpotError, call: _Call) -> HubSpotError:
    if isinstance(error, OutcomeUnknown) and not call.writes:
        error.advice = error.reading_advice
    if isinstance(error, ServerFault) and not call.safe:
        return OutcomeUnknown(
            f"HubSpot answered {error.status} to a create, which may have happened all the same.",
            status=error.status,
            category=error.category,
            correlation_id=error.correlation_id,
        )
    return error


def _query(params: Params | None) -> str:
    if not params:
        return ""
    flat = {name: value if isinstance(value, str | int) else ",".join(value) for name, value in params.items()}
    return "?" + urlencode(flat)


def _body(json: Any) -> bytes | None:
    """Raises Invalid for text that no UTF-8 can carry."""
    try:
        return None if json is None else msgspec.json.encode(json)
    except UnicodeEncodeError:
        problem = "A value holds half a character (a lone surrogate)."
    raise Invalid(problem, category="UNSENDABLE", advice="Mend the value at its source: its encoding was misread.")
