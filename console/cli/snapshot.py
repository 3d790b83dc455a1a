"""`hubspoke snapshot`: all records of a class in a sealed local file: take, show, remove."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from console.cli.asking import ask
from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.output import add_json
from console.cli.records import CLASSES, DEFAULT_FIELDS, names_of

if TYPE_CHECKING:
    from console.connector.snapshot import SnapshotInfo
    from console.connector.snapshots import SnapshotCost, Snapshots, TakeProgress
    from console.session import Session

_NOT_SEALED = "There is no vault to seal it with: the file is only readable by you alone (0600)."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `snapshot`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    take = actions.add_parser("take", help="read every record; interrupted, the next one goes on there")
    _add_class(take)
    take.add_argument("--fields", metavar="a,b", help="properties to keep; default: the columns of the console")
    take.add_argument("--fresh", action="store_true", help="begin anew instead of going on")
    take.add_argument("--yes", action="store_true", help="without being asked what it costs")
    add_json(take)
    take.set_defaults(run=lambda context: context.run(_take(context)))
    show = actions.add_parser("show", help="how old it is, and what is in it")
    _add_class(show)
    add_json(show)
    show.set_defaults(run=lambda context: context.run(_show(context)))
    remove = actions.add_parser("remove", help="remove it, a half-taken one too")
    _add_class(remove)
    remove.set_defaults(run=lambda context: context.run(_remove(context)))


def _add_class(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("object_class", metavar="CLASS", nargs="?", default="contact", choices=CLASSES)


async def _take(context: Context) -> int:
    args = context.args
    async with context.session() as session:
        snapshots, fields = await session.snapshots, _fields(context, session)
        cost = await snapshots.cost(args.object_class, fields)
        _agree(context, cost)
        info = await snapshots.take(args.object_class, fields, fresh=args.fresh, progress=_telling(context))
    _tell(context, info)
    return Exit.OK


def _fields(context: Context, session: Session) -> tuple[str, ...]:
    """What was asked for, or what the console shows and the saved views look at."""
    from console.connector.browse import USUAL_COLUMNS
    from console.connector.snapshots import columns_to_keep
    from console.settings import views

    cls = context.args.object_class
    usual = (*USUAL_COLUMNS[cls], *DEFAULT_FIELDS[cls])
    return names_of(context.args.fields) or columns_to_keep(views.load(session.paths), cls, usual)


def _agree(context: Context, cost: SnapshotCost) -> None:
    out = context.out
    done = f", {cost.resumes:,} of them are here already" if cost.resumes and not context.args.fresh else ""
    out.note(f"{cost.records:,} records{done}: {cost.requests:,} requests, about {_span(cost.seconds)}.")
    if cost.daily_left is not None:
        out.note(f"Today's allowance has {cost.daily_left:,} requests left.")
    out.note(f"Properties: {', '.join(cost.properties)}.")
    if not cost.sealed:
        out.note(_NOT_SEALED)
    if context.args.yes:
        return
    if not context.interactive:
        raise usage("A snapshot costs requests: nobody is here to agree.", "Add --yes.")
    if ask("Take it? Type yes: ").strip().lower() != "yes":
        raise Stop(Exit.FAILURE, "Nothing was read.")


def _telling(context: Context) -> Callable[[TakeProgress], None]:
    def tell(progress: TakeProgress) -> None:
        left = f", {_span(progress.seconds_left)} left" if progress.seconds_left is not None else ""
        context.out.progress(f"{progress.records:,} of {progress.expected:,}{left}")

    return tell


async def _show(context: Context) -> int:
    async with context.session() as session:
        info = await _info(await session.snapshots, context)
    _tell(context, info)
    return Exit.OK


async def _info(snapshots: Snapshots, context: Context) -> SnapshotInfo:
    info = await snapshots.info(context.args.object_class)
    if info is None:
        raise Stop(
            Exit.FAILURE, "There is no snapshot.", f"Take one: hubspoke snapshot take {context.args.object_class}"
        )
    return info


async def _remove(context: Context) -> int:
    async with context.session() as session:
        gone = await (await session.snapshots).remove(context.args.object_class)
    context.out.note("The snapshot is gone." if gone else "There was none.")
    return Exit.OK


def _tell(context: Context, info: SnapshotInfo) -> None:
    age = time.time() - info.begun_at
    if context.args.json:
        context.out.json(
            {
                "class": info.object_class,
                "portalId": info.portal_id,
                "records": info.records,
                "expected": info.expected,
                "complete": info.complete,
                "begunAt": round(info.begun_at, 3),
                "ageSeconds": round(age),
                "properties": list(info.properties),
                "sealed": info.sealed,
                "bytes": info.size,
            }
        )
        return
    whole = f"{info.records:,}" if info.complete else f"{info.records:,} of {info.expected or 0:,}: interrupted"
    context.out.facts(
        {
            "class": info.object_class,
            "portal": info.portal_id,
            "records": whole,
            "age": _span(age),
            "properties": ", ".join(info.properties),
            "sealed": "yes" if info.sealed else f"no. {_NOT_SEALED}",
            "size": f"{info.size / 1e6:,.1f} MB",
        }
    )


def age_note(info: SnapshotInfo) -> str:
    """What is said of every answer from a snapshot."""
    return (
        f"From the snapshot of {_span(time.time() - info.begun_at)} ago ({info.records:,} records), not from HubSpot."
    )


def _span(seconds: float) -> str:
    """8 s; 12 min; 3 h; 2 days."""
    for size, word in ((172_800, "days"), (7_200, "h"), (120, "min")):
        if seconds >= size:
            return f"{seconds / {'days': 86_400, 'h': 3_600, 'min': 60}[word]:,.0f} {word}"
    return f"{max(1, seconds):,.0f} s"
