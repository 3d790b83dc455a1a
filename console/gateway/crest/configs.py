"""`/openidm/config/provisioner.openicf/hubspot`: the profile as a provisioner file, read and changed; never a secret in it."""

from __future__ import annotations

import asyncio
import copy
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from console.gateway.crest.answers import answer
from console.gateway.crest.refused import Refused, bad
from console.gateway.crest.system import SYSTEM, name_of
from console.settings.errors import SettingsError
from console.settings.provisioner import exported, imported
from console.settings.provisioner_keys import CONFIGURATION
from console.settings.secrets import CLIENT_SECRET, REFRESH_TOKEN

if TYPE_CHECKING:
    from console.gateway.crest.asked import Asked
    from console.gateway.gateway import Gateway
    from console.session import Session
    from console.settings.profile import Profile

PATH = ("config", "provisioner.openicf")
HIDDEN = {"$crypto": {"type": "vault"}}
"""What stands for a secret that is kept in the vault."""


class Configs:
    """The one configuration of this gateway: that of its profile."""

    def __init__(self, gateway: Gateway) -> None:
        self._session = gateway.session
        self._lock = asyncio.Lock()

    async def answer(self, asked: Asked) -> Response:
        """Serve one request below /openidm/config."""
        asked.need("config:read" if asked.method == "GET" else "config:write")
        asked.refuse_unknown()
        if (
            len(asked.path) != 3
            or asked.path[:2] != PATH
            or asked.path[2] not in (SYSTEM, name_of(self._session.profile))
        ):
            raise Refused(404, "There is no such configuration here; there is config/provisioner.openicf/hubspot")
        if asked.method == "GET":
            return self._shown(asked, await self._document())
        if asked.method not in ("PUT", "PATCH", "DELETE"):
            raise Refused(405, "A configuration is served by GET, PUT, PATCH and DELETE")
        async with self._lock:
            return await self._changed(asked)

    async def _changed(self, asked: Asked) -> Response:
        present = await self._document()
        if asked.if_none_match is not None:
            raise Refused(412, "The configuration is there already")
        if asked.if_match not in (None, "*", _revision(present)):
            raise Refused(412, "The configuration is of another version than the one provided")
        if asked.method == "DELETE":
            await self._delete()
            return self._shown(asked, present)
        if asked.method == "PUT":
            await self._put(await asked.document())
        else:
            document = copy.deepcopy(present)
            for one in await asked.operations():
                _apply(document, one)
            await self._put(document)
        return self._shown(asked, await self._document())

    async def _document(self) -> dict[str, Any]:
        """The configuration as it is on disk, with a mark in the place of each secret that the vault has."""
        profile = await self._profile()
        document = exported(profile)
        properties = dict(document.get(CONFIGURATION) or {})
        secrets = await self._session.secrets
        for name in (CLIENT_SECRET, REFRESH_TOKEN):
            if await secrets.get(name):
                properties[name] = HIDDEN
        document[CONFIGURATION] = properties
        return {"_id": f"provisioner.openicf/{name_of(profile)}", **document}

    async def _profile(self) -> Profile:
        session = self._session
        try:
            return await asyncio.to_thread(session.profiles.load, session.profile.name)
        except SettingsError as error:
            raise Refused(404, f"There is no configuration: {error.message}") from None

    async def _put(self, document: Mapping[str, Any]) -> None:
        """Make the document the profile: checked whole, secrets to the vault, then the file, then the connector anew."""
        session = self._session
        before = session.profile
        accepted = [url for url in (before.api_base_url, before.authorize_url, before.remote_url) if url]
        kept = {key: value for key, value in document.items() if key not in ("_id", "_rev")}
        try:
            found = imported(_without_marks(kept), name=before.name, accept=accepted)
            secrets = await session.secrets
            for name, value in found.secrets.items():
                await secrets.set(name, value)
            await asyncio.to_thread(session.profiles.save, found.profile)
        except SettingsError as error:
            raise bad(f"{error.message} {error.remedy}".strip()) from None
        await reopen(session, found.profile)

    async def _delete(self) -> None:
        """Remove the profile; its secrets stay in the vault until they are forgotten there."""
        session = self._session
        await asyncio.to_thread(session.profiles.remove, session.profile.name)
        await reopen(session, msgspec.structs.replace(session.profile, enabled=False))

    @staticmethod
    def _shown(asked: Asked, document: dict[str, Any]) -> Response:
        revision = _revision(document)
        body = {**document, "_rev": revision}
        fields = asked.fields
        if fields:
            body = {name: value for name, value in body.items() if name in (*fields, "_id", "_rev")}
        return answer(body, pretty=asked.pretty, headers={"ETag": f'"{revision}"'})


async def reopen(session: Session, profile: Profile) -> None:
    """Work with another profile from now on. What was under way fails as with a restart, and is taken up again."""
    session.profile = profile
    for service in (
        session.plans, session.pulls, session.runs, session.browse, session.connector, session.account, session.hubspot,
        session.budget, session.secrets,
    ):  # fmt: skip
        await service.aclose()


def _revision(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(document, order="deterministic")).hexdigest()[:16]


def _without_marks(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without secrets that the client read and sent back unseen."""
    properties = document.get(CONFIGURATION)
    if not isinstance(properties, Mapping):
        return dict(document)
    kept = {key: value for key, value in properties.items() if value != HIDDEN}
    return {**document, CONFIGURATION: kept}


def _apply(document: dict[str, Any], one: Any) -> None:
    """One operation on the document. Raises Refused."""
    if not isinstance(one, Mapping) or not isinstance(one.get("field"), str):
        raise bad("Each element of a PATCH is an object with an operation and a field")
    operation = one.get("operation")
    if operation not in ("add", "replace", "remove"):
        raise Refused(501, f"PATCH operation '{str(operation)[:40]}' is not served for configurations")
    path = [part.replace("~1", "/").replace("~0", "~") for part in one["field"].removeprefix("/").split("/")]
    if not path[0] or path[0] in ("_id", "_rev"):
        raise bad(f"{one['field'][:60]} cannot be changed")
    place: Any = document
    for part in path[:-1]:
        if not isinstance(place, dict):
            raise bad(f"{one['field'][:60]} is nothing that has parts")
        place = place.setdefault(part, {})
    if not isinstance(place, dict):
        raise bad(f"{one['field'][:60]} is nothing that has parts")
    if operation == "remove":
        place.pop(path[-1], None)
    elif "value" not in one:
        raise bad(f"{operation} of {one['field'][:60]} needs a value")
    else:
        place[path[-1]] = one["value"]
