"""The script operation of one profile: allowed, bounded as the profile says, and against its connector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from console.connector.operations import Operations
from console.connector.script import Script, ScriptLimits, ScriptRunner, ScriptWrite
from console.connector.script_host import ConnectorHost
from console.connector.script_monty import MontyRunner
from console.settings.profile import Profile

OPERATION = "SCRIPT_ON_CONNECTOR"
SHOWN = (
    "name", "displayName", "authentication", "clientId", "apiBaseUrl", "apiVersion", "readSchema",
    "acceptSelfSignedCertificates", "disableHostNameVerifier", "maximumConnections", "permitsPerSecond",
    "httpProxyHost", "httpProxyPort",
)  # fmt: skip
"""The settings that a script can see; secrets are no settings."""


class ScriptOperation:
    """One run of a script; `writes` holds what it asked for, also after a failure."""

    def __init__(self, operations: Operations, *, write: bool = False, runner: ScriptRunner | None = None) -> None:
        self._operations = operations
        self._runner = runner or MontyRunner()
        self._host = ConnectorHost(operations, configuration(operations.connector.profile), write=write)
        self.dry = not write

    @property
    def writes(self) -> Sequence[ScriptWrite]:
        """The writes so far, in their order."""
        return tuple(self._host.writes)

    async def run(self, script: Script, limits: ScriptLimits, printed: Callable[[str], None]) -> Any:
        """What the script returns; see `ScriptRunner.run` for what it raises.

        Raises:
            PermissionDenied: the profile denies scripts.
        """
        types = self._operations.types
        types.check(OPERATION, "")
        bound = types.seconds(OPERATION)
        if bound is not None and bound < limits.seconds:
            limits = ScriptLimits(bound, limits.memory, limits.calls, limits.output)
        return await self._runner.run(script, self._host, limits, printed)


def configuration(profile: Profile) -> dict[str, Any]:
    """The settings of a profile as scripts see them."""
    fields = {field.encode_name: field.name for field in msgspec.structs.fields(Profile)}
    return {name: getattr(profile, fields[name]) for name in SHOWN}
