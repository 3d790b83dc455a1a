"""`hubspoke search`: objects by words or by a query filter; all of them, one page, or how many there are."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.operation import CLASS_HELP
from console.cli.records import DEFAULT_FIELDS, names_of
from console.cli.search_local import local_count, local_search, take_view

if TYPE_CHECKING:
    from console.connector.operations import ConnectorObject, Operations
    from console.session import Session

_TABLE_LIMIT = 100
_PAGE_SIZE = 100
_INTERACTIVE_LIMIT = 1_000
_DEFINITION = ("label", "type", "fieldType", "groupName")
_FIELDS: dict[str, tuple[str, ...]] = {
    **DEFAULT_FIELDS,
    "contactProperties": _DEFINITION,
    "companyProperties": _DEFINITION,
    "__ALL__": ("email", "firstname", "lastname", "name", "domain"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `search`."""
    parser.add_argument(
        "object_class", nargs="?", metavar="CLASS", help=f"{CLASS_HELP}; __ALL__ for contacts and companies"
    )
    parser.add_argument(
        "filter", nargs="?", metavar="FILTER", help="""such as: 'email sw "a" and !(lastname eq "X")'"""
    )
    parser.add_argument("--text", default="", metavar="WORDS", help="words that HubSpot looks for in its text fields")
    parser.add_argument("--fields", metavar="a,b", help="properties to read and show, any number")
    parser.add_argument("--sort", metavar="a,-b", help="order by these properties; - for descending")
    parser.add_argument("--limit", type=int, metavar="N", help=f"at most this many ({_TABLE_LIMIT} in a table)")
    parser.add_argument("--page-size", type=int, metavar="N", help="one page of N, and the cookie of the next one")
    parser.add_argument("--cookie", metavar="COOKIE", help="the page that this cookie leads to")
    parser.add_argument("--count", action="store_true", help="only how many there are")
    parser.add_argument("--view", metavar="NAME", help="a saved view: its class, filter, words, columns and order")
    parser.add_argument("--snapshot", action="store_true", help="from the local snapshot instead of HubSpot")
    parser.add_argument("--format", choices=("table", "json", "jsonl", "csv"), default="table")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument(
        "--jsonl", dest="format", action="store_const", const="jsonl", help="the same as --format jsonl"
    )
    parser.set_defaults(run=_start)


def _start(context: Context) -> int:
    args = context.args
    for flag, value in (("--limit", args.limit), ("--page-size", args.page_size)):
        if value is not None and value < 1:
            raise usage(f"{flag} must be 1 or more.")
    paged = args.page_size is not None or args.cookie is not None
    if paged and args.limit is not None:
        raise usage("--limit does not go with --page-size or --cookie: a page has its size.")
    if paged and args.snapshot:
        raise usage("--snapshot does not go with --page-size or --cookie: nothing is paged there.")
    take_view(context)
    if args.count and (paged or args.limit is not None or args.sort or args.fields):
        raise usage("--count goes with a filter and words only.")
    _check_class(context)
    context.out.documents = args.format == "json"
    return context.run(_run(context, paged=paged))


def _check_class(context: Context) -> None:
    """An unknown class is told before anything is opened; a profile may give classes names of its own."""
    from console.connector.classes import OBJECT_CLASSES

    cls = context.args.object_class
    if cls in OBJECT_CLASSES:
        return
    from console.session import chosen_profile
    from console.settings.errors import SettingsError
    from console.settings.profiles import Profiles

    try:
        known = tuple(chosen_profile(Profiles(context.paths), context.args.profile).icf.object_types)
    except SettingsError:
        known = ()
    if cls not in known:
        names = ", ".join([*known, *(name for name in OBJECT_CLASSES if name not in known)])
        raise usage(f"There is no object class {cls}.", f"Use one of: {names}.")


async def _run(context: Context, *, paged: bool) -> int:
    args = context.args
    async with context.session() as session:
        limit = args.limit or (_TABLE_LIMIT if args.format == "table" else None)
        if args.snapshot:
            await _local(context, session, limit)
            return Exit.OK
        from console.connector.operations import Operations

        connector = await session.connector
        few = paged or (limit is not None and limit <= _INTERACTIVE_LIMIT)
        operations = Operations(connector.at("interactive" if few else "bulk"))
        if args.count:
            await _count(context, operations)
        elif paged:
            await _page(context, operations)
        else:
            await _stream(context, operations, limit)
    return Exit.OK


async def _local(context: Context, session: Session, limit: int | None) -> None:
    if context.args.count:
        _say_count(context, await local_count(context, session), "snapshot")
        return
    found = local_search(context, session, limit)
    await _show(context, await anext(found, None), found, limit)


async def _stream(context: Context, operations: Operations, limit: int | None) -> None:
    args = context.args
    fields = _fields(context)
    found = operations.search(
        args.object_class, args.filter or None, attributes=fields, sort=args.sort, limit=limit, text=args.text
    )
    first = await anext(found, None)  # whatever is wrong shows here, before anything is said
    await _notes(context, operations)
    await _show(context, first, found, limit)


