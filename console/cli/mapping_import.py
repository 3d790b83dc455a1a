"""`hubspoke mapping import`: a mapping of IDM's sync.json as one of Hubspoke's."""

from __future__ import annotations

from typing import Any

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import add_json
from console.settings.paths import expanded


def add_import(actions: Any) -> None:
    """The subcommand of `mapping` for those who come from IDM."""
    command = actions.add_parser(
        "import", help="carry a mapping of IDM's sync.json over; what cannot be carried is listed"
    )
    command.add_argument("file", metavar="FILE", help="sync.json, or a file of conf/mapping")
    command.add_argument("--mapping", metavar="NAME", help="which mapping of the file, where several write to HubSpot")
    command.add_argument("--source", metavar="SOURCE", help="where the people are read from")
    command.add_argument("--write", metavar="NAME", help="keep it under this name in the configuration folder")
    add_json(command)
    command.set_defaults(run=_import)


def _import(context: Context) -> int:
    from console.provisioning.mappings import Mappings
    from console.provisioning.sync_json import choose, read_file
    from console.provisioning.sync_json_carry import carry

    args = context.args
    path = expanded(args.file)
    found = choose(read_file(path), args.mapping)
    carried = carry(found, source=args.source or "", name=args.write or "", file=path.name)
    written = None
    if args.write:
        mappings = Mappings(context.paths)
        mappings.refuse_taken(args.write)
        written = mappings.write(args.write, carried.text)
    decide = [item for item in carried.left if item.decide]
    if args.json:
        context.out.json(
            {
                "id": carried.name,
                "path": str(written) if written else None,
                "text": carried.text,
                "notCarried": carried.left,
            }
        )
        return Exit.OK
    if written is None:
        for line in carried.text.splitlines():
            context.out.line(line)
    else:
        for item in decide:
            context.out.line(f"{item.path}: {item.why}")
        context.out.note(f"Written: {written}   Look at it, then: hubspoke mapping check {args.write}")
    context.out.note(f"{len(decide)} things were not carried; they are listed at the end of the mapping.")
    return Exit.OK
