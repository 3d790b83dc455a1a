"""`hubspoke simulator`: the embedded HubSpot as a command."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console.simulator.config import OptionError, Options, parse_allowance, parse_listen

if TYPE_CHECKING:
    from console.simulator.portal import Portal

EPILOG = """\
faults: comma-separated KIND[=AMOUNT][/SECONDS][#SEED][!before|!after][@[METHOD:]PATH]
  AMOUNT is 3x (the next three requests), 5% or 0.05; before or after the request had its effect;
  kinds: 500 502 503 504 520-526 530 401 423 429 477 reset stall truncate slow omit.
  Example: --faults '502=1%,reset=2x@batch/create,477=1x/30,slow=10%/2,reset=1x!before@POST:/crm'
required properties: comma-separated TYPE.PROPERTY[@CONTROLLING=VALUE]
  Example: --require 'contacts.lastname,contacts.phone@hs_lead_status=CONNECTED'
assumptions: --assume NAME=VALUE, once for each; docs/simulator.md lists the names."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `hubspoke simulator`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add = parser.add_argument
    add("--listen", metavar="HOST:PORT", default="127.0.0.1:0", help="loopback address; port 0 picks one")
    add("--contacts", metavar="N", type=_count, default=1000, help="contacts to begin with (default 1000)")
    add("--companies", metavar="N", type=_count, default=None, help="companies (default: an eighth of the contacts)")
    add("--seed", metavar="S", type=int, default=1, help="the same seed gives the same portal and credentials")
    add("--burst", metavar="N/SECONDS", default="110/10", help="allowance of each app (default 110/10)")
    add("--search", metavar="N/SECONDS", default="5/1", help="searches of the account (default 5/1)")
    add("--associations", metavar="N/SECONDS", default="100/10", help="association calls of each app (default 100/10)")
    add("--daily", metavar="N", type=_count, default=250_000, help="daily allowance of the static token")
    add("--latency", metavar="MS", type=_amount, default=0.0, help="delay of every answer in milliseconds")
    add("--index-lag", metavar="SECONDS", type=_amount, default=2.0, help="how late searches see writes (default 2)")
    add("--token-seconds", metavar="N", type=_count, default=1800, help="life of an access token (default 1800)")
    add("--token-dies-after", metavar="SECONDS", type=_amount, default=None, help="end access tokens before they say")
    add("--redirect-uri", metavar="URI", action="append", default=None, help="registered for the OAuth app; repeatable")
    add("--hostile", action=argparse.BooleanOptionalAction, default=True, help="seed some hostile records")
    add("--faults", metavar="SPEC", default="", help="misbehave; see below")
    add("--require", metavar="SPEC", default="", help="required properties; see below")
    add("--assume", metavar="NAME=VALUE", action="append", default=[], help="how HubSpot behaves where that is open")
    add("--account-type", choices=("DEVELOPER_TEST", "SANDBOX", "STANDARD"), default="DEVELOPER_TEST")
    add("--scopes", metavar="A,B", default=None, help="scopes of the app (default: all)")
    add("--data", metavar="FILE", type=Path, default=None, help="continue from FILE and save to it at the end")
    add("--ready-json", action="store_true", help="one JSON line with URL and credentials when it listens")
    add("--exit-with-stdin", action="store_true", help="end when standard input ends")


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; 0 after a graceful end, 2 for options that make no sense, 1 if it cannot start or save."""
    # starlette and uvicorn take a fifth of a second to import: not before the options are right
    try:
        options = _options(args)
        from console.simulator.snapshot import SnapshotError

        try:
            return _serve(options, args)
        except SnapshotError as problem:
            return _fail(str(problem), 1)
    except OptionError as problem:
        return _fail(str(problem), 2)
    except KeyboardInterrupt:
        return 130


def _serve(options: Options, args: argparse.Namespace) -> int:
    import asyncio

    from console.simulator import seed, server, snapshot
    from console.simulator.portal import Portal

    saved = snapshot.load(args.data) if args.data is not None and args.data.exists() else None
    portal = Portal(options if saved is None else dataclasses.replace(options, seed=saved.seed))
    try:
        sock = server.listen(options.host, options.port)
    except OSError as problem:
        return _fail(f"cannot listen on {options.host}:{options.port}: {problem.strerror}", 1)
    if saved is None:
        seed.fill(portal)
    else:
        snapshot.restore(portal, saved)
    _tidy_memory()

    def ready() -> None:
        _announce(_facts(portal, server.url_of(sock)), as_json=args.ready_json)

    asyncio.run(server.serve(portal, sock, ready, exit_with_stdin=args.exit_with_stdin))
    if args.data is not None:
        snapshot.save(portal, args.data)
    return 0


def _facts(portal: Portal, url: str) -> dict[str, str | int]:
    """What a client must know, as the ready line shows it."""
    credentials = portal.credentials
    return {
        "url": url,
        "token": credentials.static_token,
        "clientId": credentials.client_id,
        "clientSecret": credentials.client_secret,
        "refreshToken": credentials.refresh_token,
        "portalId": portal.portal_id,
        "authorizeUrl": f"{url}/oauth/authorize",
        "redirectUri": portal.credentials.installer.redirects[0],
    }


def _announce(facts: dict[str, str | int], *, as_json: bool) -> None:
    import json

    if as_json:
        text = json.dumps(facts)
    else:
        width = max(map(len, facts))
        lines = [f"{name:<{width}}  {value}" for name, value in facts.items()]
        text = "\n".join(["The simulated HubSpot listens. Stop it with Ctrl+C.", *lines])
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _tidy_memory() -> None:
    """The seeded records stay for good: the garbage collector need not look at them again."""
    import gc

    gc.collect()
    gc.freeze()


def _options(args: argparse.Namespace) -> Options:
    from console.simulator.authorize import DEFAULT_REDIRECT
    from console.simulator.switches import assumed

    host, port = parse_listen(args.listen)
    if args.data is not None and not args.data.absolute().parent.is_dir():
        raise OptionError(f"the folder of {args.data} does not exist")
    return Options(
        host=host,
        port=port,
        contacts=args.contacts,
        companies=args.companies,
        seed=args.seed,
        burst=parse_allowance(args.burst),
        search=parse_allowance(args.search),
        associations=parse_allowance(args.associations),
        daily=args.daily,
        latency=args.latency / 1000,
        index_lag=args.index_lag,
        token_seconds=args.token_seconds,
        token_dies_after=args.token_dies_after,
        redirect_uris=tuple(args.redirect_uri or (DEFAULT_REDIRECT,)),
        hostile=args.hostile,
        faults=args.faults,
        require=args.require,
        assume=assumed(args.assume),
        account_type=args.account_type,
        scopes=None if args.scopes is None else tuple(s.strip() for s in args.scopes.split(",") if s.strip()),
    )


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"hubspoke simulator: {message}\n")
    return code


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


def _amount(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1e9:
        raise argparse.ArgumentTypeError("must not be negative")
    return number
