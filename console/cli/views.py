"""`hubspoke views`: the saved views of the console: list, save, remove. `search --view NAME` shows one."""

from __future__ import annotations

import argparse

import msgspec

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.output import add_json
from console.cli.records import CLASSES, names_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `views`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every saved view")
    add_json(listing)
    listing.set_defaults(run=_list)
    save = actions.add_parser("save", help="keep a filter, words, columns and an order under a name")
    save.add_argument("name", metavar="NAME")
    save.add_argument("object_class", metavar="CLASS", choices=CLASSES)
    save.add_argument("filter", nargs="?", default="", metavar="FILTER")
    save.add_argument("--text", default="", metavar="WORDS")
    save.add_argument("--fields", metavar="a,b", help="columns")
    save.add_argument("--sort", default="", metavar="-a")
    save.set_defaults(run=_save)
    remove = actions.add_parser("remove", help="forget a view")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=_remove)


def _list(context: Context) -> int:
    from console.settings import views

    found = views.load(context.paths).views
    if context.args.json:
        context.out.json([{"id": view.name, **msgspec.to_builtins(view)} for view in found])
    elif found:
        heads = ("name", "class", "filter", "text", "columns", "sort")
        rows = [(one.name, one.object_class, one.filter, one.text, ",".join(one.columns), one.sort) for one in found]
        context.out.table(heads, rows)
    else:
        context.out.note("There is no saved view. In the console: v on Contacts or Companies.")
    return Exit.OK


def _save(context: Context) -> int:
    from console.connector.filter import FilterError, parse
    from console.settings import views

    args = context.args
    try:
        if args.filter.strip():
            parse(args.filter)
    except FilterError as error:
        raise usage(f"The filter is wrong: {error.message}", error.caret()) from None
    view = views.View(
        name=args.name,
        object_class=args.object_class,
        filter=args.filter.strip(),
        text=args.text.strip(),
        columns=names_of(args.fields),
        sort=args.sort,
    )
    views.save(context.paths, view)
    context.out.note(f'Saved. Show it: hubspoke search --view "{view.name}"')
    return Exit.OK


def _remove(context: Context) -> int:
    from console.settings import views

    views.remove(context.paths, context.args.name)
    context.out.note("The view is gone.")
    return Exit.OK
