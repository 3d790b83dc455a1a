"""`hubspoke pull`: HubSpot's records into the managed repository, a file or a database."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit, usage
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.provisioning.pull import PullProgress, PullReport

_PROBLEMS_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `pull`."""
    parser.add_argument("object_class", metavar="CLASS", help="contact or company")
    parser.add_argument(
        "--to",
        required=True,
        metavar="TARGET",
        help="people: (the managed repository), a file (.csv, .jsonl), or a table (postgresql://host/db#table)",
    )
    parser.add_argument("--incremental", action="store_true", help="only what changed since the last pull")
    parser.add_argument("--fields", metavar="A,NAME=B", help="properties to pull, each under its own or another name")
    parser.add_argument(
        "--deletions",
        choices=("deactivate", "remove", "keep"),
        help="what becomes of copies whose record is gone (people: deactivate; files and tables: remove)",
    )
    parser.add_argument(
        "--overlap",
        type=float,
        metavar="SECONDS",
        help="how far an incremental pull reaches back, for HubSpot's index lags (900)",
    )
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    from console.provisioning.pull import OVERLAP_SECONDS

    args = context.args
    context.out.documents = args.json
    if args.overlap is not None and args.overlap < 0:
        raise usage("--overlap is a number of seconds, 0 or more.")
    fields = [word.strip() for word in (args.fields or "").split(",") if word.strip()]

    def told(progress: PullProgress) -> None:
        tally = progress.tally
        context.out.progress(
            f"{progress.phase}: {progress.read:,} read, {tally.created:,} new, {tally.updated:,} changed, "
            f"{tally.gone:,} gone"
        )

    async with context.session() as session:
        await session.account  # whoever is behind the credentials, the budget counts for them
        report = await (await session.pulls).pull(
            args.object_class,
            args.to,
            incremental=args.incremental,
            fields=fields,
            deletions=args.deletions,
            overlap=OVERLAP_SECONDS if args.overlap is None else args.overlap,
            progress=told,
        )
    if args.json:
        context.out.json(shape(report))
    else:
        _tell(context, report)
    return Exit.SOME_FAILED if report.tally.problems else Exit.OK


def shape(report: PullReport) -> dict[str, object]:
    """A pull as JSON."""
    tally = report.tally
    return {
        "id": report.target,
        "mode": report.mode,
        "portalId": report.portal_id,
        "read": report.read,
        "created": tally.created,
        "updated": tally.updated,
        "unchanged": tally.unchanged,
        "gone": tally.gone,
        "failed": tally.problems,
        "problems": report.problems,
        "notes": report.notes,
        "seconds": round(report.seconds, 3),
    }


def _tell(context: Context, report: PullReport) -> None:
    tally = report.tally
    context.out.line(
        f"{report.target}: {report.read:,} read ({report.mode}); {tally.created:,} new, {tally.updated:,} changed, "
        f"{tally.unchanged:,} equal, {tally.gone:,} gone"
    )
    for note in report.notes:
        context.out.note(note)
    for problem in report.problems[:_PROBLEMS_SHOWN]:
        context.out.note(f"{problem.message} {problem.remedy}")
    if tally.problems > _PROBLEMS_SHOWN:
        context.out.note(f"... {tally.problems:,} records in all could not be kept.")
