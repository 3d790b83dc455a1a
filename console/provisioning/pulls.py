"""The service behind `hubspoke pull`: which fields, which target, one pull at a time into each."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from console.connector.connector import Connector
from console.hubspot.model import PropertyDefinition
from console.provisioning.lock import OwnerLock
from console.provisioning.pull import OVERLAP_SECONDS, Pull, PullProgress, PullReport
from console.provisioning.pull_files import SUFFIXES, FileTarget
from console.provisioning.pull_people import PeopleTarget
from console.provisioning.pull_sql import SqlTarget
from console.provisioning.pull_state import state_file
from console.provisioning.pull_target import Deletions, Field, PullRefused, PullTarget
from console.repository.people import People
from console.settings.paths import Paths, expanded
from console.sources.errors import SourceError
from console.sources.opening import refuse_password, scheme_of
from console.sources.sql_address import DRIVERS, read_sql_address

FIELDS = {
    "contact": ("email", "firstname", "lastname", "phone", "company", "jobtitle", "lifecyclestage"),
    "company": ("name", "domain", "phone", "city", "country", "industry"),
}
"""What is pulled unless `--fields` says otherwise. Dates of modification move by themselves, so they are not in it."""
PEOPLE = "people:"


class Pulls:
    """Pulls from one portal. Raises PullRefused, LockedByAnother, RepositoryError, HubSpotError."""

    def __init__(
        self,
        connector: Connector,
        paths: Paths,
        people: Callable[[], Awaitable[People]],
        secret: Callable[[str], Awaitable[str | None]],
    ) -> None:
        """`people` opens the managed repository, `secret` asks the vault for what a target's URL needs."""
        self._connector = connector
        self._paths = paths
        self._people = people
        self._secret = secret

    async def pull(
        self,
        object_class: str,
        to: str,
        *,
        incremental: bool = False,
        fields: Sequence[str] = (),
        deletions: Deletions | None = None,
        overlap: float = OVERLAP_SECONDS,
        progress: Callable[[PullProgress], None] | None = None,
    ) -> PullReport:
        """Make `to` equal to HubSpot's records of a class; only what changed where `incremental`."""
        self._connector.kind(object_class)
        schema = await self._connector.schema(object_class, live=True)
        chosen = chosen_fields(object_class, fields, schema)
        portal = (await self._connector.details()).portal_id
        target = await self._target(object_class, to, chosen, deletions, portal, schema)
        path = state_file(self._paths, portal, object_class, target.name, chosen)
        async with OwnerLock(self._paths.locks, portal, f"pull {object_class} {target.name}"):
            pull = Pull(self._connector, object_class, chosen, target, path, overlap=overlap, progress=progress)
            return await pull.run(incremental=incremental)

    async def _target(
        self,
        object_class: str,
        to: str,
        fields: Sequence[Field],
        deletions: Deletions | None,
        portal_id: int,
        schema: Mapping[str, PropertyDefinition],
    ) -> PullTarget:
        scheme = scheme_of(to)
        if to.strip().lower() == PEOPLE:
            store = (await self._people()).store
            return PeopleTarget(
                store, portal_id, object_class, fields, schema, deletions or PeopleTarget.default_deletions
            )
        if scheme in DRIVERS:
            try:
                refuse_password(to)
                address = read_sql_address(to, Path.cwd(), write=True)
            except SourceError as error:
                raise PullRefused(error.message, remedy=error.remedy) from None
            return SqlTarget(address, await self._secret(to), fields, deletions or SqlTarget.default_deletions)
        return _file(to, scheme, fields, deletions)


def _file(to: str, scheme: str, fields: Sequence[Field], deletions: Deletions | None) -> FileTarget:
    path = expanded(to)
    if not scheme and path.suffix.lower() in SUFFIXES:
        return FileTarget(path.absolute(), fields, deletions or FileTarget.default_deletions)
    raise PullRefused(
        f"Nothing can be pulled to {to[:80]}.",
        remedy="Use people: (the managed repository), a file (.csv, .jsonl), or a database: postgresql://host/db#table.",
    )


def chosen_fields(
    object_class: str, words: Sequence[str], schema: Mapping[str, PropertyDefinition]
) -> tuple[Field, ...]:
    """`property` or `name=property` words as fields. Raises PullRefused for a property that HubSpot does not have."""
    found: dict[str, Field] = {}
    for word in words or [name for name in FIELDS[object_class] if name in schema]:
        name, equals, prop = word.partition("=")
        prop = prop if equals else name
        if not name or not prop or name in found:
            raise PullRefused(
                f'The field "{word}" makes no sense, or its name stands twice.',
                remedy="Such as: --fields email,givenName=firstname",
            )
        if prop not in schema:
            near = difflib.get_close_matches(prop, schema, 1, 0.6)
            hint = f"Did you mean {near[0]}?" if near else f"See hubspoke schema {object_class}."
            raise PullRefused(f"HubSpot has no {object_class} property {prop}.", remedy=hint)
        found[name] = Field(name, prop)
    return tuple(found.values())
