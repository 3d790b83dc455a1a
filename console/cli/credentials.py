"""`hubspoke credentials`: secrets go in by a prompt or standard input, and never come out."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from console.cli.asking import ask_secret
from console.cli.context import Context, credential_names, unlock_vault
from console.cli.exits import Exit, Stop, usage
from console.cli.login import LEFT_OVER, add_login_arguments, add_revoke_arguments
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.session import Session

_LONGEST = 64 * 1024
_ALIASES = {"proxy": "httpProxyPassword", "journal": "journalKey"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `credentials`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    names = "clientSecret, refreshToken, accessToken, proxy, or source/NAME"
    store = actions.add_parser(
        "set",
        help="store a secret, read from a prompt or from standard input",
        description="Stores a secret. It is read from a prompt, or from standard input when that is no terminal; "
        "never from an argument, where every process of the machine could see it.",
    )
    store.add_argument("name", help=names)
    store.set_defaults(run=_set)
    status = actions.add_parser("status", help="where each secret lives")
    add_json(status)
    status.set_defaults(run=_status)
    forget = actions.add_parser("forget", help="remove a secret from the vault")
    forget.add_argument("name", help=names)
    forget.set_defaults(run=_forget)
    vault = actions.add_parser(
        "vault",
        help="choose where secrets are kept on this machine",
        description="Chooses the vault for all profiles of this machine. Secrets do not move: set them again.",
    )
    vault.add_argument(
        "vault", metavar="VAULT", help="secret-service, kwallet, macos, windows or file (sealed with a passphrase)"
    )
    vault.set_defaults(run=_choose)
    login = actions.add_parser(
        "login",
        help="grant access by OAuth, in a browser",
        description="Grants the profile's app access to a HubSpot account: in a browser, which comes back to this machine "
        "or whose address is pasted. The refresh token goes into the vault and is not shown.",
    )
    add_login_arguments(login)
    revoke = actions.add_parser(
        "revoke",
        help="give the OAuth access back to HubSpot and forget it",
        description=f"Revokes the refresh token at HubSpot, then forgets it. {LEFT_OVER}",
    )
    add_revoke_arguments(revoke)


def _set(context: Context) -> int:
    return context.run(_store(context, _checked(context.args.name)))


async def _store(context: Context, name: str) -> int:
    async with context.session(creating=True) as session:
        value = _read(context, name)
        secrets = await session.secrets
        await secrets.set(name, value)
        vault = await session.vault
        context.out.note(f"Stored {name} in: {vault.label}.")
        if secrets.source(name) in ("environment", "systemd"):
            context.out.note(f"The {secrets.source(name)} brings its own {name}, which goes before the stored one.")
    return Exit.OK


def _read(context: Context, name: str) -> str:
    given = ask_secret(f"{name}: ") if context.interactive else sys.stdin.read(_LONGEST + 1)
    value = given.strip("\r\n \t")
    if not value:
        raise usage(f"No {name} was given.", f"Type it at the prompt, or: hubspoke credentials set {name} < FILE")
    if len(value) > _LONGEST:
        raise usage(f"What was given for {name} is too long for a secret.")
    return value


def _choose(context: Context) -> int:
    from console.settings.chain import FILE, KEYRINGS, remember

    choices = (*KEYRINGS, FILE)
    if context.args.vault not in choices:
        raise usage("There is no vault of that name.", f"Vaults: {', '.join(choices)}.")
    remember(context.paths, context.args.vault)
    context.out.note("Secrets do not move by themselves: set them again in the new vault.")
    return Exit.OK


def _forget(context: Context) -> int:
    return context.run(_remove(context, _checked(context.args.name)))


async def _remove(context: Context, name: str) -> int:
    from console.settings.secrets import JOURNAL_KEY

    if name == JOURNAL_KEY:
        raise Stop(
            Exit.FAILURE,
            "Without its key the journal's before-images can never be read again, so it is not forgotten here.",
            "Remove the journal file first if that is what you want.",
        )
    async with context.session() as session:
        await (await session.secrets).delete(name)
    return Exit.OK


def _status(context: Context) -> int:
    return context.run(_show(context))


async def _show(context: Context) -> int:
    async with context.session(unlock=False) as session:
        vault = await session.vault
        status = await vault.status()
        if status.state == "locked" and context.interactive:
            await unlock_vault(context, session)
            status = await vault.status()
        secrets = [await _whereabouts(session, name, readable=status.ready) for name in _relevant(session)]
    told = {"vault": {"label": status.label, "state": status.state, "detail": status.detail, "remedy": status.remedy}}
    if context.args.json:
        context.out.json(
            {"profile": session.profile.name, "origin": session.profile.origin, **told, "secrets": secrets}
        )
        return Exit.OK
    context.out.facts({"vault": f"{status.label} ({status.state})", "origin": session.profile.origin})
    context.out.table(("secret", "lives in"), [(secret["id"], secret["source"] or "-") for secret in secrets])
    for line in filter(None, (status.detail, status.remedy)):
        context.out.note(line)
    return Exit.OK


async def _whereabouts(session: Session, name: str, *, readable: bool) -> dict[str, object]:
    secrets = await session.secrets
    source = secrets.source(name)
    if source in ("environment", "systemd"):
        return {"id": name, "set": True, "source": source}
    if not readable:
        return {"id": name, "set": None, "source": ""}
    present = await secrets.get(name) is not None
    return {"id": name, "set": present, "source": source if present else ""}


def _relevant(session: Session) -> tuple[str, ...]:
    from console.settings.secrets import JOURNAL_KEY, PROXY_PASSWORD

    proxy = (PROXY_PASSWORD,) if session.profile.http_proxy_user else ()
    return (*credential_names(session.profile), *proxy, JOURNAL_KEY)


def _checked(name: str) -> str:
    from console.settings.secrets import PROFILE_SECRETS, SOURCE_PREFIX

    name = _ALIASES.get(name, name)
    if name in PROFILE_SECRETS or name == "journalKey" or (name.startswith(SOURCE_PREFIX) and name != SOURCE_PREFIX):
        return name
    # what was typed may be the secret itself: it is not repeated
    raise usage("There is no secret of that name.", f"Names: {', '.join(PROFILE_SECRETS)}, proxy, source/NAME.")
