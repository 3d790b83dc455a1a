"""The system and what may be asked of it: tests, connectors, scripts, batches, and the way to its objects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from console import __version__
from console.connector.errors import IcfError, icf_error
from console.connector.operations import Operations
from console.connector.status import status_of
from console.gateway.crest import connectors
from console.gateway.crest.answers import answer
from console.gateway.crest.bulk import ACTIONS, Bulk
from console.gateway.crest.objects import OWN_ID, Objects
from console.gateway.crest.query import query
from console.gateway.crest.refused import Refused, bad, of_hubspot, of_icf
from console.gateway.crest.scripts import run_script
from console.hubspot.errors import HubSpotError
from console.settings.errors import SettingsError
from console.settings.provisioner_keys import CONFIGURATION

if TYPE_CHECKING:
    from console.gateway.crest.asked import Asked
    from console.gateway.gateway import Gateway
    from console.settings.profile import Profile

SYSTEM = "hubspot"
"""The system's name in addresses, besides the one of an imported provisioner file."""


def name_of(profile: Profile) -> str:
    """The name of the system: the provisioner file's, or `hubspot`."""
    name = profile.icf.document.get("name")
    return name if isinstance(name, str) and name else SYSTEM


class System:
    """Everything below /openidm/system."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def answer(self, asked: Asked) -> Response:
        """Serve one request; `asked.path` begins with `system`."""
        path = asked.path[1:]
        if not path:
            return await self._all(asked)
        if path[0] not in (SYSTEM, name_of(self._gateway.session.profile)):
            raise Refused(404, f"System {path[0][:60]!r} not found")
        if len(path) == 1:
            return await self._one(asked)
        if len(path) > 3:
            raise Refused(404, "Resource not found")
        return await self._objects(asked, path[0], path[1], path[2] if len(path) == 3 else None)

    async def status(self) -> dict[str, Any]:
        """Whether HubSpot takes the credentials, as identity servers tell the state of a connector."""
        profile = self._gateway.session.profile
        found = status_of(profile, ())
        found |= {"name": name_of(profile), "config": f"config/provisioner.openicf/{name_of(profile)}"}
        found.pop("stages")
        try:
            operations = await self._operations()
            await operations.test()
        except IcfError as error:
            found |= {"ok": False, "error": error.message}
        return found

    async def _all(self, asked: Asked) -> Response:
        if asked.method != "POST" or not asked.action:
            raise Refused(501, "The systems have actions only, such as POST with _action=test")
        asked.need("system:read")
        body = await self._of_all(asked)
        return answer(body, pretty=asked.pretty)

    async def _of_all(self, asked: Asked) -> Any:
        """The answer to an action on all systems."""
        if asked.action == "test":
            return [await self.status()]
        if asked.action == "testConfig":
            asked.need("config:write")
            return await connectors.tested(self._gateway.session, await asked.document())
        if asked.action == "testConnectorServers":
            return {"openicf": []}
        if asked.action == "availableConnectorServers":
            return connectors.servers()
        if asked.action == "liveSync":
            raise connectors.live_sync()
        return await self._configuring(asked)

    async def _configuring(self, asked: Asked) -> dict[str, Any]:
        """The three steps to a configuration; `createConfiguration` takes the one that its body is ready for."""
        document = await asked.document()
        step = asked.action
        if step == "createConfiguration":
            step = "createFullConfig" if CONFIGURATION in document else "createCoreConfig"
            step = step if document else "availableConnectors"
        if step == "availableConnectors":
            return connectors.available()
        if step == "createCoreConfig":
            return connectors.core(document)
        if step == "createFullConfig":
            return await connectors.full(await self._operations(), document)
        raise bad(f"Unsupported action: {asked.action[:60]}")

    async def _one(self, asked: Asked) -> Response:
        if asked.method != "POST" or not asked.action:
            raise Refused(501, "The system has actions only, such as POST with _action=test")
        if asked.action == "test":
            asked.need("system:read")
            status = await self.status()
            return answer([status] if asked.flag("_asArray") else status, pretty=asked.pretty)
        if asked.action == "describe":
            asked.need("system:read")
            return answer(await self._described(), pretty=asked.pretty)
        if asked.action == "script":
            asked.need("system:write")  # whatever a script does, it may write
            return await run_script(await self._operations(), asked, self._gateway.session.paths.config)
        raise bad(f"Unsupported action: {asked.action[:60]}")

    async def _described(self) -> dict[str, Any]:
        """What our remote connector wants to know: that it is us, and which account is behind."""
        connector = (await self._operations()).connector
        try:
            account = await connector.details(fresh=True)
        except HubSpotError as error:
            raise of_hubspot(error, "TEST") from None
        return {"connector": "hubspoke", "version": __version__, "account": msgspec.to_builtins(account)}

    async def _objects(self, asked: Asked, system: str, cls: str, uid: str | None) -> Response:
        reads = asked.method == "GET" or (asked.method == "POST" and asked.action in ACTIONS)
        asked.need("system:read" if reads else "system:write")
        operations = await self._operations()
        objects = Objects(operations, asked, system, cls)
        try:
            operations.types.find(cls)
        except IcfError as error:
            raise of_icf(error, asked.action.upper() or asked.method, cls) from None
        if asked.method != "POST":
            asked.refuse_unknown()
        if uid is None:
            return await self._collection(asked, operations, objects, cls)
        verbs: dict[str, Callable[[str], Awaitable[Response]]] = {
            "GET": objects.read, "PUT": objects.put, "PATCH": objects.patch, "DELETE": objects.delete,
        }  # fmt: skip
        verb = verbs.get(asked.method)
        if verb is None:
            raise Refused(501 if asked.action else 405, "An object has no actions; use GET, PUT, PATCH or DELETE")
        return await verb(uid)

    async def _collection(self, asked: Asked, operations: Operations, objects: Objects, cls: str) -> Response:
        if asked.method == "GET":
            return await query(operations, asked, cls)
        if asked.method == "PUT":
            raise Refused(501, OWN_ID)
        if asked.method != "POST":
            raise Refused(405, "A class is read by query and created in by POST")
        if asked.action in ("", "create"):
            return await objects.create()
        if asked.action in ACTIONS:
            return await Bulk(operations, asked, cls).answer()
        if asked.action in ("authenticate", "liveSync", "resolveUsername"):
            raise Refused(501, f"Operation {asked.action} is not supported by the Connector")
        raise bad(f"Unsupported action: {asked.action[:60]}")

    async def _operations(self) -> Operations:
        try:
            return Operations((await self._gateway.session.connector).at("interactive"))
        except (HubSpotError, SettingsError) as error:
            raise icf_error(error, "TEST") from None
