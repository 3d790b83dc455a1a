"""Accepting a server's certificate: shown with its fingerprint, compared by a person, then taken and no other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.content import Content

from screens.literal import hanging, literal, row, stack

if TYPE_CHECKING:
    from console.hubspot.fingerprint import PeerCertificate
    from console.session import Session
    from screens.app import HubspokeApp

WIDTH = 56


async def accept(app: HubspokeApp, session: Session, shown: PeerCertificate | None = None) -> bool:
    """Ask whether to take `shown` (None: what the server shows now); saves the profile and opens it anew.

    Must run in a worker. What is wrong with the way to the server is told, and False.
    """
    from console.connector.acceptance import accept_certificate, shown_certificate
    from console.connector.stages import Problem
    from screens.screens.dialogs import Confirm

    secrets = await session.secrets
    try:
        certificate = shown or await shown_certificate(session.profile, secrets)
        before = session.profile.certificate_fingerprint
        question = Confirm(
            "Take this certificate, and no other?", _described(certificate, before), "Take it", "Leave it"
        )
        if not await app.push_screen_wait(question):
            return False
        pinned = await accept_certificate(session.profile, secrets, certificate.fingerprint)
    except Problem as problem:
        app.say(f"{problem.what} {problem.advice}", severity="warning")
        return False
    await asyncio.to_thread(session.profiles.save, pinned)
    app.say(f"Taken, and kept in the profile {pinned.name}.")
    return await app.open_profile(pinned.name)


def _described(certificate: PeerCertificate, before: str) -> Content:
    rows = [literal("SHA-256", "$muted"), *_halves(certificate.fingerprint, "bold")]
    if before and before != certificate.fingerprint:
        rows += [literal("instead of the one that was taken before", "$warning"), *_halves(before, "$muted")]
    rows.append(literal(""))
    rows += hanging("of    ", ", ".join(certificate.names[:4]) or certificate.subject, WIDTH)
    rows += hanging("by    ", "itself" if certificate.self_signed else certificate.issuer, WIDTH)
    if certificate.not_before is not None and certificate.not_after is not None:
        rows.append(
            row(("from  ", "$accent"), f"{certificate.not_before:%Y-%m-%d} until {certificate.not_after:%Y-%m-%d}")
        )
    advice = "Compare the fingerprint with what the server's administrator reads out. Only if they are equal, take it."
    return stack(*rows, "", *hanging("→ ", advice, WIDTH))


def _halves(fingerprint: str, style: str) -> list[Content]:
    """In two rows that fit a dialog."""
    middle = len(fingerprint) // 2 + 1
    return [literal(fingerprint[:middle], style), literal(fingerprint[middle:], style)]
