"""`hubspoke bundle`: a support bundle, listed file by file before it is written."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.output import add_json
from console.settings.paths import expanded

if TYPE_CHECKING:
    from console.bundle import Part


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `bundle`."""
    parser.add_argument("--out", metavar="FILE", help="write it there: a new zip file; without it, only the list")
    parser.add_argument("--show", metavar="NAME", help="one file of it, as it would be written")
    parser.add_argument(
        "--with-values", action="store_true", help="also names, keys and values of the records with problems"
    )
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    args = context.args
    if args.show and args.out:
        raise usage("--show prints one file and --out writes all of them.", "Give one of the two.")
    parts = await _collected(context)
    if args.show:
        return _show(context, parts)
    _list(context, parts)
    if args.out:
        from console.bundle import write

        path = _path(args.out)
        write(parts, path)
        context.out.note(f"Written: {path}, readable by you alone.")
    elif not args.json:
        proposed = f"hubspoke-bundle-{time.strftime('%Y%m%d-%H%M')}.zip"
        context.out.note(f"Nothing was written. To look: --show NAME. To write it: --out {proposed}")
    return Exit.OK


async def _collected(context: Context) -> list[Part]:
    from console.bundle import collect
    from console.cli.doctor import look
    from console.doctor import vault_finding

    findings = [*look(context), await vault_finding(context.paths)]
    if not context.args.with_values:
        return await collect(context.paths, context.args.profile, findings)
    async with context.session() as session:
        return await collect(context.paths, session.profile.name, findings, session=session, values=True)


def _path(text: str) -> Path:
    return expanded(text).absolute()


def _show(context: Context, parts: list[Part]) -> int:
    part = next((part for part in parts if part.name == context.args.show), None)
    if part is None:
        raise Stop(
            Exit.USAGE, f"The bundle has no file {context.args.show}.", "Its files are listed by: hubspoke bundle"
        )
    for line in part.data.decode("utf-8", "replace").splitlines():
        context.out.line(line)
    return Exit.OK


def _list(context: Context, parts: list[Part]) -> None:
    if context.args.json:
        context.out.json(
            [
                {"id": part.name, "bytes": len(part.data), "about": part.about, "personal": part.personal}
                for part in parts
            ]
        )
        return
    context.out.table(
        ("file", "bytes", "what is in it", ""),
        [(part.name, f"{len(part.data):,}", part.about, "PERSONAL DATA" if part.personal else "") for part in parts],
    )
