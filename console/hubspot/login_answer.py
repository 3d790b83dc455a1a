"""What the browser brought back: a code, a refusal, or something else (facts section 2.1)."""

from __future__ import annotations

import hmac
from urllib.parse import SplitResult, parse_qs, urlsplit

from console.hubspot.login_place import Redirect
from console.hubspot.login_refusals import AGAIN, LoginFailed, denied
from console.hubspot.secret import Secret

LONGEST = 8_192
"""Characters of a redirected URL; HubSpot's are a few hundred."""
MOST_FIELDS = 32


def code_in(given: Secret, redirect: Redirect, state: str) -> Secret | LoginFailed:
    """The code in a redirected URL, in its query alone, or as it is.

    A URL must be of this login: its place is the redirect URI and its state is ours. A bare code has
    no state; the proof (PKCE) ties it to this login.
    """
    text = given.reveal().strip()
    if not text or len(text) > LONGEST or not text.isprintable() or " " in text:
        return _useless()
    if "=" not in text and "://" not in text:
        return Secret(text)
    try:
        parts = urlsplit(text)
        misplaced = bool(parts.scheme) and not _same_place(parts, redirect)
        query = parts.query if parts.scheme or "?" in text else text
        fields = parse_qs(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return _useless()
    if "code_challenge" in fields or "redirect_uri" in fields:
        return LoginFailed(
            "This is the address of HubSpot's page, not the one to which HubSpot sends the browser afterwards.",
            reason="unread",
            advice=f"Grant the access first; then copy the address that begins with {redirect.uri}.",
        )
    if misplaced:
        return LoginFailed(
            f"This address does not begin with the redirect URI {redirect.uri}.",
            reason="unread",
            advice="Copy the whole address that the browser shows after the access was granted.",
        )
    # what stands there twice is worth nothing, and a second state is no missing one
    return _judged({name: values[0] if len(values) == 1 else "" for name, values in fields.items()}, state)


def readable(given: Secret, redirect: Redirect) -> bool:
    """Whether this is an answer at all, if perhaps another login's; nobody has to wait for a better one."""
    found = code_in(given, redirect, "")
    return not (isinstance(found, LoginFailed) and found.reason == "unread")


def _judged(fields: dict[str, str], state: str) -> Secret | LoginFailed:
    refusal, code, given = fields.get("error", ""), fields.get("code", ""), fields.get("state")
    if not refusal and not code:
        return _useless()
    # HubSpot's refusals may come without the state; a code must bring it
    if given is None and not refusal:
        return LoginFailed(
            "The address is not whole: there is a code in it and no state.",
            reason="unread",
            advice="Copy all of it, also what the browser shows in a second line, and paste it as one line.",
        )
    if given is not None and not _same(given, state):
        return LoginFailed(
            "The answer belongs to another login: its state is not the one that was sent.",
            reason="state",
            advice=f"It may be an older tab of the browser, or somebody else's link. Close such tabs. {AGAIN}",
        )
    return denied(refusal, fields.get("error_description", "")) if refusal else Secret(code)


def _same(given: str, state: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), state.encode())


def _same_place(parts: SplitResult, redirect: Redirect) -> bool:
    """Whether a URL leads to the redirect URI, whatever follows its path."""
    wanted = urlsplit(redirect.uri)
    ports = {"http": 80, "https": 443}
    return (
        parts.scheme == wanted.scheme
        and (parts.hostname or "").lower() == (wanted.hostname or "").lower()
        and (parts.port or ports.get(parts.scheme)) == (wanted.port or ports.get(wanted.scheme))
        and (parts.path or "/") == redirect.path
    )


def _useless() -> LoginFailed:
    return LoginFailed(
        "There is no code in this.",
        reason="unread",
        advice="Paste the whole address that the browser shows after the access was granted, or the code in it.",
    )
