"""`hubspoke mapping`: find mistakes in a mapping, or begin one."""

from __future__ import annotations

import argparse
from pathlib import Path

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.linking import add_linking
from console.cli.mapping_edit import add_editing
from console.cli.mapping_import import add_import
from console.cli.output import add_json
from console.cli.records import CLASSES
from console.journal.model import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `mapping`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the mappings of the configuration folder")
    add_json(listing)
    listing.set_defaults(run=_list)
    check = actions.add_parser("check", help="find mistakes before the mapping is used")
    check.add_argument("mapping", metavar="MAPPING", help="the name of a mapping, or the path of its file")
    add_json(check)
    check.add_argument("--live", action="store_true", help="compare with the account's properties, too")
    check.set_defaults(run=lambda context: context.run(_check(context)))
    suggest = actions.add_parser("suggest", help="a first mapping for a source, on stdout or into a file")
    suggest.add_argument("source", metavar="SOURCE")
    suggest.add_argument("--class", dest="object_class", choices=CLASSES, default="contact")
    suggest.add_argument("--write", metavar="NAME", help="keep it under this name in the configuration folder")
    suggest.set_defaults(run=lambda context: context.run(_suggest(context)))
    add_linking(actions)
    add_import(actions)
    add_editing(actions)


def _list(context: Context) -> int:
    from console.provisioning.mappings import Mappings

    mappings = Mappings(context.paths)
    rows = [{"id": name, "path": str(mappings.path(name))} for name in mappings.names()]
    if context.args.json:
        context.out.json(rows)
    elif rows:
        context.out.table(("id", "file"), [(row["id"], row["path"]) for row in rows], limit=200)
    else:
        context.out.note("There is no mapping yet: hubspoke mapping suggest SOURCE --write NAME")
    return Exit.OK


async def _check(context: Context) -> int:
    name = context.args.mapping
    if context.args.live:
        async with context.session() as session:
            mappings = await session.mappings
            found = mappings.load(name)
            problems = mappings.check(name, schema=await (await session.connector).schema(found.target, live=True))
    else:
        from console.provisioning.mappings import Mappings

        problems = Mappings(context.paths).check(name)
    if context.args.json:
        context.out.json({"id": name, "valid": not problems, "problems": problems})
    else:
        for problem in problems:
            tell_problem(context, problem)
        context.out.note(f"{len(problems)} problems." if problems else "No problems.")
    return Exit.FAILURE if problems else Exit.OK


def tell_problem(context: Context, problem: Problem) -> None:
    """One problem of a mapping, with its place and what to do."""
    place = f"{problem.file}:{problem.line}: " if problem.line else f"{problem.file}: " if problem.file else ""
    field = f"{problem.field}: " if problem.field else ""
    for line in f"{place}{field}{problem.message}".splitlines():  # an expression shows its caret on a line of its own
        context.out.line(line)
    if problem.remedy:
        context.out.line(f"  {problem.remedy}")


async def _suggest(context: Context) -> int:
    from console.session import source_secret

    args = context.args
    source = _anchored(args.source) if args.write else args.source
    async with context.session() as session:
        mappings = await session.mappings
        schema = await (await session.connector).schema(args.object_class, live=True)
        secret = await source_secret(session, source)
        text = mappings.suggest(
            source, args.object_class, schema, name=args.write or "", base=Path.cwd(), secret=secret
        )
        if args.write:
            path = mappings.write(args.write, text)
            context.out.note(f"Written: {path}   Look at it, then: hubspoke plan {args.write}")
        else:
            for line in text.splitlines():
                context.out.line(line)
    return Exit.OK


def _anchored(source: str) -> str:
    """A path that means the same from the mappings folder; a URL stays as it is."""
    return source if ":" in source else str(Path(source).absolute())
