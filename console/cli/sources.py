"""`hubspoke sources`: look at a source of people before it is used."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.sources.model import Source

_DEFAULT_ROWS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `sources`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    test = actions.add_parser("test", help="can it be read at all")
    preview = actions.add_parser("preview", help="its columns with statistics, and the first rows")
    for one, run in ((test, _test), (preview, _preview)):
        one.add_argument("source", metavar="SOURCE", help="a file, or a URL such as ldaps://host/base")
        add_json(one)
        one.set_defaults(run=run)
    preview.add_argument("--rows", type=int, default=_DEFAULT_ROWS, metavar="N", help=f"rows to show ({_DEFAULT_ROWS})")


def _opened(context: Context) -> Source:
    """The source of the command line, with what the vault holds for it."""
    from console.sources.opening import open_source, secret_name

    spec = context.args.source
    found: list[str | None] = []

    async def ask() -> int:
        from console.session import source_secret

        async with context.session() as session:
            found.append(await source_secret(session, spec))
        return Exit.OK

    if secret_name(spec) and _has_profile(context):
        context.run(ask())
    return open_source(spec, base=Path.cwd(), secret=found[0] if found else None)


def _has_profile(context: Context) -> bool:
    """A directory may be looked at before HubSpot is set up; then nobody signs in."""
    from console.settings.profiles import Profiles

    return bool(context.args.profile or Profiles(context.paths).current())


def _test(context: Context) -> int:
    source = _opened(context)
    notes = source.test()
    if context.args.json:
        context.out.json({"id": source.name, "kind": source.kind, "notes": notes})
    else:
        context.out.line(f"{source.name}: {source.kind}, readable")
        for note in notes:
            context.out.line(f"  {note}")
    return Exit.OK


def _preview(context: Context) -> int:
    found = _opened(context).preview(max(0, context.args.rows))
    if context.args.json:
        context.out.json(
            {
                "id": found.name,
                "kind": found.kind,
                "examined": found.examined,
                "columns": [
                    {
                        "id": column.name,
                        "filled": round(column.filled, 4),
                        "distinct": column.distinct,
                        "distinctIsMinimum": column.distinct_is_minimum,
                        "sample": column.sample,
                    }
                    for column in found.columns
                ],
                "rows": [{"line": row.line, "values": row.values} for row in found.rows],
                "problems": found.problems,
                "notes": found.notes,
            }
        )
        return Exit.OK
    context.out.table(
        ("column", "filled", "distinct", "for example"),
        [
            (
                column.name,
                f"{column.filled:.0%}",
                f"{column.distinct}{'+' if column.distinct_is_minimum else ''}",
                " | ".join(column.sample),
            )
            for column in found.columns
        ],
    )
    context.out.line()
    names = tuple(column.name for column in found.columns)
    context.out.table(("line", *names), [(row.line, *map(row.values.get, names)) for row in found.rows], limit=24)
    for note in found.notes:
        context.out.note(note)
    for problem in found.problems:
        field = f"{problem.field}: " if problem.field else ""
        context.out.note(f"line {problem.line}: {field}{problem.message} {problem.remedy}")
    return Exit.OK
