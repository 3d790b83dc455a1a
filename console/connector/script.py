"""The script operation: a script beside the connector, bounded, and without anything but the connector.

A `ScriptRunner` runs a `Script` against a `ScriptHost`, which is all that the script can reach. Writes are listed and
not sent unless the host was told to write. What a script may hold and return is in docs/scripts.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from console.connector.errors import Connector, OperationTimeout, PermissionDenied

LONGEST = 256 << 10
"""Bytes of a script at most."""


@dataclass(frozen=True)
class Script:
    """The text of a script, the name its errors are told by, and what its caller passed."""

    text: str
    name: str = "script"
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ScriptLimits:
    """What one run may use: seconds in all, MiB of memory, calls of the connector, KiB of printed text."""

    seconds: float = 60.0
    memory: int = 64
    calls: int = 1_000
    output: int = 1_024


@dataclass(frozen=True)
class ScriptWrite:
    """A write that a script asked for; `dry` ones were not sent, and of `uncertain` ones the answer was lost."""

    operation: str
    object_class: str
    uid: str
    properties: Mapping[str, Any]
    dry: bool
    uncertain: bool = False


class BadCall(TypeError):
    """A script called an operation with arguments that it does not take."""


class ScriptHost(Protocol):
    """All that a script can reach: named operations, and the settings of the connector."""

    @property
    def operations(self) -> Sequence[str]:
        """The names that may be called."""

    @property
    def configuration(self) -> Mapping[str, Any]:
        """The connector's settings, without secrets."""

    async def call(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Do it. A write that has begun ends before a cancellation goes through.

        Raises:
            IcfError: the operation failed.
            BadCall: the arguments are not those of the operation.
        """


class ScriptRunner(Protocol):
    """Something that runs scripts."""

    async def run(self, script: Script, host: ScriptHost, limits: ScriptLimits, printed: Callable[[str], None]) -> Any:
        """What the script returns, as plain values; `printed` gets what it prints as it comes.

        Raises:
            ScriptFailed: the script is wrong, or its result cannot be sent on.
            ScriptRefused: it wanted more than the connector.
            ScriptLimit: it wanted more time, memory, calls or output than it may have.
            IcfError: an operation failed and the script let it.
        """


class _Placed:
    """Where in a script something happened; `line` and `column` count from 1, 0 is nowhere in particular."""

    file = ""
    line = 0
    column = 0
    source_line = ""

    def caret(self) -> str:
        """The line of the script and a caret under the place; empty where there is none."""
        if not self.source_line or not self.column:
            return ""
        before = self.source_line[: self.column - 1]
        return f"{self.source_line}\n{''.join(' ' if each != chr(9) else each for each in before)}^"


class ScriptFailed(_Placed, Connector):
    """The script is no script, raised an error, or returned what cannot be sent on."""


class ScriptRefused(_Placed, PermissionDenied):
    """The script wanted something that is not the connector's."""


class ScriptLimit(_Placed, OperationTimeout):
    """The script wanted more time, memory, calls or output than its run may have."""
