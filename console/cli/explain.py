"""`hubspoke explain`: why one person is in or out, and what would happen to them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.cli.context import Context
from console.cli.exits import Exit
from console.cli.output import Output, add_json

if TYPE_CHECKING:
    from console.provisioning.explain import Explanation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explain`."""
    parser.add_argument("mapping", metavar="MAPPING", help="the name of a mapping, or the path of its file")
    parser.add_argument("source_id", metavar="SOURCE_ID", help="who")
    parser.add_argument("--source", metavar="SOURCE", help="read people from here instead of the mapping's source")
    add_json(parser)
    parser.set_defaults(run=lambda context: context.run(_run(context)))


async def _run(context: Context) -> int:
    args = context.args
    async with context.session() as session:
        plans = await session.plans
        found = await plans.explain(args.mapping, args.source_id, source=args.source)
    if args.json:
        context.out.json(shape(found))
    else:
        _tell(context.out, found)
    return Exit.OK


def shape(found: Explanation) -> dict[str, object]:
    """An explanation as JSON."""
    return {
        "id": found.source_id,
        "mapping": found.mapping,
        "source": found.source,
        "line": found.line,
        "values": found.values,
        "inScope": found.in_scope,
        "scope": [
            {"id": clause.text, "holds": clause.holds, "depth": clause.depth, "found": clause.found}
            for clause in found.clauses
        ],
        "keys": [{"id": name, "value": value, "records": records} for name, value, records in found.keys],
        "linkedTo": found.linked_to or None,
        "createdByHubspoke": found.created_by_us,
        "situation": found.situation,
        "meaning": found.meaning,
        "action": found.action,
        "why": found.why,
        "uid": found.uid or None,
        "changes": [{"id": change.name, "before": change.before, "after": change.after} for change in found.changes],
        "associations": [{"id": tie.uid, "class": tie.object_class, "key": tie.key} for tie in found.ties],
        "candidates": [{"id": one.uid, "label": one.label, "key": one.key} for one in found.candidates],
        "problems": found.problems,
    }


def _tell(out: Output, found: Explanation) -> None:
    place = f"{found.source}:{found.line}" if found.line else f"not in {found.source}"
    out.line(f"{found.source_id} of {found.mapping} ({place})")
    for clause in found.clauses:
        told = f"   ({clause.found})" if clause.found else ""
        out.line(f"  {'yes' if clause.holds else 'NO ':<3} {'  ' * clause.depth}{clause.text}{told}")
    if found.line:
        out.line(f"  {'in scope' if found.in_scope else 'OUT OF SCOPE'}")
    for name, value, records in found.keys:
        leads = f"record {', '.join(records)}" if records else "no record"
        out.line(f"  key {name} = {value}: {leads}")
    ours = ", which Hubspoke created" if found.created_by_us else ""
    out.line(f"  linked to record {found.linked_to}{ours}" if found.linked_to else "  not linked")
    out.line(f"{found.situation}: {found.meaning}")
    out.line(f"{found.action}: {found.why}")
    for change in found.changes:
        out.line(f"  {change.name}: {_value(change.before)} -> {_value(change.after)}")
    for tie in found.ties:
        out.line(f"  {'-' if tie.remove else '+'} {tie.object_class} {tie.uid} ({tie.key})")
    for one in found.candidates:
        out.line(f"  ? record {one.uid}  {one.label}  by {one.key}")
    for problem in found.problems:
        out.line(f"  ! {problem.message} {problem.remedy}".rstrip())


def _value(value: str | None) -> str:
    return value or "(empty)"
