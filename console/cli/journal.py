"""`hubspoke journal`: does the record hold, what is in it, and what must go from it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.cli.context import Context
from console.cli.exits import Exit, Stop, usage
from console.cli.journal_person import add_people, told_compacted
from console.cli.output import add_json

if TYPE_CHECKING:
    from console.journal.chain import Head
    from console.journal.chain_check import Verdict
    from console.journal.journal import Journal
    from console.session import Session

_FINDINGS_SHOWN = 50
_BACKWARDS_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `journal`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="is everything that was recorded still as it was recorded")
    verify.add_argument(
        "--head", action="append", default=[], metavar="N:MAC", help="an end of the chain noted before, as on a receipt"
    )
    add_json(verify)
    verify.set_defaults(run=lambda context: context.run(_verify(context)))
    prune = actions.add_parser("prune", help="destroy what old plans hold of people; counts and the audit trail stay")
    prune.add_argument(
        "--older-than", type=_days, metavar="DAYS", help="instead of the retention_days of settings.toml"
    )
    add_json(prune)
    prune.set_defaults(run=lambda context: context.run(_prune(context)))
    add_people(actions)
    export = actions.add_parser("export", help="the journal as JSON lines")
    export.add_argument(
        "file", metavar="FILE", nargs="?", help="a new file, readable by you alone; default: standard output"
    )
    export.add_argument("--with-values", action="store_true", help="open what is sealed")
    export.set_defaults(run=lambda context: context.run(_export(context)))


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days <= 36_500:
        raise argparse.ArgumentTypeError(f"{text} is no number of days")
    return days


# ------------------------------------------------------------------ verify


async def _verify(context: Context) -> int:
    from console.provisioning.proving import of_journal

    heads = [_head(text) for text in context.args.head]
    async with context.session() as session:
        journal = await session.journal
        anchored = await anchors(context, session, journal)
        named = [(f"the noted head {head.position}", of_journal(head, journal)) for head in heads]
        verdict = await journal.verify([*named, *anchored])
        if verdict.sound and verdict.head is not None:
            await keep_anchor(context, session, verdict.head)
    if context.args.json:
        context.out.json(_verdict(verdict))
    else:
        _tell_verdict(context, verdict)
    return Exit.OK if verdict.sound else Exit.FAILURE


def _head(text: str) -> Head:
    from console.provisioning.proving import parsed_head

    head = parsed_head(text)
    if head is None:
        raise usage(f"--head {text} is no end of a chain.", "It looks like 1234:9f0c...: see a receipt.")
    return head


async def anchors(context: Context, session: Session, journal: Journal) -> list[tuple[str, Head]]:
    """The end of the chain that the last verification left in the vault."""
    from console.provisioning import proving

    vault = await session.vault
    try:
        return await proving.anchors(journal, vault, context.out.note)
    except Stop:  # nobody is there to open it
        context.out.note(f"The {vault.label} could not be asked for the last verified end of the chain.")
        return []


async def keep_anchor(context: Context, session: Session, head: Head) -> None:
    """Leave the end of the chain in the vault, where the next verification finds it."""
    from console.provisioning import proving

    await proving.keep_anchor(head, await session.vault, context.out.note)


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "sound": verdict.sound,
        "sealed": verdict.sealed,
        "rows": verdict.rows,
        "auditLines": verdict.audit_lines,
        "runs": verdict.runs,
        "outcomes": verdict.outcomes,
        "erasures": verdict.erasures,
        "pruned": verdict.pruned,
        "unproven": verdict.unproven,
        "headsChecked": verdict.heads_checked,
        "backwards": [{"id": position, "seconds": round(seconds, 1)} for position, seconds in verdict.backwards],
        "findings": [{"place": finding.place, "message": finding.message} for finding in verdict.findings],
        "head": verdict.head.text if verdict.head is not None else None,
    }


def _tell_verdict(context: Context, verdict: Verdict) -> None:
    out = context.out
    out.facts(
        {
            "verdict": "everything is as it was recorded" if verdict.sound else f"{len(verdict.findings)} findings",
            "checked": f"{verdict.rows:,} rows of the chain, {verdict.audit_lines:,} audit lines, {verdict.runs:,} runs, "
            f"{verdict.outcomes:,} outcomes, {verdict.heads_checked} ends noted elsewhere",
            "gone on purpose": f"{verdict.pruned:,} plans pruned, {verdict.erasures:,} persons forgotten",
            "head": verdict.head.text if verdict.head is not None else "there is nothing yet",
        }
    )
    for finding in verdict.findings[:_FINDINGS_SHOWN]:
        out.line(f"FOUND {finding.place}: {finding.message}")
    if len(verdict.findings) > _FINDINGS_SHOWN:
        out.note(f"... and {len(verdict.findings) - _FINDINGS_SHOWN:,} more: --json shows all.")
    if verdict.unproven:
        out.note(f"{verdict.unproven:,} outcomes are older than the chain and prove nothing.")
    for position, seconds in verdict.backwards[:_BACKWARDS_SHOWN]:
        out.note(f"Before row {position} the clock was put back by {seconds:,.0f} s: times are in doubt there.")
    if not verdict.sealed:
        out.note("There is no vault: the chain's key lies beside it, and only accidents are found.")


# ------------------------------------------------------------------- prune


async def _prune(context: Context) -> int:
    from console.provisioning.aftermath import prune
    from console.settings import preferences

    days = context.args.older_than
    async with context.session() as session:
        if days is None:
            days = preferences.load(session.paths).retention_days
            if days <= 0:
                raise usage(
                    "settings.toml says retention_days = 0: nothing goes by itself.", "Name it: --older-than DAYS"
                )
        journal = await session.journal
        pruned, files = await prune(journal, session.paths, days)
        compacted = await journal.compact()
    if context.args.json:
        context.out.json(
            {
                "days": days,
                "plans": list(pruned.plans),
                "dropped": pruned.dropped,
                "entries": pruned.entries,
                "files": files,
                "waiting": list(pruned.waiting),
                "compacted": compacted,
            }
        )
    else:
        context.out.line(
            f"Older than {days:g} days: {len(pruned.plans):,} runs keep their counts only, {pruned.dropped:,} plans that "
            f"nobody approved are gone, {pruned.entries:,} entries and {files:,} log files with them."
        )
    if pruned.waiting:
        context.out.note(
            f"Kept, for they could go on: {', '.join(pruned.waiting)}. To let go: hubspoke runs cancel RUN"
        )
    return told_compacted(context, compacted)


# ------------------------------------------------------------------ export


async def _export(context: Context) -> int:
    from console.journal.export import export

    async with context.session() as session:
        lines = export(await session.journal, values=context.args.with_values)
        if context.args.file is None:
            async for line in lines:
                context.out.json_line(line)
        else:
            await _to_file(context, Path(context.args.file), lines)
    return Exit.OK


async def _to_file(context: Context, path: Path, lines: Any) -> None:
    from console.provisioning.proving import export_to
    from console.settings.errors import SettingsError

    try:
        number = await export_to(path, lines)
    except SettingsError as refused:
        raise usage(refused.message, refused.remedy) from None
    context.out.note(f"{number:,} lines in {path}, readable by you alone.")
