"""What the login screen says: the address to open, how the browser comes back, what was granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from screens.literal import hanging, literal, row, stack

if TYPE_CHECKING:
    from console.hubspot.login import Login, SignedIn
    from console.hubspot.login_place import Place
    from console.hubspot.login_refusals import LoginFailed

COPIED = (
    "The address was sent to the terminal's clipboard. Where nothing arrives, the terminal does not take it: "
    "hubspoke credentials login shows the address in one line."
)

SIGNS_IN_OTHERWISE = (
    "Go on with the token; or on Connector (c at Home) choose oauth for authentication and enter the clientId."
)


def asked(login: Login, width: int) -> Content:
    """Which scopes the app asks for."""
    rows = hanging("asks for   ", " ".join(login.asked.scope), width)
    if login.asked.optional:
        rows += hanging("optional   ", " ".join(login.asked.optional), width)
    return stack(*rows)


def ways(login: Login, place: Place, problem: LoginFailed | None, opened: bool, width: int) -> Content:
    """How the browser's answer comes to this console."""
    if problem is not None:
        return stack(*_warning(f"{problem.message} So paste the address that the browser shows.", width))
    if not login.redirect.listens:
        return stack(
            *hanging("→ ", f"HubSpot comes back to {login.redirect.uri}: paste the address shown there.", width)
        )
    rows = hanging("→ ", f"Waiting for the browser on localhost:{login.redirect.port}.", width)
    if place.ssh:
        rows += hanging("→ ", "You are here over SSH. On the machine of the browser, run this first:", width)
        rows.append(literal(f"  {place.ssh}", "bold"))
    elif opened:
        rows += hanging("→ ", "The browser of this desktop was asked to open the address.", width)
    return stack(*rows)


def granted(done: SignedIn, portal: str, vault: str, before: int | None, width: int) -> Content:
    """The end of a login that went well."""
    rows = [
        literal("✓ Access is granted.", "$success bold"),
        literal(""),
        *hanging("portal     ", portal, width),
        *hanging("scopes     ", " ".join(done.granted) or "HubSpot did not tell them", width),
        *hanging("kept in    ", f"{vault}: the refresh token; it is not shown", width),
    ]
    if done.missing:
        rows += _warning(
            f"Needed, and not granted: {' '.join(done.missing)}. Add them to the app; log in again.", width
        )
    if done.dropped:
        rows += hanging("without    ", f"{' '.join(done.dropped)} (to change property definitions)", width, "$muted")
    if done.hidden_by:
        rows += _warning(f"The {done.hidden_by} brings a refresh token of its own, which goes before this one.", width)
    if before is not None and done.portal_id is not None and before != done.portal_id:
        rows += _warning(f"Before, this profile led to the portal {before}: its plans do not fit this one.", width)
    return stack(*rows, "", row(("⏎", "$accent bold"), ("  goes back", "$muted")))


def failed(message: str, advice: str, width: int) -> Content:
    """Why it did not, and what to do."""
    rows = [row(("✗ ", "$error"), part) for part in hanging("", message, width - 2, "$error")[:1]]
    rows += [row("  ", part) for part in hanging("", message, width - 2, "$error")[1:]]
    return stack(*rows, *hanging("→ ", advice, width))


def _warning(text: str, width: int) -> list[Content]:
    return hanging("▲ ", text, width, "$warning")
