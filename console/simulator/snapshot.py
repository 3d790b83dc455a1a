"""The portal in a file: `--data FILE` continues where the last session ended."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from console.simulator.associations import COMPANIES, CONTACTS, USER, Associations, Label
from console.simulator.portal import Portal
from console.simulator.schema import Definition, Group
from console.simulator.store import Record, compact

FORMAT = 1


class Saved(msgspec.Struct, array_like=True):
    """One record: id, created, updated, archived, values."""

    id: int
    created: int
    updated: int
    archived: int
    values: dict[str, str]


class SavedLabel(msgspec.Struct, array_like=True):
    """A user-defined label: name, id and text seen from contacts, id and text seen from companies."""

    name: str
    contact: tuple[int, str]
    company: tuple[int, str]


class Snapshot(msgspec.Struct, kw_only=True):
    """Everything that outlives a session; credentials follow from the seed."""

    format: int
    seed: int
    refresh_tokens: list[str]
    refresh_token: str
    custom: dict[str, list[Definition]]
    records: dict[str, list[Saved]]
    groups: dict[str, list[Group]] = {}
    gone: dict[str, dict[int, int]] = {}  # ids merged away or erased
    past: dict[str, dict[int, dict[str, list[tuple[int, str]]]]] = {}  # earlier values
    granted: dict[str, list[str]] = {}
    blocked: list[str] = []
    labels: list[SavedLabel] = []
    associations: list[tuple[int, int, list[str]]] = []  # contact, company, names of labels


class SnapshotError(Exception):
    """The file cannot be used; the message says why."""


def load(path: Path) -> Snapshot:
    """Read a snapshot."""
    try:
        snapshot = msgspec.msgpack.decode(path.read_bytes(), type=Snapshot)
    except OSError as problem:
        raise SnapshotError(f"{path}: {problem.strerror}") from None
    except msgspec.DecodeError as bad:
        raise SnapshotError(f"{path} is not a simulator's data file: {bad}") from None
    if snapshot.format != FORMAT:
        raise SnapshotError(f"{path} has format {snapshot.format}; this version reads format {FORMAT}")
    return snapshot


def restore(portal: Portal, snapshot: Snapshot) -> None:
    """Fill an empty portal that was made with the snapshot's seed."""
    credentials = portal.credentials
    credentials.refresh_tokens = set(snapshot.refresh_tokens)
    credentials.refresh_token = snapshot.refresh_token
    credentials.granted = {token: frozenset(scopes) for token, scopes in snapshot.granted.items()}
    for name, table in portal.tables.items():
        definitions = snapshot.custom.get(name, [])
        portal.schema.restore(name, definitions)
        portal.schema.groups[name] |= {group.name: group for group in snapshot.groups.get(name, [])}
        for definition in definitions:
            if "U" in definition.flags and not definition.archived_at:
                table.unique[definition.name] = {}
        table.load(
            Record(saved.id, saved.created, saved.updated, saved.archived, compact(saved.values, _is_shared))
            for saved in snapshot.records.get(name, [])
        )
        table.gone = snapshot.gone.get(name, {})
        table.past = snapshot.past.get(name, {})
    portal.blocked = set(snapshot.blocked)
    _restore_associations(portal.associations, snapshot)


def save(portal: Portal, path: Path) -> None:
    """Write the snapshot: atomically, readable by its owner only; SnapshotError if that fails."""
    snapshot = Snapshot(
        format=FORMAT,
        seed=portal.options.seed,
        refresh_tokens=sorted(portal.credentials.refresh_tokens),
        refresh_token=portal.credentials.refresh_token,
        granted={token: sorted(scopes) for token, scopes in portal.credentials.granted.items()},
        custom=portal.schema.custom(),
        records={
            name: [
                Saved(r.id, r.created, r.updated, r.archived, r.values)
                for r in (table.records[id_] for id_ in table.ids)
            ]
            for name, table in portal.tables.items()
        },
        groups={name: list(groups.values()) for name, groups in portal.schema.groups.items()},
        gone={name: table.gone for name, table in portal.tables.items()},
        past={name: table.past for name, table in portal.tables.items()},
        blocked=sorted(portal.blocked),
        labels=_labels(portal.associations),
        associations=[(one, other, [label.name for label in held]) for one, other, held in portal.associations.pairs()],
    )
    try:
        _write(path, msgspec.msgpack.encode(snapshot))
    except OSError as problem:
        raise SnapshotError(f"cannot save to {path}: {problem.strerror}") from None


def _labels(associations: Associations) -> list[SavedLabel]:
    return [
        SavedLabel(
            label.name,
            (label.ids[CONTACTS], label.texts[CONTACTS] or ""),
            (label.ids[COMPANIES], label.texts[COMPANIES] or ""),
        )
        for label in associations.labels
        if label.category == USER
    ]


def _restore_associations(associations: Associations, snapshot: Snapshot) -> None:
    for saved in snapshot.labels:
        associations.labels.append(Label(USER, saved.name, saved.contact, saved.company))
        associations.next_type = max(associations.next_type, saved.contact[0] + 1, saved.company[0] + 1)
    named = {label.name: label for label in associations.labels}
    for contact, company, names in snapshot.associations:
        associations.put(contact, company, [named[name] for name in names])


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _is_shared(name: str) -> bool:
    return name in (
        "associatedcompanyid",
        "city",
        "country",
        "company",
        "jobtitle",
        "lifecyclestage",
        "hs_language",
        "hs_lead_status",
    )
