"""What is needed to look at the people of a mapping: its source, its expressions, the portal's schema, all of it checked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

import msgspec

from console.connector.filter import Filter, FilterError, attributes, parse
from console.journal.journal import Journal
from console.journal.model import Problem
from console.journal.seal import Digester
from console.provisioning.associations import misplaced
from console.provisioning.checks import against_schema, is_unique
from console.provisioning.entries import EntryMaker
from console.provisioning.errors import MappingError, PlanRefused
from console.provisioning.expressions import Expressions, missing_columns
from console.provisioning.lanes import Listing
from console.provisioning.mapping import Mapping
from console.provisioning.people import Preparer
from console.provisioning.request import PlanRequest
from console.provisioning.threads import in_thread
from console.settings.profile import Profile
from console.sources.model import Source
from console.sources.opening import SecretGetter, open_source, secret_for

_NAMES = {"contact": ("email", "firstname", "lastname"), "company": ("name", "domain")}
"""Read besides the mapped properties, so that every entry has a name that people know."""


class PlanningTarget(Listing, Protocol):
    """The connector as planning needs it."""

    @property
    def profile(self) -> Profile:
        """How the account is reached, and what may be done there."""


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """Everything laid out; `scope` is the filter of the request, and `properties` is what is read of records."""

    portal_id: int
    source: Source
    preparer: Preparer
    maker: EntryMaker
    digester: Digester
    properties: tuple[str, ...]
    scope: Filter | None


async def lay_out(
    target: PlanningTarget,
    journal: Journal,
    mapping: Mapping,
    request: PlanRequest,
    secrets: SecretGetter | None = None,
) -> Bench:
    """Open and check everything that a plan needs.

    Raises PlanRefused (MappingError, too), SourceError and HubSpotError.
    """
    expressions = await in_thread(lambda: Expressions(mapping))
    if expressions.problems:
        raise MappingError(tuple(expressions.problems))
    source = await _source(mapping, request, secrets)
    columns = await in_thread(source.columns)
    if columns is not None and (missing := missing_columns(mapping, columns, source.name)):
        raise MappingError(tuple(missing))
    scope = _scope(request.scope, columns)
    # what HubSpot would refuse is found now, so a plan looks at the account's own properties whatever readSchema says
    others = sorted({associate.object_class for associate in mapping.associate})
    details, schemas = await asyncio.gather(
        target.details(fresh=True),
        asyncio.gather(*(target.schema(cls, live=True) for cls in (mapping.target, *others))),
    )
    schema, *more = schemas
    if wrong := against_schema(mapping, schema) + misplaced(mapping, dict(zip(others, more, strict=True))):
        raise MappingError(tuple(wrong))
    digester = journal.digester(details.portal_id, mapping.name, mapping.target)
    preparer = Preparer(mapping, schema, expressions, digester, source.name)
    unique = [key for key in mapping.correlate if is_unique(mapping.target, key, schema)]
    theirs = attributes(mapping.target_filter) if mapping.target_filter is not None else ()
    return Bench(
        portal_id=details.portal_id,
        source=source,
        preparer=preparer,
        maker=EntryMaker(mapping, preparer.converters, source.name, unique),
        digester=digester,
        properties=tuple(
            dict.fromkeys([*expressions.names, *theirs, *mapping.deletion.values, *_NAMES[mapping.target]])
        ),
        scope=scope,
    )


async def _source(mapping: Mapping, request: PlanRequest, secrets: SecretGetter | None) -> Source:
    spec = request.source or mapping.source
    base = mapping.base if request.source is None else Path.cwd()
    secret = await secret_for(spec, secrets)
    return open_source(spec, base=base, types=mapping.types, secret=secret)


def _scope(text: str, columns: tuple[str, ...] | None) -> Filter | None:
    """The filter of a request. Raises PlanRefused."""
    if not text:
        return None
    try:
        found = parse(text)
    except FilterError as error:
        raise PlanRefused(
            f"the scope is not a query filter: {error}",
            remedy='Write it like: department eq "Sales" and !(city sw "B").',
            problems=(Problem(message=f"{error}\n{error.caret()}"),),
        ) from None
    unknown = [name for name in attributes(found) if columns is not None and name not in columns]
    if unknown:
        raise PlanRefused(
            f"the source has no column {unknown[0]}, which the scope asks for",
            remedy=f"The columns are: {', '.join((columns or ())[:30])}.",
        )
    return found