async def _show(
    context: Context, first: ConnectorObject | None, found: AsyncIterator[ConnectorObject], limit: int | None
) -> None:
    args, fields = context.args, _fields(context)
    if args.format == "table":
        await _table(context, _again(first, found), fields, limit)
    elif args.format == "csv":
        columns = fields or (tuple(first.attributes) if first is not None else ())
        await context.out.csv(("id", *columns), (_row(one, columns) async for one in _again(first, found)))
    elif args.format == "jsonl":
        async for one in _again(first, found):
            context.out.json_line(_shape(one, fields))
    else:
        await _document(context, _again(first, found), fields)


async def _again(first: ConnectorObject | None, rest: AsyncIterator[ConnectorObject]) -> AsyncIterator[ConnectorObject]:
    if first is not None:
        yield first
    async for one in rest:
        yield one


async def _table(
    context: Context, found: AsyncIterator[ConnectorObject], fields: tuple[str, ...], limit: int | None
) -> None:
    objects = []
    async for one in found:
        objects.append(one)
        context.out.progress(f"{len(objects)} found")
    _print(context, objects, fields)
    more = " or more; --limit N shows more" if len(objects) == limit else ""
    context.out.note(f"{len(objects)} records{more}.")


def _print(context: Context, objects: list[ConnectorObject], fields: tuple[str, ...]) -> None:
    if objects:
        columns = fields or tuple(objects[0].attributes)
        context.out.table(("id", *columns), [_row(one, columns) for one in objects])


async def _document(context: Context, found: AsyncIterator[ConnectorObject], fields: tuple[str, ...]) -> None:
    """One document, written as it comes: an export may be larger than the memory."""
    import msgspec

    context.out.documents = False  # from now on a failure would stand inside of another document
    between = "[\n  "
    async for one in found:
        context.out.json_text(between + msgspec.json.encode(_shape(one, fields)).decode())
        between = ",\n  "
    context.out.json_text("[]\n" if between.startswith("[") else "\n]\n")


async def _page(context: Context, operations: Operations) -> None:
    args = context.args
    fields = _fields(context)
    page = await operations.page(
        args.object_class,
        args.filter or None,
        attributes=fields,
        sort=args.sort,
        size=args.page_size or _PAGE_SIZE,
        cookie=args.cookie,
        text=args.text,
    )
    await _notes(context, operations)
    if args.format == "json":
        shown = [_shape(one, fields) for one in page.objects]
        context.out.json({"records": shown, "cookie": page.cookie, "total": page.total, "note": page.note})
        return
    if args.format == "jsonl":
        for one in page.objects:
            context.out.json_line(_shape(one, fields))
    elif args.format == "csv":
        columns = fields or (tuple(page.objects[0].attributes) if page.objects else ())
        await context.out.csv(("id", *columns), (_row(one, columns) async for one in _given(page.objects)))
    else:
        _print(context, page.objects, fields)
    total = "" if page.total is None else f" of {page.total:,}"
    context.out.note(f"{len(page.objects)}{total} records.")
    context.out.note(f"The next page: --cookie {page.cookie}" if page.cookie else "This was the last page.")


async def _given(objects: list[ConnectorObject]) -> AsyncIterator[ConnectorObject]:
    for one in objects:
        yield one


async def _count(context: Context, operations: Operations) -> None:
    """HubSpot's count where it can tell, else one made here, which may read every record of the class."""
    from console.connector.search_notes import counted

    args = context.args
    count = await counted(operations, args.object_class, args.filter or None, args.text)
    here = count is None
    if count is None:
        await _notes(context, operations)
        context.out.note("HubSpot cannot count this: the records are read and counted here.")
        count = 0
        async for _ in operations.search(args.object_class, args.filter or None, attributes=("_id",), text=args.text):
            count += 1
            context.out.progress(f"{count} counted")
    _say_count(context, count, "hubspoke" if here else "HubSpot")


def _say_count(context: Context, count: int, counter: str) -> None:
    if context.args.format in ("json", "jsonl"):
        context.out.json_line({"count": count, "countedBy": counter})
    else:
        context.out.line(str(count))


async def _notes(context: Context, operations: Operations) -> None:
    """What is done here and not by HubSpot, and fields that HubSpot does not have."""
    from console.connector.search_notes import notes

    args = context.args
    asked = names_of(args.fields)
    for line in await notes(operations, args.object_class, args.filter or None, args.text, args.sort, asked):
        context.out.note(line)


def _fields(context: Context) -> tuple[str, ...]:
    args = context.args
    return names_of(args.fields) if args.fields is not None else _FIELDS.get(args.object_class, ())


def _row(found: ConnectorObject, fields: tuple[str, ...]) -> tuple[object, ...]:
    return found.uid, *(_value(found, name) for name in fields)


def _shape(found: ConnectorObject, fields: tuple[str, ...]) -> dict[str, Any]:
    """An object as JSON: exact values of what was asked for."""
    asked = {name: _value(found, name) for name in fields} if fields else found.attributes
    return {"id": found.uid, "class": found.object_class, "properties": asked, "revision": found.revision or None}


def _value(found: ConnectorObject, name: str) -> Any:
    """An attribute; the framework's own names too."""
    if name in ("_id", "__UID__"):
        return found.uid
    return found.name if name == "__NAME__" else found.attributes.get(name)
