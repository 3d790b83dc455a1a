"""Processes that make a shared file at the same moment do not trip over each other."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from console.settings.wal import use_wal


def test_many_that_make_a_file_at_once_all_get_it(tmp_path: Path) -> None:
    for turn in range(40):
        path = tmp_path / f"{turn}.sqlite"
        gate = threading.Barrier(6)
        modes: list[str] = []

        def begin(path: Path = path, gate: threading.Barrier = gate, modes: list[str] = modes) -> None:
            connection = sqlite3.connect(path, timeout=10, isolation_level=None)
            gate.wait()
            use_wal(connection)
            connection.execute("begin immediate")
            connection.execute("create table if not exists t (x)")
            connection.execute("commit")
            modes.append(connection.execute("pragma journal_mode").fetchone()[0])
            connection.close()

        threads = [threading.Thread(target=begin) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert modes == ["wal"] * 6


def test_whoever_holds_it_for_ever_is_told_after_the_patience(tmp_path: Path) -> None:
    path = tmp_path / "held.sqlite"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin exclusive")
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    began = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        use_wal(other, patience=0.1)
    assert 0.1 <= time.monotonic() - began < 2
    other.close()
    holder.close()
