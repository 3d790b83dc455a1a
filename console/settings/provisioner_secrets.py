"""Secrets of a provisioner file: taken out of the document, to the vault where they are readable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.settings.provisioner_keys import (
    CONFIGURATION,
    Note,
    is_encrypted,
    is_reference,
    looks_secret,
    secret_name,
    shown,
)


def without_secrets(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], list[Note]]:
    """The document without secrets, the readable ones by their names in the vault, and what became of each."""
    secrets: dict[str, str] = {}
    notes: list[Note] = []
    rest = {key: value for key, value in document.items() if key != CONFIGURATION}
    kept: dict[str, Any] = _cleaned(rest, "", notes)
    given = document.get(CONFIGURATION)
    if CONFIGURATION in document:
        kept[CONFIGURATION] = _configuration(given, secrets, notes) if isinstance(given, dict) else given
    return {key: kept[key] for key in document if key in kept}, secrets, notes


def _configuration(given: dict[str, Any], secrets: dict[str, str], notes: list[Note]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in given.items():
        name = secret_name(key)
        if name and value not in (None, ""):
            notes.append(_taken(key, name, value, secrets))
        else:
            plain[key] = value
    cleaned: dict[str, Any] = _cleaned(plain, "", notes)
    return cleaned


def _taken(key: str, name: str, value: Any, secrets: dict[str, str]) -> Note:
    store = f"Store it with: hubspoke credentials set {name}"
    if is_reference(value):
        return Note(
            key=shown(key),
            state="attention",
            message="stands in a property of the identity server, not in the file.",
            advice=store,
        )
    if isinstance(value, str) and value.strip():
        secrets[name] = value.strip()
        return Note(
            key=shown(key),
            state="left out",
            message="is a secret, which belongs into the vault: no file of Hubspoke holds it.",
        )
    if is_encrypted(value):
        return Note(
            key=shown(key),
            state="attention",
            message="is encrypted with the identity server's own key, so nobody can read it here.",
            advice=store,
        )
    return Note(key=shown(key), state="attention", message="is no text, so it was left out.", advice=store)


def _cleaned(value: Any, place: str, notes: list[Note]) -> Any:
    """The same without what may be a secret; `notes` get each place where something was."""
    if isinstance(value, list):
        return [_cleaned(item, f"{place}[{number}]", notes) for number, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for key, item in value.items():
        at = f"{place}.{shown(key)}" if place else shown(key)
        if is_encrypted(item):
            why = "is encrypted with the identity server's own key, and was left out."
        elif looks_secret(key) and _is_text(item):
            why = "may be a secret, so it was left out: no file of Hubspoke holds one."
        else:
            kept[key] = _cleaned(item, at, notes)
            continue
        notes.append(Note(key=at, state="left out", message=why))
    return kept


def _is_text(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_is_text, value))
    return isinstance(value, str) and value != "" and not is_reference(value)
