"""What the commands for single objects share: the operations of the profile, and the shape of an object."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from console.cli.context import Context
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.connector.operations import ConnectorObject, Operations
    from console.session import Session

Work = Callable[[Context, "Session", "Operations"], Awaitable[int]]
CLASS_HELP = "contact, company, contactProperties, companyProperties, or a name that objectTypes gives"


def add_object(parser: argparse.ArgumentParser, *, uid: bool = True) -> None:
    """The arguments that name an object, and the output."""
    parser.add_argument("object_class", metavar="CLASS", help=CLASS_HELP)
    if uid:
        parser.add_argument("uid", metavar="UID", help="the HubSpot record id, or the name of a property definition")
    add_json(parser)


def runs(parser: argparse.ArgumentParser, work: Work) -> None:
    """Make `work` what the command does; its errors are documents where its answer is one."""
    parser.set_defaults(run=lambda context: operate(context, work))


def operate(context: Context, work: Work) -> int:
    """Open the profile and do `work` with its operations."""
    context.out.documents = context.args.json

    async def do() -> int:
        async with context.session() as session:
            from console.connector.operations import Operations

            connector = await session.connector
            return await work(context, session, Operations(connector.at("interactive")))

    return context.run(do())


def shape(found: ConnectorObject) -> dict[str, Any]:
    """An object as JSON: exact values."""
    return {
        "id": found.uid,
        "class": found.object_class,
        "name": found.name or None,
        "properties": found.attributes,
        "revision": found.revision or None,
        "notes": list(found.notes),
    }


def show(context: Context, found: ConnectorObject, said: str = "", names: Iterable[str] | None = None) -> None:
    """An object as the command was asked to print it; `said` and the object's notes go to stderr."""
    if context.args.json:
        context.out.json(shape(found))
    else:
        wanted = sorted(found.attributes) if names is None else names
        values = {name: found.attributes.get(name) for name in wanted}
        context.out.facts({"id": found.uid, **{name: _cell(v) for name, v in values.items() if v not in (None, "")}})
    for line in filter(None, (said, *found.notes)):
        context.out.note(line)


def _cell(value: Any) -> object:
    """Lists and maps of a definition as JSON, in one line."""
    if not isinstance(value, (list, dict)):
        return value
    import msgspec

    return msgspec.json.encode(value).decode()
