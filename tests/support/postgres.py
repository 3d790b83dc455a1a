"""A PostgreSQL of the test's own: a cluster in a folder under /tmp, on loopback and a socket, gone with the block.

with start_postgres() as server:
    server.sql("create table people (id int primary key)")
    server.url("people")   # without the password, which is server.password
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port

PASSWORD = "open-sesame-42"
READY_WITHIN = "30"


@dataclass
class Postgres:
    """A running server; its only superuser is `owner`, its database `postgres`."""

    folder: Path
    port: int
    password: str = PASSWORD

    def url(self, what: str, query: str = "") -> str:
        """A source's or target's URL over TCP, where a password is asked."""
        return f"postgresql://owner@127.0.0.1:{self.port}/postgres{query}#{what}"

    def socket_url(self, what: str) -> str:
        """The same over the socket, where none is asked."""
        return f"postgresql://owner@/postgres?host={self.folder}&port={self.port}#{what}"

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements; the rows of the last one."""
        import psycopg

        with psycopg.connect(host=str(self.folder), port=self.port, user="owner", dbname="postgres") as connection:
            cursor = None
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return list(cursor.fetchall()) if cursor is not None and cursor.description else []


@contextmanager
def start_postgres() -> Iterator[Postgres]:
    """A server that ends with the block."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    user = "postgres" if os.getuid() == 0 else None  # PostgreSQL refuses to be root
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if user:
            for path in (folder, secret):
                shutil.chown(path, user)
        data = folder / "data"
        options = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}", "--no-sync", "-U", "owner"]
        _run(user, folder, str(programs / "initdb"), "-D", str(data), "-E", "UTF8", *options)
        port = free_port()
        settings = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c full_page_writes=off"
        control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", READY_WITHIN, "-l", str(folder / "log")]
        _run(user, folder, *control, "-o", settings, "start")
        try:
            yield Postgres(folder, port)
        finally:
            _run(user, folder, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(user: str | None, folder: Path, *command: str) -> None:
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder, user=user, timeout=60
    )
