"""`hubspoke gateway`: SCIM and IDM-style REST in front of HubSpot, its clients and its certificate."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.output import add_json

if TYPE_CHECKING:
    from ssl import SSLContext

    from console.gateway.settings import Client, GatewaySettings
    from console.gateway.status import Status

_EXTRA = "pip install 'hubspoke[gateway]'"
_NEWEST = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `gateway`."""
    parser.add_argument("--listen", metavar="HOST:PORT", help="instead of gateway.toml's (127.0.0.1:8253)")
    parser.add_argument("--ready-json", action="store_true", help="one JSON line when it listens: url, certificate")
    parser.add_argument(
        "--log-requests", action="store_true", help="one JSON line on stderr for each request, redacted"
    )
    parser.set_defaults(run=_serve)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("clients", help="who may call, and what they may do")
    add_json(listing)
    listing.set_defaults(run=_list)
    add = actions.add_parser(
        "client",
        help="add or change a client; its secret is made and shown once, or read from standard input",
        description="Adds or changes a client of the gateway. A secret is made and shown once; with --secret-stdin it is "
        "read from standard input. Only its hash is kept, in the vault. A client that is changed keeps its secret. A gateway that "
        "runs takes changes up by itself.",
    )
    add.add_argument("name", metavar="NAME")
    add.add_argument("--auth", choices=("basic", "bearer", "apiKey", "mtls"), default=None)
    add.add_argument("--user", metavar="USER", help="for basic, where it is not the client's name")
    add.add_argument("--subject", metavar="NAME", help="for mtls: common or DNS name of the certificate")
    add.add_argument("--rights", metavar="RIGHTS", help="such as scim:read,scim:write,system:read,recon,metrics")
    add.add_argument("--mapping", metavar="MAPPING", help='what becomes of whom it pushes; "" keeps them here only')
    add.add_argument("--scope", metavar="FILTER", help="only these people are provisioned")
    add.add_argument("--blocking", action=argparse.BooleanOptionalAction, default=None, help="answer after HubSpot did")
    add.add_argument("--deletion", choices=("remove", "deactivate"), default=None)
    add.add_argument("--secret-stdin", action="store_true", help="read the secret from standard input")
    add.add_argument("--new-secret", action="store_true", help="make a new secret for a client that has one")
    add.set_defaults(run=_put)
    remove = actions.add_parser("remove", help="remove a client and its secret")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=_remove)
    certificate = actions.add_parser("certificate", help="the certificate's file and fingerprint; made where missing")
    certificate.add_argument("--new", action="store_true", help="make a new self-signed one")
    certificate.add_argument(
        "--name", action="append", default=[], metavar="NAME", help="with --new: another name or address for it"
    )
    certificate.set_defaults(run=_certificate)
    status = actions.add_parser("status", help="whether it runs, its newest requests, and what waits for HubSpot")
    add_json(status)
    status.set_defaults(run=_status)
    stop = actions.add_parser("stop", help="end the gateway that runs; requests under way are finished")
    stop.set_defaults(run=_stop)


def _settings(context: Context) -> GatewaySettings:
    from console.gateway.settings import check, load

    settings = load(context.paths)
    listen = getattr(context.args, "listen", None)
    if listen:
        settings = msgspec.structs.replace(settings, listen=listen)
        check(settings)
    return settings


def _serve(context: Context) -> int:
    try:
        import scim2_server  # noqa: F401 - asked for before anything is opened
    except ModuleNotFoundError:
        raise Stop(Exit.FAILURE, "The gateway needs its extra.", f"Install it: {_EXTRA}") from None
    from console.gateway.tls import context_of

    settings = _settings(context)
    if not settings.client:
        raise usage("The gateway has no client, so nobody could call.", "hubspoke gateway client wso2 --mapping NAME")
    tls = context_of(settings, context.paths)
    return context.run(_run(context, settings, tls))


async def _run(context: Context, settings: GatewaySettings, tls: SSLContext | None) -> int:
    from console.gateway.feed import reached
    from console.gateway.serving import run
    from console.gateway.status import GatewayRuns
    from console.gateway.tls import files_of, fingerprint

    certificate = fingerprint(files_of(settings, context.paths)[0]) if tls is not None else ""
    names = [client.name for client in settings.client]

    def ready(url: str) -> None:
        if context.args.ready_json:
            context.out.json_line({"url": url, "clients": names, "certificate": certificate})
        else:
            context.out.note(f"Listening on {url} for {', '.join(names)}. Ctrl-C ends it.")

    async with context.session() as session:
        if not await reached(session):  # dead credentials are said at once; a HubSpot that is down is waited for
            context.out.note(
                "HubSpot does not answer now: people are taken all the same, and brought to it when it does."
            )
        log = _log if context.args.log_requests else None
        try:
            await run(session, settings, tls, ready, certificate=certificate, log=log)
        except GatewayRuns as error:
            raise Stop(Exit.LOCKED, error.message, error.remedy) from None
    return Exit.OK


def _log(line: bytes) -> None:
    sys.stderr.buffer.write(line + b"\n")
    sys.stderr.buffer.flush()


