"""The steps from one version of the journal's schema to the next, in SQL of their own.

They say what a released version made, whatever `console.journal.schema` says today: a step never changes once it
was released. A test makes a file of every version by these statements and compares the end with the schema.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from console.journal.errors import JournalTooNew

_FIRST = (
    "CREATE TABLE keys (name TEXT NOT NULL PRIMARY KEY, key BLOB NOT NULL, sealed INTEGER NOT NULL)",
    (
        "CREATE TABLE plans (id TEXT NOT NULL PRIMARY KEY, portal_id INTEGER NOT NULL, mapping TEXT NOT NULL,"
        " object_class TEXT NOT NULL, created_at TEXT NOT NULL, state TEXT NOT NULL, complete INTEGER NOT NULL,"
        " hash TEXT NOT NULL, writes INTEGER NOT NULL, key BLOB, sealed INTEGER NOT NULL, head BLOB NOT NULL)"
    ),
    (
        "CREATE TABLE entries (plan_id TEXT NOT NULL, number INTEGER NOT NULL, situation TEXT NOT NULL,"
        " action TEXT NOT NULL, state TEXT NOT NULL, undo TEXT NOT NULL, uid TEXT, clears INTEGER NOT NULL,"
        " read_at FLOAT NOT NULL, claimed_at FLOAT NOT NULL, settled_at FLOAT NOT NULL, key_digest BLOB NOT NULL,"
        " correlation_digest BLOB NOT NULL, content BLOB NOT NULL, twin INTEGER, twin_of TEXT, cause TEXT NOT NULL,"
        " written_uid TEXT, payload BLOB, outcome BLOB, befores BLOB, PRIMARY KEY (plan_id, number)) WITHOUT ROWID"
    ),
    "CREATE INDEX entries_by_action ON entries (plan_id, action, state, situation, number)",
    "CREATE INDEX entries_by_key ON entries (plan_id, key_digest)",
    "CREATE INDEX entries_by_uid ON entries (plan_id, uid) WHERE uid IS NOT NULL",
    (
        "CREATE TABLE links (portal_id INTEGER NOT NULL, mapping TEXT NOT NULL, object_class TEXT NOT NULL,"
        " digest BLOB NOT NULL, uid TEXT NOT NULL, created_by_us INTEGER NOT NULL, accepted BLOB,"
        " updated_at FLOAT NOT NULL, PRIMARY KEY (portal_id, mapping, object_class, digest)) WITHOUT ROWID"
    ),
    "CREATE INDEX links_by_uid ON links (portal_id, mapping, object_class, uid)",
    (
        "CREATE TABLE runs (id TEXT NOT NULL PRIMARY KEY, plan_id TEXT NOT NULL, portal_id INTEGER NOT NULL,"
        " mapping TEXT NOT NULL, object_class TEXT NOT NULL, state TEXT NOT NULL, total INTEGER NOT NULL,"
        " plan_hash TEXT NOT NULL, requests INTEGER NOT NULL, rate_limited INTEGER NOT NULL, approved_at FLOAT NOT NULL,"
        " approved_by TEXT NOT NULL, started_at FLOAT, updated_at FLOAT, finished_at FLOAT, owner TEXT NOT NULL,"
        " message TEXT NOT NULL, UNIQUE (plan_id))"
    ),
    (
        "CREATE TABLE run_counts (run_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,"
        " PRIMARY KEY (run_id, kind, name)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE commands (id INTEGER NOT NULL PRIMARY KEY, run_id TEXT NOT NULL, command TEXT NOT NULL,"
        " at FLOAT NOT NULL, taken INTEGER NOT NULL)"
    ),
    "CREATE INDEX commands_waiting ON commands (run_id, taken)",
    (
        "CREATE TABLE audit (id INTEGER NOT NULL PRIMARY KEY, at FLOAT NOT NULL, kind TEXT NOT NULL,"
        " plan_id TEXT NOT NULL, run_id TEXT NOT NULL, login TEXT NOT NULL, sudo_user TEXT NOT NULL, via TEXT NOT NULL,"
        " detail TEXT NOT NULL)"
    ),
)

_CHAIN = (
    (
        "CREATE TABLE chain (position INTEGER NOT NULL PRIMARY KEY, at FLOAT NOT NULL, back FLOAT NOT NULL,"
        " kind TEXT NOT NULL, subject TEXT NOT NULL, salt BLOB, digest BLOB NOT NULL, note TEXT NOT NULL,"
        " mac BLOB NOT NULL)"
    ),
    "ALTER TABLE audit ADD COLUMN session TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE entries ADD COLUMN proof BLOB",
    "ALTER TABLE entries ADD COLUMN fingerprint BLOB",
    "ALTER TABLE runs ADD COLUMN proofs BLOB",
    "ALTER TABLE plans ADD COLUMN pruned_at FLOAT",
)

STEPS: tuple[tuple[str, ...], ...] = (_FIRST, _CHAIN)
"""Step n leads from version n to version n + 1."""


def migrate(connection: Connection, path: object) -> None:
    """Bring the schema up to date, inside the caller's transaction.

    Raises:
        JournalTooNew: the file's version is one that this Hubspoke does not know.
    """
    version = int(connection.execute(text("PRAGMA user_version")).scalar_one())
    if version > len(STEPS):
        raise JournalTooNew(
            f"{path} was written by a newer Hubspoke (journal version {version}; this one knows {len(STEPS)}).",
            remedy="Use the newer Hubspoke, or another state folder with --state DIR.",
        )
    for step in STEPS[version:]:
        for statement in step:
            connection.exec_driver_sql(statement)
    if version < len(STEPS):
        connection.exec_driver_sql(f"PRAGMA user_version = {len(STEPS)}")
