"""`hubspoke gateway`: SCIM and IDM-style REST in front of HubSpot, its clients and its certificate."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import msgspec

from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.gateway.settings import Client, GatewaySettings
    from console.session import Session

_EXTRA = "pip install 'hubspoke[gateway]'"


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
        "read from standard input. Only its hash is kept, in the vault.",
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
    add.add_argument("--keep-secret", action="store_true", help="leave the secret as it is")
    add.set_defaults(run=_put)
    remove = actions.add_parser("remove", help="remove a client and its secret")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=_remove)
    certificate = actions.add_parser("certificate", help="the certificate's file and fingerprint; made where missing")
    certificate.set_defaults(run=_certificate)


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


async def _run(context: Context, settings: GatewaySettings, tls: object) -> int:
    from console.gateway.serving import run

    def ready(url: str) -> None:
        if context.args.ready_json:
            context.out.json_line({"url": url, "clients": [client.name for client in settings.client]})
            context.out.flush()
        else:
            context.out.note(f"Listening on {url} for {', '.join(client.name for client in settings.client)}.")

    async with context.session() as session:
        await session.account  # whoever is behind the credentials: said at once where they are dead
        await run(session, settings, tls, ready, log=_log if context.args.log_requests else None)  # type: ignore[arg-type]
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
    from console.gateway.hashing import hashed, new_secret
    from console.gateway.settings import save
    from console.settings.secrets import gateway_secret

    args, settings = context.args, _settings(context)
    client = _changed(settings.named(args.name), args)
    others = tuple(one for one in settings.client if one.name != client.name)
    async with context.session(creating=True) as session:
        save(context.paths, msgspec.structs.replace(settings, client=(*others, client)))
        if client.auth == "mtls" or args.keep_secret:
            context.out.note(f"Saved {client.name}.")
            return Exit.OK
        secret = sys.stdin.readline().strip("\r\n") if args.secret_stdin else new_secret()
        if len(secret) < 8:
            raise usage("The secret has fewer than 8 characters.", "Leave --secret-stdin out, and one is made.")
        await _keep(session, gateway_secret(client.name), hashed(secret))
        if args.secret_stdin:
            context.out.note(f"Saved {client.name}; only a hash of the secret is kept.")
        else:
            context.out.note(f"Saved {client.name}. Its secret, shown this once:")
            context.out.line(secret)
    return Exit.OK


async def _keep(session: Session, name: str, value: str) -> None:
    await (await session.secrets).set(name, value)


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
    from console.gateway.settings import save
    from console.settings.secrets import gateway_secret

    settings = _settings(context)
    if settings.named(context.args.name) is None:
        raise Stop(Exit.FAILURE, f"There is no client {context.args.name}.", "See hubspoke gateway clients.")
    left = tuple(one for one in settings.client if one.name != context.args.name)
    async with context.session() as session:
        save(context.paths, msgspec.structs.replace(settings, client=left))
        await (await session.secrets).delete(gateway_secret(context.args.name))
    context.out.note(f"Removed {context.args.name}. A gateway that runs knows it until it is started again.")
    return Exit.OK


def _certificate(context: Context) -> int:
    import hashlib
    import ssl

    from console.gateway.tls import context_of, files_of

    settings = _settings(context)
    if context_of(settings, context.paths) is None:
        context.out.note("TLS is off: the gateway speaks plain HTTP on this machine only.")
        return Exit.OK
    path, _ = files_of(settings, context.paths)
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(path.read_text())).hexdigest().upper()
    fingerprint = ":".join(digest[at : at + 2] for at in range(0, 64, 2))
    context.out.facts({"file": str(path), "sha256": fingerprint})
    return Exit.OK