def _list(context: Context) -> int:
    settings = _settings(context)
    if context.args.json:
        context.out.json([{"id": client.name, **msgspec.to_builtins(client)} for client in settings.client])
        return Exit.OK
    rows = [
        (
            one.name,
            one.auth,
            ", ".join(one.rights),
            one.mapping or "kept here",
            "blocking" if one.blocking else "queued",
        )
        for one in settings.client
    ]
    if rows:
        context.out.table(("client", "auth", "rights", "mapping", "answers"), rows)
    else:
        context.out.note("No client yet: hubspoke gateway client wso2 --mapping NAME")
    return Exit.OK


def _put(context: Context) -> int:
    return context.run(_store(context))


async def _store(context: Context) -> int:
    from console.gateway.administration import put

    args = context.args
    client = _changed(_settings(context).named(args.name), args)
    secret = sys.stdin.readline().strip("\r\n") if args.secret_stdin and client.auth != "mtls" else None
    async with context.session(creating=True) as session:
        made = await put(session, client, secret=secret, renew=args.new_secret)
    if made:
        context.out.note(f"Saved {client.name}. Its secret, shown this once:")
        context.out.line(made)
    elif secret is not None:
        context.out.note(f"Saved {client.name}; only a hash of the secret is kept.")
    else:
        context.out.note(f"Saved {client.name}.")
    return Exit.OK


def _changed(before: Client | None, args: argparse.Namespace) -> Client:
    from console.gateway.settings import Client

    given = {
        name: getattr(args, name)
        for name in ("auth", "user", "subject", "mapping", "scope", "blocking", "deletion")
        if getattr(args, name) is not None
    }
    if args.rights is not None:
        given["rights"] = tuple(part.strip() for part in args.rights.split(",") if part.strip())
    made = msgspec.structs.replace(before or Client(name=args.name), **given)
    try:
        return msgspec.convert(msgspec.to_builtins(made), Client)
    except msgspec.ValidationError as error:
        from console.gateway.ports import RIGHTS

        raise usage(f"This client cannot be: {error}.", f"Rights are: {', '.join(RIGHTS)}.") from None


def _remove(context: Context) -> int:
    return context.run(_forget(context))


async def _forget(context: Context) -> int:
    from console.gateway.administration import remove

    name = context.args.name
    if _settings(context).named(name) is None:
        raise Stop(Exit.FAILURE, f"There is no client {name}.", "See hubspoke gateway clients.")
    async with context.session() as session:
        await remove(session, name)
    context.out.note(f"Removed {name}; a gateway that runs no longer knows it.")
    return Exit.OK


def _certificate(context: Context) -> int:
    from console.gateway.tls import context_of, files_of, fingerprint, make

    settings = _settings(context)
    if context.args.new:
        if settings.tls != "self-signed":
            raise usage(f'tls = "{settings.tls}": there is no self-signed certificate to make.')
        make(settings, context.paths, context.args.name)
    if context_of(settings, context.paths) is None:
        context.out.note("TLS is off: the gateway speaks plain HTTP on this machine only.")
        return Exit.OK
    path, _ = files_of(settings, context.paths)
    context.out.facts({"file": str(path), "sha256": fingerprint(path)})
    if context.args.new:
        context.out.note("A gateway that runs shows it when it is started again.")
    return Exit.OK


def _status(context: Context) -> int:
    from console.gateway.status import read

    status = read(context.paths)
    if context.args.json:
        context.out.json({"running": status is not None, **(msgspec.to_builtins(status) if status is not None else {})})
        return Exit.OK if status is not None else Exit.FAILURE
    if status is None:
        context.out.note("No gateway runs on this state folder. Start it: hubspoke gateway")
        return Exit.FAILURE
    _tell(context, status)
    return Exit.OK


def _tell(context: Context, status: Status) -> None:
    facts: dict[str, object] = {
        "state": status.state,
        "url": status.url,
        "certificate": status.certificate or "TLS is off",
        "profile": status.profile,
        "process": f"{status.pid} of {status.user}@{status.host}",
        "since": _moment(status.started_at),
        "clients": ", ".join(status.clients),
        "requests": status.requests,
    }
    context.out.facts(facts | ({"note": status.note} if status.note else {}))
    feeds = [
        (one.mapping, one.waiting, one.done, one.failed, _moment(one.behind_since) or "-", one.message or "-")
        for one in status.feeds
    ]
    if feeds:
        context.out.line()
        context.out.table(("mapping", "waiting", "done", "failed", "behind since", "stands still because"), feeds)
    if status.newest:
        context.out.line()
        rows = [
            (
                _moment(one.at),
                one.client or "-",
                one.method,
                one.path,
                one.status,
                f"{one.milliseconds:.0f} ms",
                one.note,
            )
            for one in status.newest[:_NEWEST]
        ]
        context.out.table(("at", "client", "method", "path", "status", "took", "note"), rows)


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) if seconds else ""


def _stop(context: Context) -> int:
    from console.gateway.status import stop

    if not stop(context.paths):
        context.out.note("No gateway runs on this state folder.")
        return Exit.FAILURE
    context.out.note("The gateway has ended. What waits is kept, and goes on with the next start.")
    return Exit.OK
