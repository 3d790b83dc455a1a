"""The journal's tables as they are today; `console.journal.migrations` makes them.

Nothing personal lies open here: who and what is in sealed columns (`payload`, `outcome`, `head`,
`accepted`); what can be searched is numbers, states, HubSpot's ids and keyed digests.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("sealed", Integer, nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("id", Text, primary_key=True),
    Column("portal_id", Integer, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("object_class", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("complete", Integer, nullable=False, default=0),
    Column("hash", Text, nullable=False, default=""),
    Column("writes", Integer, nullable=False, default=0),
    Column("key", LargeBinary),
    Column("sealed", Integer, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("pruned_at", Float),
)

entries = Table(
    "entries",
    metadata,
    Column("plan_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("situation", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("undo", Text, nullable=False),
    Column("uid", Text),
    Column("clears", Integer, nullable=False),
    Column("read_at", Float, nullable=False),
    Column("claimed_at", Float, nullable=False, default=0.0),
    Column("settled_at", Float, nullable=False, default=0.0),
    Column("key_digest", LargeBinary, nullable=False),
    Column("correlation_digest", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("twin", Integer),
    Column("twin_of", Text),
    Column("cause", Text, nullable=False, default=""),
    Column("written_uid", Text),
    Column("payload", LargeBinary),
    Column("outcome", LargeBinary),
    Column("befores", LargeBinary),
    Column("proof", LargeBinary),
    Column("fingerprint", LargeBinary),
    sqlite_with_rowid=False,
)
Index("entries_by_action", entries.c.plan_id, entries.c.action, entries.c.state, entries.c.situation, entries.c.number)
Index("entries_by_key", entries.c.plan_id, entries.c.key_digest)
Index("entries_by_uid", entries.c.plan_id, entries.c.uid, sqlite_where=entries.c.uid.is_not(None))

links = Table(
    "links",
    metadata,
    Column("portal_id", Integer, primary_key=True, autoincrement=False),
    Column("mapping", Text, primary_key=True),
    Column("object_class", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("uid", Text, nullable=False),
    Column("created_by_us", Integer, nullable=False),
    Column("accepted", LargeBinary),
    Column("updated_at", Float, nullable=False),
    sqlite_with_rowid=False,
)
Index("links_by_uid", links.c.portal_id, links.c.mapping, links.c.object_class, links.c.uid)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("plan_id", Text, nullable=False),
    Column("portal_id", Integer, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("object_class", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("total", Integer, nullable=False, default=0),
    Column("plan_hash", Text, nullable=False),
    Column("requests", Integer, nullable=False, default=0),
    Column("rate_limited", Integer, nullable=False, default=0),
    Column("approved_at", Float, nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("started_at", Float),
    Column("updated_at", Float),
    Column("finished_at", Float),
    Column("owner", Text, nullable=False, default=""),
    Column("message", Text, nullable=False, default=""),
    Column("proofs", LargeBinary),
    UniqueConstraint("plan_id"),
)

run_counts = Table(
    "run_counts",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

commands = Table(
    "commands",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("taken", Integer, nullable=False, default=0),
)
Index("commands_waiting", commands.c.run_id, commands.c.taken)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("plan_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("sudo_user", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("session", Text, nullable=False, default=""),
)

chain = Table(
    "chain",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("back", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("salt", LargeBinary),
    Column("digest", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)
