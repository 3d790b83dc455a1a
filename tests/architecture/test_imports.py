"""The engine runs where there is no terminal, and starts without what it does not need yet."""

from __future__ import annotations

import subprocess
import sys

import pytest

TERMINAL = ("textual", "rich")
HEAVY = ("textual", "rich", "keyring", "httpx", "sqlalchemy", "cryptography", "cel_expr_python", "starlette", "uvicorn")


def loaded_by(statement: str, names: tuple[str, ...]) -> list[str]:
    """Those of `names` that a fresh interpreter has loaded after `statement`."""
    code = f"{statement}\nimport sys\nprint(' '.join(n for n in {names!r} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    "module",
    [
        "console",
        "console.actions",
        "console.cli",
        "console.demo",
        "console.glance",
        "console.journal.glance",
        "console.journal.model",
        "console.session",
        "console.settings.paths",
        "console.settings.profiles",
        "console.text",
        "screens.__main__",
    ],
)
def test_what_starts_first_starts_light(module: str) -> None:
    assert loaded_by(f"import {module}", HEAVY) == []


def test_the_whole_engine_loads_no_terminal_library_and_no_keyring() -> None:
    walk = (
        "import importlib, pkgutil, console\n"
        "for m in pkgutil.walk_packages(console.__path__, 'console.'):\n"
        "    if not m.name.endswith('__main__') and '.simulator' not in m.name: importlib.import_module(m.name)"
    )
    assert loaded_by(walk, (*TERMINAL, "keyring")) == []
