"""Why a login failed, and what to do: the browser's answer, and the token endpoint's (facts section 2.3)."""

from __future__ import annotations

from console.hubspot.errors import HubSpotError, Invalid, Unauthorized

AGAIN = "Begin again: hubspoke credentials login."
TEXT_LIMIT = 300


class LoginFailed(Unauthorized):
    """No access was granted; `reason` is a short word for it, `message` and `advice` say the rest."""

    def __init__(self, message: str, *, reason: str = "", **rest: object) -> None:
        super().__init__(message, **rest)  # type: ignore[arg-type]
        self.reason = reason


def denied(error: str, description: str) -> LoginFailed:
    """HubSpot sent the browser back without a code; both texts are foreign."""
    told = f" HubSpot says: {description[:TEXT_LIMIT]}" if description else ""
    if error == "access_denied":
        return LoginFailed(
            f"The access was denied.{told}",
            reason="denied",
            category=error,
            advice="Somebody who may install apps in that account (a super admin, or a user with App Marketplace access) "
            f"must choose the account and grant it. {AGAIN}",
        )
    if error == "invalid_scope":
        return LoginFailed(
            f"The app may not ask for these scopes.{told}",
            reason="scopes",
            category=error,
            advice=f"Make the app's scopes and the profile's scopes the same. {AGAIN}",
        )
    return LoginFailed(
        f"HubSpot granted no access ({error[:80]}).{told}", reason="denied", category=error[:80], advice=AGAIN
    )


def refused(error: HubSpotError, redirect_uri: str, client_id: str) -> HubSpotError:
    """What the token endpoint's verdict about the code means here; noise stays what it is."""
    found = _VERDICTS.get(error.category) or (_VERDICTS["BAD_AUTH_CODE"] if error.category == "invalid_grant" else None)
    if found is None and not isinstance(error, Invalid):
        return error
    reason, message, advice = found or ("request", "", _COMPARE)
    return LoginFailed(
        message.format(redirect=redirect_uri, client=client_id) or f"HubSpot refuses the code: {error.message}",
        reason=reason,
        status=error.status,
        category=error.category,
        correlation_id=error.correlation_id,
        advice=advice.format(redirect=redirect_uri, client=client_id),
    )


_COMPARE = f"Compare clientId, client secret and redirectUri with the app's Auth page in HubSpot. {AGAIN}"
_VERDICTS = {
    "BAD_AUTH_CODE": (
        "code",
        "HubSpot does not take this code: it was used before, or is too old. A code is good once, and for a short time.",
        f"{AGAIN} Hand the code over as soon as the browser shows it.",
    ),
    "BAD_REDIRECT_URI": (
        "redirect",
        "The redirect URI {redirect} is not one of the app's.",
        (
            "Write exactly {redirect} among the app's redirect URLs (in its app-hsmeta.json, or on its Auth page), or "
            "take one of those: hubspoke profile set redirectUri=URL."
        ),
    ),
    "BAD_CLIENT_ID": (
        "client",
        "HubSpot knows no app with the client id {client}.",
        "Compare it with the app's Auth page in HubSpot: hubspoke profile set clientId=ID.",
    ),
    "BAD_CLIENT_SECRET": (
        "client",
        "The client secret is not that of the app {client}.",
        "Copy it from the app's Auth page in HubSpot: hubspoke credentials set clientSecret.",
    ),
    "BAD_CODE_VERIFIER": (
        "pkce",
        "HubSpot does not accept the proof (PKCE) that this login is the one that began.",
        "Begin again. If it happens again, leave the proof out: hubspoke credentials login --no-pkce.",
    ),
    "BAD_GRANT_TYPE": (
        "endpoint",
        "This token endpoint exchanges no codes.",
        "Check apiBaseUrl and apiVersion of the profile.",
    ),
    "BAD_HUB": (
        "account",
        "The HubSpot account of this code does not exist any more.",
        f"Choose another account. {AGAIN}",
    ),
}
_VERDICTS |= {
    "invalid_client": (
        "client",
        "HubSpot does not know the app {client} by this client secret.",
        "Compare clientId and client secret with the app's Auth page in HubSpot.",
    ),
    "access_denied": _VERDICTS["BAD_HUB"],
    "unsupported_grant_type": _VERDICTS["BAD_GRANT_TYPE"],
}
