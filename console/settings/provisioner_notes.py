"""What became of each key of a provisioner file, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from console.settings.errors import SettingsError
from console.settings.icf import FLAGS, OPERATIONS, IcfSettings
from console.settings.profile import Profile
from console.settings.provisioner_keys import (
    BUNDLE,
    CONFIGURATION,
    CONNECTOR,
    CONNECTOR_KEYS,
    HANDLERS,
    LOCAL,
    META,
    OWN,
    OWN_KEYS,
    TOP_LEVEL,
    VERSION,
    WITHOUT_EFFECT,
    Note,
    counts_in,
    is_reference,
    secret_name,
    shown,
)
from console.settings.tomlfile import nearest

OBJECT_CLASSES = ("contact", "company", "contactProperties", "companyProperties", "__ALL__")
_RANGE = re.compile(r"([\[(])([\d.]+),([\d.]+)([\])])")


def connector_notes(document: Mapping[str, Any]) -> list[Note]:
    """Whether the file is for this connector, and for one that runs here.

    Raises:
        SettingsError: it configures something else.
    """
    given = document.get("connectorRef")
    if given is None:
        return [_look("connectorRef", "is not there; the file is taken for one of the HubSpot connector.")]
    if not isinstance(given, dict):
        raise SettingsError("connectorRef must be an object with keys.", "Export the file again.", key="connectorRef")
    for key, ours in (("connectorName", CONNECTOR), ("bundleName", BUNDLE)):
        name = given.get(key)
        if name is not None and "hubspot" not in str(name).lower():
            raise SettingsError(
                f"The file configures another connector: {key} is {shown(str(name))}.",
                f"Give a file of the HubSpot connector, whose {key} is {ours}.",
                key="connectorRef",
            )
    return list(_about_reference(given))


def notes_of(document: Mapping[str, Any], icf: IcfSettings, profile: Profile) -> list[Note]:
    """Every other key of the document, top to bottom, and what the profile now switches off."""
    notes: list[Note] = []
    for key in document:
        notes += _top_level(key, document, icf)
    return [*notes, *_protection(profile)]


def _about_reference(given: Mapping[str, Any]) -> Iterator[Note]:
    host = given.get("connectorHostRef")
    if host not in (None, "", LOCAL):
        yield _look(
            "connectorRef.connectorHostRef",
            f"names the connector server {shown(str(host))}; Hubspoke calls HubSpot from this machine.",
            "Where only that server reaches HubSpot, run hubspoke there, or set httpProxyHost and httpProxyPort.",
        )
    version = given.get("bundleVersion")
    if version is not None and not _covers(str(version)):
        yield _look(
            "connectorRef.bundleVersion",
            f"is {shown(str(version))}; Hubspoke does what version {'.'.join(map(str, VERSION))} does.",
        )


def _covers(text: str) -> bool:
    """Whether an OSGi version range, or a version, admits ours."""
    match = _RANGE.fullmatch(text.replace(" ", ""))
    if match is None:
        return _parts(text) == VERSION
    low, high = _parts(match[2]), _parts(match[3])
    above = low <= VERSION if match[1] == "[" else low < VERSION
    return above and (high >= VERSION if match[4] == "]" else high > VERSION)


def _parts(text: str) -> tuple[int, ...]:
    parts = tuple(int(part) for part in text.split(".") if part.isdecimal() and len(part) < 10)
    return (*parts, 0, 0, 0, 0)[:4]


def _top_level(key: str, document: Mapping[str, Any], icf: IcfSettings) -> Iterable[Note]:
    value = document[key]
    if key in META:
        return [_kept(key, "is the identity server's own.")]
    if key in WITHOUT_EFFECT:
        why, advice = WITHOUT_EFFECT[key]
        return [_kept(key, f"has no effect: {why}", advice)]
    if key not in TOP_LEVEL:
        return [_unknown(key, key, TOP_LEVEL)]
    if key in (CONFIGURATION, OWN):
        return _properties(key, value or {})
    parts = {
        "operationTimeout": _timeouts,
        "operationOptions": _options,
        "objectTypes": lambda found: _types(found, icf),
        "resultsHandlerConfig": _handlers,
    }
    return [_used(key), *(parts[key](value or {}) if key in parts else ())]


def _properties(section: str, table: Mapping[str, Any]) -> Iterator[Note]:
    known = (*CONNECTOR_KEYS, *OWN_KEYS)
    for key, value in table.items():
        place = f"{section}.{shown(key)}"
        if is_reference(value):
            yield _look(place, "stands in a property of the identity server; the default is used.", f"Set it: hubspoke profile set {shown(key)}=...")  # fmt: skip
        elif key in known and not counts_in(section, key, value):
            yield _look(place, f"counts in {CONFIGURATION} only; it is kept and given back.")
        elif key in known:
            yield _used(place)
        elif not secret_name(key):
            yield _unknown(place, key, known)


def _timeouts(table: Mapping[str, Any]) -> Iterator[Note]:
    for operation, value in table.items():
        if operation not in OPERATIONS:
            yield _unknown(f"operationTimeout.{shown(operation)}", operation, OPERATIONS)
        elif value in (0, "0"):
            yield _look(f"operationTimeout.{operation}", "is 0 ms, which is taken for no limit.")


def _options(table: Mapping[str, Any]) -> Iterator[Note]:
    for operation, rule in table.items():
        place = f"operationOptions.{shown(operation)}"
        if operation not in OPERATIONS:
            yield _unknown(place, operation, OPERATIONS)
        features = rule.get("objectFeatures") or {}
        parts = [rule, *(part for part in features.values() if isinstance(part, dict))]
        for way in dict.fromkeys(part.get("onDeny") for part in parts):
            if way not in (None, "THROW_EXCEPTION"):
                yield _look(f"{place}.onDeny", f"is {way}; a denied operation is refused, for it must not look done.")
        for key in {"operationOptionInfo", "supportedObjectTypes"} & set(rule):
            yield _kept(f"{place}.{key}", "has no effect: it describes options, and denies nothing.")


def _types(table: Mapping[str, Any], icf: IcfSettings) -> Iterator[Note]:
    for name, kind in icf.object_types.items():
        place = f"objectTypes.{shown(name)}"
        if kind.native not in OBJECT_CLASSES:
            yield _look(
                f"{place}.nativeType",
                f"is {shown(kind.native)}, which the connector does not have.",
                f"It has: {', '.join(OBJECT_CLASSES)}.",
            )
        for key, found in (table[name].get("properties") or {}).items():
            for flag in found.get("flags") or ():
                if flag not in FLAGS:
                    yield _unknown(f"{place}.properties.{shown(key)}.flags", flag, FLAGS)


def _handlers(table: Mapping[str, Any]) -> Iterator[Note]:
    for key, value in table.items():
        place = f"resultsHandlerConfig.{shown(key)}"
        if key not in HANDLERS:
            yield _unknown(place, key, HANDLERS)
            continue
        ours, words = HANDLERS[key]
        if str(value).lower() != str(ours).lower():
            yield _kept(place, f"has no effect: {words}.")


def _protection(profile: Profile) -> Iterator[Note]:
    if profile.accept_self_signed_certificates:
        yield _look(
            "acceptSelfSignedCertificates",
            "lets a server vouch for itself.",
            "Look at its fingerprint and accept that one certificate: hubspoke test",
        )
    if profile.disable_host_name_verifier:
        yield _look("disableHostNameVerifier", "accepts a certificate of another host.", "Switch it off if you can.")


def _used(key: str) -> Note:
    return Note(key=key, state="used", message="is honoured.")


def _kept(key: str, message: str, advice: str = "") -> Note:
    return Note(key=key, state="kept", message=message, advice=advice)


def _look(key: str, message: str, advice: str = "") -> Note:
    return Note(key=key, state="attention", message=message, advice=advice)


def _unknown(place: str, key: str, known: Iterable[str]) -> Note:
    meant = nearest(key, known)
    advice = f"Did you mean {meant}?" if meant else ""
    return Note(key=place, state="unknown", message="is not known here; it is kept and given back.", advice=advice)
