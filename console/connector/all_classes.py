"""The search over `__ALL__`: contacts, then companies, each object with its class."""

from __future__ import annotations

from collections.abc import Collection

from console.connector.classes import CLASSES
from console.connector.connector import Connector
from console.connector.errors import InvalidFilter
from console.connector.filter import Always, And, Compare, Filter, Not, Or, Present, attributes, parse
from console.connector.object_types import ObjectTypes

ORDER = ("contact", "company")


async def filters(
    connector: Connector,
    types: ObjectTypes,
    filter: str | Filter | None,  # noqa: A002 - the word of the contract and of the command line
) -> dict[str, Filter | None]:
    """The filter for each class: a comparison with an attribute that one of them does not have is false there.

    Raises:
        FilterError: `filter` is text that is no filter.
        InvalidFilter: an attribute that none of them has.
    """
    node = parse(filter) if isinstance(filter, str) and filter.strip() else filter
    if node is None or isinstance(node, str):
        return dict.fromkeys(ORDER)
    known = {cls: set(await connector.schema(cls, live=True)) for cls in ORDER}
    unknown = {cls: {name for name in attributes(node) if _native(types, cls, name) not in known[cls]} for cls in ORDER}
    strange = set.intersection(*unknown.values())
    if strange:
        raise InvalidFilter(
            f"Neither contacts nor companies have a property {min(strange)}.",
            advice="List them with: hubspoke schema contact, hubspoke schema company",
        )
    return {cls: _without(node, unknown[cls]) for cls in ORDER}


def _native(types: ObjectTypes, cls: str, attribute: str) -> str:
    return CLASSES[cls].property_of(types.given(cls).native_name(attribute)).partition("/")[0]


def _without(node: Filter, unknown: Collection[str]) -> Filter:
    """The filter with every comparison of an unknown attribute false; filters nest up to 256 deep."""
    if isinstance(node, And | Or):
        clauses: list[Filter] = []
        for clause in node.clauses:
            clauses.append(_without(clause, unknown))  # noqa: PERF401 - one frame per level
        return type(node)(tuple(clauses))
    if isinstance(node, Not):
        return Not(_without(node.clause, unknown))
    if isinstance(node, Compare | Present) and node.attribute in unknown:
        return Always(False)
    return node
