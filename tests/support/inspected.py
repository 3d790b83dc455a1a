"""An operator whose every output is looked at: no traceback, nothing that could speak to a terminal."""

from __future__ import annotations

import subprocess
import unicodedata
from collections.abc import Mapping

from tests.support.operator import Operator


class Inspected(Operator):
    """Like Operator; what a command prints must be words."""

    def run(
        self, *arguments: str, code: int = 0, stdin: str = "", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A finished command, inspected."""
        done = super().run(*arguments, code=code, stdin=stdin, environment=environment)
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
