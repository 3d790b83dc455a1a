"""The secrets of one profile: the environment first, then systemd's credentials, then the vault."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from console.settings.errors import SettingsError
from console.settings.vault import MACHINE, Vault

CLIENT_SECRET = "clientSecret"  # noqa: S105 - the name of a secret, not one
REFRESH_TOKEN = "refreshToken"  # noqa: S105 - the name of a secret, not one
ACCESS_TOKEN = "accessToken"  # noqa: S105 - the name of a secret, not one
PROXY_PASSWORD = "httpProxyPassword"  # noqa: S105 - the name of a secret, not one
JOURNAL_KEY = "journalKey"
SOURCE_PREFIX = "source/"
GATEWAY_PREFIX = "gateway/"

PROFILE_SECRETS = (CLIENT_SECRET, REFRESH_TOKEN, ACCESS_TOKEN, PROXY_PASSWORD)
ENVIRONMENT = {
    CLIENT_SECRET: "HUBSPOKE_CLIENT_SECRET",
    REFRESH_TOKEN: "HUBSPOKE_REFRESH_TOKEN",
    ACCESS_TOKEN: "HUBSPOKE_ACCESS_TOKEN",
}
"""The environment's (and systemd's) names of secrets; a runner's environment carries none of them."""

FROM_ENVIRONMENT = "environment"
FROM_SYSTEMD = "systemd"
READ_ONLY = frozenset({FROM_ENVIRONMENT, FROM_SYSTEMD})
"""Sources that a rotated refresh token cannot be written back to."""

_CREDENTIAL_LIMIT = 64 * 1024


def source_secret(name: str) -> str:
    """The vault name of a source's password."""
    return SOURCE_PREFIX + name


def gateway_secret(name: str) -> str:
    """The vault name of what a client of the gateway says to sign in."""
    return GATEWAY_PREFIX + name


def belongs_to_machine(name: str) -> bool:
    """Whether a secret is the machine's, not one profile's: the journal's key, passwords of sources and of the gateway's clients.

    These never travel to HubSpot, and the journal and the mappings serve all profiles.
    """
    return name == JOURNAL_KEY or name.startswith((SOURCE_PREFIX, GATEWAY_PREFIX))


class Secrets:
    """What one profile may read and write; profile secrets are bound to the API's origin."""

    def __init__(self, vault: Vault, profile: str, origin: str, environ: Mapping[str, str] | None = None) -> None:
        if not profile or not origin:
            raise ValueError("secrets belong to a profile and an origin")
        self.vault = vault
        self.profile = profile
        self.origin = origin
        self._environ: Mapping[str, str] = os.environ if environ is None else environ
        self._bound = vault.bound(origin)
        self._machine = vault.bound("")

    def __repr__(self) -> str:
        return f"Secrets({self.profile!r}, {self.origin!r}, {self.vault.label!r})"

    async def get(self, name: str) -> str | None:
        """The secret; None when there is none anywhere."""
        given = self._given(name)
        if given is not None:
            return given[0]
        vault, profile = self._home(name)
        return await vault.get(profile, name)

    def source(self, name: str) -> str:
        """Where `get` finds it, or would: "environment", "systemd" or the vault's label."""
        given = self._given(name)
        if given is not None:
            return given[1]
        vault, profile = self._home(name)
        return vault.source(profile, name)

    async def set(self, name: str, value: str) -> None:
        """Stores it in the vault. What the environment gives goes on hiding it there."""
        if not value:
            raise SettingsError(f"The secret {name} is empty.", f"To remove it: hubspoke credentials forget {name}")
        if "\x00" in value or (not value.isascii() and _has_surrogates(value)):
            raise SettingsError(f"The secret {name} holds characters that cannot be stored.", "Paste it again.")
        vault, profile = self._home(name)
        await vault.set(profile, name, value)

    async def delete(self, name: str) -> None:
        """Removes it from the vault."""
        vault, profile = self._home(name)
        await vault.delete(profile, name)

    def _home(self, name: str) -> tuple[Vault, str]:
        return (self._machine, MACHINE) if belongs_to_machine(name) else (self._bound, self.profile)

    def _given(self, name: str) -> tuple[str, str] | None:
        """What this process was started with, and where it stands."""
        variable = _variable(name)
        if variable is None:
            return None
        value = self._environ.get(variable, "").strip()
        if value:
            return value, FROM_ENVIRONMENT
        folder = self._environ.get("CREDENTIALS_DIRECTORY", "")
        if folder:
            value = _credential(Path(folder) / variable)
            if value:
                return value, FROM_SYSTEMD
        return None


def _variable(name: str) -> str | None:
    """The environment's name of a secret: HUBSPOKE_SOURCE_LDAP_EXAMPLE_ORG of source/ldap.example.org."""
    for prefix in (SOURCE_PREFIX, GATEWAY_PREFIX):
        if name.startswith(prefix):
            return "HUBSPOKE_" + re.sub("[^A-Z0-9]", "_", name.upper())
    return ENVIRONMENT.get(name)


def _credential(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(_CREDENTIAL_LIMIT + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingsError(
            f"The credential file cannot be read: {(error.strerror or 'unknown reason').lower()}.",
            "Run as the user of the systemd unit, or mend LoadCredential= in it.",
            file=path,
        ) from None
    if len(data) <= _CREDENTIAL_LIMIT:
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("utf-8").strip()
    raise SettingsError(
        "The credential file does not hold one line of text.",
        "Give LoadCredential= a file with the bare secret.",
        file=path,
    )


def _has_surrogates(value: str) -> bool:
    return any(0xD800 <= ord(character) <= 0xDFFF for character in value)
