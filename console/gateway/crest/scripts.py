"""`_action=script`: a script of `systemActions`, run beside the connector in the sandbox of `hubspoke script`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from console.connector.errors import IcfError
from console.connector.script import LONGEST, Script, ScriptLimits
from console.connector.script_operation import ScriptOperation
from console.gateway.crest.answers import answer
from console.gateway.crest.asked import KNOWN
from console.gateway.crest.refused import Refused, bad, of_icf

if TYPE_CHECKING:
    from console.connector.operations import Operations
    from console.gateway.crest.asked import Asked

FOLDER = "scripts"
"""The folder in the configuration folder that `actionFile` is looked for in, and nowhere else."""
LANGUAGES = frozenset({"python", "hubspoke"})
_OWN = frozenset({"scriptId", "_scriptId", "scriptExecuteMode", "scriptVariablePrefix"})
_LIMITS = ScriptLimits(seconds=30.0)


async def run_script(operations: Operations, asked: Asked, config: Path) -> Response:
    """Run the actions of a script; each has its result, or its error."""
    given = asked.parameters
    wanted = given.get("scriptId") or given.get("_scriptId")
    if not wanted:
        raise bad("The script action needs the parameter scriptId")
    if given.get("scriptExecuteMode", "connector").lower() == "resource":
        raise Refused(501, "Operation SCRIPT_ON_RESOURCE is not supported by the Connector")
    prefix = given.get("scriptVariablePrefix", "")
    passed = {name: value for name, value in given.items() if name not in _OWN and name not in KNOWN}
    passed |= await asked.document()
    arguments = {f"{prefix}{name}": value for name, value in passed.items()}
    actions = list(_actions(operations.connector.profile.icf.document, wanted))
    return answer({"actions": [await _run(operations, one, wanted, arguments, config) for one in actions]})


async def _run(
    operations: Operations, action: dict[str, Any], name: str, arguments: dict[str, Any], config: Path
) -> dict[str, Any]:
    language = str(action.get("actionType", "")).lower()
    if language not in LANGUAGES:
        return {"error": f"Scripts of the type {language[:40]!r} are not run here; write it in Python: docs/scripts.md"}
    try:
        script = Script(_text(action, config), name, arguments)
        result = await ScriptOperation(operations, write=True).run(script, _LIMITS, lambda _: None)
    except IcfError as error:
        return {"error": of_icf(error, "SCRIPT_ON_CONNECTOR").message}
    return {"result": result}


def _actions(document: dict[str, Any], wanted: str) -> Iterator[dict[str, Any]]:
    """The actions of a script that are for this connector. Raises Refused where there is no such script."""
    scripts = document.get("systemActions")
    mine = [one for one in scripts if isinstance(one, dict)] if isinstance(scripts, list) else []
    found = [one for one in mine if one.get("scriptId") == wanted]
    if not found:
        raise bad(f"Script ID: {wanted[:60]} is not defined.")
    for one in found[0].get("actions") or ():
        if isinstance(one, dict) and _for_us(str(one.get("systemType", ".*"))):
            yield one


def _for_us(system_type: str) -> bool:
    """Whether a system type, a regular expression, means the connector for HubSpot."""
    try:
        return (
            len(system_type) < 200
            and re.search(system_type, "org.forgerock.openicf.connectors.hubspot.HubspotConnector", re.IGNORECASE)
            is not None
        )
    except re.error:
        return False


def _text(action: dict[str, Any], config: Path) -> str:
    source, file = action.get("actionSource"), action.get("actionFile")
    if isinstance(source, str) and source:
        return source
    folder = (config / FOLDER).resolve()
    path = (folder / str(file or "")).resolve()
    if not file or not path.is_relative_to(folder) or not path.is_file() or path.stat().st_size > LONGEST:
        raise bad(f"The script has no actionSource, and no actionFile in {FOLDER}/ of the configuration folder")
    return path.read_text(encoding="utf-8")
