"""An operator whose every output is looked at: no traceback, nothing that could speak to a terminal."""

from __future__ import annotations

import subprocess
import unicodedata
from typing import Any

from tests.support.operator import Operator


class Inspected(Operator):
    """Like Operator; what a command prints must be words."""

    def run(self, *arguments: str, code: int = 0, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """A finished command, inspected."""
        done = super().run(*arguments, code=code, stdin=stdin)
        inspect(done.stdout, done.stderr)
        return done

    def at_once(self, *commands: tuple[str, ...], code: int = 0) -> list[subprocess.CompletedProcess[str]]:
        """Several commands that run side by side; all of them exit with `code`."""
        running = [self.start(*arguments) for arguments in commands]
        finished = []
        for arguments, process in zip(commands, running, strict=True):
            out, err = process.communicate(timeout=55)
            assert process.returncode == code, (arguments, process.returncode, out[-2000:], err[-2000:])
            inspect(out, err)
            finished.append(subprocess.CompletedProcess(arguments, process.returncode, out, err))
        return finished


def inspect(*outputs: str) -> None:
    """AssertionError for a traceback, an unforeseen error, or a character that is none of a printed line."""
    for output in outputs:
        assert "Traceback" not in output, output[-3000:]
        assert "went wrong that should not" not in output, output[-3000:]
        wrong = {c for c in output if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
        assert not wrong, (wrong, output[-3000:])


def problem_in(entries: list[dict[str, Any]], source_id: str) -> dict[str, Any]:
    """The one problem of the entry of that source id, in `diff --jsonl` or a JSON lines report."""
    found = [one for one in entries if source_id in (one.get("sourceId"), one.get("source_id"))]
    assert len(found) == 1, (source_id, found)
    assert len(found[0]["problems"]) == 1, found[0]
    return dict(found[0]["problems"][0])
