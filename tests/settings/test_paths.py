"""Folders are 0700 and files 0600, whatever the umask, and replaced in one step."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.settings.errors import SettingsError
from console.settings.paths import Paths, expanded, private_dir, private_file, private_open, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=["umask-000", "umask-022", "umask-777"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_what_is_made_is_private_whatever_the_umask(tmp_path: Path) -> None:
    folder = private_dir(tmp_path / "a" / "b")
    write_private(folder / "replaced", b"1")
    private_file(folder / "made")
    with private_open(folder / "log" / "opened", "a") as stream:
        stream.write("é\n")
    assert [mode(path) for path in (tmp_path / "a", folder, folder / "log")] == [0o700] * 3
    assert [mode(folder / name) for name in ("replaced", "made", "log/opened")] == [0o600] * 3
    assert (folder / "log" / "opened").read_text(encoding="utf-8") == "é\n"


def test_an_existing_folder_and_file_keep_what_the_operator_chose(tmp_path: Path) -> None:
    folder = tmp_path / "group"
    folder.mkdir()
    folder.chmod(0o750)
    private_dir(folder)
    assert mode(folder) == 0o750


def test_a_shared_state_folder_makes_files_for_its_group(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    private_file(shared / "journal.sqlite")
    assert mode(shared / "journal.sqlite") == 0o660
    assert mode(private_dir(shared / "locks")) == 0o2770


def test_replacing_keeps_a_link_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "settings.toml"
    write_private(target, b"old")
    link = tmp_path / "settings.toml"
    link.symlink_to(target)
    write_private(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["dotfiles", "settings.toml", "settings.toml"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_private(tmp_path / "taken", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="cannot be made") as told:
        private_dir(tmp_path / "file" / "below")
    assert told.value.remedy


def test_folders_follow_xdg_and_the_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    assert Paths.resolve() == Paths(own_home / ".config/hubspoke", own_home / ".local/state/hubspoke")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert Paths.resolve() == Paths(tmp_path / "c/hubspoke", tmp_path / "s/hubspoke")
    monkeypatch.chdir(tmp_path)
    given = Paths.resolve("here", "~/there")
    assert given == Paths(tmp_path / "here", own_home / "there")
    assert given.profiles == tmp_path / "here/profiles"
    assert given.journal == own_home / "there/journal.sqlite"
    assert not (tmp_path / "here").exists()
    with pytest.raises(SettingsError):
        Paths.resolve("", None)


def test_a_home_of_somebody_who_is_not_there_is_a_name_like_any_other(own_home: Path) -> None:
    assert expanded("~/people.csv") == own_home / "people.csv"
    assert expanded("~nobody-of-that-name/people.csv") == Path("~nobody-of-that-name/people.csv")
