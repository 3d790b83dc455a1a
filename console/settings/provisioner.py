"""Provisioner files (`provisioner.openicf-hubspot.json`) made profiles, and profiles made provisioner files.

What a profile has keys for goes into the profile; the rest of the document is kept as it came (`Profile.icf`), so that
an export gives the file back, but for its secrets. Those go to the vault, or are reported.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from console.settings.errors import SettingsError
from console.settings.fields import FIELDS, Wrong
from console.settings.icf import IcfSettings
from console.settings.jsontable import same
from console.settings.profile import AUTO, Profile, origin_of
from console.settings.profiles import assign, checked, display
from console.settings.provisioner_keys import (
    CONFIGURATION,
    CONNECTOR_DEFAULTS,
    CONNECTOR_KEYS,
    CONNECTOR_REF,
    OWN,
    TOP,
    TOP_LEVEL,
    Note,
    counts_in,
    is_reference,
)
from console.settings.provisioner_notes import connector_notes, notes_of
from console.settings.provisioner_secrets import without_secrets

_HOMES: dict[str, tuple[str, ...]] = {"apiBaseUrl": ("hubapi.com",), "authorizeUrl": ("hubspot.com",), "remoteUrl": ()}
"""Profile keys that name a server, and the domains that are HubSpot's."""


@dataclass(frozen=True)
class Imported:
    """A provisioner file as a profile; `secrets` belong into the vault and nowhere else."""

    profile: Profile
    notes: tuple[Note, ...]
    secrets: dict[str, str] = field(repr=False)


def imported(document: Mapping[str, Any], *, name: str | None = None, accept: Collection[str] = ()) -> Imported:
    """The profile that a provisioner file means. `accept` are addresses that are no HubSpot's and yet meant.

    Raises:
        SettingsError: it configures another connector, a value is not allowed, or it leads to a foreign server.
    """
    first = connector_notes(document)
    kept, secrets, left_out = without_secrets(document)
    profile = checked(assign(Profile(name=name or _name(kept)), _values(kept)))
    foreign = _foreign(profile, accept)
    icf = IcfSettings(kept)
    icf.check()
    profile = msgspec.structs.replace(profile, icf=IcfSettings(_pruned(kept, profile)))
    return Imported(profile, (*first, *foreign, *left_out, *notes_of(kept, icf, profile)), secrets)


def exported(profile: Profile) -> dict[str, Any]:
    """The provisioner file of a profile, without secrets. An imported one comes back as it was, with later changes."""
    document = copy.deepcopy(profile.icf.document)
    for key in FIELDS:
        if _meant(document, key) != getattr(profile, FIELDS[key].attribute):
            _put(document, key, profile)
    document.setdefault("name", _system_name(profile.name))
    document.setdefault("connectorRef", dict(CONNECTOR_REF))
    order = {key: number for number, key in enumerate(TOP_LEVEL)}
    return dict(sorted(document.items(), key=lambda item: order.get(item[0], len(order))))


def _name(document: Mapping[str, Any]) -> str:
    found = document.get("name")
    if found is None and isinstance(document.get("_id"), str):
        found = document["_id"].rpartition("/")[2]  # the configuration resource: provisioner.openicf/hubspot
    if not isinstance(found, str) or not found:
        raise SettingsError("The file has no name.", "Give the profile one: --name NAME", key="name")
    return found


def _system_name(name: str) -> str:
    """Letters and digits: an identity server takes no other names of systems."""
    return re.sub(r"[^A-Za-z0-9]", "", name) or "hubspot"


def _values(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the file gives for the profile's keys; nulls, blanks and references elsewhere mean the default."""
    found = dict(CONNECTOR_DEFAULTS)
    for key in FIELDS:
        place = _place(document, key)
        if place is not None and not _says_nothing(value := _section(document, place)[key]):
            found[key] = value
    return found


def _place(document: Mapping[str, Any], key: str) -> str | None:
    """The section that a key counts in: Hubspoke's own goes before the connector's."""
    for section in ("",) if key in TOP else (OWN, CONFIGURATION):
        found = _section(document, section)
        if key in found and counts_in(section, key, found[key]):
            return section
    return None


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name) if name else document
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise SettingsError(f"{name} must be an object with keys.", "Write { } with keys and values.", key=name)
    return found


def _says_nothing(value: Any) -> bool:
    return value is None or value == "" or is_reference(value)


def _meant(document: Mapping[str, Any], key: str) -> Any:
    """What an import of the document would make of a key; None where its value is not allowed."""
    place = _place(document, key)
    value = None if place is None else _section(document, place)[key]
    if _says_nothing(value):
        value = CONNECTOR_DEFAULTS.get(key)
        if value is None:
            return getattr(_DEFAULTS, FIELDS[key].attribute)
    try:
        return FIELDS[key].read(value)
    except Wrong:
        return None


_DEFAULTS = Profile(name="default")


def _put(document: dict[str, Any], key: str, profile: Profile) -> None:
    """The profile's value in the place where an import looks for it."""
    for section in (OWN, CONFIGURATION):
        held = document.get(section)
        if isinstance(held, dict) and key in held:
            del held[key]
            if not held:
                del document[section]
    if key in TOP:
        document.pop(key, None)
    if _meant(document, key) == getattr(profile, FIELDS[key].attribute):
        return
    value = display(profile)[key]
    if key in TOP:
        document[key] = value
    else:
        home = CONFIGURATION if key in CONNECTOR_KEYS and value != AUTO else OWN
        document.setdefault(home, {})[key] = value


def _pruned(document: dict[str, Any], profile: Profile) -> dict[str, Any]:
    """What an export would not write by itself: forms such as "10", and everything that a profile has no key for."""
    own = exported(profile)
    rest = {
        key: value
        for key, value in document.items()
        if key not in ("name", "connectorRef", *TOP) or key not in own or not same(own[key], value)
    }
    for name, other in ((CONFIGURATION, OWN), (OWN, CONFIGURATION)):
        given = document.get(name)
        if not given or not isinstance(given, dict) or name not in own:
            continue
        elsewhere = _section(document, other)
        left = {
            key: value
            for key, value in given.items()
            if key in elsewhere or key not in own[name] or not same(own[name][key], value)
        }
        rest.pop(name)
        if left:
            rest[name] = left
    return rest


def _foreign(profile: Profile, accept: Collection[str]) -> list[Note]:
    """Servers that are not HubSpot's, all of them accepted; an import must not send secrets where a file says."""
    accepted = {origin_of(url) for url in accept}
    notes = []
    for key, domains in _HOMES.items():
        url = getattr(profile, FIELDS[key].attribute)
        if not url or _at_home(url, domains):
            continue
        origin = origin_of(url)
        if origin not in accepted:
            raise SettingsError(
                f"{key} leads to {origin}, which is not HubSpot's: secrets and records would go there.",
                f"Take {key} out of the file; or, if it is meant: hubspoke profile import FILE --accept-url {origin}",
                key=key,
            )
        notes.append(Note(key=key, state="attention", message=f"leads to {origin}, which was accepted."))
    return notes


def _at_home(url: str, domains: tuple[str, ...]) -> bool:
    origin = origin_of(url)
    return any(re.fullmatch(rf"https://([a-z0-9-]+\.)*{re.escape(domain)}", origin) for domain in domains)
