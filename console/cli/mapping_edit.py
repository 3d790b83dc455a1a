"""`hubspoke mapping edit` and `rename`: an editor with a check afterwards, and a new name that takes the links along."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import Any

from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.output import add_json


def add_editing(actions: Any) -> None:
    """The subcommands of `mapping` that change a mapping that exists."""
    edit = actions.add_parser("edit", help="open a mapping in $VISUAL or $EDITOR, and check it afterwards")
    edit.add_argument("mapping", metavar="MAPPING", help="the name of a mapping, or the path of its file")
    edit.set_defaults(run=_edit)
    rename = actions.add_parser("rename", help="give a mapping another name; its links go along")
    rename.add_argument("mapping", metavar="OLD", help="the name of a mapping, or the path of its file")
    rename.add_argument("name", metavar="NEW", help="its new name")
    rename.add_argument(
        "--leave",
        type=int,
        default=0,
        metavar="N",
        help="leave exactly so many links behind, of people whom nothing names",
    )
    add_json(rename)
    rename.set_defaults(run=lambda context: context.run(_rename(context)))


def _edit(context: Context) -> int:
    from console.cli.mapping import tell_problem
    from console.provisioning.mappings import Mappings

    mappings = Mappings(context.paths)
    path = mappings.existing(context.args.mapping)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("vi" if context.interactive else "")
    if not editor:
        raise usage(f"No editor is named: set EDITOR, or edit the file itself: {path}")
    before = path.read_bytes()
    try:
        done = subprocess.run([*shlex.split(editor), str(path)], check=False)  # noqa: S603 - the operator's own program
    except (OSError, ValueError) as error:
        raise Stop(Exit.FAILURE, f"The editor {editor!r} cannot be started ({error}); set EDITOR.") from None
    if done.returncode:
        raise Stop(Exit.FAILURE, f"The editor ended with {done.returncode}; the file is as it left it: {path}")
    if path.exists() and path.read_bytes() == before:
        context.out.note("Nothing was changed.")
    problems = mappings.check(context.args.mapping)
    for problem in problems:
        tell_problem(context, problem)
    context.out.note(f"{len(problems)} problems." if problems else "No problems.")
    return Exit.FAILURE if problems else Exit.OK


async def _rename(context: Context) -> int:
    from console.provisioning.renaming import Renaming
    from console.session import source_secret

    args = context.args
    async with context.session() as session:
        mappings = await session.mappings
        found = mappings.load(args.mapping)
        renaming = Renaming(
            mappings, await session.connector, await session.journal, context.paths.locks, args.mapping, args.name
        )
        secret = await source_secret(session, found.source)

        async def known(_name: str) -> str | None:
            return secret

        done = await renaming.run(secrets=known, leave=args.leave)
    if args.json:
        document = {"id": args.name, "path": str(done.path), "links": done.moved, "left": done.left}
        context.out.json(document | {"namedBy": done.named_by})
        return Exit.OK
    context.out.note(
        f"{done.old} is {args.name} now: {done.path}   {done.moved} links went along in portal {done.portal_id}."
    )
    for other in done.named_by:
        context.out.note(f"{other} names the old mapping in [[associate]]: change it there, too.")
    return Exit.OK
