"""`hubspoke log`: the requests of all processes of this state folder, without a value in them."""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit, Stop

if TYPE_CHECKING:
    from console.hubspot.requestfile import RequestTail
    from console.hubspot.requestlog import RequestEntry

_LOOK_EVERY = 0.5
COLUMNS = ("when", "id", "method", "path", "status", "ms", "waited", "attempt", "profile", "process")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `log`."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="only requests with all of these: 429, 4xx, >500, failed, part of a path",
    )
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="the newest N (50)")
    parser.add_argument("--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    parser.add_argument("--jsonl", action="store_true", help="one JSON document a line")
    parser.add_argument("--curl", metavar="ID", help="one request as a curl command, with the token as a variable")
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    from console.hubspot.requestfile import RequestTail, request_file
    from console.hubspot.requestview import wanted

    args = context.args
    if args.limit < 1:
        raise Stop(Exit.USAGE, "--limit is a number of requests: 1 or more.")
    tail = RequestTail(request_file(context.paths))
    await asyncio.to_thread(tail.read)
    if args.curl:
        return _curl(context, tail)
    test = wanted(" ".join(args.words))
    found = [entry for entry in tail.entries if test(entry)][-args.limit :]
    if not found and not args.follow:
        context.out.note("No such request." if tail.entries else f"No requests yet: {tail.path}")
    _tell(context, found, head=True)
    while args.follow:
        context.out.flush()
        await asyncio.sleep(_LOOK_EVERY)
        tail.entries.clear()
        if await asyncio.to_thread(tail.read):
            _tell(context, [entry for entry in tail.entries if test(entry)], head=False)
    return Exit.OK


def _tell(context: Context, entries: list[RequestEntry], *, head: bool) -> None:
    if context.args.jsonl:
        for entry in entries:
            context.out.json_line(entry)
    elif context.args.follow:
        for entry in entries:
            context.out.line("  ".join(_cells(entry)))
    elif entries and head:
        context.out.table(COLUMNS, [_cells(entry) for entry in entries])


def _cells(entry: RequestEntry) -> tuple[str, ...]:
    return (
        time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.at)),
        entry.id or "-",
        entry.method,
        entry.path,
        str(entry.status or entry.category or "-"),
        f"{entry.milliseconds:.0f}",
        f"{entry.waited:.0f}",
        str(entry.attempt),
        entry.profile,
        str(entry.pid or ""),
    )


def _curl(context: Context, tail: RequestTail) -> int:
    from console.hubspot.requestview import as_curl
    from console.settings.profiles import Profiles

    entry = next((entry for entry in reversed(tail.entries) if entry.id == context.args.curl), None)
    if entry is None:
        raise Stop(Exit.FAILURE, f"There is no request {context.args.curl} any more.", "Ids are in: hubspoke log")
    profiles = Profiles(context.paths)
    names = profiles.names()
    name = entry.profile if entry.profile in names else context.args.profile or profiles.current()
    from console.session import chosen_profile

    context.out.line(as_curl(entry, chosen_profile(profiles, name).api_base_url))
    context.out.note("The token is read from HUBSPOKE_ACCESS_TOKEN. Values are never kept: fill in {…} and body.json.")
    return Exit.OK
