"""Secrets that are only ever compared: kept as a salted scrypt hash (RFC 7914), checked in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets

_PREFIX = "scrypt:1:"
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
_SALT = 16


def new_secret() -> str:
    """A secret nobody guesses: 43 letters, digits, - and _."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What may be kept of a secret."""
    salt = os.urandom(_SALT)
    return _PREFIX + base64.urlsafe_b64encode(salt + _derived(secret, salt)).decode()


class Checker:
    """Compares what clients say with what is kept. A secret that was right is remembered by a keyed digest.

    So the slow hash is taken once for each client and each secret, not once for each request.
    """

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._known: dict[str, bytes] = {}

    def known(self, client: str, kept: str, said: str) -> bool:
        """Whether this was found to be right before."""
        return hmac.compare_digest(self._known.get(client, b""), self._digest(client, kept, said))

    def right(self, client: str, kept: str, said: str) -> bool:
        """Whether `said` is the secret of `client` that `kept` stands for (a hash; or the secret, where the environment brings it)."""
        if not matches(kept, said):
            return False
        self._known[client] = self._digest(client, kept, said)
        return True

    def _digest(self, client: str, kept: str, said: str) -> bytes:
        return hmac.digest(self._key, f"{client}\0{kept}\0{said}".encode("utf-8", "surrogatepass"), "sha256")


def matches(kept: str, said: str) -> bool:
    """Whether a secret is the one that was kept: in constant time, and as slow for one that is kept as it is."""
    if not kept.startswith(_PREFIX):
        _derived(said, bytes(_SALT))
        return hmac.compare_digest(kept.encode("utf-8", "surrogatepass"), said.encode("utf-8", "surrogatepass"))
    try:
        raw = base64.urlsafe_b64decode(kept.removeprefix(_PREFIX))
    except ValueError:
        return False
    return hmac.compare_digest(raw[_SALT:], _derived(said, raw[:_SALT]))


def _derived(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        secret.encode("utf-8", "surrogatepass"), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=64 << 20, dklen=32
    )


NOBODY = hashed("nobody")
"""What an unknown client is compared with, so that it takes as long."""
