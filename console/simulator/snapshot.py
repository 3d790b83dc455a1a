"""The portal in a file: `--data FILE` continues where the last session ended."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from console.simulator.portal import Portal
from console.simulator.schema import Definition
from console.simulator.store import Record, compact

FORMAT = 1


class Saved(msgspec.Struct, array_like=True):
    """One record: id, created, updated, archived, values."""

    id: int
    created: int
    updated: int
    archived: int
    values: dict[str, str]


class Snapshot(msgspec.Struct, kw_only=True):
    """Everything that outlives a session; credentials follow from the seed."""

    format: int
    seed: int
    refresh_tokens: list[str]
    refresh_token: str
    custom: dict[str, list[Definition]]
    records: dict[str, list[Saved]]


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
    for name, table in portal.tables.items():
        known = portal.schema.types[name]
        known |= {definition.name: definition for definition in snapshot.custom.get(name, [])}
        unique = [d.name for d in snapshot.custom.get(name, []) if "U" in d.flags]
        for property_ in unique:
            table.unique[property_] = {}
        table.load(
            Record(saved.id, saved.created, saved.updated, saved.archived, compact(saved.values, _is_shared))
            for saved in snapshot.records.get(name, [])
        )


def save(portal: Portal, path: Path) -> None:
    """Write the snapshot: atomically, readable by its owner only; SnapshotError if that fails."""
    snapshot = Snapshot(
        format=FORMAT,
        seed=portal.options.seed,
        refresh_tokens=sorted(portal.credentials.refresh_tokens),
        refresh_token=portal.credentials.refresh_token,
        custom=portal.schema.custom(),
        records={
            name: [
                Saved(r.id, r.created, r.updated, r.archived, r.values)
                for r in (table.records[id_] for id_ in table.ids)
            ]
            for name, table in portal.tables.items()
        },
    )
    try:
        _write(path, msgspec.msgpack.encode(snapshot))
    except OSError as problem:
        raise SnapshotError(f"cannot save to {path}: {problem.strerror}") from None


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
    return name in ("city", "country", "company", "jobtitle", "lifecyclestage", "hs_language", "hs_lead_status")
