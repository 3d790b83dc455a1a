"""What monitors ask: alive, ready, and counters in Prometheus' text format (version 0.0.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from console.gateway.dialect import refusal
from console.gateway.front import caller_of

if TYPE_CHECKING:
    from console.gateway.gateway import Gateway

TEXT = "text/plain; version=0.0.4; charset=utf-8"


def routes(gateway: Gateway) -> list[Route]:
    """/healthz, /readyz and /metrics."""

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        if gateway.stopping:
            return JSONResponse({"status": "stopping"}, 503)
        try:
            await (await gateway.session.people).count()
        except Exception:  # noqa: BLE001 - anything that keeps people from being written means: not ready
            return JSONResponse({"status": "people cannot be written"}, 503)
        return JSONResponse({"status": "ready"})

    async def metrics(request: Request) -> Response:
        if not caller_of(request).may("metrics"):
            return refusal(request.url.path, 403, "This client may not read metrics.")
        return PlainTextResponse(await exposition(gateway), media_type=TEXT)

    return [
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


async def exposition(gateway: Gateway) -> str:
    """All counters as text."""
    live, lines = gateway.live, list[str]()
    lines += ["# HELP hubspoke_requests_total Requests served.", "# TYPE hubspoke_requests_total counter"]
    lines += [
        f'hubspoke_requests_total{{client="{_label(client)}",method="{_label(method)}",status="{status}"}} {count}'
        for (client, method, status), count in sorted(live.counts.items())
    ]
    people = await (await gateway.session.people).count()
    for name, kind, about, value in (
        ("hubspoke_request_seconds_total", "counter", "Seconds spent on requests.", round(live.seconds, 3)),
        ("hubspoke_requests_under_way", "gauge", "Requests under way.", gateway.limits.under_way),
        ("hubspoke_people", "gauge", "People in the managed repository.", people),
        ("hubspoke_started_seconds", "gauge", "When the gateway began, in seconds since the epoch.", live.started_at),
    ):
        lines += [f"# HELP {name} {about}", f"# TYPE {name} {kind}", f"{name} {value}"]
    for name, value in sorted(gateway.feed.counts().items()):
        lines += [f"# TYPE hubspoke_feed_{name} gauge", f"hubspoke_feed_{name} {value}"]
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
