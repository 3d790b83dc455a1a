"""Accounts of this machine and of passwd files: people only, with what GECOS says of them."""

from __future__ import annotations

import pwd
from pathlib import Path
from typing import Any

import pytest

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.model import SourceRow
from console.sources.opening import open_source

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
# a comment
ann:x:1000:1000:& Lee,R 12,+94 11 2345678,+94 77 1234567,hr,more:/home/ann:/bin/bash
broken line
bob:x:1001:100::/home/bob:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = "root:x:0:\nann:x:1000:\nstaff:x:100:ann,carl\nbad line\naudio:x:29:ann\n"


@pytest.fixture
def passwd(tmp_path: Path) -> Path:
    (tmp_path / "group").write_text(GROUP)
    path = tmp_path / "passwd"
    path.write_text(PASSWD)
    return path


def read(spec: str, base: Path | None = None, **types: str) -> tuple[dict[str, dict[str, Any]], list[Problem]]:
    found = list(open_source(spec, base=base, types=types).rows())
    rows = {row.values["userName"]: row.values for row in found if isinstance(row, SourceRow)}
    return rows, [row for row in found if isinstance(row, Problem)]


def test_people_come_with_their_gecos_and_groups(passwd: Path) -> None:
    rows, problems = read(f"unix:{passwd}?min=1000&max=60000")
    assert rows["ann"] == {
        "userName": "ann",
        "uid": 1000,
        "fullName": "Ann Lee",
        "room": "R 12",
        "workPhone": "+94 11 2345678",
        "homePhone": "+94 77 1234567",
        "other": "hr,more",
        "group": "ann",
        "groups": ["ann", "audio", "staff"],
        "homeDirectory": "/home/ann",
        "loginShell": "/bin/bash",
    }
    assert rows["bob"]["group"] == "staff"
    assert set(rows) == {"ann", "bob"}
    assert [(problem.file, problem.line) for problem in problems] == [(str(passwd), 4)]


def test_system_accounts_are_left_out_and_said(passwd: Path) -> None:
    source = open_source("unix:passwd?min=1000&max=60000", base=passwd.parent)
    assert len([row for row in source.rows() if isinstance(row, SourceRow)]) == 2
    assert source.notes == (
        "2 accounts of the system were left out: people have the uids 1000 to 60000.",
        "1 of the accounts cannot log in: their shell is nologin or false (loginShell).",
    )
    assert set(read(f"unix:{passwd}?min=0&max=99999")[0]) == {"root", "ann", "bob", "nobody"}


def test_this_machine_is_read_by_its_name_service() -> None:
    rows, problems = read("unix:?min=0&max=4294967295")
    assert set(rows) == {entry.pw_name for entry in pwd.getpwall()}
    assert problems == []
    assert read("unix:")[0].keys() <= rows.keys()


def test_the_digest_follows_the_accounts(passwd: Path) -> None:
    spec = f"unix:{passwd}?min=1000"
    first, second = open_source(spec), open_source(spec)
    with pytest.raises(SourceError, match="not been read"):
        first.digest()
    list(first.rows())
    list(second.rows())
    assert first.digest() == second.digest()
    passwd.write_text(PASSWD.replace("R 12", "R 13"))
    list(second.rows())
    assert first.digest() != second.digest()


@pytest.mark.parametrize("spec", ["unix:?min=x", "unix:?uids=1-2", "unix:?min=-1"])
def test_settings_that_make_no_sense_are_refused(spec: str) -> None:
    with pytest.raises(SourceError, match="make no sense"):
        open_source(spec)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        open_source(f"unix:{tmp_path}/nowhere").test()
