"""The built wheel, alone in a fresh environment, opens the demo from a folder that tries to shadow it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

HOUSE = Path(__file__).parents[2]
ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"}


def run(*command: str, cwd: Path = HOUSE) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=55, check=False)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_the_three_rooms_their_data_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"console", "screens", "themes"}
    assert "console/simulator/data/properties.json" in names
    for suffix in (".toml", ".tcss"):
        here = sorted(path.name for path in (HOUSE / "themes").glob(f"*{suffix}"))
        assert here
        assert sorted(Path(name).name for name in names if name.startswith("themes/") and name.endswith(suffix)) == here


def test_the_demo_opens_with_every_theme_from_a_folder_with_a_console_py(wheel: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv"))
    base = Path(sys.base_prefix) / "bin" / "python3"  # the environment of the tests has no pip
    pip = (str(base), "-m", "pip", "--python", str(python), "install", "-q", "--disable-pip-version-check")
    run(*pip, "--require-hashes", "-r", str(HOUSE / ".ci" / "core.lock"))
    run(*pip, "--no-deps", str(wheel))
    trap = tmp_path / "empty"
    trap.mkdir()
    (trap / "console.py").write_text("raise SystemExit('the wrong console')\n")
    environment = ENVIRONMENT | {"HOME": str(tmp_path)}
    with Terminal([str(python.parent / "hubspoke"), "demo"], environment=environment, cwd=trap) as terminal:
        terminal.wait(r"Simulated portal \d+", 20)
        seen: set[str] = set()
        for _ in (HOUSE / "themes").glob("*.toml"):
            terminal.press("f2")
            end = time.monotonic() + 10
            while not (new := set(re.findall(r"Theme: (\w+)", terminal.text)) - seen) and time.monotonic() < end:
                terminal.read(0.1)  # the notice of the theme before may still be there
            seen |= new
        assert len(seen) == len(list((HOUSE / "themes").glob("*.toml")))
        terminal.press("q")
        assert terminal.wait_end() == 0
