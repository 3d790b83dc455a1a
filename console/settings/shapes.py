"""What a credential looks like, judged as it is typed: words for what cannot be right, and for what is unusual."""

from __future__ import annotations

import re
from typing import NamedTuple

from console.settings.secrets import ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN

CLIENT_ID = "clientId"
SHORTEST = 20
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TOKEN = re.compile(r"pat-[a-z0-9]+-", re.IGNORECASE)


class Judgement(NamedTuple):
    """`state` is ok, warn or wrong; `words` say why, and never repeat what was typed."""

    state: str
    words: str = ""


FINE = Judgement("ok")


def judge(name: str, value: str) -> Judgement:
    """The shape of a secret, or of a client id. Only HubSpot knows whether it is good."""
    given = value.strip()
    if not given:
        return FINE
    if given.lower().startswith("bearer "):
        return Judgement("wrong", "Leave the word Bearer out: the token alone.")
    if any(character.isspace() for character in given):
        return Judgement("wrong", "It holds a blank or a line break: copy it once more, as a whole.")
    if "://" in given or "@" in given:
        return Judgement("wrong", "That is an address, not a credential.")
    if set(given) <= {"*", "•", "."}:
        return Judgement("wrong", "Those are the dots that HubSpot shows: press Show or Copy beside them first.")
    return _JUDGES.get(name, _plain)(given)


def _token(given: str) -> Judgement:
    if _UUID.fullmatch(given):
        return Judgement("wrong", "That looks like a client id or an old API key: a token begins with pat-.")
    if len(given) < SHORTEST:
        return Judgement("wrong", "That is too short for a token, which looks like pat-na1-1234abcd-...")
    if not _TOKEN.match(given):
        return Judgement("warn", "HubSpot's tokens begin with pat-; this one is tried all the same.")
    return FINE


def _client_id(given: str) -> Judgement:
    if _TOKEN.match(given):
        return Judgement("wrong", "That is an access token, which belongs to the other choice: esc goes back.")
    if not _UUID.fullmatch(given):
        return Judgement("warn", "A client id has 36 characters, like 1234abcd-12ab-34cd-56ef-123456abcdef.")
    return FINE


def _plain(given: str) -> Judgement:
    if len(given) < SHORTEST:
        return Judgement("warn", "That is shorter than HubSpot's own: was it copied as a whole?")
    return FINE


_JUDGES = {ACCESS_TOKEN: _token, CLIENT_ID: _client_id, CLIENT_SECRET: _plain, REFRESH_TOKEN: _plain}
