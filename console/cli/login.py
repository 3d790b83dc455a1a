"""`hubspoke credentials login` and `revoke`: OAuth access is granted in a browser, and given back."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from console.cli.asking import ask
from console.cli.browser import open_browser
from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.pasting import pasted_line

if TYPE_CHECKING:
    from console.hubspot.login import Login, SignedIn
    from console.hubspot.login_listener import Listener
    from console.hubspot.secret import Secret
    from console.session import Session

TIMEOUT = 600.0
LONGEST = 86_400.0
LEFT_OVER = "Access tokens that HubSpot issued already live on for up to 30 minutes."


def add_login_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `credentials login`."""
    parser.add_argument("--paste", action="store_true", help="do not listen; paste the address that the browser shows")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser, only show the address")
    parser.add_argument(
        "--no-pkce", action="store_true", help="leave the proof key out, for an endpoint that refuses it"
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=TIMEOUT, metavar="SECONDS", help="how long to wait for the browser (600)"
    )
    parser.set_defaults(run=lambda context: context.run(_login(context)))


def _seconds(text: str) -> float:
    """How long to wait."""
    try:
        given = float(text)
    except ValueError:
        given = 0.0
    if not 0 < given <= LONGEST:
        raise argparse.ArgumentTypeError(f"must be a number of seconds up to {LONGEST:.0f}")
    return given


def add_revoke_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `credentials revoke`."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=lambda context: context.run(_revoke(context)))


async def _login(context: Context) -> int:
    async with context.session(creating=True) as session:
        from console.glance import cached_account
        from console.hubspot.login import open_login
        from console.hubspot.requestlog import RequestLog

        await (await session.vault).probe()  # a code is good once: it must not meet a vault that takes nothing
        before = cached_account(session.paths, session.profile)
        log = RequestLog()
        try:
            secrets = await session.secrets
            async with open_login(session.profile, secrets, log, pkce=not context.args.no_pkce) as login:
                await login.check()
                done = await _finished(context, login)
        finally:
            context.write_log(log)
        await _tell(context, session, done, before.portal_id if before else None)
    return Exit.OK


def _introduce(context: Context, login: Login) -> None:
    from console.hubspot.login_place import place_of

    out = context.out
    out.note("Open this address in a browser, choose the HubSpot account and grant the access:")
    out.line(login.url)
    out.note(f"It asks for: {' '.join(login.asked.scope)}")
    if login.asked.optional:
        out.note(f"and, where the account has it: {' '.join(login.asked.optional)}")
    place = place_of(os.environ, login.redirect, _user())
    if place.ssh and not context.args.paste:
        out.note(f"You are here over SSH. On the machine of the browser, run this first: {place.ssh}")
    if place.display and not context.args.no_browser and open_browser(login.url):
        out.note("The browser was asked to open it.")
    out.flush()


async def _finished(context: Context, login: Login) -> SignedIn:
    """Wait for an answer that can be read, and hand it in."""
    from console.hubspot.login_refusals import LoginFailed
    from console.hubspot.login_waiting import way_back

    async with way_back(login, paste=context.args.paste) as back:
        if back.problem is not None and not context.interactive:
            raise back.problem
        _introduce(context, login)  # whoever opens the address may be back at once
        if back.problem is not None:
            context.out.note(f"{back.problem.message} So the address that the browser shows must be pasted.")
        while True:
            given = await _answer(context, back.listener)
            try:
                return await login.finish(given)
            except LoginFailed as failure:
                if failure.reason != "unread" or not context.interactive:
                    raise
                context.out.note(f"{failure.message} {failure.advice}")


async def _answer(context: Context, listener: Listener | None) -> Secret:
    """What comes first: the browser, or a pasted line.

    Raises:
        Stop: nothing came in time, or the input ended.
    """
    from console.hubspot.login_waiting import first_answer

    if context.interactive:
        lead = "Waiting for the browser. Or paste" if listener is not None else "Paste"
        context.out.note(f"{lead} here the address that it shows afterwards, or the code in it (nothing is shown):")
    given = await first_answer(
        listener.answer() if listener is not None else None,
        _pasted() if listener is None or context.interactive else None,
        seconds=context.args.timeout,
    )
    if given is None:
        raise Stop(
            Exit.FAILURE,
            f"No answer came within {context.args.timeout:g} seconds.",
            "Begin again: hubspoke credentials login. Where the browser cannot reach this machine, add --paste.",
        )
    return given


async def _pasted() -> Secret:
    from console.hubspot.secret import Secret

    try:
        return Secret(await pasted_line())
    except EOFError:
        raise Stop(Exit.FAILURE, "There was no answer.", "Begin again: hubspoke credentials login.") from None


async def _tell(context: Context, session: Session, done: SignedIn, before: int | None) -> None:
    out = context.out
    vault = await session.vault
    out.facts(
        {
            "portal": await _portal(session, done),
            "scopes": " ".join(done.granted) or "not told",
            "refreshToken": f"stored in: {vault.label}",
        }
    )
    if done.missing:
        out.note(f"Not granted, though needed: {' '.join(done.missing)}. Add them to the app and log in again.")
    if done.dropped:
        out.note(f"Not granted, and needed only to change property definitions: {' '.join(done.dropped)}.")
    if done.hidden_by:
        out.note(f"The {done.hidden_by} brings a refreshToken of its own, which goes before the stored one.")
    if before is not None and done.portal_id is not None and before != done.portal_id:
        out.note(f"Before, this profile led to the portal {before}: plans made for that one do not fit this one.")


async def _portal(session: Session, done: SignedIn) -> str:
    """Number, name and kind; the number alone where the account does not answer."""
    from console.hubspot.errors import HubSpotError

    try:
        account = await session.account
    except HubSpotError as error:
        return f"{done.portal_id or 'not told'} ({error.message})"
    return f"{account.portal_id} {account.portal_name} ({account.account_type or 'unknown kind'})".replace("  ", " ")


async def _revoke(context: Context) -> int:
    async with context.session() as session:
        from console.hubspot.login import give_back
        from console.hubspot.requestlog import RequestLog
        from console.settings.secrets import READ_ONLY, REFRESH_TOKEN

        secrets = await session.secrets
        _confirm(context, session)
        log = RequestLog()
        try:
            await give_back(session.profile, secrets, log)
        finally:
            context.write_log(log)
        source = secrets.source(REFRESH_TOKEN)
        context.out.note(f"Revoked at HubSpot. {LEFT_OVER}")
        if source in READ_ONLY:
            context.out.note(f"The {source} still brings the refresh token, which is worth nothing now: take it out.")
        else:
            await secrets.delete(REFRESH_TOKEN)
            context.out.note(f"Forgotten in: {source}.")
    return Exit.OK


def _confirm(context: Context, session: Session) -> None:
    if context.args.yes:
        return
    if not context.interactive:
        raise usage("Revoking asks first, and there is no terminal to ask on.", "Add --yes.")
    context.out.note(f"The access of the profile {session.profile.name} is revoked at HubSpot, for all who use it.")
    if ask("Type yes to revoke it: ").strip().lower() != "yes":
        raise Stop(Exit.FAILURE, "Nothing was revoked.")


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
