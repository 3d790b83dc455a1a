"""Account details and today's usage. Facts: end of section 6."""

from __future__ import annotations

from starlette.routing import BaseRoute

from console.simulator.clock import iso
from console.simulator.gate import Call, Reply
from console.simulator.portal import TIME_ZONE, UTC_OFFSET, Portal
from console.simulator.routing import VERSIONS, Table, anyone
from console.simulator.schema import BORN


def routes(portal: Portal) -> list[BaseRoute]:
    """Every route of the account."""
    table = Table(portal)
    for version in VERSIONS:
        table.add(f"/account-info/{version}/details", "GET", details, anyone)
        table.add(f"/account-info/{version}/api-usage/daily/private-apps", "GET", daily_usage, anyone)
    return table.routes


async def details(call: Call) -> Reply:
    """GET /account-info/{version}/details; 2026-09 adds name and creation date."""
    portal = call.portal
    body: dict[str, object] = {
        "portalId": portal.portal_id,
        "accountType": portal.switches.account_type,
        "timeZone": TIME_ZONE,
        "companyCurrency": "USD",
        "additionalCurrencies": ["EUR", "LKR"],
        "utcOffset": "+05:30",
        "utcOffsetMilliseconds": int(UTC_OFFSET * 1000),
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    if "/2026-09/" in call.request.url.path:
        body |= {"portalName": f"Simulated portal {portal.portal_id}", "createdAt": BORN}
    return Reply(200, body)


async def daily_usage(call: Call) -> Reply:
    """GET /account-info/{version}/api-usage/daily/private-apps; an OAuth app has no such allowance."""
    portal = call.portal
    if call.caller is None or not call.caller.app.private:
        return Reply(200, {"results": []})
    now = portal.clock.now()
    daily = portal.limits.daily
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": daily.limit,
        "currentUsage": daily.used(now),
        "collectedAt": iso(int(now * 1000)),
        "fetchStatus": "SUCCESS",
        "resetsAt": iso(int(daily.resets_at(now) * 1000)),
    }
    return Reply(200, {"results": [usage]})
