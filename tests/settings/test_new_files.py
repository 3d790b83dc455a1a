"""Files that an operator names: new, private, whole or not there, and what is wrong in words."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from console.settings.errors import SettingsError
from console.settings.new_file import new_private


def test_it_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o277)
    try:
        with new_private(tmp_path / "a.txt") as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o600
    assert (tmp_path / "a.txt").read_bytes() == b"x"


def test_nothing_is_overwritten_and_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("mine")
    (tmp_path / "link.txt").symlink_to(tmp_path / "target.txt")
    for name in ("there.txt", "link.txt"):
        with pytest.raises(SettingsError, match="is there already") as refused, new_private(tmp_path / name):
            pass
        assert "new file" in refused.value.remedy
    assert (tmp_path / "there.txt").read_text() == "mine"
    assert not (tmp_path / "target.txt").exists()


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), ValueError("x")]
)
def test_half_a_file_does_not_stay(tmp_path: Path, error: BaseException) -> None:
    wanted = SettingsError if isinstance(error, OSError) else type(error)

    def write() -> None:
        with new_private(tmp_path / "a.txt") as file:
            file.write(b"half")
            raise error

    with pytest.raises(wanted):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    said = pytest.raises(SettingsError, match=r"no/a\.txt cannot be written: no such file")
    with said as refused, new_private(tmp_path / "no" / "a.txt"):
        pass
    assert "another folder" in refused.value.remedy
