"""A plan as one HTML page that needs nothing else and runs nothing: to be kept, printed or mailed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from console.cli.diff import named
from console.text import html

if TYPE_CHECKING:
    from console.journal.model import Entry, Plan

_STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:2em}table{border-collapse:collapse}"
    "td,th{border:1px solid #bbb;padding:.25em .6em;text-align:left;vertical-align:top}"
    "th{background:#eee}del{color:#a00}ins{color:#060;text-decoration:none}.p{color:#a00}"
)
_HEADS = ("no", "person", "situation", "action", "undo", "record", "changes")


async def page(plan: Plan, entries: AsyncIterator[Entry]) -> AsyncIterator[str]:
    """The page, piece by piece, so that a large plan is no larger than a small one."""
    title = html(f"Plan {plan.id}: {plan.mapping}")
    facts = {
        "portal": str(plan.portal_id),
        "source": plan.source,
        "made": plan.created_at,
        "hash": plan.hash,
        "actions": _counts(plan.actions),
        "situations": _counts(plan.situations),
        "undo": _counts(plan.undo),
        "requests": f"{plan.cost.requests:,}, for associations {plan.cost.associations:,}",
    }
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1><table>"
    )
    for name, value in facts.items():
        yield f"<tr><th>{html(name)}</th><td>{html(value)}</td></tr>"
    yield f"</table><h2>Records</h2><table><tr>{''.join(f'<th>{head}</th>' for head in _HEADS)}</tr>"
    async for entry in entries:
        yield _row(entry)
    yield "</table></body></html>"


def _row(entry: Entry) -> str:
    cells = (
        str(entry.number),
        named(entry),
        entry.situation.value,
        entry.action.value,
        entry.undo.value,
        entry.uid or "",
    )
    return f"<tr>{''.join(f'<td>{html(cell)}</td>' for cell in cells)}<td>{'<br>'.join(_told(entry))}</td></tr>"


def _told(entry: Entry) -> list[str]:
    payload = entry.payload
    if payload is None:
        return []
    told = [
        f"{html(change.name)}: <del>{html(change.before or '')}</del> &rarr; <ins>{html(change.after or '')}</ins>"
        for change in payload.changes
    ]
    told += [
        f"{'-' if tie.remove else '+'} {html(f'{tie.object_class} {tie.uid} ({tie.key})')}" for tie in payload.ties
    ]
    told += [html(f"? record {one.uid} {one.label} by {one.key}") for one in payload.candidates]
    return told + [
        f'<span class="p">{html(f"{problem.message} {problem.remedy}".strip())}</span>' for problem in payload.problems
    ]


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count) or "none"
